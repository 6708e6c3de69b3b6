"""A program of Flask-JWT-Extended keeps its types, and its views theirs. Checked, never run."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, assert_type

from flask import Flask, Response

from flask_jwt.extended import (
    JWTManager,
    create_access_token,
    decode_token,
    get_jti,
    get_jwt,
    get_jwt_request_location,
    jwt_required,
    verify_jwt_in_request,
)
from flask_jwt.extended.config import config
from flask_jwt.extended.typing import ExpiresDelta

app = Flask(__name__)
jwt = JWTManager(app)


@jwt.user_lookup_loader
def user_of(_header: dict[str, Any], claims: dict[str, Any]) -> str:
    return str(claims["sub"])


assert_type(user_of({}, {}), str)


@app.get("/reports/<int:number>")
@jwt_required()
def report(number: int) -> str:
    assert_type(get_jwt(), dict[str, Any])
    assert_type(get_jwt_request_location(), str | None)
    return str(number)


assert_type(report(7), str)


@jwt_required(True, fresh=True, locations=["headers"], verify_type=False)
async def later(number: int) -> Response:
    return Response(str(number))


waiting: Coroutine[Any, Any, Response] = later(7)


# As version 3 had it.
@jwt_required
def bare(number: int) -> str:
    return str(number)


assert_type(bare(7), str)
assert_type(create_access_token(7, fresh=timedelta(minutes=1), expires_delta=False), str)
assert_type(decode_token("a.b.c"), dict[str, Any])
assert_type(get_jti("a.b.c"), str | None)
assert_type(verify_jwt_in_request(optional=True), tuple[dict[str, Any], dict[str, Any]] | None)

assert_type(config.access_expires, ExpiresDelta)
assert_type(config.header_name, str)
assert_type(config.cookie_secure, bool)

report("seven")  # type: ignore[arg-type]
jwt_required(freshh=True)  # type: ignore[call-overload]
