"""Hooks keep their types, and what an application is given has one. Checked, never run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, assert_type

from flask import Flask, Response, jsonify

from flask_jwt import (
    CONFIG_DEFAULTS,
    JWT,
    PUBLIC_ENDPOINTS,
    JWTError,
    _jwt_required,
    create_access_token,
    current_identity,
    current_token,
)
from flask_jwt.testing import settings


class User:
    def __init__(self, id: int) -> None:
        self.id = id


def authenticate(username: str, password: str) -> User | None:
    return User(1) if username == password else None


def identity(claims: Mapping[str, Any]) -> User | None:
    return User(claims["identity"])


async def identity_later(claims: dict[str, Any]) -> User:
    return User(claims["identity"])


async def authenticate_later(username: str, password: str) -> User | None:
    return authenticate(username, password)


def scopes(user: User) -> str:
    return "read write"


def roles(user: User) -> Iterator[str]:
    yield f"role {user.id}"


async def roles_later(user: User) -> set[str] | None:
    return set(roles(user))


app = Flask(__name__)
jwt = JWT(app, authenticate, identity)
JWT(app, authentication_handler=authenticate, identity_handler=identity_later)
JWT(app, authenticate, identity, scopes=scopes, roles=roles)
JWT(app, authenticate, identity, roles=lambda user: [str(user.id)])
JWT[User](app, authenticate_later, identity_later, scopes=roles_later, roles=roles_later)
JWT(clock=lambda: 0.0).init_app(app)
JWT().init_app(app)


@jwt.authentication_handler
def found(username: str, password: str) -> User | None:
    return authenticate(username, password)


@jwt.identity_handler
def looked_up(claims: Mapping[str, Any]) -> User | None:
    return identity(claims)


@jwt.jwt_error_handler
def refused(error: JWTError) -> tuple[Response, int]:
    return jsonify(message=error.description), error.status_code


@jwt.auth_response_handler
def signed_in(access_token: str, user: User) -> Response:
    return jsonify(token=access_token, id=user.id)


@jwt.request_handler
def token() -> str | None:
    return None


@jwt.jwt_encode_handler
def encode(user: User) -> bytes:
    return b""


@jwt.jwt_decode_handler
def decode(token: str) -> dict[str, Any]:
    return {}


@jwt.jwt_payload_handler
def payload(user: User) -> dict[str, Any]:
    return {"identity": user.id}


@jwt.jwt_headers_handler
def headers(user: User) -> None:
    return None


assert_type(jwt.identity, User | None)
assert_type(JWT(app, authenticate, identity_later).identity, User | None)
assert_type(JWT[User](app).identity, User | None)
assert_type(JWT().identity, Any | None)
if jwt.identity is not None:
    assert_type(jwt.identity.id, int)
assert_type(create_access_token(User(1), methods=["pwd"]), str)

assert_type(found("a", "b"), User | None)
assert_type(looked_up({}), User | None)
assert_type(refused(JWTError("a", "b")), tuple[Response, int])
assert_type(signed_in("a", User(1)), Response)
assert_type(token(), str | None)
assert_type(encode(User(1)), bytes)
assert_type(decode("a"), dict[str, Any])
assert_type(payload(User(1)), dict[str, Any])

assert_type(create_access_token(User(1)), str)
assert_type(current_identity.anything, Any)
assert_type(current_token.claims, Any)
assert_type(CONFIG_DEFAULTS, dict[str, Any])
assert_type(PUBLIC_ENDPOINTS, frozenset[str])
_jwt_required("Reading Room")
_jwt_required()
with settings(app, JWT_LEEWAY=0) as nothing:
    assert_type(nothing, None)

error = JWTError("a", "b", 403, {"X-Door": "next"})
assert_type(error.error, str)
assert_type(error.description, str)
assert_type(error.status_code, int)
assert_type(error.headers, Mapping[str, str] | None)
assert_type(error.response, Response | None)
assert_type(error.get_response(), Response)
