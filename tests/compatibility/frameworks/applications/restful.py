"""Flask-RESTful."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask
from flask_restful import Api, Resource, fields, marshal_with

from flask_jwt import jwt_required

from .framework import Framework, whoami

# JWTError is what people listed there when its 401 came out as a 500.
ERRORS = {
    "JWTError": {"message": "Sign in first", "status": 500},
    "NotFound": {"message": "Not here"},
}


class OnMethod(Resource):
    @jwt_required()
    def get(self) -> dict[str, str]:
        return whoami()


class Marshalled(Resource):
    @marshal_with({"name": fields.String})
    @jwt_required()
    def get(self) -> dict[str, str]:
        return whoami()


class MethodDecorators(Resource):
    method_decorators = [jwt_required()]  # noqa: RUF012

    def get(self) -> dict[str, str]:
        return whoami()


class MarshalledMethodDecorators(Resource):
    method_decorators = [jwt_required(), marshal_with({"name": fields.String})]  # noqa: RUF012

    def get(self) -> dict[str, str]:
        return whoami()


class Decorators(Resource):
    decorators = [jwt_required()]  # noqa: RUF012

    def get(self) -> dict[str, str]:
        return whoami()


class Unguarded(Resource):
    def get(self) -> dict[str, str]:
        return whoami()


def on_application(resource: type[Any], **options: Any) -> Callable[[Flask], None]:
    def add_view(app: Flask) -> None:
        Api(app, **options).add_resource(resource, "/me")

    return add_view


def on_blueprint(resource: type[Any], **options: Any) -> Callable[[Flask], None]:
    def add_view(app: Flask) -> None:
        inside = Blueprint("inside", __name__)
        Api(inside, **options).add_resource(resource, "/me")
        app.register_blueprint(inside)

    return add_view


def initialised_later(app: Flask) -> None:
    api = Api()
    api.add_resource(OnMethod, "/me")
    api.init_app(app)


def second_of_two(app: Flask) -> None:
    Api(app, prefix="/first").add_resource(Unguarded, "/me", endpoint="first")
    Api(app, prefix="/second").add_resource(OnMethod, "/me", endpoint="second")


def beside_a_plain_view(app: Flask) -> None:
    Api(app, catch_all_404s=True).add_resource(Unguarded, "/other")
    app.get("/me")(jwt_required()(whoami))


def _restful(name: str, add_view: Callable[[Flask], None], path: str = "/me") -> Framework:
    return Framework(f"restful-{name}", add_view, path, answerer="Flask-RESTful")


RESTFUL = [
    _restful("application", on_application(OnMethod)),
    _restful("init-app", initialised_later),
    _restful("blueprint", on_blueprint(OnMethod)),
    _restful("marshal-with", on_application(Marshalled)),
    _restful("method-decorators", on_application(MethodDecorators)),
    _restful("marshal-with-method-decorators", on_application(MarshalledMethodDecorators)),
    _restful("decorators-of-resource", on_application(Decorators)),
    _restful("decorators-of-api", on_application(Unguarded, decorators=[jwt_required()])),
    _restful("decorators-of-blueprint", on_blueprint(Unguarded, decorators=[jwt_required()])),
    _restful("errors", on_application(OnMethod, errors=ERRORS)),
    _restful("catch-all-404s", on_application(OnMethod, catch_all_404s=True)),
    _restful("blueprint-catch-all-404s", on_blueprint(OnMethod, catch_all_404s=True)),
    _restful("two-apis", second_of_two, "/second/me"),
    Framework("restful-beside-a-plain-view", beside_a_plain_view),
]
