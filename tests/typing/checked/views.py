"""A view keeps its type under ``jwt_required``. Checked, never run."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from typing import Any, Protocol, assert_type

from flask import Blueprint, Flask, Response
from flask.views import MethodView, View

from flask_jwt import jwt_required

app = Flask(__name__)
blueprint = Blueprint("inside", __name__)


class Named(Protocol):
    """What a function must be to be called with these names."""

    def __call__(self, number: int, *, word: str = ...) -> str: ...


@jwt_required()
def called(number: int, *, word: str = "") -> str:
    return word * number


@jwt_required
def bare(number: int, *, word: str = "") -> str:
    return word * number


@jwt_required("Reading Room")
def with_realm(number: int, *, word: str = "") -> str:
    return word * number


@jwt_required(realm=None)
def with_keyword(number: int, *, word: str = "") -> str:
    return word * number


views: list[Named] = [called, bare, with_realm, with_keyword]
assert_type(called(2, word="x"), str)
assert_type(bare(2, word="x"), str)
assert_type(with_realm(2, word="x"), str)
assert_type(with_keyword(2, word="x"), str)


@jwt_required()
async def coroutine(number: int) -> Response:
    return Response(str(number))


@jwt_required
async def bare_coroutine(number: int) -> Response:
    return Response(str(number))


async def waiting() -> None:
    later: Coroutine[Any, Any, Response] = coroutine(7)
    assert_type(await later, Response)
    assert_type(await bare_coroutine(number=7), Response)


@jwt_required()
def stream(*lines: str, **options: int) -> Iterator[str]:
    yield from lines


assert_type(stream("a", "b", width=80), Iterator[str])


class Me(MethodView):
    @jwt_required()
    def get(self, number: int) -> dict[str, int]:
        return {"number": number}

    @jwt_required
    def put(self, number: int) -> tuple[str, int]:
        return "", number

    @jwt_required()
    async def post(self) -> str:
        return ""


class Guarded(MethodView):
    decorators = [jwt_required(), jwt_required("Reading Room")]  # noqa: RUF012


class GuardedBare(View):
    decorators = [jwt_required]  # noqa: RUF012


assert_type(Me().get(7), dict[str, int])
assert_type(Me().put(number=7), tuple[str, int])
post: Coroutine[Any, Any, str] = Me().post()


@app.get("/<int:number>")
@blueprint.get("/<int:number>")
@jwt_required()
def routed(number: int) -> Response:
    return Response(str(number))


@app.get("/bare/<int:number>")
@jwt_required
def routed_bare(number: int) -> Response:
    return Response(str(number))


@app.get("/later")
@jwt_required()
async def routed_coroutine() -> str:
    return ""


assert_type(routed(7), Response)
assert_type(routed_bare(7), Response)
app.add_url_rule("/added", view_func=jwt_required()(routed))
app.before_request(jwt_required()(lambda: None))
