"""Functions that were guarded, and are registered without their guard."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask_restful
import pytest
from flask import Blueprint, request
from flask.views import MethodView
from flask_openapi3.openapi import OpenAPI

from flask_jwt import JWT, ConfigurationError, jwt_required, public
from flask_jwt.requirements import Role

from .asking import CLOSED, OPEN, SECRET, both, make_app, status


def fresh() -> Callable[[], str]:
    """Return a view that nothing else knows."""

    def view() -> str:
        return "seen"

    return view


@pytest.mark.parametrize("protect_all", [False, True])
def test_decorators_in_the_wrong_order(protect_all: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Each request is a logged error that names the file, the line and the mend."""
    app, _ = make_app(protect_all=protect_all)

    @jwt_required()
    @app.get("/")
    def index() -> str:
        return "seen"

    assert both(app, "/") == (500, 500)
    assert status(app, "/", "OPTIONS") == 200
    errors = [record for record in caplog.records if record.exc_info]
    line = Path(__file__).read_text().splitlines().index("    @jwt_required()") + 1
    assert len(errors) == 2
    assert f"{__file__}:{line}: " in caplog.text
    assert "write @jwt_required below @app.route" in caplog.text
    assert "jwt.exempt('index') says that it is to be open" in caplog.text


def test_in_a_test() -> None:
    """Under ``app.testing`` it is raised, as Flask does with errors."""
    app, _ = make_app(protect_all=False, TESTING=True)
    view = fresh()
    jwt_required()(view)
    app.add_url_rule("/", "index", view)
    with pytest.raises(ConfigurationError, match="test_lost_guards"):
        app.test_client().get("/")


@pytest.mark.parametrize("how", ["kept", "thrown away", "wrapped", "twice", "a method"])
def test_ways_to_lose_one(how: str) -> None:
    """The guarded form may be gone, and the inner function may be wrapped, or be a method."""
    app, _ = make_app(protect_all=False)
    view: Callable[..., Any] = fresh()
    guarded: Any = jwt_required()(view)
    if how == "thrown away":
        del guarded
    if how == "twice":
        jwt_required(role="admin")(guarded)
    if how == "wrapped":
        app.add_url_rule("/", "index", functools.wraps(view)(lambda: view()))
    elif how == "a method":

        class Page(MethodView):
            def get(self) -> str:
                return "seen"

        jwt_required()(Page.get)
        app.add_url_rule("/", view_func=Page.as_view("index"))
    else:
        app.add_url_rule("/", "index", view)

    assert both(app, "/") == (500, 500)


def test_frameworks_that_wrap() -> None:
    """A framework that registers a wrapper of the function has it lose its guard, too."""
    app = OpenAPI("app")
    app.config.update(SECRET_KEY=SECRET)
    JWT(app, None, lambda claims: claims["identity"])

    @jwt_required()
    @app.get("/lost")
    def lost() -> str:
        return "seen"

    @app.get("/kept")
    @jwt_required()
    def kept() -> str:
        return "seen"

    assert both(app, "/lost") == (500, 500)
    assert both(app, "/kept") == CLOSED


def test_declared_open() -> None:
    """A view that is public or exempt, and one with another guard that requires as much, answer."""
    app, jwt = make_app(protect_all=False)
    view, other, third, fourth = fresh(), fresh(), fresh(), fresh()
    jwt_required()(view)
    jwt_required()(other)
    jwt_required()(third)
    jwt_required(role="admin")(fourth)
    app.add_url_rule("/public", "public", public(view))
    app.add_url_rule("/exempt", "exempt", other)
    jwt.exempt(other)
    blueprint = Blueprint("b", __name__)
    blueprint.before_request(jwt_required()(lambda: None))
    blueprint.add_url_rule("/guarded", "guarded", third)
    blueprint.add_url_rule("/less", "less", fourth)
    app.register_blueprint(blueprint)

    assert both(app, "/public") == both(app, "/exempt") == OPEN
    assert both(app, "/guarded") == CLOSED
    assert both(app, "/less") == (401, 500)
    jwt.protect(blueprint, requires=Role("admin"))
    assert (status(app, "/less", who=1), status(app, "/less", roles=["admin"])) == (403, 200)


def test_registered_both_ways(caplog: pytest.LogCaptureFixture) -> None:
    """Where the guarded form is registered as well, both answer, and the log has one warning."""
    app, jwt = make_app(protect_all=False)
    view = fresh()
    app.add_url_rule("/guarded", "guarded", jwt_required()(view))
    app.add_url_rule("/bare", "bare", view)
    blueprint = Blueprint("b", __name__)
    blueprint.before_request(jwt_required()(lambda: None))
    blueprint.add_url_rule("/inside", "inside", view)
    app.register_blueprint(blueprint)

    assert both(app, "/guarded") == both(app, "/inside") == CLOSED
    assert both(app, "/bare") == OPEN
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "has a guard at another endpoint, and none at 'bare'" in caplog.text
    assert "jwt.exempt('bare') says that this is meant" in caplog.text

    caplog.clear()
    jwt.exempt("bare")
    assert both(app, "/guarded") == CLOSED
    assert both(app, "/bare") == OPEN
    assert not caplog.records


@pytest.mark.parametrize("first", ["guarded", "bare", "gone"])
def test_registered_both_ways_in_two_applications(
    first: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One application guards what another does not, whichever is asked first, or is gone."""
    view = fresh()
    (guarded, _), (bare, _) = make_app(protect_all=False), make_app(protect_all=False)
    guarded.add_url_rule("/", "index", jwt_required()(view))
    bare.add_url_rule("/", "index", view)
    if first != "bare":
        assert both(guarded, "/") == CLOSED
    if first == "gone":
        del guarded
        gc.collect()

    assert both(bare, "/") == OPEN
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_decorator_that_chooses(caplog: pytest.LogCaptureFixture) -> None:
    """A decorator that calls a view with its guard or without, as programs of 2017 had for want of
    ``optional``, has lost none.
    """

    def early(view: Callable[[], str]) -> Callable[[], str]:
        guarded = jwt_required()(view)

        @functools.wraps(view)
        def either() -> str:
            return guarded() if "Authorization" in request.headers else view()

        return either

    def late(view: Callable[[], str]) -> Callable[[], str]:
        @functools.wraps(view)
        def either() -> str:
            return jwt_required()(view)() if "Authorization" in request.headers else view()

        return either

    views = early(fresh()), late(fresh())
    for _ in range(2):
        app, _jwt = make_app(protect_all=False)
        app.add_url_rule("/early", "early", views[0])
        app.add_url_rule("/late", "late", views[1])
        for endpoint in ("early", "late"):
            assert both(app, f"/{endpoint}") == OPEN
            bad = {"Authorization": "JWT bad"}
            assert app.test_client().get(f"/{endpoint}", headers=bad).status_code == 401
    assert not caplog.records


def test_what_a_class_inherits(caplog: pytest.LogCaptureFixture) -> None:
    """A class that guards what it inherits takes nothing from the others that inherit it."""

    class Base(MethodView):
        def get(self) -> str:
            return "seen"

    class Dispatching(Base):
        dispatch_request = jwt_required()(MethodView.dispatch_request)

    class Method(Base):
        get = jwt_required()(Base.get)

    class Plain(Base):
        pass

    app, _ = make_app(protect_all=False)
    app.add_url_rule("/plain", view_func=Plain.as_view("plain"))
    assert both(app, "/plain") == OPEN
    app, _ = make_app(protect_all=False)
    for kind in (Plain, Method, Dispatching):
        app.add_url_rule(f"/{kind.__name__}", view_func=kind.as_view(kind.__name__))
    assert both(app, "/Plain") == OPEN
    assert both(app, "/Method") == both(app, "/Dispatching") == CLOSED
    assert not caplog.records


@pytest.mark.parametrize("protect_all", [False, True])
def test_head_has_the_guard_of_get(protect_all: bool) -> None:
    """HEAD has GET's guard with method decorators by method, and in a method of its own."""
    app, _ = make_app(protect_all=protect_all)
    seen: list[str] = []

    class Decorated(flask_restful.Resource):
        method_decorators = {"get": [jwt_required(role="clerk")]}  # noqa: RUF012

        def get(self) -> str:
            seen.append("get")
            return "seen"

    class Public(Decorated):
        pass

    class Own(MethodView):
        @jwt_required(role="clerk")
        def get(self) -> str:
            return "seen"

        def head(self) -> str:
            seen.append("head")
            return ""

    flask_restful.Api(app).add_resource(Decorated, "/decorated")
    flask_restful.Api(app).add_resource(public(Public), "/public")
    app.add_url_rule("/own", view_func=Own.as_view("own"))
    for path in ("/decorated", "/public", "/own"):
        assert status(app, path, "HEAD") == 401
        assert status(app, path, "HEAD", who="ann") == 403
    assert not seen
    assert status(app, "/decorated", "HEAD", roles=["clerk"]) == 200
    assert status(app, "/own", "HEAD", roles=["clerk"]) == 200
    assert seen == ["get", "head"]


def test_an_application_without_any() -> None:
    """Where nothing is missing, nothing stays before a request."""
    app, _ = make_app(protect_all=False)
    guarded = jwt_required()(fresh())
    app.add_url_rule("/", "index", guarded)
    assert both(app, "/") == CLOSED
    assert app.view_functions["index"] is guarded
    assert app.before_request_funcs[None] == []
    assert type(app.view_functions) is dict
