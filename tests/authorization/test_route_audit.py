"""``flask jwt routes`` and ``assert_protected``: what they see, and that it is what runs."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import flask_restful
import flask_restx
import pytest
from apiflask import APIFlask
from apiflask.views import MethodView as APIMethodView
from flask import Blueprint, Flask, request
from flask.views import MethodView, View
from flask_admin import Admin
from flask_cors import cross_origin
from flask_limiter import Limiter
from flask_openapi3.openapi import OpenAPI
from flask_openapi3.view import APIView
from flask_smorest import Api as SmorestApi  # type: ignore[import-untyped]
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema, fields
from werkzeug.local import LocalProxy
from werkzeug.routing import Rule
from wrapt import FunctionWrapper

from flask_jwt import JWT, ConfigurationError, jwt_required, public
from flask_jwt.authorization.route_audit import RouteAudit, audit
from flask_jwt.requirements import Role, Scope
from flask_jwt.testing import assert_protected

from .asking import SECRET, fresh, make_app, status


def jwt_of(app: Flask) -> JWT:
    """Give an application of a framework its JWT."""
    app.config.update(SECRET_KEY=SECRET)
    return JWT(app, None, lambda claims: claims["identity"])


def seen(app: Flask) -> dict[str, str | None]:
    """Return what the audit says of each rule and method of the application's own."""
    return {
        f"{method} {rule}": protection.requires or ("public" if protection.opened_by else None)
        for rule, methods, endpoint, protection in audit(app)
        for method in methods
        if not endpoint.endswith(("static", "jwt"))
    }


def check_what_runs(app: Flask) -> None:
    """Check that each route answers nobody in the way that the audit says."""
    for shown, required in seen(app).items():
        method, _, path = shown.partition(" ")
        refused = status(app, path, method) == 401
        assert refused is (required not in (None, "public", "optional")), shown


def run(app: Flask, *options: str) -> tuple[int, str]:
    """Run the command; return its status and what it prints."""
    result = app.test_cli_runner().invoke(args=["jwt", "routes", *options])
    return result.exit_code, result.stdout


def test_functions_and_classes() -> None:
    """Guards are seen on functions, classes, single methods, and beneath decorators."""
    app, _ = make_app(protect_all=False)

    class Page(MethodView):
        @jwt_required(scope="read")
        def get(self) -> str:
            return "seen"

        def post(self) -> str:
            return "seen"

    class Decorated(View):
        decorators = [jwt_required(role="admin"), cross_origin()]  # noqa: RUF012

        def dispatch_request(self) -> str:
            return "seen"

    class Dispatching(View):
        init_every_request = False

        @jwt_required()
        def dispatch_request(self) -> str:
            return "seen"

    def noted(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

        return wrapper

    can_pay = Scope("pay") & (Role("owner") | Role("clerk"))
    app.add_url_rule("/bare", "bare", fresh())
    app.add_url_rule("/lenient", "lenient", jwt_required(optional="lenient")(fresh()))
    app.add_url_rule("/pay", "pay", noted(jwt_required(requires=can_pay)(fresh())))
    app.add_url_rule("/partial", "partial", functools.partial(jwt_required()(fresh()), a=1))
    app.add_url_rule("/public", "public", public(fresh()))
    for kind in (Page, Decorated, Dispatching):
        app.add_url_rule(f"/{kind.__name__}", view_func=kind.as_view(kind.__name__))

    assert seen(app) == {
        "GET /bare": None,
        "GET /lenient": "optional",
        "GET /pay": 'Scope("pay") & (Role("owner") | Role("clerk"))',
        "GET /partial": "token",
        "GET /public": "public",
        "GET /Page": 'Scope("read")',
        "POST /Page": None,
        "GET /Decorated": 'Role("admin")',
        "GET /Dispatching": "token",
    }
    check_what_runs(app)


def test_what_can_not_be_told() -> None:
    """Where a guard is not certain to run, the route is unprotected, and default deny closes it."""
    guarded = jwt_required()(fresh())

    @functools.wraps(guarded)
    def impostor() -> str:
        return "seen"

    class Dispatching(MethodView):
        def dispatch_request(self, **values: Any) -> Any:
            return "seen"

        @jwt_required()
        def get(self) -> str:
            return "seen"

    def needs_a_request(view: Any) -> Any:
        raise RuntimeError

    class Resource(flask_restful.Resource):
        method_decorators = [needs_a_request]  # noqa: RUF012

        @jwt_required()
        def get(self) -> str:
            return "seen"

    bare = fresh()
    chosen = jwt_required()(bare)

    @functools.wraps(chosen)
    def chooses() -> str:
        return chosen() if request.args else bare()

    pretending = fresh()
    pretending.view_class = type("Guarded", (MethodView,), {"get": guarded})  # type: ignore[attr-defined]
    for protect_all in (False, True):
        app, _ = make_app(protect_all=protect_all)
        app.add_url_rule("/impostor", "impostor", impostor)
        app.add_url_rule("/chooses", "chooses", chooses)
        app.add_url_rule("/cache", "cache", functools.cache(guarded))
        app.add_url_rule("/class", view_func=Dispatching.as_view("class"))
        app.add_url_rule("/pretending", "pretending", pretending)
        flask_restful.Api(app).add_resource(Resource, "/resource")
        app.before_request(functools.wraps(guarded)(lambda: None))

        assert set(seen(app).values()) == {"token" if protect_all else None}
        if protect_all:
            check_what_runs(app)


def test_rules_of_werkzeug() -> None:
    """A rule without methods takes all of them; one that calls no view is none to be protected."""
    for protect_all in (False, True):
        app, _ = make_app(protect_all=protect_all)
        app.url_map.add(Rule("/any", endpoint="any"))
        app.url_map.add(Rule("/moved", redirect_to="any"))
        app.endpoint("any")(fresh())
        app.add_url_rule("/elsewhere", "elsewhere", build_only=True)

        names = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")
        assert seen(app) == {f"{name} /any": "token" if protect_all else None for name in names}
        check_what_runs(app)
        assert status(app, "/any", "PURGE") == (401 if protect_all else 200)
        assert status(app, "/moved") == 308


def test_proxies() -> None:
    """Monitoring registers a proxy of each view: it is seen through, and stays where it was."""

    def watched(view: Callable[..., Any]) -> Any:
        return FunctionWrapper(view, lambda wrapped, _, args, kwargs: wrapped(*args, **kwargs))

    class Decorated(flask_restful.Resource):
        method_decorators = {"get": [jwt_required(role="clerk")]}  # noqa: RUF012

        def get(self) -> str:
            return "seen"

    guarded, opened, lost, local = jwt_required(scope="a")(fresh()), fresh(), fresh(), fresh()
    jwt_required()(lost)
    for protect_all in (False, True):
        app, jwt = make_app(protect_all=protect_all)
        jwt.exempt(opened)
        app.add_url_rule("/guarded", "guarded", watched(guarded))
        app.add_url_rule("/cors", "cors", watched(cross_origin()(jwt_required(scope="a")(fresh()))))
        app.add_url_rule("/public", "public", watched(public(fresh())))
        app.add_url_rule("/exempt", "exempt", watched(opened))
        app.add_url_rule("/lost", "lost", watched(lost))
        app.add_url_rule("/resource", "resource", watched(Decorated.as_view("resource")))
        app.add_url_rule("/local", "local", LocalProxy(lambda: local))

        assert seen(app) == {
            "GET /guarded": 'Scope("a")',
            "GET /cors": 'Scope("a")',
            "GET /public": "public",
            "GET /exempt": "public",
            "GET /lost": None,
            "GET /resource": 'Role("clerk")',
            "GET /local": "token" if protect_all else None,
        }
        open_and_lost = [status(app, path) for path in ("/public", "/exempt", "/lost")]
        assert open_and_lost == [200, 200, 500]
        assert [status(app, "/local", scope="a"), status(app, "/resource", "HEAD")] == [200, 401]
        assert type(app.view_functions["public"]) is FunctionWrapper


def test_before_requests() -> None:
    """Guards before the requests of the application, and of blueprints in one another."""
    app, _ = make_app(protect_all=False)
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    inner.add_url_rule("/inner", "view", jwt_required(role="clerk")(fresh()))
    outer.add_url_rule("/outer", "view", public(fresh()))
    outer.before_request(jwt_required(scope="shop")(lambda: None))
    outer.register_blueprint(inner)
    app.register_blueprint(outer, name="renamed")
    app.add_url_rule("/", "index", fresh())

    shown = {"GET /inner": 'Scope("shop") & Role("clerk")', "GET /outer": 'Scope("shop")'}
    assert seen(app) == {**shown, "GET /": None}
    check_what_runs(app)


def test_resources() -> None:
    """Resources of Flask-RESTful and Flask-RESTX, decorated by list, by dict and by Api."""

    def guard_of_ones_own(view: Any) -> Any:
        return jwt_required(role="own")(view)

    for framework in (flask_restful, flask_restx):

        class Listed(framework.Resource):  # type: ignore[name-defined]
            method_decorators = [guard_of_ones_own]  # noqa: RUF012

            def get(self) -> str:
                return "seen"

        class Plain(framework.Resource):  # type: ignore[name-defined]
            @jwt_required()
            def get(self) -> str:
                return "seen"

            def post(self) -> str:
                return "seen"

        app, _ = make_app(protect_all=False)
        api = framework.Api(app)
        api.add_resource(Listed, "/listed")
        api.add_resource(Plain, "/plain")
        found = seen(app)
        assert found["GET /listed"] == 'Role("own")'
        assert (found["GET /plain"], found["POST /plain"]) == ("token", None)
        check_what_runs(app)

        app, _ = make_app(protect_all=False)
        other = type("Other", (framework.Resource,), {"get": lambda self: "seen"})
        framework.Api(app, decorators=[jwt_required(scope="api")]).add_resource(other, "/other")
        assert seen(app)["GET /other"] == 'Scope("api")'

    class ByMethod(flask_restful.Resource):
        method_decorators = {"get": [jwt_required()], "post": []}  # noqa: RUF012

        def get(self) -> str:
            return "seen"

        def post(self) -> str:
            return "seen"

    app, _ = make_app(protect_all=False)
    flask_restful.Api(app).add_resource(ByMethod, "/")
    assert seen(app) == {"GET /": "token", "POST /": None}
    check_what_runs(app)


class Order(Schema):
    """What smorest and APIFlask check."""

    name = fields.String()


def test_smorest() -> None:
    """Views and classes of flask-smorest, beneath what it checks of requests and answers."""
    app = Flask("app")
    app.config.update(API_TITLE="shop", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    jwt_of(app)
    blueprint = SmorestBlueprint("orders", __name__)

    @blueprint.route("/function")
    @blueprint.arguments(Order, location="query")
    @blueprint.response(200, Order)
    @jwt_required(scope="orders")
    def function(order: Any) -> Any:
        return order

    @blueprint.route("/class")
    class Orders(MethodView):
        @blueprint.response(200, Order)
        @jwt_required()
        def get(self) -> Any:
            return {}

        @blueprint.response(200, Order)
        def delete(self) -> Any:
            return {}

    SmorestApi(app).register_blueprint(blueprint)
    found = seen(app)
    assert found["GET /function"] == 'Scope("orders")'
    assert (found["GET /class"], found["DELETE /class"]) == ("token", None)
    check_what_runs(app)


def test_apiflask() -> None:
    """Views, coroutines and classes of APIFlask."""
    app = APIFlask("app", docs_path=None, spec_path=None)
    jwt_of(app)

    @app.get("/function")
    @jwt_required()
    @app.output({})
    def function() -> Any:
        return {}

    @app.get("/coroutine")
    @app.output({})
    @jwt_required(role="clerk")
    async def coroutine() -> Any:
        return {}

    class Orders(APIMethodView):
        @jwt_required()
        def get(self) -> Any:
            return {}

        def delete(self) -> Any:
            return {}

    app.add_url_rule("/class", view_func=Orders.as_view("orders"))
    found = seen(app)
    assert found["GET /function"] == found["GET /class"] == "token"
    assert found["GET /coroutine"] == 'Role("clerk")'
    assert found["DELETE /class"] is None
    check_what_runs(app)


def test_openapi3() -> None:
    """Views and classes of flask-openapi3, which registers wrappers of its own."""
    app = OpenAPI("app", doc_ui=False)
    jwt_of(app)
    app.config["JWT_PROTECT_ALL"] = True
    pages = APIView(url_prefix="/pages")

    @app.get("/function")
    @jwt_required(scope="a")
    def function() -> str:
        return "seen"

    @app.get("/open")
    @public
    def opened() -> str:
        return "seen"

    @pages.route("/page")
    class Page:
        @pages.doc()
        @jwt_required()
        def get(self) -> str:
            return "seen"

        @pages.doc()
        def post(self) -> str:
            return "seen"

    app.register_api_view(pages)
    assert seen(app) == {
        "GET /function": 'Scope("a")',
        "GET /open": "public",
        "GET /pages/page": "token",
        "POST /pages/page": "token",
    }
    check_what_runs(app)


def test_admin() -> None:
    """Flask-Admin's pages are closed, and open where its blueprint is exempt."""
    app, jwt = make_app()
    Admin(app, name="shop")
    assert status(app, "/admin/") == 401

    blueprint = app.blueprints["admin"]
    jwt.exempt(blueprint)
    assert status(app, "/admin/") == 200
    assert set(seen(app).values()) == {"public"}


def test_limiter() -> None:
    """A guard is seen beneath a limit; what default deny refuses does not count towards one."""
    app, _ = make_app()
    limiter = Limiter(lambda: "all", app=app, storage_uri="memory://")
    app.add_url_rule("/guarded", "guarded", limiter.limit("1/day")(jwt_required()(fresh())))
    app.add_url_rule("/closed", "closed", limiter.limit("1/day")(fresh()))

    assert seen(app) == {"GET /guarded": "token", "GET /closed": "token"}
    assert [status(app, "/guarded"), status(app, "/guarded")] == [401, 429]
    assert [status(app, "/closed"), status(app, "/closed")] == [401, 401]
    assert [status(app, "/closed", who=1), status(app, "/closed", who=1)] == [200, 429]


def test_the_command() -> None:
    """It shows each rule, its methods, its endpoint, and what it requires."""
    app, _ = make_app(protect_all=False)
    app.add_url_rule("/pay", "pay", jwt_required(scope="pay")(fresh()), methods=["POST", "PUT"])
    app.add_url_rule("/open", "open", fresh())

    code, output = run(app)
    assert code == 0
    assert [line.split(maxsplit=3) for line in output.splitlines()] == [
        ["RULE", "METHODS", "ENDPOINT", "REQUIRES"],
        ["/static/<path:filename>", "GET", "static", "public (static files)"],
        ["/auth", "POST", "jwt", "public (of Flask-JWT)"],
        ["/pay", "POST,", "PUT", 'pay       Scope("pay")'],
        ["/open", "GET", "open", "unprotected"],
    ]


def test_json() -> None:
    """As JSON it is a list of objects."""
    app, _ = make_app(protect_all=False)
    app.add_url_rule("/pay", "pay", jwt_required(role="a")(fresh()), methods=["POST", "PUT"])
    app.add_url_rule("/any", "any", jwt_required()(fresh()))
    app.add_url_rule("/open", "open", fresh())

    code, output = run(app, "--json")
    names = ("rule", "methods", "endpoint", "protected", "public", "requires")
    values = [
        ("/static/<path:filename>", ["GET"], "static", False, True, None),
        ("/auth", ["POST"], "jwt", False, True, None),
        ("/pay", ["POST", "PUT"], "pay", True, False, 'Role("a")'),
        ("/any", ["GET"], "any", True, False, "token"),
        ("/open", ["GET"], "open", False, False, None),
    ]
    assert code == 0
    assert json.loads(output) == [dict(zip(names, row, strict=True)) for row in values]


def test_fail_unprotected() -> None:
    """It shows only what is neither guarded nor public, and exits 1; or nothing, and exits 0."""
    app, _ = make_app(protect_all=False)
    app.add_url_rule("/guarded", "guarded", jwt_required()(fresh()))
    assert run(app, "--fail-unprotected") == (0, "")
    assert run(app, "--fail-unprotected", "--json") == (0, "[]\n")
    assert_protected(app)

    app.add_url_rule("/open", "open", fresh())
    lost = fresh()
    jwt_required()(lost)
    app.add_url_rule("/lost", "lost", lost, methods=["PUT"])
    code, output = run(app, "--fail-unprotected")
    assert code == 1
    assert [line.split()[0] for line in output.splitlines()] == ["RULE", "/open", "/lost"]
    assert run(app, "--fail-unprotected", "--json")[0] == 1
    with pytest.raises(AssertionError) as caught:
        assert_protected(app)
    assert "GET /open (endpoint 'open'): unprotected" in str(caught.value)
    assert "PUT /lost (endpoint 'lost'): unprotected: " in str(caught.value)
    assert "asking.py:" in str(caught.value)


def test_a_setting_at_fault() -> None:
    """Where the setting is no switch, the command says so on one line."""
    app, _ = make_app()
    app.config["JWT_PROTECT_ALL"] = "perhaps"
    result = app.test_cli_runner().invoke(args=["jwt", "routes"])
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "JWT_PROTECT_ALL" in result.output
    with pytest.raises(ConfigurationError):
        assert_protected(app)


def test_the_same_before_and_after_a_request() -> None:
    """What the audit says does not change when the guards have been put before the views."""
    app, jwt = make_app()
    blueprint = Blueprint("b", __name__)
    blueprint.add_url_rule("/b", "view", fresh())
    app.register_blueprint(blueprint)
    jwt.protect(blueprint, requires=Role("b"))
    app.add_url_rule("/", "index", fresh())
    app.add_url_rule("/open", "open", public(fresh()))

    before = seen(app)
    check_what_runs(app)
    assert seen(app) == before == {"GET /b": 'Role("b")', "GET /": "token", "GET /open": "public"}


def test_options_in_the_audit() -> None:
    """OPTIONS is a route of its own where the view answers it, and open where it is automatic."""
    app, _ = make_app()
    app.add_url_rule("/view", "view", fresh(), methods=["OPTIONS"])
    app.add_url_rule("/cors", "cors", cross_origin()(fresh()))
    assert seen(app) == {"OPTIONS /view": "token", "GET /cors": "token"}
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "cors")
    assert RouteAudit(app).protection(rule, "OPTIONS").opened_by == "the automatic answer"
    assert RouteAudit(app).protection(rule, "GET").requires == "token"


def test_nothing_is_imported_for_it() -> None:
    """Frameworks that an application does not use are not loaded to look for them."""
    statement = "from flask_jwt.testing import assert_protected; import sys; "
    statement += "sys.exit(bool({'flask_cors', 'flask_restful', 'flask_restx'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", statement], check=True)
