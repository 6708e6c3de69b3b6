"""One JWT on several applications, several in one process, and applications that come and go."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from flask import Flask

from flask_jwt import (
    JWT,
    ConfigurationError,
    create_access_token,
    current_identity,
    current_token,
    jwt_required,
)

SECRETS = {
    "north": "north-9d2f51c07ab84e3689f4c1d20b7e6a35",
    "south": "south-3e8b06f7d14c4a92b5a0c9e87f21d64b",
}


def authenticate(username: str, password: str) -> dict[str, str]:
    """Let anybody in."""
    return {"id": username}


def identity(claims: dict[str, Any]) -> dict[str, str]:
    """Believe the token."""
    return {"name": claims["identity"]}


def make_app(jwt: JWT, secret: str, **config: Any) -> Flask:
    """Make an application with a protected view."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY=secret, **config)
    jwt.init_app(app)

    @app.get("/me")
    @jwt_required()
    def me() -> dict[str, str]:
        return dict(current_identity)

    return app


def sign_in(app: Flask, username: str = "ann") -> str:
    """Return a token."""
    answer = app.test_client().post("/auth", json={"username": username, "password": "pw"})
    return str(answer.get_json()["access_token"])


def status(app: Flask, token: str, scheme: str = "JWT") -> int:
    """Return the status of the protected view."""
    answer = app.test_client().get("/me", headers={"Authorization": f"{scheme} {token}"})
    return answer.status_code


@pytest.fixture
def pair() -> dict[str, Flask]:
    """Make two applications that share one JWT and have different secrets."""
    jwt = JWT(None, authenticate, identity)
    return {name: make_app(jwt, secret) for name, secret in SECRETS.items()}


def test_token_of_another_application(pair: dict[str, Flask]) -> None:
    """A token is good where it was made, and refused by the other application of the same JWT."""
    for name, other in (("north", "south"), ("south", "north")):
        token = sign_in(pair[name])
        assert status(pair[name], token) == 200
        assert status(pair[other], token) == 401


def test_settings_of_each_application() -> None:
    """Applications of one JWT keep their own scheme, realm and field names."""
    jwt = JWT(None, authenticate, identity)
    one = make_app(jwt, SECRETS["north"], JWT_AUTH_HEADER_PREFIX="Bearer", JWT_DEFAULT_REALM="One")
    two = make_app(jwt, SECRETS["north"], JWT_AUTH_USERNAME_KEY="email")

    challenges = [app.test_client().get("/me").headers["WWW-Authenticate"] for app in (one, two)]
    assert challenges == ['Bearer realm="One"', 'JWT realm="Login Required"']
    assert status(one, sign_in(one), "Bearer") == 200
    answer = two.test_client().post("/auth", json={"email": "ann", "password": "pw"})
    assert answer.status_code == 200


def test_several_jwts_in_one_process() -> None:
    """Two applications with a JWT each have hooks of their own."""
    one = JWT(None, authenticate, lambda claims: {"name": "one"})
    two = JWT(None, authenticate, lambda claims: None)
    first, second = (make_app(jwt, SECRETS["north"]) for jwt in (one, two))

    token = sign_in(first)
    assert status(first, token) == 200
    assert status(second, token) == 401


def test_applications_in_each_others_contexts(pair: dict[str, Flask]) -> None:
    """A request inside another application's request leaves the outer identity alone."""
    inner_token = sign_in(pair["south"], "bob")

    @pair["north"].get("/outer")
    @jwt_required()
    def outer() -> list[str]:
        before = current_identity["name"]
        inner = (
            pair["south"].test_client().get("/me", headers={"Authorization": f"JWT {inner_token}"})
        )
        return [before, inner.get_json()["name"], current_identity["name"]]

    token = sign_in(pair["north"], "ann")
    answer = pair["north"].test_client().get("/outer", headers={"Authorization": f"JWT {token}"})
    assert answer.get_json() == ["ann", "bob", "ann"]


def test_last_jwt_of_an_application() -> None:
    """A second JWT on the same application takes the place of the first."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY=SECRETS["north"], JWT_AUTH_URL_RULE=None)
    JWT(app, authenticate, lambda claims: {"name": "first"})
    JWT(app, authenticate, lambda claims: {"name": "second"})

    @app.get("/me")
    @jwt_required()
    def me() -> dict[str, str]:
        return dict(current_identity)

    with app.app_context():
        token = create_access_token({"id": 1})
    answer = app.test_client().get("/me", headers={"Authorization": f"JWT {token}"})
    assert answer.get_json() == {"name": "second"}


def test_application_without_a_jwt() -> None:
    """A protected view in an application without a JWT is an error that says what to do."""
    app = Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.add_url_rule("/", view_func=jwt_required()(lambda: "never"), endpoint="index")

    with pytest.raises(ConfigurationError, match=r"call its init_app\(app\)"):
        app.test_client().get("/")


def test_dropped_applications_are_freed() -> None:
    """Fifty applications of one JWT that were made, used and dropped leave nothing behind."""
    jwt = JWT(None, authenticate, identity)
    dropped = []
    for _ in range(50):
        app = make_app(jwt, SECRETS["north"])
        assert status(app, sign_in(app)) == 200
        dropped.append(weakref.ref(app))
    del app
    gc.collect()

    assert [reference() for reference in dropped] == [None] * 50


def test_dropped_jwts_are_freed() -> None:
    """A JWT is freed with the last application that has it."""
    jwt = JWT(None, authenticate, identity)
    app = make_app(jwt, SECRETS["north"])
    assert status(app, sign_in(app)) == 200
    dropped = weakref.ref(jwt)
    del app, jwt
    gc.collect()

    assert dropped() is None


def test_identity_is_freed_with_its_request() -> None:
    """What stands behind a token is not kept after the request."""

    class Person:
        name = "ann"

    kept: list[weakref.ref[Person]] = []

    def load(claims: dict[str, Any]) -> Person:
        person = Person()
        kept.append(weakref.ref(person))
        return person

    app = Flask(__name__)
    app.config["SECRET_KEY"] = SECRETS["north"]
    JWT(app, authenticate, load)
    app.add_url_rule("/me", view_func=jwt_required()(lambda: current_identity.name), endpoint="me")

    assert status(app, sign_in(app)) == 200
    gc.collect()
    assert [reference() for reference in kept] == [None]


def test_shared_application_context() -> None:
    """With one application context around them, one request's identity is not the next one's."""
    app = make_app(JWT(None, authenticate, identity), SECRETS["north"])
    app.add_url_rule("/open", view_func=lambda: f"{current_identity}", endpoint="open")

    with app.app_context():
        client = app.test_client()
        token = sign_in(app)
        assert client.get("/me", headers={"Authorization": f"JWT {token}"}).status_code == 200
        assert client.get("/open").text == "None"
        assert client.get("/me").status_code == 401
        assert current_identity._get_current_object() is None


def test_current_token() -> None:
    """``current_token`` stands for the verified claims and header, and for None elsewhere."""
    app = make_app(JWT(None, authenticate, identity), SECRETS["north"])

    @app.get("/token")
    @jwt_required()
    def token_view() -> dict[str, Any]:
        return {"header": dict(current_token.header), "identity": current_token.claims["identity"]}

    answer = app.test_client().get(
        "/token", headers={"Authorization": f"JWT {sign_in(app, 'bob')}"}
    )
    assert answer.get_json() == {"header": {"typ": "JWT", "alg": "HS256"}, "identity": "bob"}
    assert current_token._get_current_object() is None
