"""``jwt.identity``: who has sent this request, as the object itself."""

from __future__ import annotations

from typing import Any

from flask import Flask

from flask_jwt import JWT, _jwt_required, jwt_required
from tests.support.secret import secret
from tests.support.tokens import claims, compact

SECRET = secret("identity")


class User:
    """Somebody."""

    def __init__(self, name: str) -> None:
        self.name = name


def find(payload: dict[str, Any]) -> User | None:
    return None if payload["identity"] == "ghost" else User(payload["identity"])


def application(jwt: JWT[User]) -> Flask:
    """Return an application that tells of its user, who may be nobody."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = SECRET
    jwt.init_app(app)

    def view() -> dict[str, Any]:
        user = jwt.identity
        return {"nobody": user is None, "type": type(user).__name__}

    app.add_url_rule("/open", "open", view)
    app.add_url_rule("/optional", "optional", jwt_required(optional=True)(view))
    app.add_url_rule("/lenient", "lenient", jwt_required(optional="lenient")(view))

    @app.get("/")
    @jwt_required()
    def guarded() -> dict[str, Any]:
        assert jwt.identity is not None
        return {"name": jwt.identity.name, "is_user": type(jwt.identity) is User}

    return app


def told(app: Flask, path: str, user: str | None = None) -> Any:
    """Return what a view says of a user."""
    token = {} if user is None else {"Authorization": f"JWT {compact(claims(user), SECRET)}"}
    return app.test_client().get(path, headers=token).get_json()


def test_the_user() -> None:
    """In a guarded view it is what the identity handler returned, and no proxy of it."""
    app = application(JWT(identity_handler=find))

    assert told(app, "/", "ann") == {"name": "ann", "is_user": True}
    assert told(app, "/optional", "ann") == {"nobody": False, "type": "User"}


def test_nobody() -> None:
    """It is None itself where nobody has signed in, or no guard has looked."""
    app, nobody = application(JWT(identity_handler=find)), {"nobody": True, "type": "NoneType"}

    assert told(app, "/optional") == nobody
    assert told(app, "/lenient", "ghost") == nobody
    assert told(app, "/open", "ann") == nobody


def test_outside_a_request() -> None:
    """It is None, with an application context and without any."""
    jwt: JWT[User] = JWT(identity_handler=find)
    app = application(jwt)

    assert jwt.identity is None
    with app.app_context():
        assert jwt.identity is None


def test_two_extensions() -> None:
    """Each knows the users of its own applications; one may serve several."""
    jwt, other = JWT(identity_handler=find), JWT(identity_handler=find)
    apps = [application(jwt), application(jwt)]

    assert [told(app, "/", "ann")["name"] for app in apps] == ["ann", "ann"]
    with apps[0].test_request_context(
        headers={"Authorization": f"JWT {compact(claims('bob'), SECRET)}"}
    ):
        _jwt_required()
        assert jwt.identity is not None
        assert (jwt.identity.name, other.identity) == ("bob", None)
