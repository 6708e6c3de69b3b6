"""Servers with ways of their own to wait and to read bodies: ASGI's, and uploads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from http.client import HTTPConnection
from itertools import product
from pathlib import Path

import pytest

from tests.support.server import Server, asgi, gunicorn, uwsgi

APP = "tests.support.applications.awaiting"
CLIENTS = 6
WRAPPED = list(product(["uvicorn", "hypercorn"], ["by_asgiref", "by_a2wsgi"]))


@pytest.fixture(params=WRAPPED, ids="-".join)
def wrapped(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """An application behind each adapter, under each server."""
    kind, adapter = request.param
    with asgi(kind, f"{APP}:{adapter}", tmp_path / "log.txt") as server:
        yield server


def check_crowd(server: Server) -> None:
    """Check that each of several clients at once is itself, whatever has to be awaited."""

    def seen(name: str) -> list[str]:
        answer = server.post("/auth", {"username": name, "password": "x"})
        assert answer.status == 200, (answer, server.log)
        token = answer.json["access_token"]
        return [server.get(path, token=token).text for path in ("/plain", "/awaited") * 2]

    names = [f"client-{number}" for number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        assert list(pool.map(seen, names)) == [[name] * 4 for name in names]
    assert "Traceback" not in server.log


def check_upload(server: Server) -> None:
    """Check that a client hears the 401 to a body that no socket's buffer holds."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    with closing(connection):
        connection.request("POST", "/upload", bytes(20_000_000))
        answer = connection.getresponse()
        assert (answer.status, b"access token" in answer.read()) == (401, True)


def test_asgi(wrapped: Server) -> None:
    """Everybody is who they are; no token and two are 401, after an upload too; chunks are read."""
    check_crowd(wrapped)
    check_upload(wrapped)

    nobody = wrapped.get("/plain")
    assert (nobody.status, nobody.header("WWW-Authenticate")) == (401, 'JWT realm="Login Required"')
    two = wrapped.request("GET", "/plain", [("Authorization", f"JWT {one}.x.y") for one in "ab"])
    assert (two.status, two.json["error"]) == (401, "Invalid JWT header")
    body = json.dumps({"username": "ann", "password": "x"}).encode()
    kind = ("Content-Type", "application/json")
    assert wrapped.request_chunked("/auth", [kind], [body[:9], body[9:]]).status == 200


@pytest.mark.parametrize("serve", [gunicorn, uwsgi])
def test_uploads(serve: Callable[..., AbstractContextManager[Server]], tmp_path: Path) -> None:
    """Servers that close what they have not read pass the 401 on where the application reads it."""
    with serve(f"{APP}:app", tmp_path / "log.txt", workers=1) as server:
        check_upload(server)
        # One that ends in the middle is nobody's error.
        assert server.request("POST", "/upload", body=b"half", announced=8).status == 401
        assert "Traceback" not in server.log
