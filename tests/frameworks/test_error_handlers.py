"""Refusals, and the error handlers that an application registers itself."""

from __future__ import annotations

from typing import Any

import pytest
from apiflask import APIFlask
from flask import Blueprint, Flask
from flask_restx import Api, Resource
from werkzeug.exceptions import HTTPException

from flask_jwt import JWT, JWTError, jwt_required

from .answers import ask, check, every_framework
from .applications.api_flask import beside_its_own_authentication
from .applications.every import FRAMEWORKS
from .applications.framework import Framework, whoami
from .applications.refusals import NO_TOKEN, REFUSALS, SECRET, identity

GENERAL: list[Any] = [401, 403, 429, HTTPException, Exception]
BY_FLASK = [one for one in FRAMEWORKS if one.answerer == "Flask"]
BY_RESTFUL = [one for one in FRAMEWORKS if one.answerer == "Flask-RESTful"]


def taken(error: Exception) -> tuple[dict[str, str], int]:
    """Answer in a way that can't be overlooked."""
    return {"taken": str(error)}, 409


TAKEN = (409, {"taken": f"{NO_TOKEN.error}. {NO_TOKEN.description}"})


def plain() -> Flask:
    """Make an application without views."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = SECRET
    JWT(app, None, identity)
    return app


def get(app: Flask, path: str = "/me", **headers: str) -> tuple[int, Any]:
    """Return the status and the JSON value of an answer."""
    answer = app.test_client().get(path, headers=headers)
    return answer.status_code, answer.get_json()


@every_framework
@pytest.mark.parametrize("jwt_last", [False, True], ids=["jwt-first", "jwt-last"])
def test_general_error_handlers(framework: Framework, jwt_last: bool) -> None:
    """Handlers of a status, of ``HTTPException`` and of ``Exception`` take no refusal."""
    app = framework.application(jwt_last=jwt_last)
    for kind in GENERAL:
        app.register_error_handler(kind, taken)

    for refusal in REFUSALS:
        check(ask(app, framework, refusal.authorization), refusal)


@pytest.mark.parametrize("framework", BY_FLASK, ids=lambda one: one.name)
def test_own_error_handler(framework: Framework) -> None:
    """A handler of ``JWTError`` that the application registers is asked instead of the hook."""
    app = framework.application()
    app.register_error_handler(JWTError, taken)

    assert get(app, framework.path) == TAKEN


@pytest.mark.parametrize("framework", BY_RESTFUL, ids=lambda one: one.name)
def test_own_error_handler_that_nobody_asks(framework: Framework) -> None:
    """Flask-RESTful asks no handler of the application: a refusal is as ever."""
    app = framework.application()
    app.register_error_handler(JWTError, taken)

    check(ask(app, framework), NO_TOKEN)


def test_general_error_handlers_of_a_blueprint() -> None:
    """Such handlers of a blueprint take no refusal in its views either."""

    def add_view(app: Flask) -> None:
        inside = Blueprint("inside", __name__)
        for kind in GENERAL:
            inside.register_error_handler(kind, taken)
        inside.get("/me")(jwt_required()(whoami))
        app.register_blueprint(inside)

    framework = Framework("blueprint", add_view)
    app = framework.application()

    for refusal in REFUSALS:
        check(ask(app, framework, refusal.authorization), refusal)


def test_error_handlers_of_blueprints() -> None:
    """A blueprint's handler of ``JWTError`` wins for its own views, the inner one first."""
    app = plain()
    app.register_error_handler(JWTError, lambda error: (["application"], 403))
    outer, inner, beside = (Blueprint(name, __name__) for name in ("outer", "inner", "beside"))
    for blueprint in (outer, inner, beside):
        blueprint.get(f"/{blueprint.name}")(jwt_required()(whoami))
    outer.register_error_handler(JWTError, lambda error: (["outer"], 403))
    inner.register_error_handler(JWTError, lambda error: (["inner"], 403))
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    app.register_blueprint(beside)

    assert get(app, "/outer") == (403, ["outer"])
    assert get(app, "/inner") == (403, ["inner"])
    assert get(app, "/beside") == (403, ["application"])


@pytest.mark.parametrize("kind", [JWTError, HTTPException])
def test_error_handler_of_a_restx_api(kind: type[Exception]) -> None:
    """What ``@api.errorhandler`` returns is the answer that Flask-RESTX sends, as it always did."""
    app = plain()
    api = Api(app)
    api.errorhandler(kind)(lambda error: ({"taken": str(error)}, 409, {"X-Own": "mine"}))

    @api.route("/me")
    class Me(Resource):
        @jwt_required()
        def get(self) -> dict[str, str]:
            return whoami()

    status, value = get(app)
    # Flask-RESTX adds a message of its own to what a handler returns.
    value.pop("message", None)
    assert (status, value) == TAKEN


@every_framework
def test_other_errors(framework: Framework) -> None:
    """A 404 and a 405 are what they are without this package."""
    ours, theirs = framework.application(), framework.application_without_jwt()

    for method, path, status in (("GET", "/nowhere", 404), ("PUT", framework.path, 405)):
        mine, without = (app.test_client().open(path, method=method) for app in (ours, theirs))

        assert (mine.status_code, mine.text) == (status, without.text)
        assert dict(mine.headers) == dict(without.headers)


@pytest.mark.parametrize(
    ("token", "answer"),
    [
        (None, (401, {"message": "Unauthorized", "detail": {}})),
        ("wrong", (401, {"message": "Unauthorized", "detail": {}})),
        ("right", (200, {"name": "machine"})),
    ],
)
def test_authentication_of_apiflask(token: str | None, answer: Any) -> None:
    """A view that APIFlask protects answers as ever, beside one that this package protects."""
    framework = Framework("apiflask", beside_its_own_authentication, new=APIFlask)
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    assert get(framework.application(), "/keyed", **headers) == answer
