"""Flask alone."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Flask
from flask.views import MethodView

from flask_jwt import jwt_required

from .framework import Framework, whoami


def function(app: Flask) -> None:
    app.get("/me")(jwt_required()(whoami))


def coroutine(app: Flask) -> None:
    @app.get("/me")
    @jwt_required()
    async def me() -> dict[str, str]:
        return whoami()


def blueprint(app: Flask) -> None:
    inside = Blueprint("inside", __name__)
    inside.get("/me")(jwt_required()(whoami))
    app.register_blueprint(inside)


def nested_blueprint(app: Flask) -> None:
    inner, outer = Blueprint("inner", __name__), Blueprint("outer", __name__)
    inner.get("/me")(jwt_required()(whoami))
    outer.register_blueprint(inner)
    app.register_blueprint(outer)


def guarded_blueprint(app: Flask) -> None:
    inside = Blueprint("inside", __name__)
    inside.before_request(jwt_required()(lambda: None))
    inside.get("/me")(whoami)
    app.register_blueprint(inside)


class OnMethod(MethodView):
    @jwt_required()
    def get(self) -> dict[str, str]:
        return whoami()


class Decorators(MethodView):
    decorators = [jwt_required()]  # noqa: RUF012

    def get(self) -> dict[str, str]:
        return whoami()


def method_view(app: Flask, view: type[MethodView] = OnMethod) -> None:
    app.add_url_rule("/me", view_func=view.as_view("me"))


PLAIN = [
    Framework("plain", function),
    Framework("plain-coroutine", coroutine),
    Framework("plain-blueprint", blueprint),
    Framework("plain-nested-blueprint", nested_blueprint),
    Framework("plain-before-request-of-blueprint", guarded_blueprint),
    Framework("plain-method-view", method_view),
    Framework("plain-method-view-decorators", partial(method_view, view=Decorators)),
]
