"""``jwt_required`` in the places where people write it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import pytest
from flask import Flask, Response, abort, stream_with_context
from flask.views import MethodView, View

from flask_jwt import JWT, create_access_token, current_identity, jwt_required
from tests.support.secret import secret

P = ParamSpec("P")
R = TypeVar("R")
FORMS = ("bare", "called", "with a realm")
SECRET = secret("test_views")


@pytest.fixture
def app() -> Flask:
    """Make an application in production."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = SECRET
    JWT(app, None, lambda claims: {"name": claims["identity"]})
    return app


def get(app: Flask, path: str, username: str | None = "ann", method: str = "GET") -> Any:
    """Send a request, with a token unless there is no username."""
    headers = {}
    if username is not None:
        with app.app_context():
            headers["Authorization"] = f"JWT {create_access_token({'id': username})}"
    return app.test_client().open(path, method=method, headers=headers)


def check_protected(app: Flask, path: str, method: str = "GET") -> None:
    """Check that a view greets the user of a token, and refuses whoever has none."""
    answer = get(app, path, method=method)
    assert (answer.status_code, answer.text) == (200, "hello ann")

    refusal = get(app, path, None, method)
    assert refusal.status_code == 401
    assert refusal.get_json()["error"] == "Authorization Required"


def hello() -> str:
    """Greet."""
    return f"hello {current_identity['name']}"


@pytest.mark.parametrize("decorate", [jwt_required, jwt_required()], ids=FORMS[:2])
def test_function(app: Flask, decorate: Callable[[Any], Any]) -> None:
    """It protects a view, with parentheses and without, and twice is as good as once."""
    app.add_url_rule("/", "index", decorate(hello))
    app.add_url_rule("/twice", "twice", decorate(decorate(hello)))

    check_protected(app, "/")
    check_protected(app, "/twice")


def test_arguments_of_the_view(app: Flask) -> None:
    """What the route takes from the URL reaches the view."""

    @app.get("/<int:number>/<word>")
    @jwt_required
    def view(number: int, word: str = "") -> str:
        return f"{number} {word} {current_identity['name']}"

    assert get(app, "/7/x").text == "7 x ann"


@pytest.mark.parametrize(
    "decorate", [jwt_required, jwt_required(), jwt_required("Realm")], ids=FORMS
)
def test_metadata_is_kept(decorate: Callable[[Any], Any]) -> None:
    """A decorated view keeps its name, docstring, signature and what it was made of."""

    def view(number: int, word: str = "x") -> str:
        """Say something."""
        return word * number

    view.methods = ["PUT"]  # type: ignore[attr-defined]
    decorated = decorate(view)

    assert decorated.__name__ == "view"
    assert decorated.__doc__ == "Say something."
    assert decorated.__module__ == __name__
    assert decorated.__wrapped__ is view
    assert decorated.methods == ["PUT"]
    assert inspect.signature(decorated) == inspect.signature(view)


def test_abort_inside_a_view(app: Flask) -> None:
    """``abort(401)`` in a view is Flask's own answer."""

    @app.get("/")
    @jwt_required()
    def view() -> str:
        abort(401)

    answer = get(app, "/")
    assert answer.status_code == 401
    assert answer.mimetype == "text/html"


class Greeting(MethodView):
    """A view with a decorated method and an open one."""

    @jwt_required()
    def get(self) -> str:
        """Greet."""
        return hello()

    @jwt_required
    def put(self) -> str:
        """Greet."""
        return hello()

    def post(self) -> str:
        """Greet anybody."""
        return "hello anybody"


class Plain(View):
    """A view of the older kind."""

    decorators = [jwt_required]  # noqa: RUF012
    methods = ["GET", "POST"]  # noqa: RUF012

    def dispatch_request(self) -> str:
        """Greet."""
        return hello()


def test_methods_of_a_class(app: Flask) -> None:
    """On a method of a ``MethodView`` the decorator protects that method."""
    app.add_url_rule("/", view_func=Greeting.as_view("greeting"))

    check_protected(app, "/")
    check_protected(app, "/", "PUT")
    assert get(app, "/", None, "POST").text == "hello anybody"


def test_decorators_of_a_class(app: Flask) -> None:
    """In ``decorators`` it protects every method, without parentheses too."""
    app.add_url_rule("/plain", view_func=Plain.as_view("plain"))

    check_protected(app, "/plain")
    check_protected(app, "/plain", "POST")


@pytest.mark.parametrize("decorate", [jwt_required, jwt_required()], ids=FORMS[:2])
def test_on_a_class(decorate: Callable[[Any], Any]) -> None:
    """On a class it is an error that says what to write."""
    with pytest.raises(TypeError, match=r"in Greeting write decorators = \[jwt_required\(\)\]"):
        decorate(Greeting)


@pytest.mark.parametrize("realm", ["line\nbreak", "nul\0", "del\x7f", "\u4e2d\u6587", "\r"])
def test_realm_that_is_no_header(realm: str) -> None:
    """A realm that can't stand in a header is an error where it is written."""
    with pytest.raises(ValueError, match="realm"):
        jwt_required(realm)


def test_under_other_decorators(app: Flask) -> None:
    """It works above and below decorators of the application's own."""

    def shouted(view: Callable[P, str]) -> Callable[P, str]:
        @wraps(view)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> str:
            return view(*args, **kwargs).upper()

        return wrapper

    app.add_url_rule("/above", "above", jwt_required()(shouted(hello)))
    app.add_url_rule("/below", "below", shouted(jwt_required()(hello)))

    for path in ("/above", "/below"):
        assert get(app, path).text == "HELLO ANN"
        assert get(app, path, None).status_code == 401


def test_called_by_another_view(app: Flask) -> None:
    """A protected function that an open view calls refuses on behalf of that view."""
    protected = jwt_required()(hello)
    app.add_url_rule("/", "index", lambda: protected())
    check_protected(app, "/")


def test_identity_to_the_end_of_the_request(app: Flask) -> None:
    """Functions that run after the view still know the user; a refusal leaves nobody."""
    seen: list[object] = []
    app.add_url_rule("/", "index", jwt_required()(hello))

    @app.after_request
    def after(response: Response) -> Response:
        seen.append(current_identity._get_current_object())
        return response

    @app.teardown_request
    def teardown(error: BaseException | None) -> None:
        seen.append(current_identity._get_current_object())

    get(app, "/")
    get(app, "/", None)
    assert seen == [{"name": "ann"}, {"name": "ann"}, None, None]


def test_streamed_answer(app: Flask) -> None:
    """An answer that is streamed with the request's context knows the user to its end."""

    @app.get("/")
    @jwt_required()
    def view() -> Response:
        return Response(stream_with_context(f"{current_identity['name']} " for _ in range(3)))

    assert get(app, "/").text == "ann ann ann "


def test_refused_view_is_not_run(app: Flask) -> None:
    """A view that is refused is not even started."""
    started: list[bool] = []

    @app.get("/")
    @jwt_required()
    def view() -> str:
        started.append(True)
        return ""

    assert get(app, "/", None).status_code == 401
    assert started == []
