"""A shop whose tokens are in cookies, for browsers; ``tests.browser.shopping`` serves it.

``FLASK_…`` variables configure it further. What stands under ``/_test`` is for the test itself,
which looks behind the counter and turns the clock; pages never ask for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, Response, request
from markupsafe import escape

from flask_jwt import JWT, csrf_token, current_identity, current_token, jwt_required
from flask_jwt.requirements import MaxAge
from flask_jwt.sessions import StoreUnavailable, circuit_breaker, revocations
from flask_jwt.stores.memory import MemoryStore
from tests.support.secret import secret

USERS = {name: {"id": name} for name in ("ann", "bob", "mallory")}
PASSWORD = "wonderful"
#: An attacker's: a form can say it as JSON, which has to have a = somewhere.
MALLORYS_PASSWORD = "wonder=ful"

_BEHIND = "/_test"
_PAGE = """<!doctype html>
<html lang="en">
<title>Shop</title>
<link rel="icon" href="data:,">
<main>{}</main>
"""
_FORM = """<form method="post" action="/orders">
<input type="hidden" name="csrf_token" value="{}">
<label>Item <input name="item"></label>
<button>Order</button>
</form>"""


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Breakable:
    """A session store that can be broken and mended."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.is_broken = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._breakable(found) if callable(found) else found

    def _breakable(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def called(*args: Any, **kwargs: Any) -> Any:
            if self.is_broken:
                raise StoreUnavailable("broken by the test")
            return call(*args, **kwargs)

        return called


class Shop:
    """The application, and what it remembers."""

    def __init__(self, app: Flask) -> None:
        self.clock = Clock(time.time())
        #: The clock that nobody sets, by which a store that did not answer is left alone.
        self.steady = Clock(0.0)
        for module in (circuit_breaker, revocations):
            vars(module)["monotonic"] = self.steady
        self.store = Breakable(MemoryStore(self.clock))
        self.orders: dict[str, list[str]] = {name: [] for name in USERS}
        self.requests: list[dict[str, Any]] = []
        app.config["JWT_SESSION_STORE"] = self.store
        app.before_request(_read_body)
        self.jwt = JWT(app, _authenticate, _identity, clock=self.clock)
        app.add_url_rule("/", "home", lambda: _PAGE.format("<h1>Shop</h1>"))
        app.add_url_rule("/form", "form", jwt_required()(self._form))
        app.add_url_rule(
            "/orders", "orders", jwt_required()(self._orders), methods=["GET", "POST", "DELETE"]
        )
        signed_in_again = jwt_required(requires=MaxAge(60))
        app.add_url_rule("/vault", "vault", signed_in_again(lambda: "gold"), methods=["POST"])
        app.add_url_rule("/feed", "feed", jwt_required()(self._feed), websocket=True)
        app.after_request(self._note)
        app.register_blueprint(self._behind(), url_prefix=_BEHIND)

    def _form(self) -> str:
        return _PAGE.format(_FORM.format(escape(csrf_token())))

    def _feed(self) -> str:
        # The server has no websockets: the browser is told nothing, but was let in here.
        request.environ["shop.user"] = current_identity["id"]
        return ""

    def _orders(self) -> dict[str, Any]:
        user = current_identity["id"]
        request.environ["shop.user"] = user
        if request.method == "POST":
            body = request.get_json(force=True) if request.is_json else request.form
            self.orders[user].append(body["item"])
        elif request.method == "DELETE":
            self.orders[user].clear()
        return {"user": user, "sid": current_token.claims["sid"], "orders": self.orders[user]}

    def _note(self, response: Response) -> Response:
        if not request.path.startswith(_BEHIND):
            self.requests.append(
                {
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "user": request.environ.get("shop.user"),
                    "origin": request.headers.get("Origin"),
                    "site": request.headers.get("Sec-Fetch-Site"),
                    "cookies": [name for name, _ in request.cookies.items(multi=True)],
                    "error": _description(response),
                }
            )
        return response

    def _behind(self) -> Blueprint:
        behind = Blueprint("behind", __name__)

        @behind.post("/clock")
        def move_clock() -> str:
            seconds = request.get_json()
            self.clock.now += seconds
            self.steady.now += seconds
            return ""

        @behind.post("/store")
        def break_or_mend_store() -> str:
            self.store.is_broken = request.get_json()
            if not self.store.is_broken:
                # Nobody has to wait for the next time that it would be asked.
                self.steady.now += circuit_breaker.PAUSE_SECONDS
            return ""

        @behind.get("/requests")
        def requests() -> list[dict[str, Any]]:
            return self.requests[request.args.get("after", 0, int) :]

        @behind.get("/orders")
        def orders() -> dict[str, list[str]]:
            return self.orders

        @behind.get("/sessions")
        def sessions() -> dict[str, dict[str, int]]:
            listed = {user: self.jwt.sessions.list(user) for user in USERS}
            return {user: {one.sid: one.counter for one in listed[user]} for user in USERS}

        return behind


def _read_body() -> None:
    # As a proxy before a real server would. Where a large POST is refused before its body was
    # read, the connection is closed on it, and a page is told "Failed to fetch" now and then.
    request.get_data()


def _authenticate(username: str, password: str) -> dict[str, str] | None:
    right = MALLORYS_PASSWORD if username == "mallory" else PASSWORD
    return USERS.get(username) if password == right else None


def _identity(claims: dict[str, Any]) -> dict[str, str] | None:
    return USERS.get(claims["identity"])


def _description(response: Response) -> str | None:
    if response.status_code < 400 or not response.is_json:
        return None
    description: str = response.get_json()["description"]
    return description


def create_app() -> Flask:
    """Return the application."""
    app = Flask("shop")
    app.config.update(
        SECRET_KEY=secret("shop"),
        JWT_TOKEN_LOCATION=["cookies"],
        JWT_SCRIPT_URL_RULE="/flask_jwt.js",
        # What has broken is noticed by the next request.
        JWT_REVOCATION_REFRESH=0,
    )
    app.config.from_prefixed_env()
    Shop(app)
    return app
