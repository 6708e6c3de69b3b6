"""OPTIONS under guards, and Flask-CORS beside them."""

from __future__ import annotations

from typing import Any

import flask_cors
import pytest
from flask import Blueprint, Flask, request
from flask.views import MethodView
from werkzeug.test import TestResponse

from flask_jwt import jwt_required

from .asking import both, make_app, status

PAGE = "https://page.example"


def preflight(app: Flask, path: str) -> TestResponse:
    """Send what a browser asks before a request of another origin's page."""
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "GET"}
    return app.test_client().options(path, headers=headers)


@pytest.mark.parametrize("guard", ["all", "view", "application", "blueprint", "protect"])
@pytest.mark.parametrize("answers", ["Flask", "cross_origin", "cross_origin below", "view"])
def test_options(guard: str, answers: str) -> None:
    """The automatic answer is open under each guard; one that a view gives is not."""
    app, jwt = make_app(protect_all=guard == "all")
    blueprint = Blueprint("b", __name__)
    ran: list[str] = []

    def index() -> str:
        ran.append(request.method)
        return "seen"

    def noted(view: Any) -> Any:
        def wrapper() -> Any:
            ran.append("wrapper")
            return view()

        wrapper.__dict__.update(view.__dict__, __wrapped__=view)
        return wrapper

    view: Any = index
    if answers == "cross_origin":
        view = flask_cors.cross_origin(origins=[PAGE])(view)
    if answers == "cross_origin below":
        view = noted(flask_cors.cross_origin(origins=[PAGE])(view))
    if guard == "view":
        view = jwt_required()(view)
    if guard == "application":
        app.before_request(jwt_required()(lambda: None))
    if guard == "blueprint":
        blueprint.before_request(jwt_required()(lambda: None))
    if guard == "protect":
        jwt.protect(blueprint)
    methods = ["GET", "OPTIONS"] if answers == "view" else ["GET"]
    blueprint.add_url_rule("/", "index", view, methods=methods)
    app.register_blueprint(blueprint)

    answer = preflight(app, "/")
    assert both(app, "/") == (401, 200)
    if answers == "view":
        assert answer.status_code == 401
    else:
        assert answer.status_code == 200
        assert "GET" in answer.headers["Allow"]
    if answers.startswith("cross_origin"):
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert set(ran) <= {"GET", "wrapper"}
    assert ran.count("wrapper") <= 1


@pytest.mark.parametrize("where", ["decorator", "configuration"])
def test_cross_origin_that_hands_options_on(where: str) -> None:
    """With automatic options off, OPTIONS is the view's, and guarded."""
    options = {"automatic_options": False} if where == "decorator" else {}
    config = {"CORS_AUTOMATIC_OPTIONS": False} if where == "configuration" else {}
    app, _ = make_app(protect_all=False, **config)

    @app.route("/", methods=["GET", "OPTIONS"])
    @jwt_required()
    @flask_cors.cross_origin(**options)  # type: ignore[arg-type]
    def index() -> str:
        return "seen"

    assert both(app, "/", "OPTIONS") == (401, 200)


def test_a_function_that_says_it_is_flask_cors() -> None:
    """A wrapper of the same name is not taken for the one of Flask-CORS."""
    app, _ = make_app(protect_all=False)

    def wrapped_function() -> str:
        return "seen"

    app.add_url_rule("/", "index", jwt_required()(wrapped_function), methods=["OPTIONS"])
    assert status(app, "/", "OPTIONS") == 401


def test_an_options_method_of_a_class() -> None:
    """A class that answers OPTIONS in a method of its own has it guarded."""
    app, _ = make_app()

    class Page(MethodView):
        def options(self) -> str:
            return "seen"

        def get(self) -> str:
            return "seen"

    app.add_url_rule("/", view_func=Page.as_view("page"))
    assert both(app, "/", "OPTIONS") == (401, 200)


def test_headers_on_refusals() -> None:
    """``CORS(app)`` puts its headers on refusals, so that pages can read them."""
    app, _ = make_app()
    flask_cors.CORS(app, origins=[PAGE])
    app.add_url_rule("/all", "all", lambda: "seen")
    app.add_url_rule("/view", "view", jwt_required(role="clerk")(lambda: "seen"))

    for path in ("/all", "/view"):
        answer = app.test_client().get(path, headers={"Origin": PAGE})
        assert answer.status_code == 401
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
        assert preflight(app, path).headers["Access-Control-Allow-Origin"] == PAGE
