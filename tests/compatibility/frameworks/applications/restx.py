"""Flask-RESTX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask
from flask_restx import Api, Namespace, Resource, fields, reqparse

from flask_jwt import jwt_required

from .framework import Framework, whoami


class OnMethod(Resource):
    @jwt_required()
    def get(self) -> dict[str, str]:
        return whoami()


class Decorators(Resource):
    method_decorators = [jwt_required()]  # noqa: RUF012

    def get(self) -> dict[str, str]:
        return whoami()


class Unguarded(Resource):
    def get(self) -> dict[str, str]:
        return whoami()


def on_application(resource: type[Any], **options: Any) -> Callable[[Flask], None]:
    def add_view(app: Flask) -> None:
        Api(app, **options).add_resource(resource, "/me")

    return add_view


def on_blueprint(app: Flask) -> None:
    inside = Blueprint("inside", __name__)
    Api(inside).add_resource(OnMethod, "/me")
    app.register_blueprint(inside, url_prefix="/inside")


def namespace(app: Flask) -> None:
    people = Namespace("people")
    people.route("/me")(OnMethod)
    Api(app).add_namespace(people)


def guarded_namespace(app: Flask) -> None:
    people = Namespace("people", decorators=[jwt_required()])
    people.route("/me")(Unguarded)
    Api(app).add_namespace(people)


def marshalled(app: Flask) -> None:
    api = Api(app)
    model = api.model("Me", {"name": fields.String})

    @api.route("/me")
    class Me(Resource):
        @api.marshal_with(model)
        @jwt_required()
        def get(self) -> dict[str, str]:
            return whoami()


def documented(app: Flask) -> None:
    api = Api(app, authorizations={"jwt": {"type": "apiKey", "in": "header", "name": "X"}})
    page = reqparse.RequestParser().add_argument("page", type=int, location="args")

    @api.route("/me")
    @api.doc(security="jwt")
    class Me(Resource):
        @api.doc("whoami", responses={401: "Refused"})
        @jwt_required()
        @api.expect(page)
        @api.response(200, "Found")
        @api.header("X-Kind", "Says what it is")
        def get(self) -> dict[str, str]:
            return whoami()


def own_error_handlers(app: Flask) -> None:
    api = Api(app)
    people = api.namespace("people")
    people.route("/me")(OnMethod)

    @api.errorhandler(KeyError)
    @people.errorhandler(ValueError)
    def specific(error: Exception) -> tuple[dict[str, str], int]:
        return {"message": "Not one of ours"}, 400

    @api.errorhandler
    def default(error: Exception) -> tuple[dict[str, str], int]:
        return {"message": "Whatever it is"}, 500


def beside_a_plain_view(app: Flask) -> None:
    Api(app, catch_all_404s=True).add_resource(Unguarded, "/other")
    app.get("/me")(jwt_required()(whoami))


def _restx(name: str, add_view: Callable[[Flask], None], path: str = "/me") -> Framework:
    return Framework(f"restx-{name}", add_view, path, answerer="Flask-RESTX")


RESTX = [
    _restx("application", on_application(OnMethod)),
    _restx("blueprint", on_blueprint, "/inside/me"),
    _restx("namespace", namespace, "/people/me"),
    _restx("decorators-of-namespace", guarded_namespace, "/people/me"),
    _restx("marshal-with", marshalled),
    _restx("doc", documented),
    _restx("method-decorators", on_application(Decorators)),
    _restx("decorators-of-api", on_application(Unguarded, decorators=[jwt_required()])),
    _restx("errorhandler", own_error_handlers, "/people/me"),
    _restx("catch-all-404s", on_application(OnMethod, catch_all_404s=True)),
    Framework("restx-beside-a-plain-view", beside_a_plain_view),
]
