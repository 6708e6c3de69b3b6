"""flask-smorest."""

from __future__ import annotations

from flask import Flask
from flask.views import MethodView
from flask_smorest import Api, Blueprint  # type: ignore[import-untyped]
from marshmallow import Schema, fields

from flask_jwt import jwt_required

from .framework import Framework, whoami

CONFIG = {"API_TITLE": "People", "API_VERSION": "1", "OPENAPI_VERSION": "3.0.3"}


class Person(Schema):
    name = fields.String()


class Page(Schema):
    page = fields.Integer(load_default=1)


def function(app: Flask) -> None:
    people = Blueprint("people", __name__)

    @people.get("/me")
    @people.response(200, Person)
    @jwt_required()
    def me() -> dict[str, str]:
        return whoami()

    _register(app, people)


def method_view(app: Flask) -> None:
    people = Blueprint("people", __name__)

    @people.route("/me")
    class Me(MethodView):
        @jwt_required()
        @people.arguments(Page, location="query")
        @people.response(200, Person)
        @people.alt_response(401, description="Refused")
        def get(self, page: dict[str, int]) -> dict[str, str]:
            return whoami()

    _register(app, people)


def guarded_blueprint(app: Flask) -> None:
    people = Blueprint("people", __name__)
    people.before_request(jwt_required()(lambda: None))
    people.get("/me")(people.response(200, Person)(whoami))
    _register(app, people)


def _register(app: Flask, blueprint: Blueprint) -> None:
    app.config.update(CONFIG)
    Api(app).register_blueprint(blueprint)


SMOREST = [
    Framework("smorest", function),
    Framework("smorest-method-view", method_view),
    Framework("smorest-before-request", guarded_blueprint),
]
