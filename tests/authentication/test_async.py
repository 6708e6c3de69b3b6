"""Coroutine views and coroutine hooks, in every combination."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, g, jsonify, request
from flask.views import MethodView

from flask_jwt import (
    JWT,
    JWTError,
    _jwt_required,
    create_access_token,
    current_identity,
    jwt_required,
)
from flask_jwt.core import Key, KeyRing, Signer, Verifier
from tests.support.secret import secret

SECRET = secret("test_async")
KEYS = KeyRing(Key.from_secret(SECRET))

PATHS = ["/function", "/coroutine", "/class", "/decorated-class", "/bare"]


class Methods(MethodView):
    """A view with a decorated coroutine method."""

    @jwt_required()
    async def get(self) -> dict[str, Any]:
        """Tell who asks."""
        await asyncio.sleep(0)
        return dict(current_identity)


class Decorated(MethodView):
    """A view whose coroutine methods are all protected."""

    decorators = [jwt_required()]  # noqa: RUF012

    async def get(self) -> dict[str, Any]:
        """Tell who asks."""
        await asyncio.sleep(0)
        return dict(current_identity)


def add_views(app: Flask) -> None:
    """Add a protected view of each kind."""

    @app.get("/function")
    @jwt_required()
    def function() -> dict[str, Any]:
        return dict(current_identity)

    @app.get("/coroutine")
    @jwt_required()
    async def coroutine() -> dict[str, Any]:
        before = dict(current_identity)
        await asyncio.sleep(0)
        assert before == dict(current_identity)
        return before

    @app.get("/bare")
    @jwt_required
    async def bare() -> dict[str, Any]:
        return dict(current_identity)

    app.add_url_rule("/class", view_func=Methods.as_view("class"))
    app.add_url_rule("/decorated-class", view_func=Decorated.as_view("decorated"))


def add_hooks(jwt: JWT) -> None:
    """Register hooks that are plain functions."""
    jwt.authentication_handler(lambda username, password: {"id": username})
    jwt.identity_handler(lambda claims: {"name": claims["identity"]})


def add_coroutine_hooks(jwt: JWT) -> None:
    """Register every hook as a coroutine function that really waits."""

    @jwt.authentication_handler
    async def authenticate(username: str, password: str) -> dict[str, str] | None:
        await asyncio.sleep(0)
        return {"id": username} if password == "pw" else None

    @jwt.identity_handler
    async def identity(claims: dict[str, Any]) -> dict[str, str] | None:
        await asyncio.sleep(0)
        return None if claims["identity"] == "ghost" else {"name": claims["identity"]}

    @jwt.jwt_payload_handler
    async def payload(identity: dict[str, str]) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"exp": 253402300799, "iat": 0, "nbf": 0, "identity": identity["id"]}

    @jwt.jwt_headers_handler
    async def headers(identity: dict[str, str]) -> dict[str, str]:
        await asyncio.sleep(0)
        return {"made": "slowly"}

    @jwt.jwt_decode_handler
    async def decode(token: str) -> dict[str, Any]:
        await asyncio.sleep(0)
        return dict(Verifier(KEYS).verify(token).claims)

    @jwt.request_handler
    async def token() -> str | None:
        await asyncio.sleep(0)
        return request.headers.get("X-Token")

    @jwt.jwt_error_handler
    async def refused(error: JWTError) -> tuple[Response, int]:
        await asyncio.sleep(0)
        return jsonify(slowly=error.description), error.status_code

    @jwt.auth_response_handler
    async def respond(access_token: str, identity: dict[str, str]) -> dict[str, str]:
        await asyncio.sleep(0)
        return {"token": access_token}


def make_app(add: Callable[[JWT], None]) -> Flask:
    """Make an application with a view of each kind."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = SECRET
    add_views(app)
    add(JWT(app))
    return app


@pytest.fixture
def app() -> Flask:
    """Make an application whose hooks are plain functions."""
    return make_app(add_hooks)


@pytest.fixture
def slow_app() -> Flask:
    """Make the same with every hook a coroutine function."""
    return make_app(add_coroutine_hooks)


def get(app: Flask, path: str, username: str | None = "ann") -> Any:
    """Send a request with a token made here, unless there is no username."""
    headers = {}
    if username is not None:
        claims = {"exp": 253402300799, "iat": 0, "nbf": 0, "identity": username}
        token = Signer(KEYS).sign(claims)
        headers = {"Authorization": f"JWT {token}", "X-Token": token}
    return app.test_client().get(path, headers=headers)


@pytest.mark.parametrize("path", PATHS)
def test_views(app: Flask, path: str) -> None:
    """A view of each kind knows the user and refuses whoever has no token."""
    assert get(app, path).get_json() == {"name": "ann"}

    refusal = get(app, path, None)
    assert refusal.status_code == 401
    assert refusal.get_json()["error"] == "Authorization Required"
    assert refusal.headers["WWW-Authenticate"] == 'JWT realm="Login Required"'


@pytest.mark.parametrize("path", PATHS)
def test_coroutine_hooks(slow_app: Flask, path: str) -> None:
    """With coroutine hooks each kind of view knows the user, and refuses whoever has no token, one
    that the decode hook refuses, or one of somebody whom the identity hook does not find.
    """
    bogus = slow_app.test_client().get(path, headers={"X-Token": "bogus"})
    refusals = [get(slow_app, path, None), get(slow_app, path, "ghost"), bogus]

    assert get(slow_app, path).get_json() == {"name": "ann"}
    assert [(one.status_code, one.get_json()["slowly"]) for one in refusals] == [
        (401, "Request does not contain an access token"),
        (401, "User does not exist"),
        (401, "Not enough segments"),
    ]


def test_sign_in_with_coroutines(slow_app: Flask) -> None:
    """Sign-in waits for each of its hooks."""
    client = slow_app.test_client()
    answer = client.post("/auth", json={"username": "bob", "password": "pw"})

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.get_json()["token"]
    verified = Verifier(KEYS).verify(token)
    assert verified.header["made"] == "slowly"
    assert verified.claims["identity"] == "bob"
    for path in PATHS:
        assert client.get(path, headers={"X-Token": token}).get_json() == {"name": "bob"}


def test_refused_sign_in_with_coroutines(slow_app: Flask) -> None:
    """An authentication coroutine that returns None signs nobody in."""
    answer = slow_app.test_client().post("/auth", json={"username": "bob", "password": "no"})

    assert answer.status_code == 401
    assert answer.get_json() == {"slowly": "Invalid credentials"}


def test_encode_coroutine(app: Flask) -> None:
    """An encode coroutine is waited for, at sign-in and by ``create_access_token``."""
    extension: JWT = app.extensions["jwt"]

    @extension.jwt_encode_handler
    async def encode(identity: dict[str, str]) -> str:
        await asyncio.sleep(0)
        return f"token-of-{identity['id']}"

    answer = app.test_client().post("/auth", json={"username": "bob", "password": "pw"})
    assert answer.get_json() == {"access_token": "token-of-bob"}
    with app.app_context():
        assert create_access_token({"id": "ann"}) == "token-of-ann"


def test_deprecated_request_coroutine(app: Flask) -> None:
    """An ``auth_request_handler`` may be a coroutine function too."""

    async def answer_all() -> dict[str, str]:
        await asyncio.sleep(0)
        return {"answer": request.path}

    app.extensions["jwt"].auth_request_callback = answer_all
    assert app.test_client().post("/auth").get_json() == {"answer": "/auth"}


@pytest.mark.parametrize("path", ["/function", "/coroutine"])
def test_error_raised_by_a_coroutine_hook(slow_app: Flask, path: str) -> None:
    """A ``JWTError`` out of a coroutine hook is the refusal."""
    extension: JWT = slow_app.extensions["jwt"]

    @extension.identity_handler
    async def identity(claims: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        raise JWTError("Gone", "The account is closed", 403)

    answer = get(slow_app, path)
    assert (answer.status_code, answer.get_json()) == (403, {"slowly": "The account is closed"})


async def tell_name() -> str:
    """Tell who asks."""
    await asyncio.sleep(0)
    return str(current_identity["name"])


def test_optional_authentication(slow_app: Flask) -> None:
    """A coroutine view may catch the error of a protected coroutine, a plain one that of
    ``_jwt_required``, which waits for coroutine hooks.
    """
    protected = jwt_required()(tell_name)

    @slow_app.get("/coroutine-guest")
    async def awaiting() -> str:
        try:
            return await protected()
        except JWTError:
            return "guest"

    @slow_app.get("/guest")
    def plain() -> str:
        try:
            _jwt_required("Guests welcome")
        except JWTError:
            return "guest"
        return str(current_identity["name"])

    for path in ("/coroutine-guest", "/guest"):
        assert (get(slow_app, path).text, get(slow_app, path, None).text) == ("ann", "guest")


@pytest.fixture
def members(tmp_path: Path) -> str:
    """Make a database with one member."""
    path = str(tmp_path / "members.sqlite")
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE member (id TEXT, name TEXT)")
        connection.execute("INSERT INTO member VALUES ('ann', 'Ann of the database')")
    connection.close()
    return path


@pytest.mark.parametrize("path", PATHS)
def test_connection_of_the_request(app: Flask, members: str, path: str) -> None:
    """A SQLite connection, which serves one thread alone, can be used in the identity hook."""
    threads: set[int] = set()

    @app.before_request
    def connect() -> None:
        threads.add(threading.get_ident())
        g.connection = sqlite3.connect(members)

    @app.teardown_request
    def close(error: BaseException | None) -> None:
        g.connection.close()

    extension: JWT = app.extensions["jwt"]

    @extension.identity_handler
    def identity(claims: dict[str, Any]) -> dict[str, str] | None:
        threads.add(threading.get_ident())
        query = "SELECT name FROM member WHERE id = ?"
        row = g.connection.execute(query, (claims["identity"],)).fetchone()
        return None if row is None else {"name": row[0]}

    assert get(app, path).get_json() == {"name": "Ann of the database"}
    assert get(app, path, "bob").status_code == 401
    assert len(threads) == 1


def test_coroutine_view_keeps_being_one() -> None:
    """A decorated coroutine function is one still, with its name and docstring."""
    decorated = jwt_required()(tell_name)

    assert iscoroutinefunction(decorated)
    assert decorated.__name__ == "tell_name"
    assert decorated.__doc__ == "Tell who asks."


def test_event_loop_of_the_view(app: Flask) -> None:
    """A coroutine view may wait for several things at once, each of which knows the user."""

    @app.get("/several")
    @jwt_required()
    async def several() -> list[str]:
        return list(await asyncio.gather(*(tell_name() for _ in range(3))))

    assert get(app, "/several").get_json() == ["ann"] * 3
