"""``sign_in``: requests of a test client that are somebody's."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_jwt import JWT, ConfigurationError, current_identity, current_token, jwt_required
from flask_jwt.core import ClaimsError
from flask_jwt.requirements import Claim, MaxAge, Requirement, Role, Scope
from flask_jwt.testing import sign_in
from tests.support.secret import secret

ANN, BOB = {"id": 1, "name": "ann"}, {"id": 2, "name": "bob"}
USERS = {1: ANN, 2: BOB}
BOTH: dict[str, Any] = {"JWT_TOKEN_LOCATION": ["headers", "cookies"]}
SESSIONS: dict[str, Any] = {"JWT_SESSION_STORE": "memory://"}


def new_app(scopes: Any = None, roles: Any = None, **config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY=secret("kit"), TESTING=True, **config)
    JWT(app, None, lambda claims: USERS.get(claims["identity"]), scopes=scopes, roles=roles)

    @app.route("/me", methods=["GET", "POST"])
    @jwt_required()
    def me() -> str:
        return str(current_identity["name"])

    @app.get("/claims")
    @jwt_required()
    def claims() -> dict[str, Any]:
        return dict(current_token.claims)

    return app


def new_client(**config: Any) -> FlaskClient:
    return new_app(**config).test_client()


def status_of(client: FlaskClient, requires: Requirement) -> int:
    """Return the status of a request for what only some users may see."""
    seen = jwt_required(requires=requires)(lambda: "seen")
    client.application.add_url_rule("/guarded", view_func=seen)
    return client.get("/guarded").status_code


class TestHeader:
    """By header."""

    @pytest.mark.parametrize(
        "config",
        [
            {},
            SESSIONS,
            BOTH,
            {"JWT_AUTH_HEADER_PREFIX": ["Bearer", "JWT"]},
            {"SERVER_NAME": "shop.test:8000", "APPLICATION_ROOT": "/shop"},
        ],
        ids=str,
    )
    def test_each_request(self, config: dict[str, Any]) -> None:
        """Each request of the client that it returns is one of the user."""
        client = sign_in(new_client(**config), ANN)

        assert client.get("/me").text == "ann"
        assert client.post("/me", json={}).text == "ann"

    def test_other_clients(self) -> None:
        """Another client of the application is nobody's, or another user's."""
        app = new_app()
        ann, bob = sign_in(app.test_client(), ANN), sign_in(app.test_client(), BOB)

        assert app.test_client().get("/me").status_code == 401
        assert (ann.get("/me").text, bob.get("/me").text) == ("ann", "bob")

    def test_header_of_a_request(self) -> None:
        """A header that a request gives itself counts instead."""
        client = sign_in(new_client(), ANN)

        assert client.get("/me", headers={"Authorization": "JWT bogus"}).status_code == 401
        assert client.get("/me", headers={"Authorization": ""}).status_code == 401
        assert client.get("/me").text == "ann"

    def test_only_cookies(self) -> None:
        """An application that takes no header is an error which says what to write."""
        client = new_client(JWT_TOKEN_LOCATION=["cookies"])

        with pytest.raises(ConfigurationError, match="cookies=True"):
            sign_in(client, ANN)


class TestCookies:
    """By cookie."""

    @pytest.mark.parametrize(
        "config",
        [
            {},
            SESSIONS,
            {"JWT_TOKEN_LOCATION": ["cookies"], "JWT_CSRF_HEADER_NAME": "X-Page"},
            {"DEBUG": True},
            {"JWT_COOKIE_DOMAIN": ".shop.test", "SERVER_NAME": "www.shop.test"},
        ],
        ids=str,
    )
    def test_each_request(self, config: dict[str, Any]) -> None:
        """Requests that change something have their CSRF value, too."""
        client = sign_in(new_client(**{**BOTH, **config}), ANN, cookies=True)

        assert client.get("/me").text == "ann"
        assert client.post("/me", json={}).text == "ann"

    def test_csrf(self) -> None:
        """A request may leave its CSRF value out, to be refused."""
        client = sign_in(new_client(**BOTH), ANN, cookies=True)

        assert client.post("/me", headers={"X-CSRF-TOKEN": ""}).status_code == 403

    def test_refresh(self) -> None:
        """A session by cookie can be refreshed and ended, as in a browser."""
        client = sign_in(new_client(**BOTH, **SESSIONS), ANN, cookies=True)

        assert client.post("/auth/refresh").status_code == 200
        assert client.get("/me").text == "ann"
        assert client.post("/auth/logout").status_code == 204
        assert client.get("/me").status_code == 401

    def test_only_headers(self) -> None:
        """An application without cookies is an error."""
        with pytest.raises(ConfigurationError, match="has no 'cookies'"):
            sign_in(new_client(), ANN, cookies=True)


@pytest.mark.parametrize("first", [False, True], ids=["header", "cookie"])
@pytest.mark.parametrize("second", [False, True], ids=["header", "cookie"])
def test_another_user(first: bool, second: bool) -> None:
    """A second sign-in takes the place of the first, wherever the token is."""
    client = sign_in(new_client(**BOTH, **SESSIONS), ANN, cookies=first)
    sign_in(client, BOB, cookies=second)

    assert client.get("/me").text == "bob"
    assert client.post("/me").text == "bob"
    assert client.post("/me", headers={"Authorization": ""}).status_code == (200 if second else 401)


class TestToken:
    """What the token says."""

    @pytest.mark.parametrize("config", [{}, SESSIONS], ids=str)
    def test_scopes_and_roles(self, config: dict[str, Any]) -> None:
        """It has the scopes and the roles that were named, and no other."""
        client = new_client(**config)

        sign_in(client, ANN, scope="read write", roles=["clerk"])
        assert status_of(client, Scope("write") & Role("clerk")) == 200
        sign_in(client, ANN, scope="read")
        assert client.get("/guarded").status_code == 403

    def test_roles_elsewhere(self) -> None:
        """Roles are put where the application reads them."""
        client = new_client(JWT_ROLES_CLAIM=["realm_access", "roles"])
        sign_in(client, ANN, roles=("admin",), claims={"realm_access": {"verified": True}})

        assert status_of(client, Role("admin") & Claim(["realm_access", "verified"], True)) == 200

    @pytest.mark.parametrize(
        ("given", "requirement"),
        [
            (lambda: {"claims": {"tenant": "acme"}}, Claim("tenant", "acme")),
            (lambda: {"auth_time": time.time() - 200}, MaxAge(300)),
        ],
        ids=["a claim", "the sign-in"],
    )
    def test_other_claims(
        self, given: Callable[[], dict[str, Any]], requirement: Requirement
    ) -> None:
        """It has further claims, and says when the user signed in."""
        assert status_of(sign_in(new_client(), ANN, **given()), requirement) == 200

    def test_a_sign_in_long_ago(self) -> None:
        """A sign-in that is too long ago has to be done again."""
        client = sign_in(new_client(), ANN, auth_time=time.time() - 400)

        assert status_of(client, MaxAge(300)) == 401

    @pytest.mark.parametrize("config", [{}, SESSIONS, {**SESSIONS, **BOTH}], ids=str)
    def test_instead_of_functions(self, config: dict[str, Any]) -> None:
        """What the application would give the user counts unless the test names something else."""
        app = new_app(scopes=lambda user: "read", roles=lambda user: ["clerk"], **config)
        client = sign_in(app.test_client(), ANN)
        assert status_of(client, Scope("read") & Role("clerk")) == 200

        sign_in(client, ANN, roles=["owner"])
        assert client.get("/guarded").status_code == 403
        claims = client.get("/claims").get_json()
        assert (claims["scope"], claims["roles"]) == ("read", ["owner"])
        sign_in(client, ANN)
        assert client.get("/guarded").status_code == 200

    @pytest.mark.parametrize(
        ("given", "amr"),
        [({}, ["pwd"]), ({"claims": {"amr": ["otp"]}}, ["otp"]), ({"auth_time": 7.0}, ["pwd"])],
        ids=str,
    )
    def test_sign_in_now(self, given: dict[str, Any], amr: list[str]) -> None:
        """Where sign-ins say how and when, this one does."""
        claims = sign_in(new_client(**SESSIONS), ANN, **given).get("/claims").get_json()

        assert claims["amr"] == amr
        assert claims["auth_time"] == pytest.approx(given.get("auth_time", time.time()), abs=60)

    def test_tokens_of_0_3_2(self) -> None:
        """Where tokens are those of Flask-JWT 0.3.2, so is this one."""
        claims = sign_in(new_client(), ANN).get("/claims").get_json()

        assert claims.keys() == {"exp", "iat", "nbf", "identity"}

    def test_refresh_of_what_was_asked(self) -> None:
        """A refresh asks the application again."""
        app = new_app(roles=lambda user: ["clerk"], **BOTH, **SESSIONS)
        client = sign_in(app.test_client(), ANN, roles=["owner"], cookies=True)
        assert client.post("/auth/refresh").status_code == 200

        assert client.get("/claims").get_json()["roles"] == ["clerk"]

    def test_hooks(self) -> None:
        """The application's own hooks make it."""
        app = new_app()

        @app.extensions["jwt"].jwt_payload_handler
        def payload(user: dict[str, Any]) -> dict[str, Any]:
            now = int(time.time())
            return {"identity": user["id"], "iat": now, "nbf": now, "exp": now + 60, "by": "hook"}

        assert sign_in(app.test_client(), ANN).get("/claims").get_json()["by"] == "hook"

    def test_session(self) -> None:
        """With a store it is of a session, which can be ended."""
        client = sign_in(new_client(**SESSIONS), ANN)
        with client.application.app_context():
            assert client.application.extensions["jwt"].sessions.end_all(1) == 1

        assert client.get("/me").get_json()["description"] == "Token has been revoked"

    def test_a_user_who_is_gone(self) -> None:
        """Nothing is skipped: a user whom the application does not know is refused."""
        client = sign_in(new_client(), {"id": 3})

        assert client.get("/me").get_json()["description"] == "User does not exist"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"scope": ["a"]}, TypeError),
        ({"roles": "admin"}, TypeError),
        ({"scope": "a", "claims": {"scope": "b"}}, ValueError),
        ({"roles": ["a"], "claims": {"roles": ["b"]}}, ValueError),
        ({"claims": {"exp": 1}}, ClaimsError),
    ],
    ids=str,
)
def test_mistakes(given: dict[str, Any], error: type[Exception]) -> None:
    """A mistake is an error, and the client stays whose it was."""
    client = sign_in(new_client(), ANN)

    with pytest.raises(error):
        sign_in(client, BOB, **given)
    assert client.get("/me").text == "ann"
