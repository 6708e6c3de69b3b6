"""Bytes in a query string that no client may send: never a 500."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.support.browsing import Browsing
from tests.support.server import Server
from tests.support.serving import sign_in

#: As a WSGI server hands on bytes: Latin-1, one character for each.
RAW = "x=\xff&y=\xc3\xa9&z=%ff"


def make_app(places: list[str]) -> Flask:
    """Make an application with every endpoint and a guarded view."""
    script = "/auth.js" if "cookies" in places else None
    return Browsing(JWT_TOKEN_LOCATION=places, JWT_SCRIPT_URL_RULE=script).app


@pytest.fixture(scope="module")
def app() -> Flask:
    """An application with every place."""
    return make_app(["headers", "query_string", "json", "cookies"])


def ask(app: Flask, method: str, path: str, query: str, **headers: str) -> tuple[int, str]:
    """Send a request at WSGI level, with the query string as it is."""
    environ = EnvironBuilder(path, method=method, headers=Headers(headers)).get_environ()
    environ["QUERY_STRING"] = query
    body, status, _ = run_wsgi_app(app.wsgi_app, environ)
    return int(status.split()[0]), b"".join(body).decode()


def signed_in(app: Flask) -> dict[str, str]:
    """Sign in, and return the header of whoever is."""
    answer = app.test_client().post("/auth", json={"username": "ann", "password": "x"})
    return {"Authorization": f"JWT {answer.get_json()['access_token']}"}


def own_routes(app: Flask) -> list[tuple[str, str]]:
    """Return the methods and paths of all routes of ours, the end of a session last."""
    found = [
        (method, rule.rule.replace("<sid>", "A" * 22).replace("<path:filename>", "x"))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    ]
    return sorted(found, key=lambda one: (one[1], one[0]))


@pytest.mark.parametrize("query", [RAW, f"jwt=x&{RAW}", "jwt=\xff", "all=\xff", "all=1&\xff"])
def test_every_route(app: Flask, query: str) -> None:
    """With a token in the header and without: an answer below 500."""
    for method, path in own_routes(app):
        for headers in ({}, signed_in(app)):
            assert ask(app, method, path, query, **headers)[0] < 500, (method, path)


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/me", RAW),
        ("GET", "/me", "jwt=\xff"),
        ("DELETE", "/auth/sessions", "all=1&\xff"),
        ("DELETE", "/auth/sessions", "all=\xff"),
        ("GET", "/auth/sessions", "limit=1&\xff"),
        ("GET", "/auth/sessions", "after=\xff"),
    ],
)
@pytest.mark.parametrize("places", [["headers"], ["headers", "query_string"]])
def test_one_that_is_looked_at(method: str, path: str, query: str, places: list[str]) -> None:
    """It is 400, says which part can't be read, and has done nothing."""
    app = make_app(places)
    headers = signed_in(app)
    if path == "/me" and places == ["headers"]:
        # Nobody looks at it.
        assert ask(app, method, path, query, **headers)[0] == 200
        return

    status, body = ask(app, method, path, query, **headers)

    assert (status, "The query string of the request can't be read" in body) == (400, True)
    assert ask(app, "GET", "/me", "", **headers)[0] == 200


def test_over_a_socket(several: Server) -> None:
    """It is 400, whether a server hands such bytes on or refuses them itself, as gunicorn does."""
    before = len(several.log)
    for query in (b"jwt=\xff", b"\xff=\xff&x", b"jwt=\xe2\x28\xa1"):
        line = b"GET /in-query/me?" + query + b" HTTP/1.1"
        answer = several.raw("GET", line + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert answer.status == 400

    token = sign_in(several, "in-query").json["access_token"]
    assert several.get(f"/in-query/me?jwt={token}").status == 200
    assert "Traceback" not in several.log[before:]
