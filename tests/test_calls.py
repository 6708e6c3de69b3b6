"""How far a request walks through the package: the calls of its functions, and their files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import time
from types import FrameType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import flask_jwt
from flask_jwt import JWT, jwt_required
from flask_jwt.core import KeyRing, Signer
from flask_jwt.extended import JWTManager
from flask_jwt.extended import create_access_token as extended_create_access_token
from flask_jwt.extended import jwt_required as extended_jwt_required
from tests.support.material import signing_key
from tests.support.secret import secret

PACKAGE = str(Path(flask_jwt.__file__).parent)
CREDENTIALS = {"username": "ann", "password": "x"}
SITE = "https://shop.test"


class Trip:
    """An application, and a browser that has signed in to it."""

    def __init__(self, **config: Any) -> None:
        self.app = Flask("walked")
        self.app.config.update(SECRET_KEY=secret(), **config)
        JWT(self.app, lambda name, _: {"id": name}, lambda claims: {"id": claims.get("identity")})
        self.app.add_url_rule("/me", view_func=jwt_required()(lambda: "in"))
        self.client: FlaskClient = self.app.test_client()
        self.tokens = self.sign_in(self.client).get_json()

    def sign_in(self, client: FlaskClient) -> TestResponse:
        return client.post("/auth", json=CREDENTIALS, base_url=SITE)

    def sign_in_anew(self) -> TestResponse:
        return self.sign_in(self.app.test_client())

    def me(self) -> TestResponse:
        headers = {"Authorization": f"JWT {self.tokens['access_token']}"}
        return self.client.get("/me", headers=headers, base_url=SITE)

    def me_by_issuer(self) -> TestResponse:
        return self.client.get("/me", headers={"Authorization": f"JWT {THEIRS}"}, base_url=SITE)

    def refresh(self) -> TestResponse:
        headers = {"X-CSRF-TOKEN": self.tokens["csrf_token"]}
        return self.client.post("/auth/refresh", headers=headers, base_url=SITE)


KEY = signing_key("ES256")
ISSUER = "https://id.example/realms/shop"
THEIRS = Signer(KeyRing(KEY)).sign(
    {"iss": ISSUER, "aud": "shop-api", "sub": "ann", "exp": int(time()) + 3600}
)
ISSUERS = {
    "JWT_TRUSTED_ISSUERS": {ISSUER: {"audience": "shop-api", "keys": {"keys": [KEY.public_jwk]}}}
}
BROWSER = {"JWT_SESSION_STORE": "memory://", "JWT_TOKEN_LOCATION": ["headers", "cookies"]}


class MovedTrip(Trip):
    """An application of Flask-JWT-Extended, and a client with a token in its header."""

    def __init__(self) -> None:
        self.app = Flask("moved")
        self.app.config.update(JWT_SECRET_KEY=secret(), JWT_HEADER_TYPE="JWT")
        JWTManager(self.app)
        self.app.add_url_rule("/me", view_func=extended_jwt_required()(lambda: "in"))
        with self.app.app_context():
            token = extended_create_access_token("ann")
        self.client = self.app.test_client()
        self.tokens = {"access_token": token}


@pytest.mark.parametrize(
    ("config", "request_of", "calls", "files"),
    [
        ({}, Trip.me, 8, 7),
        (ISSUERS, Trip.me, 9, 8),
        (ISSUERS, Trip.me_by_issuer, 9, 8),
        ({}, Trip.sign_in_anew, 45, 14),
        (BROWSER, Trip.sign_in_anew, 120, 30),
        (BROWSER, Trip.refresh, 114, 30),
    ],
    ids=[
        *("a cached token", "a cached token beside issuers", "a cached token of an issuer"),
        *("sign-in", "sign-in with cookies", "refresh by cookie"),
    ],
)
def test_no_request_walks_further(
    config: dict[str, Any], request_of: Callable[[Trip], TestResponse], calls: int, files: int
) -> None:
    """A change that sends requests to and fro is noticed here before a benchmark shows it."""
    assert_walks_no_further(Trip(**config), request_of, calls, files)


def test_no_moved_request_walks_further() -> None:
    """Nor does one to a guard of Flask-JWT-Extended: two calls more, for what it asks besides."""
    assert_walks_no_further(MovedTrip(), Trip.me, 10, 10)


def assert_walks_no_further(
    trip: Trip, request_of: Callable[[Trip], TestResponse], calls: int, files: int
) -> None:
    request_of(trip)
    walked: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            walked.append(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        answer = request_of(trip)
    finally:
        sys.setprofile(None)

    assert answer.status_code == 200
    assert 0 < len(walked) <= calls
    assert len(set(walked)) <= files
