"""What is granted because a program asks for it in its own words, and nowhere else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from flask_jwt import JWT, current_identity
from flask_jwt import jwt_required as our_jwt_required
from flask_jwt.extended import JWTManager, create_access_token, jwt_required, set_access_cookies
from tests.support.secret import secret
from tests.support.tokens import claims, compact

from .calls import ask, token_of


def test_token_without_an_end(caplog: pytest.LogCaptureFixture) -> None:
    """A token that a program makes for ever is good, and is told in the log."""
    app = Flask("endless")
    app.config["JWT_SECRET_KEY"] = secret()
    JWTManager(app)
    app.add_url_rule("/", view_func=jwt_required()(lambda: "in"))
    token = token_of(app, expires_delta=False)

    assert "expires_delta=False" in caplog.text
    assert token not in caplog.text
    assert ask(app, token, "/")[0] == 200


@pytest.fixture
def ours() -> Flask:
    """An application of ``JWT(app, …)`` with every grant in its configuration."""
    app = Flask("ours")
    app.config.update(
        SECRET_KEY=secret(),
        JWT_ACCESS_TOKEN_EXPIRES=False,
        JWT_REFRESH_TOKEN_EXPIRES=False,
        JWT_HEADER_TYPE="",
        JWT_HEADER_NAME="X-Token",
        JWT_QUERY_STRING_NAME="jwt",
        JWT_ACCESS_COOKIE_NAME="access_token_cookie",
        JWT_COOKIE_CSRF_PROTECT=False,
        JWT_CSRF_METHODS=[],
        JWT_VERIFY_SUB=False,
        JWT_DECODE_LEEWAY=timedelta(hours=9),
        JWT_DECODE_ALGORITHMS=["HS256", "HS512", "none"],
        JWT_IDENTITY_CLAIM="user",
        JWT_BLACKLIST_ENABLED=False,
    )
    JWT(app, lambda name, _: {"id": name}, lambda found: found.get("identity"))
    app.add_url_rule("/", view_func=our_jwt_required()(lambda: str(current_identity)))
    return app


def test_not_under_our_own_name(ours: Flask) -> None:
    """None of the keys opens anything under ``JWT(app, …)``."""
    client, good = ours.test_client(), compact(claims("ann"), secret())
    assert client.get("/", headers={"Authorization": f"JWT {good}"}).text == "ann"

    endless, old = claims("ann", exp=None), claims("ann", exp=1)
    elsewhere = claims(None, user="ann")
    for token in (compact(one, secret()) for one in (endless, old, elsewhere)):
        assert client.get("/", headers={"Authorization": f"JWT {token}"}).status_code == 401
    client.set_cookie("access_token_cookie", good)
    for sent in ({"X-Token": good}, {"Authorization": good}, {"Authorization": f"Bearer {good}"}):
        assert client.get("/", headers=sent).status_code == 401
    assert client.get(f"/?jwt={good}").status_code == 401
    assert client.post("/auth", json={"username": "ann", "password": "x"}).status_code == 200


def test_no_functions_under_our_own_name(ours: Flask) -> None:
    """The functions and guards of this room work under ``JWTManager`` alone."""
    ours.add_url_rule("/guarded", "guarded", view_func=jwt_required()(lambda: "in"))
    ours.add_url_rule("/open", "open", view_func=jwt_required(optional=True)(lambda: "in"))
    token = compact(claims("ann"), secret())

    with ours.test_request_context():
        for call in (
            lambda: create_access_token("ann"),
            lambda: create_access_token("ann", expires_delta=False),
            lambda: set_access_cookies(ours.make_response(""), token),
        ):
            with pytest.raises(RuntimeError, match="JWTManager"):
                call()
    for path in ("/guarded", "/open"):
        assert ask(ours, token, path)[0] in (401, 500)


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "None"}, {"typ": "JWT"}, {"alg": "HS512"}]
)
def test_never_granted(header: dict[str, str]) -> None:
    """No configuration has a token accepted that is not signed by what was configured."""
    app = Flask("strict")
    app.config["JWT_SECRET_KEY"] = secret()
    JWTManager(app)
    app.add_url_rule("/", view_func=jwt_required()(lambda: "in"))
    token = compact(claims(None, sub="ann"), secret(), header)

    for one in (token, token.rpartition(".")[0] + "."):
        assert ask(app, one, "/")[0] == 422

    app.config["JWT_DECODE_ALGORITHMS"] = ["HS256", "none"]
    assert ask(app, token, "/")[0] == 500
