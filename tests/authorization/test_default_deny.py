"""``JWT_PROTECT_ALL``: what is closed, and what is open."""

from __future__ import annotations

import functools
import gc
import weakref
from typing import Any

import pytest
from flask import Blueprint, Flask, g, redirect, request
from flask.views import MethodView, View
from werkzeug.routing import Rule

from flask_jwt import JWT, ConfigurationError, current_identity, jwt_required, public
from flask_jwt.requirements import Role
from flask_jwt.testing import settings
from tests.support.accounts import NEW, Accounts

from .asking import CLOSED, OPEN, both, fresh, make_app, status, view


def test_a_view_without_a_guard_needs_a_token() -> None:
    """Functions, coroutines, classes, lambdas, partials and callable objects are all closed."""
    app, _ = make_app()

    async def coroutine() -> str:
        return str(current_identity)

    class Answering:
        __name__ = "answering"

        def __call__(self) -> str:
            return "seen"

    class Plain(View):
        def dispatch_request(self) -> str:
            return "seen"

    views: dict[str, Any] = {
        "function": view,
        "lambda": lambda: "seen",
        "coroutine": coroutine,
        "partial": functools.partial(view),
        "object": Answering(),
        "class": Plain.as_view("class"),
        "method": Answering().__call__,
    }
    for name, one in views.items():
        app.add_url_rule(f"/{name}", name, one)

    assert {name: both(app, f"/{name}") for name in views} == dict.fromkeys(views, CLOSED)


def test_who_has_sent_it() -> None:
    """The view knows who sent the request, and functions before it have run before the guard."""
    app, jwt = make_app()
    jwt.identity_handler(lambda claims: f"{g.shop}: {claims['identity']}")

    @app.before_request
    def find_shop() -> None:
        g.shop = "books"

    app.add_url_rule("/", "index", lambda: str(current_identity))
    assert status(app, "/") == 401
    assert status(app, "/", who=1) == 200


def test_off_by_default() -> None:
    """Without the setting a view is as open as Flask makes it."""
    app, _ = make_app(protect_all=False)
    app.add_url_rule("/", "index", view)
    assert both(app, "/") == OPEN
    assert app.view_functions["index"] is view


def test_set_after_the_extension() -> None:
    """The setting may come after ``JWT(app)``, and a test may change it."""
    app, _ = make_app(protect_all=False)
    app.config["JWT_PROTECT_ALL"] = "yes"
    app.add_url_rule("/", "index", view)

    assert both(app, "/") == CLOSED
    with settings(app, JWT_PROTECT_ALL=False):
        assert both(app, "/") == OPEN
    assert both(app, "/") == CLOSED


def test_a_setting_that_is_neither() -> None:
    """A value that is no switch answers nothing, at each request."""
    app, _ = make_app()
    app.config["JWT_PROTECT_ALL"] = "perhaps"
    app.add_url_rule("/", "index", view)
    assert [status(app, "/"), status(app, "/")] == [500, 500]


@pytest.mark.parametrize("order", ["above", "below"])
def test_public(order: str) -> None:
    """``@public`` opens a view, above or below ``@app.get``."""
    app, _ = make_app()
    one = fresh()
    if order == "above":
        assert public(app.get("/")(one)) is one
    else:
        app.get("/")(public(one))
    assert both(app, "/") == OPEN


def test_public_is_not_passed_on() -> None:
    """Neither what wraps a public function nor a subclass of a public class is public."""
    app, _ = make_app()
    opened = public(fresh())

    @functools.wraps(opened)
    def wrapper() -> str:
        return opened()

    @public
    class Opened(MethodView):
        def get(self) -> str:
            return "seen"

    class Inherits(Opened):
        pass

    class HalfOpened(MethodView):
        @public
        def get(self) -> str:
            return "seen"

        def post(self) -> str:
            return "seen"

    class InheritsHalf(HalfOpened):
        pass

    app.add_url_rule("/wrapper", "wrapper", wrapper)
    for kind in (Opened, Inherits, HalfOpened, InheritsHalf):
        app.add_url_rule(f"/{kind.__name__}", view_func=kind.as_view(kind.__name__))

    assert both(app, "/wrapper") == CLOSED
    assert both(app, "/Opened") == OPEN
    assert both(app, "/Inherits") == CLOSED
    assert both(app, "/HalfOpened") == both(app, "/HalfOpened", "HEAD") == OPEN
    assert both(app, "/HalfOpened", "POST") == CLOSED
    assert both(app, "/InheritsHalf") == CLOSED


def test_a_guard_beneath_public_wins() -> None:
    """A guard further in, or on a method of a public class, still asks for its token."""
    app, _ = make_app()
    guarded = jwt_required()(fresh())

    def outer() -> str:
        return guarded()

    @public
    class Opened(MethodView):
        @jwt_required(role="admin")
        def get(self) -> str:
            return "seen"

        def post(self) -> str:
            return "seen"

    app.add_url_rule("/", "outer", public(functools.wraps(guarded)(outer)))
    app.add_url_rule("/class", view_func=Opened.as_view("opened"))

    assert both(app, "/") == CLOSED
    assert (status(app, "/class"), status(app, "/class", "GET", who=1)) == (401, 403)
    assert status(app, "/class", "POST") == 200


def test_public_and_guarded() -> None:
    """Both on one view are a configuration error, when it is decorated or at the request."""
    app, _ = make_app()
    with pytest.raises(ConfigurationError, match="leave one out"):
        public(jwt_required()(fresh()))
    with pytest.raises(ConfigurationError, match="leave one out"):
        jwt_required()(public(fresh()))

    @public
    class Both(MethodView):
        decorators = [jwt_required()]  # noqa: RUF012

        def get(self) -> str:
            return "seen"

    app.add_url_rule("/", view_func=Both.as_view("both"))
    assert both(app, "/") == (500, 500)
    for wrong in (object(), functools.partial(view), "view"):
        with pytest.raises(TypeError):
            public(wrong)  # type: ignore[type-var]


def test_static_files_are_open() -> None:
    """Flask's static files are known by their view, not by their name."""
    app, _ = make_app()
    blueprint = Blueprint("inside", __name__, static_folder=".", static_url_path="/files")
    app.register_blueprint(blueprint, url_prefix="/inside")
    app.add_url_rule("/robots", "robots", app.send_static_file, defaults={"filename": "none.txt"})
    app.add_url_rule("/my/<name>", "my.static", lambda name: name)

    assert both(app, "/static/none.txt") == both(app, "/robots") == (404, 404)
    assert both(app, "/inside/files/none.txt") == (404, 404)
    assert both(app, "/my/file") == CLOSED


def test_static_files_of_ones_own() -> None:
    """An application that serves static files in a way of its own has a view like others."""

    class Shop(Flask):
        def send_static_file(self, filename: str) -> Any:
            return "seen"

    app = Shop("app")
    app.config.update(SECRET_KEY="x" * 8, JWT_PROTECT_ALL=True, TESTING=True)
    JWT(app, None, dict)
    assert status(app, "/static/file") == 401


def test_what_routing_answers() -> None:
    """404, 405 and the redirect to the path with a slash are open."""
    app, _ = make_app()
    app.add_url_rule("/path/", "path", view)
    assert both(app, "/nowhere") == (404, 404)
    assert both(app, "/path/", "POST") == (405, 405)
    assert both(app, "/path") == (308, 308)


def test_routes_of_the_package() -> None:
    """Sign-in and the rest see to it themselves; a view of one's own in their place does not."""
    app, _ = make_app(JWT_SESSION_STORE="memory://", JWT_JWKS_URL_RULE="/keys")
    answer = app.test_client().post("/auth", json={"username": "ann", "password": "pw"})
    assert answer.status_code == 200
    assert status(app, "/auth/refresh", "POST") == 415
    assert status(app, "/auth/sessions") == 401

    accounts = Accounts(JWT_PROTECT_ALL=True, JWT_REGISTER_URL_RULE="/auth/register")
    registered = accounts.register()
    assert registered.status_code == 201
    tokens = registered.get_json()
    assert accounts.ask("GET", "/auth/me", tokens).status_code == 200
    assert accounts.change(tokens, NEW, f"{NEW}!").status_code == 200
    assert status(accounts.app, "/auth/me") == 401
    assert status(accounts.app, "/auth/password", "POST") == 401

    other, _ = make_app()
    other.view_functions["jwt"] = view
    assert status(other, "/auth", "POST") == 401


def test_optional_guards() -> None:
    """A view with an optional guard is the application's to look after; before all it is none."""
    app, _ = make_app()
    app.add_url_rule("/guarded", "guarded", jwt_required(optional=True)(fresh()))
    app.add_url_rule("/", "index", view)
    app.before_request(jwt_required(optional=True)(lambda: None))

    assert both(app, "/guarded") == OPEN
    assert both(app, "/") == CLOSED


def test_guards_in_views_stay_what_they_are() -> None:
    """A view with a guard is left as it is, and asked once."""
    app, jwt = make_app()
    asked: list[Any] = []
    jwt.identity_handler(lambda claims: asked.append(claims) or "ann")  # type: ignore[func-returns-value]
    guarded = jwt_required()(fresh())
    app.add_url_rule("/", "index", guarded)

    assert both(app, "/") == CLOSED
    assert len(asked) == 1
    assert app.view_functions["index"] is guarded


@pytest.mark.parametrize("how", ["view", "endpoint", "blueprint", "class"])
def test_exempt(how: str) -> None:
    """``exempt`` opens a view as it is registered, an endpoint, a blueprint, or a class."""
    app, jwt = make_app()

    class Page(MethodView):
        def get(self) -> str:
            return "seen"

    blueprint, inner = Blueprint("docs", __name__), Blueprint("inner", __name__)
    inner.add_url_rule("/view", "view", view)
    blueprint.register_blueprint(inner)
    blueprint.add_url_rule("/class", view_func=Page.as_view("class"))
    app.register_blueprint(blueprint)
    opened: Any = {
        "view": view,
        "endpoint": "docs.inner.view",
        "blueprint": blueprint,
        "class": Page,
    }
    jwt.exempt(opened[how])

    assert both(app, "/view") == (CLOSED if how == "class" else OPEN)
    assert both(app, "/class") == (OPEN if how in ("class", "blueprint") else CLOSED)


def test_exempt_after_requests() -> None:
    """What is declared after the first request counts from the next one on."""
    app, jwt = make_app()
    app.add_url_rule("/", "index", view)
    assert both(app, "/") == CLOSED
    jwt.exempt("index")
    assert both(app, "/") == OPEN


def test_exempt_bound_method() -> None:
    """A bound method is another object at each look, and the same view."""

    class Pages:
        def page(self) -> str:
            return "seen"

    app, jwt = make_app()
    pages = Pages()
    app.add_url_rule("/", "index", pages.page)
    jwt.exempt(pages.page)
    assert both(app, "/") == OPEN


def test_what_is_not_exempt() -> None:
    """A guarded view, and what is no view, can't be exempt: a whole application neither."""
    app, jwt = make_app()
    with pytest.raises(ConfigurationError):
        jwt.exempt(jwt_required()(fresh()))
    with pytest.raises(TypeError):
        jwt.exempt(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        jwt.exempt(app)


def test_a_misspelt_key(caplog: pytest.LogCaptureFixture) -> None:
    """An application that was to be closed says so at its first request, of whatever kind."""
    app, _ = make_app(protect_all=False, JWT_PROTECT_AL=True)
    app.add_url_rule("/", "index", view)

    assert [status(app, "/"), status(app, "/")] == [200, 200]
    assert caplog.text.count("did you mean 'JWT_PROTECT_ALL'?") == 1


def test_a_name_that_no_endpoint_has(caplog: pytest.LogCaptureFixture) -> None:
    """An exempt name that nothing has is one line in the log, and opens nothing."""
    app, jwt = make_app()
    app.add_url_rule("/", "index", view)
    jwt.exempt("indexx")

    assert [both(app, "/"), both(app, "/")] == [CLOSED, CLOSED]
    assert caplog.text.count("jwt.exempt('indexx') opens nothing") == 1


@pytest.mark.parametrize("protect_all", [False, True])
def test_protect(protect_all: bool) -> None:
    """A blueprint is guarded under any name, before and after it is registered, and all in it."""
    app, jwt = make_app(protect_all=protect_all)
    outer = Blueprint("outer", __name__, static_folder=".", static_url_path="/files")
    inner = Blueprint("inner", __name__)
    jwt.protect(outer, requires=Role("admin"))
    inner.add_url_rule("/inner", "inner", view)
    outer.add_url_rule("/outer", "outer", view)
    outer.add_url_rule("/open", "open", public(fresh()))
    outer.register_blueprint(inner)
    app.register_blueprint(outer, url_prefix="/a", name="first")
    app.register_blueprint(outer, url_prefix="/b", name="second")

    for path in ("/a/outer", "/a/inner", "/b/outer", "/b/inner", "/a/files/none.txt"):
        assert status(app, path) == 401, path
        assert status(app, path, who="ann") == 403, path
        assert status(app, path, roles=["admin"]) == (404 if "files" in path else 200), path
    assert status(app, "/a/open") == 200
    jwt.protect(inner, requires=Role("owner"))
    assert status(app, "/a/inner", roles=["admin"]) == 403
    assert status(app, "/a/inner", roles=["admin", "owner"]) == 200


def test_protect_ends_at_what_is_exempt() -> None:
    """Of blueprints in one another, those outside of one that is exempt don't count."""
    app, jwt = make_app()
    names = ("a", "b", "c")
    blueprints = {name: Blueprint(name, __name__) for name in names}
    for name, blueprint in blueprints.items():
        blueprint.add_url_rule(f"/{name}", "view", view)
    blueprints["b"].register_blueprint(blueprints["c"])
    blueprints["a"].register_blueprint(blueprints["b"])
    app.register_blueprint(blueprints["a"])
    jwt.protect(blueprints["a"], requires=Role("a"))
    jwt.exempt(blueprints["b"])
    jwt.protect(blueprints["c"], requires=Role("c"))

    assert (status(app, "/a", who=1), status(app, "/a", roles=["a"])) == (403, 200)
    assert status(app, "/b") == 200
    assert (status(app, "/c"), status(app, "/c", roles=["c"])) == (401, 200)
    for wrong in (blueprints["b"], "b"):
        with pytest.raises((ConfigurationError, TypeError)):
            jwt.protect(wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        jwt.exempt(blueprints["c"])
    with pytest.raises(TypeError):
        jwt.protect(blueprints["a"], requires="admin")  # type: ignore[arg-type]


def test_protect_beside_a_guard() -> None:
    """A guard of the view's own and that of its blueprint are both asked."""
    app, jwt = make_app(protect_all=False)
    blueprint = Blueprint("b", __name__)
    blueprint.add_url_rule("/", "view", jwt_required(role="clerk")(fresh()))
    blueprint.add_url_rule("/optional", "optional", jwt_required(optional=True)(fresh()))
    app.register_blueprint(blueprint)
    jwt.protect(blueprint, requires=Role("shop"))

    assert status(app, "/", roles=["clerk"]) == status(app, "/", roles=["shop"]) == 403
    assert status(app, "/", roles=["clerk", "shop"]) == 200
    assert status(app, "/optional") == 401


def test_views_that_come_later() -> None:
    """Whatever is put into ``view_functions`` while requests are answered is closed or declared."""
    app, _ = make_app()
    app.add_url_rule("/", "index", public(fresh()))
    assert both(app, "/") == OPEN

    app.view_functions["index"] = fresh()
    assert both(app, "/") == CLOSED
    app.view_functions.update(index=public(fresh()))
    assert both(app, "/") == OPEN
    app.view_functions |= {"index": fresh()}
    assert both(app, "/") == CLOSED
    app.url_map.add(Rule("/late", endpoint="late"))
    app.view_functions.setdefault("late", fresh())
    assert both(app, "/late") == CLOSED


def test_a_rule_that_comes_later() -> None:
    """A rule that brings another method of a class to a view finds it closed."""
    app, _ = make_app()

    class Half(MethodView):
        @public
        def get(self) -> str:
            return "seen"

        def post(self) -> str:
            return "seen"

    app.add_url_rule("/", "half", Half.as_view("half"), methods=["GET"])
    assert both(app, "/") == OPEN
    app.url_map.add(Rule("/late", endpoint="half", methods=["POST"]))
    assert both(app, "/late", "POST") == CLOSED


def test_an_endpoint_without_a_view_yet() -> None:
    """A rule whose view comes by ``@app.endpoint`` is closed, and so is one that is used twice."""
    app, _ = make_app()
    app.add_url_rule("/one", "shared")
    app.add_url_rule("/two", "shared")
    app.endpoint("shared")(fresh())
    assert both(app, "/one") == both(app, "/two") == CLOSED


def test_other_ways_to_a_view() -> None:
    """A host, a subdomain, a websocket's rule, an overridden method: the view is the same."""
    app = Flask("app", host_matching=True, static_host="localhost")
    app.config.update(SECRET_KEY="x" * 8, JWT_PROTECT_ALL=True, TESTING=True)

    class Overriding(app.request_class):  # type: ignore[name-defined]
        @property
        def method(self) -> Any:
            return self.headers.get("X-HTTP-Method-Override", "GET")

        @method.setter
        def method(self, value: str) -> None:
            pass

    app.request_class = Overriding
    JWT(app, None, lambda claims: claims["identity"])
    app.add_url_rule("/", "index", fresh(), host="<any>", methods=["GET", "PUT"])
    app.add_url_rule("/socket", "socket", fresh(), host="localhost", websocket=True)
    client = app.test_client()

    for method in ("GET", "PUT", "HEAD"):
        headers = {"X-HTTP-Method-Override": method, "Host": "other"}
        assert client.get("/", headers=headers).status_code == 401
    answer = client.get("/socket", headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    assert answer.status_code == 401


def test_what_answers_before_the_view() -> None:
    """A function before the request may answer in the view's place, which it then keeps out."""
    app, _ = make_app()
    app.add_url_rule("/", "index", fresh())
    app.before_request(lambda: redirect("/closed") if request.args else None)
    assert both(app, "/?maintenance=1") == (302, 302)
    assert both(app, "/") == CLOSED


def test_url_values() -> None:
    """What a preprocessor makes of the values of a URL changes nothing."""
    app, _ = make_app()

    @app.url_value_preprocessor
    def pull(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.lang = (values or {}).pop("lang", None)

    app.add_url_rule("/<lang>/", "index", lambda: str(g.lang))
    assert both(app, "/de/") == CLOSED


def test_several_extensions() -> None:
    """Of two JWTs on one application, what either has declared counts."""
    app, first = make_app(protect_all=False)
    JWT(app, None, lambda claims: claims["identity"])
    blueprint = Blueprint("b", __name__)
    first.protect(blueprint)
    blueprint.add_url_rule("/", "view", view)
    app.register_blueprint(blueprint)
    assert both(app, "/") == CLOSED


def test_one_extension_on_several_applications() -> None:
    """A view of two applications is closed in the one that says so."""
    closed, jwt = make_app()
    open_, _ = make_app(protect_all=False)
    jwt.init_app(open_)
    for app in (closed, open_):
        app.add_url_rule("/", "index", view)
    assert (both(closed, "/"), both(open_, "/")) == (CLOSED, OPEN)


def test_an_application_is_freed() -> None:
    """An application that is thrown away is freed, although its views lead to it."""
    _, jwt = make_app()

    def use() -> weakref.ref[Flask]:
        app, _ = make_app()
        jwt.init_app(app)
        blueprint = Blueprint("b", __name__)
        blueprint.add_url_rule("/", "index", lambda: app.name)
        opened = public(lambda: app.name)
        app.add_url_rule("/open", "open", opened)
        jwt.protect(blueprint)
        jwt.exempt(opened)
        app.register_blueprint(blueprint)
        assert both(app, "/") == CLOSED
        return weakref.ref(app)

    gone = use()
    gc.collect()
    assert gone() is None


def test_two_extensions_of_one_application() -> None:
    """What one of them guards, another one can't open."""
    app, jwt = make_app()
    other = JWT(app, lambda username, _: {"id": username}, lambda claims: claims["identity"])
    blueprint = Blueprint("b", __name__)
    blueprint.add_url_rule("/", "view", view)
    app.register_blueprint(blueprint)
    jwt.exempt(blueprint)
    assert both(app, "/") == OPEN
    other.protect(blueprint)
    assert both(app, "/") == CLOSED
