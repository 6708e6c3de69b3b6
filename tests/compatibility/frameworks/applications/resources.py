"""Flask-RESTful and Flask-RESTX, whose resources are written alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import flask_restful
import flask_restx
from flask import Blueprint, Flask
from flask_restful import fields, marshal_with

from flask_jwt import jwt_required

from .framework import Answerer, Framework, whoami

# JWTError is what people listed there when its 401 came out as a 500.
ERRORS = {
    "JWTError": {"message": "Sign in first", "status": 500},
    "NotFound": {"message": "Not here"},
}
NAME = {"name": fields.String}


class OnMethod:
    @jwt_required()
    def get(self) -> dict[str, str]:
        return whoami()


class Marshalled:
    @marshal_with(NAME)
    @jwt_required()
    def get(self) -> dict[str, str]:
        return whoami()


class Unguarded:
    def get(self) -> dict[str, str]:
        return whoami()


class MethodDecorators(Unguarded):
    method_decorators = [jwt_required()]  # noqa: RUF012


class MarshalledMethodDecorators(Unguarded):
    method_decorators = [jwt_required(), marshal_with(NAME)]  # noqa: RUF012


class Decorators(Unguarded):
    decorators = [jwt_required()]  # noqa: RUF012


class Kind(NamedTuple):
    """One of the two."""

    prefix: str
    answerer: Answerer
    module: Any

    def resource(self, view: type[Any]) -> type[Any]:
        """Return a class as a resource."""
        return type(view.__name__, (view, self.module.Resource), {})

    def written(self, name: str, add_view: Callable[[Flask], None], path: str = "/me") -> Framework:
        """Return an application of its own making."""
        return Framework(f"{self.prefix}-{name}", add_view, path, answerer=self.answerer)

    def on_application(self, name: str, view: type[Any], **options: Any) -> Framework:
        """Return one with an API of its own."""

        def add_view(app: Flask) -> None:
            self.module.Api(app, **options).add_resource(self.resource(view), "/me")

        return self.written(name, add_view)

    def on_blueprint(self, name: str, view: type[Any], **options: Any) -> Framework:
        """Return one whose API is on a blueprint."""

        def add_view(app: Flask) -> None:
            inside = Blueprint("inside", __name__)
            self.module.Api(inside, **options).add_resource(self.resource(view), "/me")
            app.register_blueprint(inside, url_prefix="/inside")

        return self.written(name, add_view, "/inside/me")

    def in_both(self) -> list[Framework]:
        """Return the applications that can be written with either."""
        return [
            self.on_application("application", OnMethod),
            self.on_blueprint("blueprint", OnMethod),
            self.on_application("method-decorators", MethodDecorators),
            self.on_application("decorators-of-api", Unguarded, decorators=[jwt_required()]),
            self.on_application("catch-all-404s", OnMethod, catch_all_404s=True),
            Framework(f"{self.prefix}-beside-a-plain-view", self._beside_a_plain_view),
        ]

    def _beside_a_plain_view(self, app: Flask) -> None:
        api = self.module.Api(app, catch_all_404s=True)
        api.add_resource(self.resource(Unguarded), "/other")
        app.get("/me")(jwt_required()(whoami))


_RESTFUL = Kind("restful", "Flask-RESTful", flask_restful)
_RESTX = Kind("restx", "Flask-RESTX", flask_restx)


def initialised_later(app: Flask) -> None:
    api = flask_restful.Api()
    api.add_resource(_RESTFUL.resource(OnMethod), "/me")
    api.init_app(app)


def second_of_two(app: Flask) -> None:
    for name, view in (("first", Unguarded), ("second", OnMethod)):
        api = flask_restful.Api(app, prefix=f"/{name}")
        api.add_resource(_RESTFUL.resource(view), "/me", endpoint=name)


def namespace(app: Flask, view: type[Any] = OnMethod, **options: Any) -> None:
    people = flask_restx.Namespace("people", **options)
    people.route("/me")(_RESTX.resource(view))
    flask_restx.Api(app).add_namespace(people)


def guarded_namespace(app: Flask) -> None:
    namespace(app, Unguarded, decorators=[jwt_required()])


def marshalled(app: Flask) -> None:
    api = flask_restx.Api(app)
    model = api.model("Me", {"name": flask_restx.fields.String})

    @api.route("/me")
    class Me(flask_restx.Resource):
        @api.marshal_with(model)
        @jwt_required()
        def get(self) -> dict[str, str]:
            return whoami()


def documented(app: Flask) -> None:
    authorizations = {"jwt": {"type": "apiKey", "in": "header", "name": "X"}}
    api = flask_restx.Api(app, authorizations=authorizations)
    parser = flask_restx.reqparse.RequestParser()

    @api.route("/me")
    @api.doc(security="jwt")
    class Me(flask_restx.Resource):
        @api.doc("whoami", responses={401: "Refused"})
        @jwt_required()
        @api.expect(parser.add_argument("page", type=int, location="args"))
        @api.response(200, "Found")
        @api.header("X-Kind", "Says what it is")
        def get(self) -> dict[str, str]:
            return whoami()


def own_error_handlers(app: Flask) -> None:
    api = flask_restx.Api(app)
    people = api.namespace("people")
    people.route("/me")(_RESTX.resource(OnMethod))

    @api.errorhandler(KeyError)
    @people.errorhandler(ValueError)
    def specific(error: Exception) -> tuple[dict[str, str], int]:
        return {"message": "Not one of ours"}, 400

    @api.errorhandler
    def default(error: Exception) -> tuple[dict[str, str], int]:
        return {"message": "Whatever it is"}, 500


RESTFUL = [
    *_RESTFUL.in_both(),
    _RESTFUL.written("init-app", initialised_later),
    _RESTFUL.on_application("marshal-with", Marshalled),
    _RESTFUL.on_application("marshal-with-method-decorators", MarshalledMethodDecorators),
    _RESTFUL.on_application("decorators-of-resource", Decorators),
    _RESTFUL.on_blueprint("decorators-of-blueprint", Unguarded, decorators=[jwt_required()]),
    _RESTFUL.on_application("errors", OnMethod, errors=ERRORS),
    _RESTFUL.on_blueprint("blueprint-catch-all-404s", OnMethod, catch_all_404s=True),
    _RESTFUL.written("two-apis", second_of_two, "/second/me"),
]
RESTX = [
    *_RESTX.in_both(),
    _RESTX.written("namespace", namespace, "/people/me"),
    _RESTX.written("decorators-of-namespace", guarded_namespace, "/people/me"),
    _RESTX.written("marshal-with", marshalled),
    _RESTX.written("doc", documented),
    _RESTX.written("errorhandler", own_error_handlers, "/people/me"),
]
