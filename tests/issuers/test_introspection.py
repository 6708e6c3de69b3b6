"""Tokens that their issuer is asked about (RFC 7662)."""

from __future__ import annotations

import json
import logging
import time
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore
from typing import Any
from urllib.parse import parse_qs

import jwt as pyjwt
import pytest
from flask import Flask, jsonify
from werkzeug.test import TestResponse

from flask_jwt import JWT, ConfigurationError, current_token, jwt_required
from flask_jwt.issuers import FetchError, FetchRequest, FetchResponse
from flask_jwt.testing import FakeIssuer
from tests.core.key_texts import pem
from tests.support.material import NOW
from tests.support.secret import secret

ISSUER = "https://id.example"
ENDPOINT = "https://id.example/introspect"
OPAQUE = "k" * 43
ACTIVE = {"active": True, "sub": "ann", "aud": "api", "exp": NOW + 300, "scope": "a b"}


class Asked:
    """A fetcher that answers as it is told, and remembers what it was asked."""

    def __init__(self, answer: Any = ACTIVE, status: int = 200) -> None:
        self.answer = answer
        self.status = status
        self.requests: list[FetchRequest] = []

    def __call__(self, request: FetchRequest) -> FetchResponse:
        """Answer with JSON, or with the bytes as they are."""
        self.requests.append(request)
        raw = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        return FetchResponse(self.status, {}, raw)

    @property
    def form(self) -> dict[str, list[str]]:
        """The form of the last request."""
        return parse_qs((self.requests[-1].body or b"").decode())


def make_app(
    fetch: Callable[[FetchRequest], FetchResponse],
    clock: Callable[[], float] = lambda: NOW,
    options: dict[str, Any] | None = None,
    **introspection: Any,
) -> Flask:
    """Make an application that asks about the tokens of one issuer."""
    app = Flask("asking")
    asking = {"client_id": "shop", "client_secret": "s", "endpoint": ENDPOINT, **introspection}
    kept = {name: value for name, value in asking.items() if value is not None}
    app.config.update(
        JWT_AUTH_HEADER_PREFIX="Bearer",
        JWT_TRUSTED_ISSUERS={ISSUER: {"audience": "api", "introspection": kept, **(options or {})}},
    )
    JWT(app, fetch=fetch, clock=clock)

    @app.get("/me")
    @jwt_required()
    def me() -> Any:
        return jsonify(subject=current_token.subject, scopes=sorted(current_token.scopes))

    return app


def get(app: Flask, token: str = OPAQUE) -> TestResponse:
    """Ask for what is guarded."""
    return app.test_client().get("/me", headers={"Authorization": f"Bearer {token}"})


def test_what_is_asked_and_answered() -> None:
    """The token goes into a form, who asks into the header, and the answer has the claims."""
    asked = Asked()
    app = make_app(asked, client_id="sh op", client_secret="a:b%ü")

    assert get(app).json == {"subject": "ann", "scopes": ["a", "b"]}
    (request,) = asked.requests
    assert (request.method, request.url) == ("POST", ENDPOINT)
    assert asked.form == {"token": [OPAQUE], "token_type_hint": ["access_token"]}
    scheme, _, pair = request.headers["authorization"].partition(" ")
    # RFC 6749 section 2.3.1: encoded as a form before they are joined.
    assert (scheme, b64decode(pair)) == ("Basic", b"sh+op:a%3Ab%25%C3%BC")


def test_assertion_of_a_private_key() -> None:
    """With a private key an assertion says who asks, for a minute and once (RFC 7523)."""
    asked = Asked()
    app = make_app(
        asked,
        client_secret=None,
        private_key=pem("p256").decode(),
        algorithm="ES256",
        key_id="mine",
    )

    assert get(app).status_code == get(app).status_code == 200
    assertions = []
    for request in asked.requests:
        assert "authorization" not in request.headers
        form = parse_qs((request.body or b"").decode())
        assert form["client_assertion_type"] == [
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        ]
        (assertion,) = form["client_assertion"]
        assert pyjwt.get_unverified_header(assertion)["kid"] == "mine"
        assertions.append(pyjwt.decode(assertion, options={"verify_signature": False}))
    first, second = assertions
    assert first["iss"] == first["sub"] == "shop"
    assert first["aud"] == ISSUER
    assert first["exp"] - first["iat"] == 60
    assert first["jti"] != second["jti"]


@pytest.mark.parametrize(
    "text", ["k" * 29, "k" * 8193, "k" * 42 + "ü", "k" * 42 + ",", "=" + "k" * 42, "a.b.c.d"]
)
def test_what_nobody_is_asked_about(text: str) -> None:
    """What is too short to be a secret, too long, or no token68 is refused without a question."""
    asked = Asked()

    assert get(make_app(asked), text.encode().decode("latin-1")).status_code == 401
    assert not asked.requests


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"active": False}, "inactive_token"),
        ({"active": "true"}, "inactive_token"),
        ({"active": 1}, "inactive_token"),
        ({"active": None}, "inactive_token"),
        ({"iss": "https://id.example/"}, "invalid_issuer"),
        ({"aud": "other"}, "invalid_audience"),
        ({"aud": None}, "missing_claim"),
        ({"exp": NOW - 60}, "expired_token"),
        ({"exp": None}, "missing_claim"),
        ({"exp": "soon"}, "invalid_claim"),
        ({"nbf": NOW + 60}, "immature_token"),
        ({"sub": None}, "missing_claim"),
        ({"at_hash": "x"}, "invalid_claim"),
        ({"token_type": "refresh_token"}, "invalid_claim"),
        ({"token_use": "refresh"}, "invalid_claim"),
        ({"cnf": {"jkt": "x"}}, "invalid_claim"),
    ],
)
def test_answers_that_let_nobody_in(changed: dict[str, Any], code: str) -> None:
    """Only JSON true is active, and what it says of issuer, audience and time is looked at."""
    answer = {name: value for name, value in {**ACTIVE, **changed}.items() if value is not None}
    app = make_app(Asked(answer))
    codes: list[str | None] = []

    @app.extensions["jwt"].jwt_error_handler
    def note(error: Any) -> Any:
        codes.append(error.error_code)
        return {}, error.status_code

    assert get(app).status_code == 401
    assert codes == [code]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"error": "invalid_client"}, 401),
        ({}, 500),
        ({}, 302),
        (b"<html>", 200),
        (b'{"active": true, "active": true}', 200),
        (b"[true]", 200),
    ],
)
def test_a_server_that_is_of_no_use(
    answer: Any, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the issuer can't be asked, also because it refuses us: 503, and one line a second."""
    app = make_app(Asked(answer, status))
    responses = [get(app) for _ in range(3)]
    response = responses[-1]

    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    (record,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert ISSUER in record.getMessage()
    assert OPAQUE not in caplog.text


def test_nothing_is_remembered_unless_told() -> None:
    """Each request asks anew, and a revoked token is refused at once."""
    asked = Asked()
    app = make_app(asked)

    assert [get(app).status_code for _ in range(2)] == [200, 200]
    asked.answer = {"active": False}
    assert get(app).status_code == 401
    assert len(asked.requests) == 3


def test_an_answer_is_remembered_as_long_as_told() -> None:
    """For the seconds that are configured, and never past ``exp``; what is not active never is."""
    now = [float(NOW)]
    asked = Asked()
    app = make_app(asked, lambda: now[0], cache=60)

    def questions(seconds: float) -> int:
        now[0] = NOW + seconds
        before = len(asked.requests)
        get(app)
        return len(asked.requests) - before

    assert [questions(seconds) for seconds in (0, 1, 59, 60, 61)] == [1, 0, 0, 1, 0]
    asked.answer = {**ACTIVE, "exp": NOW + 210}
    # With the leeway of ten seconds.
    assert [questions(seconds) for seconds in (200, 219, 220, 221)] == [1, 0, 1, 1]
    asked.answer = {"active": False}
    assert [questions(seconds) for seconds in (300, 301)] == [1, 1]


def test_what_is_remembered_is_nobodys_to_change() -> None:
    """Claims that a view has changed are as they were for the next request."""
    app = make_app(Asked({**ACTIVE, "groups": {"of": ["a"]}}), cache=60)
    seen: list[Any] = []

    @app.get("/change")
    @jwt_required()
    def change() -> str:
        seen.append(json.dumps(current_token.claims, sort_keys=True))
        current_token.claims["groups"]["of"].append("b")
        current_token.claims["sub"] = "root"
        return ""

    for _ in range(3):
        headers = {"Authorization": f"Bearer {OPAQUE}"}
        assert app.test_client().get("/change", headers=headers).status_code == 200
    assert len(set(seen)) == 1


def test_questions_at_once_are_bounded() -> None:
    """While as many as may be are under way, further requests are answered 503 without a question.

    Questions that have ended make room, also those that have failed.
    """
    arrived, release = Semaphore(0), Event()
    asked = Asked()

    def fetch(request: FetchRequest) -> FetchResponse:
        arrived.release()
        release.wait(10)
        return asked(request)

    app = make_app(fetch, max_in_flight=2)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(get, app, letter * 43) for letter in "ab"]
        assert all(arrived.acquire(timeout=10) for _ in waiting)
        with ThreadPoolExecutor(20) as more:
            refused = list(more.map(lambda number: get(app, f"{number:043}"), range(20)))
        assert {one.status_code for one in refused} == {503}
        assert not arrived.acquire(blocking=False)
        release.set()
        assert [one.result().status_code for one in waiting] == [200, 200]
    asked.status = 500
    assert [get(app).status_code for _ in range(3)] == [503] * 3
    asked.status = 200
    assert get(app).status_code == 200


def test_jwts_of_the_issuer_and_of_others() -> None:
    """A JWT of this issuer is asked about, too; one of nobody's is refused without a question."""
    asked = Asked()
    app = make_app(asked)
    secret = "s" * 32

    theirs = pyjwt.encode({"iss": ISSUER, "sub": "ann"}, secret)
    assert get(app, theirs).status_code == 200
    assert asked.form["token"] == [theirs]
    assert get(app, pyjwt.encode({"iss": "https://x", "sub": "ann"}, secret)).status_code == 401
    assert len(asked.requests) == 1


def test_only_one_issuer_takes_opaque_tokens() -> None:
    """Such a token doesn't say whose it is, and isn't shown to one issuer after the other."""
    app = make_app(Asked())
    entry = app.config["JWT_TRUSTED_ISSUERS"][ISSUER]
    app.config["JWT_TRUSTED_ISSUERS"] = {ISSUER: entry, "https://other.example": entry}

    with pytest.raises(ConfigurationError, match="opaque"):
        app.extensions["jwt"].load_state(app)


def test_an_endpoint_that_is_discovered() -> None:
    """Without ``endpoint`` the metadata of the issuer says where to ask; a dead one is 503."""
    with FakeIssuer() as issuer:
        app = make_app(Asked())
        who = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
        app.config["JWT_TRUSTED_ISSUERS"] = {issuer.url: {**issuer.options, "introspection": who}}
        app.extensions["jwt"].fetch = None
        app.extensions["jwt"].clock = time.time
        token = issuer.opaque_token()

        assert get(app, token).status_code == 200
        assert issuer.requests[-1] == "/introspect"
        issuer.stop()
        assert get(app, token).status_code == 503
        issuer.start()
        assert get(app, token).status_code == 200


def test_a_fetcher_that_fails() -> None:
    """A function of the application's that raises is a server that can't be asked."""

    def fetch(request: FetchRequest) -> FetchResponse:
        if request.body is None:
            raise FetchError("never asked")
        raise KeyError("token")

    assert get(make_app(fetch)).status_code == 503


def test_long_answers_are_forgotten_sooner() -> None:
    """What an issuer says of tokens counts in what they weigh in memory, as their text does."""
    asked = Asked({**ACTIVE, "padding": "x" * 200_000})
    app = make_app(asked, cache=60)

    for number in range(100):
        assert get(app, f"{number:043}").status_code == 200
    assert get(app, f"{99:043}").status_code == 200
    assert len(asked.requests) == 100
    assert get(app, f"{0:043}").status_code == 200
    assert len(asked.requests) == 101


def test_our_refresh_tokens_are_told_nobody() -> None:
    """A client that sends a refresh token of ours in place of an access token gives it to nobody.

    An issuer's own tokens may look like one, and are asked about.
    """
    asked = Asked()
    app = Flask("both")
    asking = {"client_id": "shop", "client_secret": "s", "endpoint": ENDPOINT}
    app.config.update(
        SECRET_KEY=secret("both"),
        JWT_AUTH_HEADER_PREFIX="Bearer",
        JWT_SESSION_STORE="memory://",
        JWT_TRUSTED_ISSUERS={ISSUER: {"audience": "api", "introspection": asking}},
    )
    JWT(app, lambda name, _password: {"id": name}, dict, fetch=asked, clock=lambda: NOW)
    app.add_url_rule("/me", "me", jwt_required()(lambda: "here"))
    signed_in = app.test_client().post("/auth", json={"username": "ann", "password": "pw"}).json
    assert signed_in is not None

    assert get(app, signed_in["refresh_token"]).status_code == 401
    assert not asked.requests
    assert get(app, "AQ" + "k" * 70).status_code == 200
    assert len(asked.requests) == 1
