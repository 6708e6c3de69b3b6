"""What a token in a cookie adds to a request of a page, beside Flask-JWT-Extended's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import flask_jwt_extended as extended
from flask import Flask

from flask_jwt import JWT, jwt_required

from .candidates.jwt_extended import JWT_EXTENDED
from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .session_stores import SECRET
from .timing import Calls, Contestant, asking, ratio, run

_SITE = "https://shop.example"
_METHODS = ("GET", "POST")
_KEPT, _OPEN = "/kept", "/open"
_REMARK = (
    "A page sends its cookies again and again, as browsers do; the POST has the CSRF value. "
    "What is added is added to the same request to an open view of the application. "
    "Flask-JWT-Extended compares the value, and looks at no Origin."
)


@dataclass(frozen=True)
class _Page:
    """A page of an application, whose browser has a token in a cookie."""

    app: Flask
    cookies: Mapping[str, str]
    csrf: str

    def asking(self, method: str, path: str) -> Calls:
        """Return what sends one request, as a browser does."""
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Sec-Fetch-Site": "same-origin",
        }
        if method == "POST":
            headers.update({"X-CSRF-TOKEN": self.csrf, "Origin": _SITE})
        return asking(self.app, path, headers, method=method, site=_SITE)


def measure(finding: Finding, rounds: int) -> None:
    """Time guarded requests, in turns with open ones."""
    pages = {
        f"{THIS_PACKAGE.name}, without sessions": _ours(None),
        f"{THIS_PACKAGE.name}, with sessions": _ours("memory://"),
        JWT_EXTENDED.name: _theirs(),
    }
    times = {
        name: {
            one: Contestant(name, page.asking(one, _KEPT), page.asking(one, _OPEN))
            for one in _METHODS
        }
        for name, page in pages.items()
    }
    run([one for row in times.values() for one in row.values()], rounds, seconds=60)
    theirs = times[JWT_EXTENDED.name]
    for name, row in times.items():
        finding.figures[name] = {
            **{one: timed.microseconds for one, timed in row.items()},
            **{f"{JWT_EXTENDED.name} / it, {one}": ratio(theirs[one], row[one]) for one in row},
        }
    finding.remark = _REMARK


def _ours(store: str | None) -> _Page:
    app = _application(JWT_TOKEN_LOCATION=["headers", "cookies"], JWT_SESSION_STORE=store)
    JWT(app, lambda username, _: {"id": username}, lambda claims: {"id": claims["identity"]})
    _add_views(app, jwt_required())
    client = app.test_client()
    body = {"username": "42", "password": "x"}
    answer = client.post("/auth", json=body, base_url=_SITE).get_json()
    names = {"__Host-Http-access_token": "access_token", "__Host-csrf_token": "csrf_token"}
    cookies = {name: answer[member] for name, member in names.items()}
    return _Page(app, cookies, answer["csrf_token"])


def _theirs() -> _Page:
    app = _application(JWT_TOKEN_LOCATION=["headers", "cookies"])
    extended.JWTManager(app).user_lookup_loader(lambda header, claims: {"id": claims["sub"]})
    _add_views(app, extended.jwt_required())
    with app.app_context():
        token = extended.create_access_token("42")
        csrf = extended.get_csrf_token(token)
    cookies = {"access_token_cookie": token, "csrf_access_token": csrf}
    return _Page(app, cookies, csrf)


def _application(**config: Any) -> Flask:
    app = Flask("cookies")
    # Whatever the environment says.
    app.debug = app.testing = False
    app.config.update(JWT_SECRET_KEY=SECRET, **config)
    return app


def _add_views(app: Flask, guard: Callable[..., Any]) -> None:
    app.add_url_rule(_OPEN, "open", lambda: "view", methods=_METHODS)
    app.add_url_rule(_KEPT, "kept", guard(lambda: "view"), methods=_METHODS)
