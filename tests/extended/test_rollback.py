"""Over the move to this package and back again, users stay signed in."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, jsonify
from werkzeug.test import TestResponse

from tests.support.material import PRIVATE, pem
from tests.support.secret import secret

PACKAGES = ("flask_jwt_extended", "flask_jwt.extended")

#: Text is true, and what is empty is not set.
ENVIRONMENT = {
    "JWT_COOKIE_CSRF_PROTECT": "False",
    "JWT_CSRF_CHECK_FORM": "",
    "JWT_DECODE_ALGORITHMS": "HS256",
    "JWT_ENCODE_AUDIENCE": "",
    "JWT_ENCODE_ISSUER": "",
}
#: What is configured, and what tokens are made with, by what is told apart.
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "access": ({}, {}),
    "refresh": ({}, {"refresh": True}),
    "fresh": ({}, {"fresh": True}),
    "fresh for a while": ({}, {"fresh": timedelta(minutes=5)}),
    "fresh no longer": ({}, {"fresh": timedelta(minutes=-5)}),
    "without CSRF": ({"JWT_COOKIE_CSRF_PROTECT": False}, {}),
    "without nbf": ({"JWT_ENCODE_NBF": False}, {}),
    "without an end": ({}, {"expires_delta": False}),
    "expired": ({}, {"expires_delta": timedelta(seconds=-1)}),
    "more claims": ({}, {"additional_claims": {"a": {"b": [1, None, 0.5]}, "é": "ü"}}),
    "more headers": ({}, {"additional_headers": {"kid": "1", "x": {"y": 1}}}),
    "one audience": ({"JWT_ENCODE_AUDIENCE": "us", "JWT_DECODE_AUDIENCE": ["us", "them"]}, {}),
    "audiences and issuer": (
        {
            "JWT_ENCODE_AUDIENCE": ["us", "them"],
            "JWT_DECODE_AUDIENCE": "them",
            "JWT_ENCODE_ISSUER": "https://a.example",
            "JWT_DECODE_ISSUER": "https://a.example",
        },
        {},
    ),
    "another audience": ({"JWT_ENCODE_AUDIENCE": "us", "JWT_DECODE_AUDIENCE": "them"}, {}),
    "expired for another audience": (
        {"JWT_ENCODE_AUDIENCE": "us", "JWT_DECODE_AUDIENCE": "them"},
        {"expires_delta": timedelta(seconds=-1)},
    ),
    "another claim": ({"JWT_IDENTITY_CLAIM": "identity"}, {}),
    "the environment": (ENVIRONMENT | {"JWT_COOKIE_DOMAIN": ""}, {}),
    "HS512": ({"JWT_ALGORITHM": "HS512"}, {}),
    "RS256": ({"JWT_ALGORITHM": "RS256"}, {}),
    "ES256": ({"JWT_ALGORITHM": "ES256"}, {}),
    "an object": ({"JWT_VERIFY_SUB": False}, {"identity": {"id": 7, "roles": ["a", None]}}),
    "a number": ({"JWT_VERIFY_SUB": False}, {"identity": 7}),
}


KEYS = {
    algorithm: {
        "JWT_PRIVATE_KEY": pem(PRIVATE[algorithm]).decode(),
        "JWT_PUBLIC_KEY": pem(f"{PRIVATE[algorithm]}-public").decode(),
    }
    for algorithm in ("RS256", "ES256")
}


@pytest.fixture(params=[PACKAGES, PACKAGES[::-1]], ids=["move", "rollback"])
def direction(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Who made a token, and who is sent it."""
    before, after = request.param
    return before, after


class Site:
    """One application, with either package."""

    def __init__(self, package: str, **config: Any) -> None:
        jwt = importlib.import_module(package)
        self.app = Flask(package)
        self.app.config.update({"JWT_SECRET_KEY": secret("rollback"), **config})
        jwt.JWTManager(self.app)
        self._jwt = jwt

        def shown() -> Any:
            who = {"identity": jwt.get_jwt_identity(), "by": jwt.get_jwt_request_location()}
            return jsonify(**who, claims=jwt.get_jwt(), header=jwt.get_jwt_header())

        def signed_in() -> Any:
            answer = jsonify(signed_in=True)
            jwt.set_access_cookies(answer, jwt.create_access_token("ines"))
            jwt.set_refresh_cookies(answer, jwt.create_refresh_token("ines"))
            return answer

        methods = ["GET", "POST"]
        for path, options in VIEWS.items():
            view = jwt.jwt_required(**options)(shown)
            self.app.add_url_rule(path, path[1:], view, methods=methods)
        self.app.add_url_rule("/in", "in", signed_in)

    def make(self, *, refresh: bool = False, identity: Any = "ines", **options: Any) -> str:
        """Make a token."""
        make = self._jwt.create_refresh_token if refresh else self._jwt.create_access_token
        with self.app.app_context():
            return str(make(identity, **options))

    def answers(self, token: str) -> list[tuple[int, Any]]:
        """Return what each guard says of a token."""
        headers = {"Authorization": f"Bearer {token}"}
        found = [self.app.test_client().get(path, headers=headers) for path in VIEWS]
        return [(answer.status_code, answer.json) for answer in found]


VIEWS: dict[str, dict[str, Any]] = {
    "/access": {},
    "/fresh": {"fresh": True},
    "/refresh": {"refresh": True},
    "/any": {"verify_type": False},
}


@pytest.mark.parametrize("kind", KINDS)
def test_tokens(kind: str, direction: tuple[str, str]) -> None:
    """A token of either package gets the same answers from the other, claims and all."""
    config, options = KINDS[kind]
    config = {**config, **KEYS.get(config.get("JWT_ALGORITHM", ""), {})}
    before, after = (Site(package, **config) for package in direction)

    token = before.make(**options)

    assert after.answers(token) == before.answers(token)
    refused = kind.startswith("expired") or kind == "another audience"
    assert any(status == 200 for status, _ in before.answers(token)) is not refused


@pytest.mark.parametrize("more", [{}, ENVIRONMENT], ids=["usual", "environment"])
def test_cookies(more: dict[str, Any], direction: tuple[str, str]) -> None:
    """Cookies that either package has set are good for the other: tokens and CSRF values."""
    config = {"JWT_TOKEN_LOCATION": ["cookies"], "JWT_REFRESH_COOKIE_PATH": "/refresh", **more}
    before, after = (Site(package, **config) for package in direction)
    received = before.app.test_client().get("/in")

    assert [shape(one) for one in received.headers.getlist("Set-Cookie")] == [
        shape(one) for one in after.app.test_client().get("/in").headers.getlist("Set-Cookie")
    ]
    found = list(visits(after, received))
    assert found == list(visits(before, received))
    assert [status for status, _ in found] == [200, 401, 401, 200, 401, 200, 401]


def visits(site: Site, received: TestResponse) -> Iterator[tuple[int, Any]]:
    """Send what a browser has, to read and to write, without and with each CSRF value."""
    client = site.app.test_client()
    values = {}
    for header in received.headers.getlist("Set-Cookie"):
        (name, value), *rest = (part.partition("=")[::2] for part in header.split("; "))
        client.set_cookie(name, value, path=dict(rest)["Path"])
        values[name] = value
    yield status_and_body(client.get("/access"))
    for path in ("/access", "/refresh"):
        for csrf in (None, "csrf_refresh_token", "csrf_access_token"):
            headers = {} if csrf is None else {"X-CSRF-TOKEN": values[csrf]}
            yield status_and_body(client.post(path, headers=headers))


def status_and_body(answer: TestResponse) -> tuple[int, Any]:
    return answer.status_code, answer.json


def shape(cookie: str) -> list[str]:
    """Return the name and the attributes of a cookie."""
    first, *attributes = cookie.split("; ")
    return [first.partition("=")[0], *sorted(attributes)]
