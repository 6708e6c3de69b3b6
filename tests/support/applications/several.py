"""Many small applications behind one server, each configured in its own way."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, Response, jsonify, make_response
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from flask_jwt import JWT, JWTError, create_access_token, current_identity, jwt_required
from tests.support.secret import secret

SECRET = secret("several")


class Person:
    """Someone with an id."""

    def __init__(self, id: Any) -> None:
        self.id = id


def authenticate(username: str, password: str) -> Any:
    """Let anybody in whose password is ``pw``; the username chooses what stands for them."""
    if password != "pw":
        return None
    return IDENTITIES.get(username, {"id": username})


def identity(claims: dict[str, Any]) -> Any:
    """Return the claims, but for the user named ghost."""
    return None if claims["identity"] == "ghost" else claims


IDENTITIES: dict[str, Any] = {
    "object": Person(7),
    "zero": Person(0),
    "mapping": {"id": "m", "name": "not in the token"},
    "uuid": Person(UUID("6f1d5c1e-3f0b-4a6e-9d7a-0c2f5b8e1a34")),
    "false": False,
    "blank": "",
    "no id": object(),
}
APPLICATIONS: dict[str, Flask] = {}


def add(name: str, **config: Any) -> tuple[Flask, JWT]:
    """Make an application under a name."""
    app = Flask(name)
    app.config.update(SECRET_KEY=SECRET, **config)
    jwt = JWT(app, authenticate, identity)

    @app.get("/me")
    @jwt_required()
    def me() -> Response:
        return jsonify(id=current_identity["identity"])

    @app.get("/room")
    @jwt_required('Room "B" \\ 4')
    def room() -> str:
        return "come in"

    @app.get("/closed")
    @jwt_required()
    def closed() -> str:
        raise JWTError("Not Today", "Closed on Mondays", 403)

    APPLICATIONS[name] = app
    return app, jwt


add("plain")
add("bearer", JWT_AUTH_HEADER_PREFIX="Bearer")
add("prefixes", JWT_AUTH_HEADER_PREFIX=["Bearer", "JWT", "Token"])
add("quotes", JWT_DEFAULT_REALM='The "Reading" Room \\ 2')
add("latin", JWT_DEFAULT_REALM="Caf\u00e9")
add("no-realm", JWT_DEFAULT_REALM="")
add("put", JWT_AUTH_URL_OPTIONS={"methods": ["PUT"], "strict_slashes": False})
add("in-query", JWT_TOKEN_LOCATION=["headers", "query_string"])

_, jwt = add("answer-text")
jwt.auth_response_handler(lambda token, identity: token)

_, jwt = add("answer-dict")
jwt.auth_response_handler(lambda token, identity: {"token": token})

_, jwt = add("answer-tuple")
jwt.auth_response_handler(
    lambda token, identity: ({"token": token}, 201, {"Cache-Control": "public, max-age=600"})
)

_, jwt = add("answer-response")
jwt.auth_response_handler(lambda token, identity: cacheable(token))

_, jwt = add("whole-view")
jwt.auth_request_callback = lambda: {"token": create_access_token({"id": "ann"})}

_, jwt = add("locked")


@jwt.authentication_handler
def locked(username: str, password: str) -> None:
    """Refuse with an error of the application's own."""
    raise JWTError("Locked", "Try again later", 429, {"Retry-After": "30"})


_, jwt = add("broken")


@jwt.authentication_handler
def broken(username: str, password: str) -> None:
    """Fail."""
    raise LookupError("the directory is out of reach")


def cacheable(token: str) -> Response:
    """Answer with headers that would have the token cached."""
    response = make_response(jsonify(token=token))
    response.headers["Cache-Control"] = "public, max-age=600"
    response.headers["X-Own"] = "stays"
    return response


app = DispatcherMiddleware(
    NotFound(), {f"/{name}": application for name, application in APPLICATIONS.items()}
)
