"""Refusals, and the error handlers that an application registers itself."""

from __future__ import annotations

from typing import Any, NoReturn

import flask_restful
import pytest
from apiflask import APIFlask
from flask import Blueprint, Flask, Response
from flask_restx import Api, Resource
from werkzeug.exceptions import HTTPException

from flask_jwt import JWT, JWTError, jwt_required

from .answers import ask, check, every_framework
from .applications.api_flask import beside_its_own_authentication
from .applications.framework import Framework, whoami
from .applications.refusals import NO_TOKEN, REFUSALS, REPRESENTATIVE, SECRET, identity
from .applications.resources import OnMethod

GENERAL: list[Any] = [401, 403, 429, HTTPException, Exception]


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
@pytest.mark.parametrize("mode", ["PRODUCTION", "DEBUG"])
@pytest.mark.parametrize("jwt_last", [False, True], ids=["jwt-first", "jwt-last"])
def test_general_error_handlers(framework: Framework, jwt_last: bool, mode: str) -> None:
    """Handlers of a status, of ``HTTPException`` and of ``Exception`` take no refusal."""
    app = framework.application({mode: True}, jwt_last=jwt_last)
    for kind in GENERAL:
        app.register_error_handler(kind, taken)

    for refusal in REPRESENTATIVE:
        check(ask(app, framework, refusal.authorization), refusal)


async def taken_later(error: Exception) -> tuple[dict[str, str], int]:
    """Do the same as a coroutine."""
    return taken(error)


@every_framework
@pytest.mark.parametrize("handler", [taken, taken_later])
@pytest.mark.parametrize("mode", ["PRODUCTION", "DEBUG"])
def test_own_error_handler(framework: Framework, mode: str, handler: Any) -> None:
    """A handler of ``JWTError`` that the application registers answers instead of the hook."""
    app = framework.application({mode: True})
    app.register_error_handler(JWTError, handler)

    assert get(app, framework.path) == TAKEN


@every_framework
def test_own_error_handler_that_starts_from_the_default(framework: Framework) -> None:
    """Such a handler may take the default answer of ``get_response()`` and change it."""

    def stamped(error: JWTError) -> Response:
        response = error.get_response()
        assert isinstance(response, Response)
        assert error.response is response
        response.headers["X-Own"] = "mine"
        return response

    app = framework.application()
    app.register_error_handler(JWTError, stamped)

    for _ in range(2):
        answer = ask(app, framework)
        check(answer, NO_TOKEN)
        assert answer.headers.getlist("X-Own") == ["mine"]


@every_framework
def test_own_error_handler_that_raises_again(framework: Framework) -> None:
    """A handler that raises the error again is asked once."""
    asked: list[JWTError] = []

    def raising(error: JWTError) -> NoReturn:
        asked.append(error)
        raise error

    app = framework.application()
    app.register_error_handler(JWTError, raising)

    # Flask-RESTful is asked once more, and then sends the answer that there is.
    expected = 401 if framework.answerer == "Flask-RESTful" else 500
    assert ask(app, framework).status_code == expected
    assert len(asked) == 1


@every_framework
def test_own_answer_is_sent_as_it_is(framework: Framework) -> None:
    """A page, and a 401 without a challenge, are what the handler has made of them."""
    app = framework.application()
    app.register_error_handler(JWTError, lambda error: ("<p>Sign in", 401, {"X-Own": "mine"}))
    answer = ask(app, framework)

    assert (answer.status_code, answer.text, answer.headers["X-Own"]) == (401, "<p>Sign in", "mine")
    assert "WWW-Authenticate" not in answer.headers


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


@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
def test_error_handler_of_a_blueprint_with_an_api(debug: bool) -> None:
    """Inside Flask-RESTful the handler of the blueprint wins over the application's, too."""
    app = plain()
    app.debug = debug
    app.register_error_handler(JWTError, lambda error: (["application"], 403))
    inside = Blueprint("inside", __name__)
    inside.register_error_handler(JWTError, lambda error: (["blueprint"], 403))
    resource = type("Me", (OnMethod, flask_restful.Resource), {})
    flask_restful.Api(inside).add_resource(resource, "/me")
    app.register_blueprint(inside)
    flask_restful.Api(app).add_resource(resource, "/other", endpoint="other")

    assert get(app, "/me") == (403, ["blueprint"])
    assert get(app, "/other") == (403, ["application"])


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
