"""Flask-Login, Flask-CORS, Flask-Limiter and Flask-Admin beside it: what their users do."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask_admin import Admin, AdminIndexView
from flask_cors import CORS
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user

from flask_jwt import JWT, current_identity, jwt_required, public
from flask_jwt.requirements import Role
from tests.support.secret import secret

SECRET = secret("companions")
SITE = "https://app.example"


class User(UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


def make(**config: Any) -> tuple[Flask, JWT]:
    """Make an application whose users sign in with their name."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY=SECRET, **config)
    jwt = JWT(
        app,
        lambda name, password: User(name) if password == name else None,
        lambda token: User(token["identity"]),
        roles=lambda user: ["admin"] if user.id == "ann" else [],
    )
    app.get("/me", endpoint="me")(jwt_required()(lambda: current_identity.id))
    return app, jwt


def header(app: Flask, name: str) -> dict[str, str]:
    """Sign a user in, and return the header with the token."""
    body = {"username": name, "password": name}
    answer = app.test_client().post("/auth", json=body).get_json()
    return {"Authorization": f"JWT {answer['access_token']}"}


def test_flask_login() -> None:
    """Pages with Flask-Login's session and an API with tokens: neither opens the other's."""
    app, jwt = make(JWT_PROTECT_ALL=True)
    login = LoginManager(app)
    login.user_loader(User)

    @app.post("/login")
    @public
    def enter() -> str:
        login_user(User("bob"))
        return ""

    @app.get("/page")
    @login_required
    def page() -> str:
        return f"{current_user.id} {bool(current_identity)}"

    jwt.exempt(page)
    browser = app.test_client()
    browser.post("/login")

    assert browser.get("/page").text == "bob False"
    assert browser.get("/me").status_code == 401
    assert browser.get("/me", headers=header(app, "ann")).text == "ann"
    assert app.test_client().get("/page", headers=header(app, "ann")).status_code == 401


@pytest.mark.parametrize("protects_all", [False, True])
def test_flask_cors(protects_all: bool) -> None:
    """A front end on another origin reads refusals too, and its preflight needs no token."""
    app, _ = make(JWT_PROTECT_ALL=protects_all)
    CORS(app, origins=[SITE])
    app.get("/admin", endpoint="admin")(jwt_required(role="admin")(lambda: "in"))
    client, origin = app.test_client(), {"Origin": SITE}
    asked = {**origin, "Access-Control-Request-Method": "GET"}

    for answer, status in (
        (client.options("/admin", headers=asked), 200),
        (client.get("/admin", headers=origin), 401),
        (client.get("/admin", headers={**origin, **header(app, "bob")}), 403),
        (client.get("/admin", headers={**origin, **header(app, "ann")}), 200),
    ):
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == SITE


def test_flask_limiter() -> None:
    """Limits by address at sign-in and by user behind the guard are 429s of Flask-Limiter's own."""
    app, _ = make(RATELIMIT_STORAGE_URI="memory://")
    limiter = Limiter(get_remote_address, app=app)
    limited: Any = limiter.limit("4/hour")(app.view_functions["jwt"])
    app.view_functions["jwt"] = limited

    @app.get("/search")
    @jwt_required()
    @limiter.limit("2/hour", key_func=lambda: current_identity.id)
    def search() -> str:
        return "found"

    client = app.test_client()
    ann, bob = header(app, "ann"), header(app, "bob")

    statuses = [client.get("/search", headers=ann).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert client.get("/search", headers=bob).status_code == 200
    assert client.get("/search").status_code == 401
    wrong = {"username": "ann", "password": "guess"}
    assert [client.post("/auth", json=wrong).status_code for _ in range(3)] == [401, 401, 429]


def test_flask_admin() -> None:
    """Flask-Admin's pages are guarded as a blueprint, static files too, or left to its own rule."""

    class Index(AdminIndexView):
        def is_accessible(self) -> bool:
            return bool(current_user.is_authenticated)

    app, jwt = make()
    index = AdminIndexView()
    Admin(app, index_view=index)
    jwt.protect(index.blueprint, requires=Role("admin"))
    client = app.test_client()

    assert client.get("/admin/").status_code == 401
    assert client.get("/admin/", headers=header(app, "bob")).status_code == 403
    assert client.get("/admin/", headers=header(app, "ann")).status_code == 200

    open_app, open_jwt = make(JWT_PROTECT_ALL=True)
    LoginManager(open_app).user_loader(User)
    own = Index()
    Admin(open_app, index_view=own)
    open_jwt.exempt(own.blueprint)

    assert open_app.test_client().get("/admin/").status_code == 403
    assert open_app.test_client().get("/me").status_code == 401
