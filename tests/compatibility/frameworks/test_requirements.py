"""What a requirement answers is the same through every framework, in debug and in production."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import flask_restful
import flask_restx
import pytest
from apiflask import APIFlask
from flask import Flask
from flask.views import MethodView
from flask_openapi3.openapi import OpenAPI
from flask_smorest import Api, Blueprint  # type: ignore[import-untyped]

from flask_jwt import JWT, current_identity, jwt_required
from tests.requirements.cases import CASES, Case
from tests.support.secret import secret
from tests.support.tokens import claims, compact

from .applications.smorest import CONFIG

SECRET = secret("requirements in frameworks")
Guarded = Iterable[tuple[str, Case]]


def view() -> dict[str, str]:
    return {"name": str(current_identity)}


def functions(app: Any, cases: Guarded) -> None:
    for path, case in cases:
        app.get(path, endpoint=path[1:])(jwt_required(requires=case.requires)(view))


def coroutines(app: Flask, cases: Guarded) -> None:
    async def me() -> dict[str, str]:
        return view()

    for path, case in cases:
        app.get(path, endpoint=path[1:])(jwt_required(requires=case.requires)(me))


def method_views(app: Flask, cases: Guarded) -> None:
    for path, case in cases:

        class Me(MethodView):
            @jwt_required(requires=case.requires)
            def get(self) -> dict[str, str]:
                return view()

        app.add_url_rule(path, view_func=Me.as_view(path[1:]))


def resources(module: Any) -> Callable[[Flask, Guarded], None]:
    def add(app: Flask, cases: Guarded) -> None:
        api = module.Api(app)
        for path, case in cases:

            class Me(module.Resource):
                method_decorators = [jwt_required(requires=case.requires)]  # noqa: RUF012

                def get(self) -> dict[str, str]:
                    return view()

            api.add_resource(Me, path, endpoint=path[1:])

    return add


def smorest(app: Flask, cases: Guarded) -> None:
    people = Blueprint("people", __name__)
    functions(people, cases)
    app.config.update(CONFIG)
    Api(app).register_blueprint(people)


def openapi3(app: Any, cases: Guarded) -> None:
    for path, case in cases:

        def me() -> dict[str, str]:
            return view()

        me.__name__ = path[1:]
        app.get(path)(jwt_required(requires=case.requires)(me))


FRAMEWORKS: dict[str, tuple[Callable[[str], Flask], Callable[[Any, Guarded], None]]] = {
    "function": (Flask, functions),
    "coroutine": (Flask, coroutines),
    "method view": (Flask, method_views),
    "Flask-RESTful": (Flask, resources(flask_restful)),
    "Flask-RESTX": (Flask, resources(flask_restx)),
    "flask-smorest": (Flask, smorest),
    "APIFlask": (APIFlask, functions),
    "flask-openapi3": (OpenAPI, openapi3),
}


@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_answers(framework: str, debug: bool) -> None:
    """Status, challenge and JSON value of the whole table are those of a plain function."""
    make, add = FRAMEWORKS[framework]
    app = make("tests.frameworks")
    app.config.update(JWT_SECRET_KEY=SECRET, DEBUG=debug)
    JWT(app, None, lambda token: token["identity"])
    cases = [(f"/case{number}", case) for number, case in enumerate(CASES)]
    add(app, cases)
    client = app.test_client()

    for path, case in cases:
        token = compact(claims("ann") | case.fresh_claims(), SECRET)
        answer = client.get(path, headers={"Authorization": f"JWT {token}"})
        assert answer.status_code == case.status, case
        if case.challenge is None:
            assert answer.get_json() == {"name": "ann"}
        else:
            challenge = f'JWT realm="Login Required"{case.challenge}'
            assert answer.headers.getlist("WWW-Authenticate") == [challenge]
            assert answer.get_json() == {
                "status_code": case.status,
                "error": "Forbidden" if case.status == 403 else "Step-Up Required",
                "description": case.description,
            }
