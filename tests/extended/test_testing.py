"""``flask_jwt.testing`` for an application of Flask-JWT-Extended's names."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_jwt import ConfigurationError
from flask_jwt.extended import JWTManager, create_access_token, get_jwt_identity, jwt_required
from flask_jwt.requirements import MaxAge, Role, Scope
from flask_jwt.testing import assert_protected, settings, sign_in
from tests.support.secret import secret

SECRET = secret("extended.test_testing")
GUARDS: dict[str, Any] = {
    "plain": jwt_required(),
    "fresh": jwt_required(fresh=True),
    "refresh": jwt_required(refresh=True),
    "read": jwt_required(requires=Scope("read") & Role("clerk")),
    "recent": jwt_required(requires=MaxAge(60)),
}


def make_app(**config: Any) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config.update({"JWT_SECRET_KEY": SECRET, "TESTING": True, **config})
    JWTManager(app)
    for name, guard in GUARDS.items():
        view = guard(lambda: {"who": get_jwt_identity()})
        app.add_url_rule(f"/{name}", name, view, methods=["GET", "POST"])
    return app


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"JWT_HEADER_NAME": "X-Token", "JWT_HEADER_TYPE": ""},
        {"JWT_HEADER_TYPE": None},
        {"JWT_SESSION_STORE": "memory://"},
        {"JWT_IDENTITY_CLAIM": "user"},
    ],
)
def test_signed_in_by_header(config: dict[str, Any]) -> None:
    """The header is the configured one, and the next user's replaces it."""
    client = make_app(**config).test_client()

    assert sign_in(client, 7).get("/plain").get_json() == {"who": 7}
    assert sign_in(client, "anna").get("/plain").get_json() == {"who": "anna"}
    assert client.get("/fresh").status_code == 401
    assert sign_in(client, "anna", claims={"fresh": True}).get("/fresh").status_code == 200


def test_what_a_token_grants() -> None:
    """Scopes, roles and the time of the sign-in are those that were asked for."""
    client = make_app().test_client()

    assert sign_in(client, "anna", scope="read", roles=["clerk"]).get("/read").status_code == 200
    assert sign_in(client, "anna", scope="read").get("/read").status_code == 403
    assert sign_in(client, "anna", auth_time=1_000_000_000).get("/recent").status_code == 401


def test_signed_in_by_cookies() -> None:
    """Cookies come with the CSRF value, and are gone with the next sign-in by header."""
    app = make_app(JWT_TOKEN_LOCATION=["headers", "cookies"])
    client = sign_in(app.test_client(), "anna", cookies=True)

    assert client.post("/plain").get_json() == {"who": "anna"}
    assert client.post("/refresh", headers={"X-CSRF-TOKEN": ""}).status_code == 401
    assert client.get("/refresh").get_json() == {"who": "anna"}
    assert sign_in(client, "bob").post("/plain").get_json() == {"who": "bob"}
    assert client.get_cookie("access_token_cookie") is None


def test_no_such_place() -> None:
    """A place that the application does not look at is an error."""
    client = make_app().test_client()

    with pytest.raises(ConfigurationError, match="has no 'cookies'"):
        sign_in(client, "anna", cookies=True)


def test_settings() -> None:
    """A key of Flask-JWT-Extended is changed for the length of a block; others' are refused."""
    app = make_app()
    client = app.test_client()
    with app.app_context():
        token = create_access_token("anna")

    with settings(app, JWT_TOKEN_LOCATION=["query_string"], JWT_ERROR_MESSAGE_KEY="error"):
        assert client.get(f"/plain?jwt={token}").status_code == 200
        assert client.get("/plain").get_json() == {"error": "Missing 'jwt' query paramater"}
    assert client.get(f"/plain?jwt={token}").get_json() == {"msg": "Missing Authorization Header"}

    with pytest.raises(ValueError, match="did you mean JWT_DECODE_LEEWAY"):
        settings(app, JWT_DECOD_LEEWAY=1).__enter__()
    with pytest.raises(ValueError, match="JWT_EXPIRATION_DELTA is no key"):
        settings(app, JWT_EXPIRATION_DELTA=1).__enter__()
    with pytest.raises(ValueError, match="decides a route"):
        settings(app, JWT_SESSION_STORE="memory://").__enter__()


def test_nothing_open() -> None:
    """A view without a guard is found, as in any application."""
    app = make_app()
    assert_protected(app)

    app.add_url_rule("/open", "open", lambda: "")
    with pytest.raises(AssertionError, match="/open"):
        assert_protected(app)
