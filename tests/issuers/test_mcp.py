"""A tool server of agents (MCP), to the SDK's own client: from a 401 to a token, and on to a scope.

The client knows the address of the tools and nothing else. The authorization server is a certified
provider (``oidc-provider``), at which the client registers itself.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2
import pytest
from flask import Flask, Response, jsonify, request
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from pydantic import AnyUrl
from werkzeug.serving import make_server

from flask_jwt import JWT, current_token, jwt_required
from tests.support.oidc_provider import PROGRAM, Provider, oidc_provider

CALLBACK = "http://127.0.0.1:9/callback"
SCOPES = ["tools:read", "tools:write"]


def make_app(resource: str, issuer: str) -> Flask:
    """Make a tool server, of which reading takes one scope and calling another."""
    app = Flask("tools")
    app.config.update(
        JWT_RESOURCE=resource,
        JWT_AUTH_HEADER_PREFIX="Bearer",
        JWT_TRUSTED_ISSUERS={issuer: {}},
    )
    JWT(app)

    @app.post("/mcp")
    @jwt_required(scope="tools:read")
    def tools() -> Any:
        message = request.get_json()
        if "id" not in message:
            return Response(status=202)
        result = METHODS[message["method"]](message.get("params", {}))
        return jsonify(jsonrpc="2.0", id=message["id"], result=result)

    return app


def initialize(params: dict[str, Any]) -> dict[str, Any]:
    """Answer the first message of a client."""
    return {
        "protocolVersion": params["protocolVersion"],
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "tools", "version": "1"},
    }


def list_tools(_params: dict[str, Any]) -> dict[str, Any]:
    """Answer with the tools there are."""
    return {"tools": [{"name": "whoami", "inputSchema": {"type": "object"}}]}


@jwt_required(scope="tools:write")
def call_tool(_params: dict[str, Any]) -> dict[str, Any]:
    """Answer with who calls."""
    return {"content": [{"type": "text", "text": current_token.subject}]}


METHODS = {"initialize": initialize, "tools/list": list_tools, "tools/call": call_tool}


@contextmanager
def served(issuer: str) -> Generator[str]:
    """Serve the tools, and return their address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        address = f"http://127.0.0.1:{port}/mcp"
        app = make_app(address, issuer)
        server = make_server("127.0.0.1", port, app, threaded=True, fd=listener.fileno())
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield address
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class Form(HTMLParser):
    """The form of a page: where it goes, and what it sends."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where the form goes, and its fields."""
        found = dict(attrs)
        if tag == "form":
            self.action = found["action"] or ""
        elif tag == "input":
            self.fields[found["name"] or ""] = found.get("value") or "ann"


class User:
    """Somebody with a browser, who signs in and consents to all that is asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self._answer: dict[str, str] = {}

    async def visit(self, url: str) -> None:
        """Go through the pages of the provider, until it leads back to the client."""
        self.asked.append(dict(parse_qsl(urlsplit(url).query)))
        async with httpx2.AsyncClient() as browser:
            answer = await browser.get(url)
            for _ in range(12):
                if answer.is_redirect:
                    url = urljoin(url, answer.headers["Location"])
                    if url.startswith(CALLBACK):
                        self._answer = dict(parse_qsl(urlsplit(url).query))
                        return
                    answer = await browser.get(url)
                else:
                    form = Form(answer.text)
                    url = urljoin(url, form.action)
                    answer = await browser.post(url, data=form.fields)
        pytest.fail(f"the provider leads nowhere: {answer.status_code} {answer.text}")

    async def returned(self) -> AuthorizationCodeResult:
        """Return what the provider has sent along to the client."""
        return AuthorizationCodeResult.model_validate(self._answer)


class Storage:
    """What a client remembers."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        """Return the tokens."""
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """Keep the tokens."""
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        """Return what the client is registered as."""
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Keep what the client is registered as."""
        self.client = client_info


async def use_tools(address: str, user: User, storage: Storage) -> tuple[list[str], str]:
    """Connect to the tools, list them, and call one, as an agent does."""
    metadata = OAuthClientMetadata(
        client_name="agent", redirect_uris=[AnyUrl(CALLBACK)], token_endpoint_auth_method="none"
    )
    auth = OAuthClientProvider(address, metadata, storage, user.visit, user.returned)
    async with (
        httpx2.AsyncClient(auth=auth) as http,
        streamable_http_client(address, http_client=http) as (read, write),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        listed = await session.list_tools()
        called = await session.call_tool("whoami", {})
        return [tool.name for tool in listed.tools], called.content[0].text  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """A provider at which clients register themselves."""
    with oidc_provider(scopes=SCOPES, clients=[PROGRAM]) as provider:
        yield provider


def test_from_a_refusal_to_a_token(provider: Provider) -> None:
    """By the challenge the client finds the metadata, by that the provider; it asks for a token
    with the scopes of the guards, for this resource; and anew where the challenge of a 403 names a
    further scope.
    """
    user, storage = User(), Storage()
    with served(provider.issuer) as address:
        names, who = asyncio.run(use_tools(address, user, storage))

    assert (names, who) == (["whoami"], "ann")
    assert [asked["resource"] for asked in user.asked] == [address, address]
    first, second = (set(asked["scope"].split()) for asked in user.asked)
    assert first - {"offline_access"} == {"tools:read"}
    assert second - {"offline_access"} == {"tools:read", "tools:write"}
    assert storage.tokens is not None


def token_for(provider: Provider, resource: str) -> str:
    """Return a token of the program's, for a resource."""
    asked = {"grant_type": "client_credentials", "resource": resource, "scope": "tools:read"}
    answer = httpx2.post(
        f"{provider.issuer}/token", data=asked, auth=("program", "of a program in a test")
    )
    token: str = answer.json()["access_token"]
    return token


def test_token_for_another_resource(provider: Provider) -> None:
    """A token that the same provider has made for the same client, but for another resource, is
    refused, however alike the two are called.
    """
    with served(provider.issuer) as address:
        for resource, status in (
            (address, 200),
            (f"{address}/", 401),
            (address.removesuffix("/mcp"), 401),
            ("https://elsewhere.example/mcp", 401),
        ):
            token = token_for(provider, resource)
            message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            headers = {"Authorization": f"Bearer {token}"}
            answer = httpx2.post(address, json=message, headers=headers)
            assert answer.status_code == status, resource
            if status == 401:
                assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
