"""``jwt_required(optional=…)``: who is let in without a token, and who is not."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient

from flask_jwt import JWT, JWTError, current_identity, current_token, jwt_required
from tests.support.secret import secret
from tests.support.tokens import claims, compact

SECRET = secret("optional")
# Good for as long as all tests take.
GOOD = compact(claims("ann", exp=4_000_000_000), SECRET)
OLD = compact(claims("ann", exp=1), SECRET)
GHOST = compact(claims("ghost", exp=4_000_000_000), SECRET)


def whois(token: Any) -> Any:
    """Return a user, or what the application itself has to say."""
    identity = token["identity"]
    if identity == "locked":
        raise JWTError("Locked", "The account is locked", 401)
    return None if identity == "ghost" else identity


def client(**config: Any) -> FlaskClient:
    """Return a client of an application with optional views."""
    app = Flask(__name__)
    app.config.update(JWT_SECRET_KEY=SECRET, **config)
    JWT(app, lambda name, password: {"id": name}, whois)

    def view() -> Any:
        has_token = bool(current_token)
        return jsonify(user=current_identity._get_current_object(), token=has_token)

    app.add_url_rule("/", "plain", jwt_required(optional=True)(view), methods=["GET", "POST"])
    app.add_url_rule("/lenient", "lenient", jwt_required(optional="lenient")(view))

    async def coroutine() -> Any:
        return view()

    app.add_url_rule("/coroutine", "coroutine", jwt_required(optional=True)(coroutine))
    return app.test_client()


ANONYMOUS = {"user": None, "token": False}


@pytest.mark.parametrize("path", ["/", "/lenient", "/coroutine"])
@pytest.mark.parametrize(
    "header", [{}, {"Authorization": ""}, {"Authorization": "Basic YW5uOmE="}], ids=str
)
def test_no_token(path: str, header: dict[str, str]) -> None:
    """Without a token, which a foreign scheme has none of, the user is None."""
    answer = client().get(path, headers=header)

    assert answer.status_code == 200
    assert answer.get_json() == ANONYMOUS


@pytest.mark.parametrize("path", ["/", "/lenient", "/coroutine"])
def test_good_token(path: str) -> None:
    """A good token is somebody, as everywhere."""
    answer = client().get(path, headers={"Authorization": f"JWT {GOOD}"})

    assert answer.get_json() == {"user": "ann", "token": True}


@pytest.mark.parametrize(
    "value", [f"JWT {OLD}", f"JWT {GHOST}", "JWT x.y.z", "JWT", "JWT a b", "x.y.z"]
)
def test_bad_token(value: str) -> None:
    """Whoever sends a token means to be somebody: a bad one is refused, unless it is lenient."""
    header = {"Authorization": value}

    assert client().get("/", headers=header).status_code == 401
    assert client().get("/lenient", headers=header).get_json() == ANONYMOUS


@pytest.mark.parametrize("path", ["/", "/lenient"])
def test_refusals_of_the_application(path: str) -> None:
    """What the application itself raises stays, a 401 too."""
    token = compact(claims("locked"), SECRET)
    answer = client().get(path, headers={"Authorization": f"JWT {token}"})

    assert answer.get_json()["error"] == "Locked"


@pytest.mark.parametrize("path", ["/", "/lenient"])
def test_several_users(path: str) -> None:
    """Good tokens of two users are a 400 for everybody."""
    both = client(JWT_TOKEN_LOCATION=["headers", "query_string"])
    other = compact(claims("bob"), SECRET)
    answer = both.get(f"{path}?jwt={other}", headers={"Authorization": f"JWT {GOOD}"})

    assert answer.status_code == 400


def test_body_that_is_too_large() -> None:
    """A body that is not looked at may hold a token: it is nobody's word that there is none."""
    json = client(JWT_TOKEN_LOCATION=["json"])
    large = {"access_token": "x", "text": "x" * 100_000}

    assert json.post("/", json={"text": "x"}).get_json() == ANONYMOUS
    assert json.post("/", json=large).status_code == 401


def test_cookie_needs_its_csrf_value() -> None:
    """An optional POST with a cookie is somebody's: without its CSRF value it is refused."""
    browser = client(JWT_TOKEN_LOCATION=["cookies"], JWT_COOKIE_SECURE=False)
    browser.post("/auth", json={"username": "ann", "password": "a"})

    assert browser.get("/").get_json()["user"] == "ann"
    assert browser.post("/").status_code == 403


def test_names_of_a_token() -> None:
    """The token of a request has names for what it says, which can't be written."""
    app = Flask(__name__)
    app.config.update(JWT_SECRET_KEY=SECRET, JWT_ROLES_CLAIM=["x", "roles"], JWT_ISSUER="me")
    JWT(app, None, whois)

    @app.get("/")
    @jwt_required()
    def view() -> dict[str, Any]:
        with pytest.raises(AttributeError):
            current_token.roles = {"admin"}
        token = current_token
        return {
            "said": [token.issuer, token.subject, token.expires_at, token.auth_time, token.session],
            "may": [sorted(token.scopes), sorted(token.roles)],
        }

    full = claims("ann", iss="me", exp=4_000_000_000, auth_time=5, sid="s", scope="b a")
    token = compact(full | {"x": {"roles": ["r"]}}, SECRET)
    empty = compact(claims("ann", iss="me", exp=4_000_000_000, scope=7, auth_time="5"), SECRET)
    app_client = app.test_client()

    said = app_client.get("/", headers={"Authorization": f"JWT {token}"}).get_json()
    assert said == {"said": ["me", "ann", 4_000_000_000, 5, "s"], "may": [["a", "b"], ["r"]]}
    said = app_client.get("/", headers={"Authorization": f"JWT {empty}"}).get_json()
    assert said == {"said": ["me", "ann", 4_000_000_000, None, None], "may": [[], []]}


def test_nobody_any_more() -> None:
    """Who was let in by a guard further out, and is refused by a lenient one, is nobody."""
    app = Flask(__name__)
    app.config["JWT_SECRET_KEY"] = SECRET
    gone: list[str] = []
    jwt = JWT(app, None, lambda token: None if gone else token["identity"])

    @jwt_required(optional="lenient")
    def inner() -> str:
        return f"{current_identity} {current_token} {jwt.identity}"

    @app.get("/")
    @jwt_required()
    def outer() -> str:
        gone.append("ann")
        return inner()

    answer = app.test_client().get("/", headers={"Authorization": f"JWT {GOOD}"})
    assert answer.text == "None None None"
