"""What an attacker sends to a program of Flask-JWT-Extended's, and what becomes of it."""

from collections.abc import Callable
from typing import Any

import jwt as pyjwt
import pytest
from flask import Flask, jsonify

from flask_jwt.extended import (
    JWTManager,
    create_access_token,
    decode_token,
    get_csrf_token,
    get_jti,
    get_jwt_identity,
    get_unverified_jwt_headers,
    jwt_required,
)
from flask_jwt.extended.exceptions import CSRFError
from tests.support.secret import secret

Answer = tuple[int, Any]


def make_app(**config: Any) -> Flask:
    """Return an application with guarded views that say whom a request is from."""
    app = Flask(__name__)
    app.config.update({"JWT_SECRET_KEY": secret(), **config})
    JWTManager(app)
    for path, guard in (
        ("/me", jwt_required()),
        ("/perhaps", jwt_required(optional=True)),
        ("/refresh", jwt_required(refresh=True)),
        ("/fresh", jwt_required(fresh=True)),
    ):
        view = guard(lambda: jsonify(get_jwt_identity()))
        app.add_url_rule(path, path, view, methods=["GET", "POST"])
    return app


def made(app: Flask, identity: str = "ann", **more: Any) -> str:
    """Return an access token of an application."""
    with app.app_context():
        return create_access_token(identity, **more)


def ask(app: Flask, path: str, method: str = "GET", **headers: str) -> Answer:
    """Send a request; return the status and the body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    client = app.test_client(use_cookies=False)
    answer = client.open(path, method=method, headers=named)
    return answer.status_code, answer.json


def cookies(*tokens: str) -> str:
    """Return a Cookie header with several cookies for access tokens."""
    return "; ".join(f"access_token_cookie={token}" for token in tokens)


@pytest.mark.parametrize(
    "function", [decode_token, get_jti, get_csrf_token, get_unverified_jwt_headers]
)
@pytest.mark.parametrize("sent", [None, 5, True, {}, ["a"], b"\xff.\xff.\xff", "", "é.é.é"])
def test_what_is_no_token(function: Callable[[Any], Any], sent: Any) -> None:
    """What a program hands on from a cookie or a JSON body may be anything: PyJWT's error."""
    with make_app().app_context(), pytest.raises(pyjwt.DecodeError):
        function(sent)


def test_csrf_value_of_a_program() -> None:
    """A program that checks the CSRF value itself is not satisfied by an empty one."""
    app = make_app(JWT_TOKEN_LOCATION=["cookies"])
    with app.app_context():
        token = create_access_token("ann")
        assert decode_token(token, csrf_value=get_csrf_token(token))["sub"] == "ann"
        for value in ("", "é", "a" * 100_000):
            with pytest.raises(CSRFError):
                decode_token(token, csrf_value=value)
