"""What an application answers and logs while the server of its issuer misbehaves."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from jwt.algorithms import ECAlgorithm
from werkzeug.test import TestResponse

from flask_jwt import JWT, jwt_required
from flask_jwt.issuers import Fetch, FetchError, FetchRequest, FetchResponse
from flask_jwt.issuers.http_client import HTTPClient
from flask_jwt.signals import issuer_keys_failed
from tests.support.http_proxy import HTTPProxy
from tests.support.misbehaving import (
    Behaviour,
    MisbehavingServer,
    answer,
    chunked,
    close,
    drip,
    head,
    raw,
    redirect,
    say_nothing,
)

SHORT = 0.3
META = "/.well-known/openid-configuration"
KEYS = "/jwks"
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def jwk(key: ec.EllipticCurvePrivateKey = KEY, kid: str = "1") -> dict[str, Any]:
    """Return what an issuer publishes of a key."""
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid}


def behave(server: MisbehavingServer, issuer: str) -> None:
    """Have a server do all that an issuer does."""
    server.on[META] = answer({"issuer": issuer, "jwks_uri": f"{issuer}{KEYS}"})
    server.on[KEYS] = answer({"keys": [jwk()]})


class Api:
    """An application that trusts one issuer, at a time that the test chooses."""

    def __init__(self, issuer: str, fetch: Fetch, **options: Any) -> None:
        self.issuer = issuer
        self.now = time.time()
        self.app = Flask("api")
        self.app.config["JWT_TRUSTED_ISSUERS"] = {issuer: {"audience": "api", **options}}
        self.app.config["JWT_AUTH_HEADER_PREFIX"] = "Bearer"
        JWT(self.app, fetch=fetch, clock=lambda: self.now)
        self.app.add_url_rule("/", "view", jwt_required()(lambda: "in"))

    def token(self, key: ec.EllipticCurvePrivateKey = KEY) -> str:
        """Return a token of the issuer that is good for long."""
        said = {"iss": self.issuer, "aud": "api", "sub": "ann", "exp": self.now + 9999}
        return pyjwt.encode(said, key, "ES256", headers={"kid": "1"})

    def get(self, token: str | None = None) -> TestResponse:
        """Ask for what is guarded."""
        headers = {"Authorization": f"Bearer {token or self.token()}"}
        return self.app.test_client().get("/", headers=headers)


def hurried(client: HTTPClient, server: MisbehavingServer, slow: Behaviour) -> Fetch:
    """Return a fetcher that gives what is slow no more than a moment."""

    def fetch(request: FetchRequest) -> FetchResponse:
        is_slow = server.on.get(urlsplit(request.url).path) is slow
        return client(request._replace(timeout=SHORT) if is_slow else request)

    return fetch


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged, none of which is the server's or a token."""
    logged = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    text = " ".join(logged)
    assert "MARKER" not in text
    assert "eyJ" not in text
    return logged


def refused_for_now(response: TestResponse) -> bool:
    """Tell whether an answer asks to come again."""
    return response.status_code == 503 and int(response.headers["Retry-After"]) > 0


@dataclass(frozen=True)
class Fault:
    """What a server does at one path, and what the log says of it."""

    path: str
    behaviour: Behaviour
    said: str
    is_slow: bool = field(default=False)


NO_HTTP = "{url} has sent no HTTP that can be read"
LATE = "{url} has not answered in time"
LONG = "{url}: the answer is longer than 262144 bytes"
NO_OBJECT = "{url} is no strict JSON object: "
NO_SET = '{url}: it is no JWK set: {{"keys": [{{…}}, …]}}'
UNUSABLE = "{url}: no key of the set can be used: "
HTML = b"<!DOCTYPE html><title>MARKER</title>"
LONG_BODY = b'{"MARKER": "' + b"z" * 10_000_000 + b'"}'
ENCRYPTION_KEY = {"kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "n": "MARKER", "e": "AQAB"}

# What may go wrong with any answer.
WRONG: dict[str, tuple[Behaviour, str, bool]] = {
    "is silent": (say_nothing, LATE, True),
    "drips its head": (drip(head(200, "X: " + "z" * 200)), LATE, True),
    "drips its body": (drip(b"z" * 99, head(200, "Content-Length: 99")), LATE, True),
    "drips chunks": (drip(chunked(b"z") * 99, head(200, "Transfer-Encoding: chunked")), LATE, True),
    "announces 10 MB": (answer(LONG_BODY), LONG, False),
    "sends 10 MB in a chunk": (
        raw(head(200, "Transfer-Encoding: chunked") + chunked(LONG_BODY)),
        LONG,
        False,
    ),
    "sends 10 MB until it closes": (raw(head(200) + LONG_BODY), LONG, False),
    "redirects elsewhere": (
        redirect("https://MARKER.example/"),
        "{url} redirects to another origin",
        False,
    ),
    "redirects to another scheme": (
        redirect("https://127.0.0.1/MARKER"),
        "{url} redirects to another origin",
        False,
    ),
    "compresses": (
        answer(b"\x1f\x8bMARKER", 200, "Content-Encoding: gzip"),
        "{url}: the answer is compressed, and nobody has asked for that",
        False,
    ),
    "breaks a chunk": (
        raw(head(200, "Transfer-Encoding: chunked") + b"MARKER\r\n\r\n"),
        NO_HTTP,
        False,
    ),
    "breaks off": (raw(head(200, "Content-Length: 99") + b"MARKER"), NO_HTTP, False),
    "speaks something else": (raw(b"220 MARKER ESMTP\r\n\r\n"), NO_HTTP, False),
    "closes": (close, NO_HTTP, False),
}

FAULTS: dict[str, Fault] = {
    **{f"metadata: {name}": Fault(META, *row) for name, row in WRONG.items()},
    **{f"keys: {name}": Fault(KEYS, *row) for name, row in WRONG.items()},
    "metadata: loops": Fault(META, redirect(META), "{url} redirects again and again"),
    "metadata: 500": Fault(
        META,
        answer(b"MARKER", 500),
        "{url} answered 500 and {issuer}/.well-known/oauth-authorization-server answered 404",
    ),
    "metadata: HTML": Fault(
        META, answer(HTML), NO_OBJECT + "Expecting value: line 1 column 1 (char 0)"
    ),
    "metadata: duplicate members": Fault(
        META, answer(b'{"issuer": "MARKER", "issuer": "MARKER"}'), NO_OBJECT + "duplicate member"
    ),
    "metadata: another issuer": Fault(
        META,
        answer({"issuer": "https://MARKER.example", "jwks_uri": "https://MARKER.example/"}),
        "{url} is the metadata of another issuer: its issuer is not '{issuer}'",
    ),
    "keys: 500": Fault(KEYS, answer(b"MARKER", 500), "{url} answered 500"),
    "keys: HTML": Fault(
        KEYS,
        answer(HTML),
        "{url}: it is no strict JSON: Expecting value: line 1 column 1 (char 0)",
    ),
    "keys: duplicate members": Fault(
        KEYS, answer(b'{"keys": [], "keys": []}'), "{url}: it is no strict JSON: duplicate member"
    ),
    "keys: a list": Fault(
        KEYS, answer([jwk()]), "{url}: it is no strict JSON: must be a json object"
    ),
    "keys: a member that is none": Fault(KEYS, answer({"keys": ["MARKER"]}), NO_SET),
    "keys: an empty set": Fault(KEYS, answer({"keys": []}), "{url}: the set has no keys"),
    "keys: for encryption alone": Fault(
        KEYS,
        answer({"keys": [ENCRYPTION_KEY]}),
        UNUSABLE + "key 1: alg has to be one of",
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_server_that_misbehaves(
    server: MisbehavingServer,
    client: HTTPClient,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    """Without keys the answer is 503, with keys from before it is 200; one line says what is wrong.

    Requests that follow neither ask the server again nor write to the log.
    """
    issuer = server.url
    said = fault.said.format(url=f"{issuer}{fault.path}", issuer=issuer)
    said = f"the keys of {issuer} can't be fetched: {said}"
    fetch = hurried(client, server, fault.behaviour) if fault.is_slow else client
    behave(server, issuer)
    known = Api(issuer, fetch)
    assert known.get().status_code == 200
    server.on[fault.path] = fault.behaviour

    unknown = Api(issuer, fetch)
    assert refused_for_now(unknown.get())
    asked = len(server.visits)
    assert refused_for_now(unknown.get())
    assert len(server.visits) == asked
    (line,) = lines(caplog)
    assert line.startswith(said)

    caplog.clear()
    known.now += 299
    failed: Queue[str] = Queue()
    with issuer_keys_failed.connected_to(lambda *_, error, **__: failed.put(error), known.app):
        assert known.get().status_code == 200
        failed.get(timeout=10)
    assert known.get().status_code == 200
    (line,) = lines(caplog)
    assert line.startswith(said)


def test_redirect_within_the_origin(server: MisbehavingServer, client: HTTPClient) -> None:
    """A server may have moved its documents on its own origin."""
    behave(server, server.url)
    for path in (META, KEYS):
        server.on[f"/moved{path}"] = server.on[path]
        server.on[path] = redirect(f"/moved{path}", 301)

    assert Api(server.url, client).get().status_code == 200


def test_second_document(server: MisbehavingServer, client: HTTPClient) -> None:
    """An issuer without OpenID has its metadata where RFC 8414 says, before its path."""
    issuer = f"{server.url}/realms/shop/"
    server.on["/.well-known/oauth-authorization-server/realms/shop"] = answer(
        {"issuer": issuer, "jwks_uri": f"{server.url}{KEYS}"}
    )
    server.on[KEYS] = answer({"keys": [jwk()]})

    assert Api(issuer, client).get().status_code == 200
    assert server.paths()[0] == f"/realms/shop{META}"


def test_two_keys_of_one_kid(
    server: MisbehavingServer, client: HTTPClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Where two keys have one name, a token is tried with both (RFC 7517 section 4.5)."""
    behave(server, server.url)
    server.on[KEYS] = answer({"keys": [jwk(), jwk(OTHER_KEY)]})
    api = Api(server.url, client)

    assert api.get().status_code == 200
    assert api.get(api.token(OTHER_KEY)).status_code == 200
    assert api.get(api.token(ec.generate_private_key(ec.SECP256R1()))).status_code == 401
    assert lines(caplog) == []


STRANGE_KEYS: list[dict[str, Any]] = [
    ENCRYPTION_KEY,
    {},
    {"kty": []},
    {"kty": {}, "alg": {}},
    {"kty": "EC", "crv": []},
    {"kty": "EC", "crv": "P-256", "x": 1, "y": None},
    {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    {"kty": "OKP", "crv": {}, "alg": []},
    {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
    {"kty": "AKP", "alg": "ML-DSA-44", "pub": "MARKER"},
    {"kty": "oct", "k": "MARKER"},
    {**jwk(), "kid": 5},
    {**jwk(), "kid": ""},
    {**jwk(), "kid": "MARKER\n" * 99},
    {**jwk(), "alg": ["ES256"]},
    {**jwk(), "use": {}},
    {**jwk(), "key_ops": [[]]},
    {**jwk(), "key_ops": {}},
    {**jwk(), "x5c": [1], "nbf": "MARKER", "exp": []},
    {**jwk(), "d": "MARKER"},
]


def test_strange_keys(
    server: MisbehavingServer, client: HTTPClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Keys that are not understood are passed over with one note, and never the whole set."""
    behave(server, server.url)
    server.on[KEYS] = answer({"keys": [*STRANGE_KEYS, jwk()]})
    api = Api(server.url, client)

    assert api.get().status_code == 200
    (line,) = lines(caplog)
    assert line.startswith(f"the keys of {server.url}: keys of the set that are not used: key 1: ")
    for strange in STRANGE_KEYS:
        server.on[KEYS] = answer({"keys": [strange, jwk()]})
        assert Api(server.url, client).get().status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "http://MARKER.example/jwks",
        "http://127.0.0.1:{port}/jwks",
        "https://127.0.0.1:{port}/jwks",
        "https://localhost:{port}/jwks",
        "https://me:MARKER@id.example/jwks",
        "https://id.example/jwks#MARKER",
        "https://id.example/MARKER\n",
        "https://id.example/\u00fc",
        "https://id.example/" + "z" * 2048,
        "file:///etc/passwd",
        "https://",
        ["https://id.example/jwks"],
        5,
    ],
    ids=str,
)
def test_keys_at_a_forbidden_address(
    tls_server: MisbehavingServer,
    proxy: HTTPProxy,
    client: HTTPClient,
    caplog: pytest.LogCaptureFixture,
    address: Any,
) -> None:
    """The metadata of an issuer elsewhere can't lead to this machine, nor to http."""
    issuer = "https://id.example"
    if isinstance(address, str):
        address = address.format(port=tls_server.port)
    tls_server.on[META] = answer({"issuer": issuer, "jwks_uri": address})

    assert refused_for_now(Api(issuer, client).get())
    assert lines(caplog) == [
        f"the keys of {issuer} can't be fetched: {issuer}{META}: its jwks_uri is no https "
        "address of a server"
    ]
    assert tls_server.paths() == [META]


def test_address_that_nobody_needs(server: MisbehavingServer, client: HTTPClient) -> None:
    """An endpoint that is not used may be at any address."""
    issuer = server.url
    behave(server, issuer)
    endpoint = {"introspection_endpoint": "http://MARKER.example/"}
    server.on[META] = answer({"issuer": issuer, "jwks_uri": f"{issuer}{KEYS}", **endpoint})

    assert Api(issuer, client).get().status_code == 200


def test_keys_elsewhere(
    tls_server: MisbehavingServer, proxy: HTTPProxy, client: HTTPClient
) -> None:
    """An issuer behind the proxy of the environment may have its keys at another port."""
    issuer = "https://id.example"
    tls_server.on[META] = answer({"issuer": issuer, "jwks_uri": f"{issuer}:8443{KEYS}"})
    tls_server.on[KEYS] = answer({"keys": [jwk()]})

    assert Api(issuer, client).get().status_code == 200
    assert proxy.paths() == ["id.example:443", "id.example:8443"]


def test_wrong_certificate(
    tls_server: MisbehavingServer, client: HTTPClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A server whose certificate nobody vouches for is not asked."""
    issuer = tls_server.url

    assert refused_for_now(Api(issuer, client).get())
    (line,) = lines(caplog)
    assert line.startswith(
        f"the keys of {issuer} can't be fetched: {issuer}{META} can't be reached: "
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
    )
    assert tls_server.visits == []


def test_name_that_nobody_has(client: HTTPClient, caplog: pytest.LogCaptureFixture) -> None:
    """A name without an address is told by the resolver's words."""
    issuer = "https://id.invalid"

    assert refused_for_now(Api(issuer, client).get())
    (line,) = lines(caplog)
    assert line.startswith(
        f"the keys of {issuer} can't be fetched: {issuer}{META} can't be reached: [Errno -"
    )


class Strange(Exception):
    """An error of the application's own."""


def raising(error: Exception) -> Fetch:
    """Return a fetcher that fails."""

    def fetch(request: FetchRequest) -> FetchResponse:
        raise error

    return fetch


NO_RESPONSE = "fetch returned no FetchResponse that is whole"


@pytest.mark.parametrize(
    ("fetch", "said"),
    [
        (raising(Strange("MARKER")), "fetch raised Strange"),
        (raising(TimeoutError("MARKER")), "fetch raised TimeoutError"),
        (lambda _: None, NO_RESPONSE),
        (lambda _: (200, {}, b"MARKER"), NO_RESPONSE),
        (lambda _: FetchResponse(200, {}, "MARKER"), NO_RESPONSE),  # type: ignore[arg-type]
        (lambda _: FetchResponse("MARKER", {}, b""), NO_RESPONSE),  # type: ignore[arg-type]
        (lambda _: FetchResponse(True, {}, b""), NO_RESPONSE),
        (lambda _: FetchResponse(200, None, b""), NO_RESPONSE),  # type: ignore[arg-type]
        (lambda _: FetchResponse(200, {}, LONG_BODY), "the answer is longer than 262144 bytes"),
    ],
    ids=range(9),
)
@pytest.mark.parametrize("is_introspected", [False, True], ids=["keys", "introspection"])
def test_fetcher_of_the_application(
    caplog: pytest.LogCaptureFixture,
    fetch: Callable[[FetchRequest], Any],
    said: str,
    is_introspected: bool,
) -> None:
    """What an own fetcher does wrong is an issuer that can't be asked, and not a 500."""
    issuer = "https://id.example"
    asking = {"introspection": {"client_id": "shop", "client_secret": "s"}}
    api = Api(issuer, fetch, **(asking if is_introspected else {}))

    assert refused_for_now(api.get())
    what = "can't be asked about tokens" if is_introspected else "can't be fetched"
    (line,) = lines(caplog)
    assert line.startswith("" if is_introspected else "the keys of ")
    assert line.endswith(f"{issuer} {what}: {issuer}{META}: {said}")


def test_error_of_an_own_fetcher(caplog: pytest.LogCaptureFixture) -> None:
    """An own fetcher may say what is wrong."""
    issuer = "https://id.example"

    assert refused_for_now(Api(issuer, raising(FetchError("it is Sunday"))).get())
    assert lines(caplog) == [f"the keys of {issuer} can't be fetched: it is Sunday"]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (say_nothing, LATE),
        (close, NO_HTTP),
        (answer(b"MARKER", 500), "{url} answered 500"),
        (answer(b"MARKER", 401), "{url} refuses the client_id or its secret (401)"),
        (answer(HTML), "{url} answered with no strict JSON object"),
        (answer(b'{"active": true, "active": true}'), "{url} answered with no strict JSON object"),
        (answer(LONG_BODY), LONG),
        (redirect("/there", 307), "{url} answered 307"),
    ],
    ids=["silent", "closes", "500", "401", "HTML", "duplicates", "10 MB", "redirects"],
)
def test_introspection_that_misbehaves(
    server: MisbehavingServer,
    client: HTTPClient,
    caplog: pytest.LogCaptureFixture,
    behaviour: Behaviour,
    said: str,
) -> None:
    """Where nobody says whether a token is active, the answer is 503 until somebody does."""
    issuer, path = server.url, "/introspect"
    server.on[META] = answer({"issuer": issuer, "introspection_endpoint": f"{issuer}{path}"})
    server.on[path] = behaviour
    introspection = {"client_id": "shop", "client_secret": "MARKER"}
    api = Api(issuer, hurried(client, server, say_nothing), introspection=introspection)

    assert refused_for_now(api.get("k" * 43))
    url = f"{issuer}{path}"
    assert lines(caplog) == [f"{issuer} can't be asked about tokens: {said.format(url=url)}"]
    server.on[path] = answer({"active": True, "sub": "ann", "aud": "api", "exp": api.now + 9})
    assert api.get("k" * 43).status_code == 200


@pytest.mark.parametrize(
    "target", ["http://[MARKER", "/\xfc", "http://127.0.0.1:MARKER/", "http://MARKER.example/"]
)
def test_endpoint_behind_a_strange_redirect(
    server: MisbehavingServer,
    client: HTTPClient,
    caplog: pytest.LogCaptureFixture,
    target: str,
) -> None:
    """Where the endpoint can't be found, the answer is 503 as well."""
    issuer = server.url
    server.on[META] = redirect(target)
    api = Api(issuer, client, introspection={"client_id": "shop", "client_secret": "MARKER"})

    assert refused_for_now(api.get("k" * 43))
    assert lines(caplog) == [
        f"{issuer} can't be asked about tokens: {issuer}{META} redirects to another origin"
    ]
