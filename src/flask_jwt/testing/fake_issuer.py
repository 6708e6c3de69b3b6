"""An issuer for tests: a real server on this machine, with discovery, keys and tokens."""

from __future__ import annotations

import json
import secrets
import time
from base64 import b64encode
from collections.abc import Mapping
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

from ..core.algorithms import ALGORITHMS
from ..core.compact_jws import encode_base64url
from ..core.keys import Key
from ..issuers.discovery import discovery_urls

#: How long a token of a fake issuer lives unless told, in seconds.
EXPIRES_IN = 300
#: The audience of its tokens unless told.
AUDIENCE = "api"
_TENANT = "11111111-2222-4333-8444-555555555555"
_GOOGLE = "https://accounts.google.com"
_MAX_BODY = 65536
# The shortest that are accepted: they are made in a tenth of the time.
_RSA_BITS = 2048


class Shape(NamedTuple):
    """What tokens of a provider are like: the path of its issuer, and what they say."""

    path: str = ""
    claims: Mapping[str, Any] = {}
    options: Mapping[str, Any] = {}
    #: Claims that other issuers' tokens have, and these have not.
    without: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "<Shape>"


#: What the tokens of each preset say, by the documentation of its provider.
SHAPES = {
    "auth0": Shape("/", {"azp": "client", "scope": "openid", "permissions": []}),
    "cognito": Shape(
        "/eu-central-1_Example",
        {
            "token_use": "access",
            "client_id": "client",
            "username": "anna",
            "scope": "openid",
            "version": 2,
        },
        {"client_id": "client", "audience": None},
        ("aud",),
    ),
    "entra": Shape(
        f"/{_TENANT}/v2.0",
        {
            "tid": _TENANT,
            "oid": "anna-in-the-tenant",
            "azp": "client",
            "azpacr": "1",
            "scp": "access_as_user",
            "ver": "2.0",
        },
    ),
    "google": Shape(
        "",
        {"azp": "client", "email": "anna@example.com", "email_verified": True},
    ),
    "keycloak": Shape(
        "/realms/example",
        {
            "typ": "Bearer",
            "azp": "client",
            "scope": "profile",
            "realm_access": {"roles": ["user"]},
            "resource_access": {AUDIENCE: {"roles": []}},
        },
    ),
    "okta": Shape("/oauth2/default", {"ver": 1, "cid": "client", "uid": "anna", "scp": ["orders"]}),
}


class FakeIssuer:
    """A server on this machine that does what an issuer does: for the tests of applications.

    A context manager::

        with FakeIssuer() as issuer:
            app.config["JWT_TRUSTED_ISSUERS"] = {issuer.url: issuer.options}
            token = issuer.token(sub="anna", scope="orders:read")

    It serves the metadata of OpenID Connect Discovery and of :rfc:`8414`, its keys, and
    introspection (:rfc:`7662`), in which it knows its own tokens and opaque ones.

    :param preset: the name of a preset, whose documented shape the tokens have then; None is an
        issuer of no provider's.
    :param algorithm: the ``alg`` of its tokens, an asymmetric one; unless given ``RS256`` with a
        preset, and else ``ES256``.
    :param audience: the ``aud`` of its tokens, unless one is made for another.
    :raises ValueError: there is no such preset, or the algorithm is symmetric or unknown.
    """

    def __init__(
        self,
        preset: str | None = None,
        *,
        algorithm: str | None = None,
        audience: str = AUDIENCE,
    ) -> None:
        algorithm = algorithm or ("ES256" if preset is None else "RS256")
        if not (preset is None or preset in SHAPES):
            raise ValueError(f"preset is one of {', '.join(SHAPES)}, or None")
        if algorithm not in ALGORITHMS or ALGORITHMS[algorithm].symmetric:
            raise ValueError("algorithm is the name of an asymmetric one, 'RS256' for example")
        self._preset = preset
        self._shape = Shape() if preset is None else SHAPES[preset]
        self._algorithm = algorithm
        self._audience = audience
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        #: What introspection says of each token that was made and not revoked.
        self._active: dict[str, dict[str, Any]] = {}
        self._signing: Key | None = None
        #: The keys that are published, the newest first.
        self._published: list[Key] = []
        #: The paths that were asked for, in their order.
        self.requests: list[str] = []
        #: Who may introspect, and the secret for it, which come by basic authentication.
        self.client_id = "client"
        self.client_secret = secrets.token_urlsafe(24)

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self.stop()

    @cached_property
    def url(self) -> str:
        """What ``iss`` is in the tokens.

        :raises RuntimeError: the server was not started yet.
        """
        if self._preset == "google":
            return _GOOGLE
        return self._address + self._shape.path

    @property
    def options(self) -> dict[str, Any]:
        """What to put into ``JWT_TRUSTED_ISSUERS`` for it, under :attr:`url`.

        For Google, whose issuer is on no other machine, the keys are among them.
        """
        options = {"audience": self._audience, **self._shape.options}
        if self._preset is not None:
            options["preset"] = self._preset
        if self._preset == "google":
            options["keys"] = self.jwks
        return {name: value for name, value in options.items() if value is not None}

    @property
    def jwks(self) -> dict[str, Any]:
        """The key set that it publishes now."""
        self._key()
        return {"keys": [key.public_jwk for key in self._published]}

    def start(self) -> None:
        """Start the server, after :meth:`stop` at the same address."""
        if self._server is not None:
            return
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_address[1]
        # The address is looked at again each twentieth of a second while it serves: stop is quick.
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Stop the server; connections are refused until it is started again."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def rotate(self, *, forget: bool = False) -> str:
        """Sign with a new key from now on.

        :param forget: whether the keys from before are published no more.
        :return: the ``kid`` of the new key.
        """
        # Not at the top: the other tools for tests need no cryptography.
        from ..core.asymmetric import generate_jwk

        pair = generate_jwk(ALGORITHMS[self._algorithm], rsa_bits=_RSA_BITS)
        jwk = {**pair, "alg": self._algorithm, "kid": secrets.token_hex(8)}
        self._signing = Key.from_jwk(jwk, self._algorithm)
        self._published = [self._signing, *([] if forget else self._published)]
        return jwk["kid"]

    def token(
        self,
        sub: str | None = "anna",
        aud: Any = ...,
        *,
        expires_in: float = EXPIRES_IN,
        headers: Mapping[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """Make a token, a wrong one where that is asked for.

        :param sub: the subject; None leaves it out.
        :param aud: the audience, a string or a list; unless given, the issuer's. None leaves it
            out.
        :param expires_in: after how many seconds it expires; less than 0 is an expired one.
        :param headers: further fields of the JOSE header, or others in the place of ``typ`` and
            ``kid``; one that is None is left out.
        :param claims: further claims, or others in the place of its own; one that is None is left
            out.
        :return: the compact JWS.
        """
        said = self._claims(sub, aud, expires_in, claims)
        key = self._key()
        header = {"alg": self._algorithm, "typ": "JWT", "kid": key.kid, **(headers or {})}
        signing_input = b".".join(_encoded(part) for part in (header, said))
        token = b".".join((signing_input, encode_base64url(key.sign(signing_input)))).decode()
        self._active[token] = said
        return token

    def opaque_token(
        self,
        sub: str | None = "anna",
        aud: Any = ...,
        *,
        expires_in: float = EXPIRES_IN,
        **claims: Any,
    ) -> str:
        """Make a token that says nothing, and is known to introspection alone.

        :param sub: the subject; None leaves it out.
        :param aud: the audience; unless given, the issuer's. None leaves it out.
        :param expires_in: after how many seconds it expires.
        :param claims: what else introspection says of it; None is left out.
        :return: a random text.
        """
        token = secrets.token_urlsafe(32)
        self._active[token] = self._claims(sub, aud, expires_in, claims)
        return token

    def revoke(self, token: str) -> None:
        """Let introspection say of a token that it is active no more.

        :param token: the token, a JWT or an opaque one.
        """
        self._active.pop(token, None)

    @property
    def _address(self) -> str:
        if not self._port:
            raise RuntimeError("the issuer has no address yet: with FakeIssuer() as issuer: …")
        return f"http://127.0.0.1:{self._port}"

    def _key(self) -> Key:
        if self._signing is None:
            self.rotate()
        assert self._signing is not None
        return self._signing

    def _claims(
        self, sub: str | None, aud: Any, expires_in: float, claims: Mapping[str, Any]
    ) -> dict[str, Any]:
        now = int(time.time())
        said = {
            "iss": self.url,
            "sub": sub,
            "aud": None if "aud" in self._shape.without else self._audience,
            "iat": now,
            "exp": int(now + expires_in),
            "jti": secrets.token_hex(8),
            **self._shape.claims,
            **({} if aud is ... else {"aud": aud}),
            **claims,
        }
        return {name: value for name, value in said.items() if value is not None}

    def _answer(
        self, path: str, form: Mapping[str, list[str]] | None = None, credentials: str | None = None
    ) -> tuple[int, Any]:
        """Return the status and the JSON of an answer."""
        self.requests.append(path)
        if path in discovery_paths(self._shape.path):
            return 200, self._metadata()
        if path == "/jwks":
            return 200, self.jwks
        if path == "/introspect" and form is not None:
            pair = f"{self.client_id}:{self.client_secret}"
            if credentials != f"Basic {b64encode(pair.encode()).decode()}":
                return 401, {"error": "invalid_client"}
            return 200, self._introspected(form.get("token", [""])[0])
        return 404, {"error": "not_found"}

    def _metadata(self) -> dict[str, Any]:
        address = self._address
        return {
            "issuer": self.url,
            "jwks_uri": f"{address}/jwks",
            "introspection_endpoint": f"{address}/introspect",
            "authorization_endpoint": f"{address}/authorize",
            "token_endpoint": f"{address}/token",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self._algorithm],
        }

    def _introspected(self, token: str) -> dict[str, Any]:
        claims = self._active.get(token, {})
        expires = claims.get("exp")
        # The tests make tokens with any text for it.
        if not isinstance(expires, int) or expires <= time.time():
            return {"active": False}
        return {"active": True, **claims}


class _Server(ThreadingHTTPServer):
    """The server of one issuer."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], issuer: FakeIssuer) -> None:
        self.issuer = issuer
        super().__init__(address, _Requests)


class _Requests(BaseHTTPRequestHandler):
    """Answers the requests to an issuer; nothing is written to the log of a test."""

    def do_GET(self) -> None:
        self._send(*self._issuer._answer(self.path))

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length", 0)), _MAX_BODY)
        form = parse_qs(self.rfile.read(length).decode("latin-1"))
        self._send(*self._issuer._answer(self.path, form, self.headers["Authorization"]))

    @property
    def _issuer(self) -> FakeIssuer:
        server: Any = self.server
        issuer: FakeIssuer = server.issuer
        return issuer

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _send(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def discovery_paths(path: str) -> tuple[str, ...]:
    """Return where the metadata of an issuer with a path is."""
    return tuple(urlsplit(url).path for url in discovery_urls(f"http://issuer{path}"))


def _encoded(part: Mapping[str, Any]) -> bytes:
    kept = {name: value for name, value in part.items() if value is not None}
    return encode_base64url(json.dumps(kept).encode())
