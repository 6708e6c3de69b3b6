"""APIFlask."""

from __future__ import annotations

from functools import partial

from apiflask import APIBlueprint, APIFlask, HTTPTokenAuth, Schema
from apiflask.fields import Integer, String
from flask.views import MethodView

from flask_jwt import jwt_required

from .framework import Framework, whoami


class Person(Schema):
    name = String()


class Page(Schema):
    page = Integer(load_default=1)


def function(app: APIFlask) -> None:
    @app.get("/me")
    @app.output(Person)
    @jwt_required()
    def me() -> dict[str, str]:
        return whoami()


def blueprint(app: APIFlask) -> None:
    people = APIBlueprint("people", __name__)

    @people.get("/me")
    @people.input(Page, location="query")
    @people.output(Person)
    @people.doc(responses=[401])
    @jwt_required()
    def me(query_data: dict[str, int]) -> dict[str, str]:
        return whoami()

    app.register_blueprint(people)


def method_view(app: APIFlask) -> None:
    class Me(MethodView):
        @app.output(Person)
        @jwt_required()
        def get(self) -> dict[str, str]:
            return whoami()

    app.add_url_rule("/me", view_func=Me.as_view("me"))


def beside_its_own_authentication(app: APIFlask) -> None:
    """Add the view, and ``/keyed``, which APIFlask itself protects."""
    auth = HTTPTokenAuth()
    auth.verify_token(lambda token: "machine" if token == "right" else None)

    @app.get("/keyed")
    @app.auth_required(auth)
    def keyed() -> dict[str, str]:
        return {"name": str(auth.current_user)}

    function(app)


def own_error_processor(app: APIFlask) -> None:
    app.error_processor(lambda error: ({"processed": error.message}, error.status_code))
    function(app)


_without_json_errors = partial(APIFlask, json_errors=False)

API_FLASK = [
    Framework("apiflask", function, new=APIFlask),
    Framework("apiflask-blueprint", blueprint, new=APIFlask),
    Framework("apiflask-method-view", method_view, new=APIFlask),
    Framework("apiflask-without-json-errors", function, new=_without_json_errors),
    Framework("apiflask-error-processor", own_error_processor, new=APIFlask),
    Framework("apiflask-own-authentication", beside_its_own_authentication, new=APIFlask),
]
