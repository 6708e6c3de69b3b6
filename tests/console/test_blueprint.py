"""The console as part of an application: when it is there, and what its answers carry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from flask_jwt import JWT
from flask_jwt.console import Console
from tests.support.material import NOW, SECRET

from .applications import GATE, SCRIPT, SURROUNDINGS, Bench

PATHS = ("/", SURROUNDINGS, GATE, SCRIPT, "/_console/static/icon.svg", "/_console/static/none")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X")
FILES = sorted(
    f"/_console/static/{path.relative_to(folder)}"
    for folder in [Path(Console().static_folder or "")]
    for path in folder.rglob("*.*")
)


def shown(answer: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.data, sorted(answer.headers)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("prefix", [None, "/console"])
def test_outside_debug(prefix: str | None, method: str) -> None:
    """Outside debug each path and method is answered as where there is no console."""
    bench = Bench(prefix)
    bench.app.debug = False
    without = Flask("without").test_client()
    paths = [f"{prefix or ''}{path}" for path in PATHS]
    paths += [path.replace("/_console/", "//_console//") for path in paths if path != "/"]
    paths += [prefix] if prefix else []

    for path in paths:
        answer = bench.client.open(path, method=method)
        assert answer.status_code == 404
        assert shown(answer) == shown(without.open(path, method=method))


def test_debug_at_run_time() -> None:
    """Debug may be switched at any moment: the next request is answered accordingly."""
    bench = Bench()
    statuses = []
    for debug in (True, False, True):
        bench.app.debug = debug
        statuses.append([bench.get(path).status_code for path in PATHS])

    assert statuses == [[200, 200, 405, 200, 200, 404], [404] * 6, [200, 200, 405, 200, 200, 404]]


def test_debug_in_the_middle_of_a_request() -> None:
    """Debug that is switched off after the router has looked hides the page as well."""
    bench = Bench()
    bench.app.before_request(lambda: setattr(bench.app, "debug", False))

    answer = bench.client.get("/")

    assert answer.status_code == 404
    assert "Content-Security-Policy" not in answer.headers


def test_routes_of_the_application() -> None:
    """In production, a page of the application's own at the same path is reached."""
    bench = Bench()
    bench.app.add_url_rule("/", "index", lambda: "index")

    in_debug = bench.client.get("/").text
    bench.app.debug = False

    assert "Tokens at work" in in_debug
    assert bench.client.get("/").text == "index"


@pytest.mark.parametrize("path", PATHS)
def test_headers(path: str) -> None:
    """Nothing but files of this server is run, nobody frames the page, and nothing is kept."""
    headers = Bench().get(path).headers
    if path == GATE:
        headers = Bench().client.post(path, json={"token": "x"}).headers

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_other_routes_are_left_alone() -> None:
    """The headers are the console's, and not those of the application around it."""
    bench = Bench()

    answer = bench.private(bench.sign_in()["access_token"])

    assert answer.status_code == 200
    assert "Content-Security-Policy" not in answer.headers


@pytest.mark.parametrize("path", FILES)
def test_files(path: str) -> None:
    """Each file of the page is served as what it is, whatever the system takes it for."""
    kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

    answer = Bench().get(path)

    assert answer.status_code == 200
    assert answer.mimetype == kinds[Path(path).suffix]


def test_no_code_inside_the_page() -> None:
    """The page has neither scripts nor styles inside, and the note on it is text."""
    page = Bench().client.get("/").text

    assert '<p class="hint">Be &lt;welcome&gt;.</p>' in page
    assert "<style" not in page
    assert " style=" not in page
    assert page.count("<script") == page.count('<script type="module" src="/_console/static/')
    assert not [word for word in page.split() if word.startswith("on") and "=" in word]


def settings_of(client: FlaskClient | Client, prefix: str = "") -> dict[str, Any]:
    answer = client.get(prefix + SURROUNDINGS)
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.data)
    return found


def test_surroundings() -> None:
    """The page is told the routes, the fields of sign-in, the first scheme and the clock."""
    bench = Bench(
        JWT_SESSION_STORE="memory://",
        JWT_AUTH_USERNAME_KEY="email",
        JWT_AUTH_PASSWORD_KEY="phrase",
        JWT_AUTH_HEADER_PREFIX=["Bearer", "JWT"],
        JWT_LEEWAY=3,
    )

    assert settings_of(bench.client) == {
        "urls": {
            "sign_in": "/auth",
            "refresh": "/auth/refresh",
            "logout": "/auth/logout",
            "sessions": "/auth/sessions",
            "keys": None,
        },
        "paths": ["/auth/sessions", "/private"],
        "resource": "/private",
        "username_field": "email",
        "password_field": "phrase",
        "scheme": "Bearer",
        "algorithms": ["HS256"],
        "leeway": 3.0,
        "grace": 10.0,
        "now": NOW,
    }


def test_nothing_secret(tmp_path: Path) -> None:
    """Neither the page nor what it is told has a secret of the application."""
    store = f"sqlite:///{tmp_path / 'somewhere.db'}"
    bench = Bench(JWT_SESSION_STORE=store, OTHER="hidden-elsewhere")

    text = bench.client.get("/").text + bench.client.get(SURROUNDINGS).text

    for secret in (SECRET.decode(), "somewhere.db", "hidden-elsewhere"):
        assert secret not in text


def test_without_sessions() -> None:
    """Without sessions there is nothing to refresh or to end, and the rest is there."""
    bench = Bench()

    found = settings_of(bench.client)

    assert found["grace"] is None
    assert found["urls"] == {
        "sign_in": "/auth",
        "refresh": None,
        "logout": None,
        "sessions": None,
        "keys": None,
    }
    assert bench.refusal(bench.sign_in()["access_token"]) is None


def test_without_sign_in() -> None:
    """An application with a sign-in of its own has none that the page could use."""
    bench = Bench(JWT_AUTH_URL_RULE=None)
    bench.app.add_url_rule("/enter", bench.app.config["JWT_AUTH_ENDPOINT"], lambda: "mine")

    assert settings_of(bench.client)["urls"]["sign_in"] is None


def test_sign_in_elsewhere() -> None:
    """The page finds a sign-in that has another path and another endpoint."""
    bench = Bench(JWT_AUTH_URL_RULE="/enter", JWT_AUTH_ENDPOINT="enter")

    assert settings_of(bench.client)["urls"]["sign_in"] == "/enter"


def test_cookies_beside_headers() -> None:
    """With cookies on as well, sign-in hands the page its tokens, and the page uses the header."""
    bench = Bench(JWT_TOKEN_LOCATION=["headers", "cookies"], JWT_SESSION_STORE="memory://")

    token = bench.sign_in()["access_token"]

    assert bench.refusal(token) is None
    assert settings_of(bench.client)["urls"]["refresh"] == "/auth/refresh"


def test_key_file(tmp_path: Path) -> None:
    """With a key file the page is told its algorithms, and where the public keys are."""
    file = tmp_path / "keys.json"
    bench = Bench(JWT_KEY_FILE=str(file))
    bench.operate("jwt", "keys", "generate", "--algorithm", "ES256")

    found = settings_of(bench.client)

    assert found["algorithms"] == ["ES256"]
    assert found["urls"]["keys"] == "/.well-known/jwks.json"
    assert found["resource"] == "/private"
    assert bench.refusal(bench.sign_in()["access_token"]) is None


@pytest.mark.parametrize(("routes", "first"), [((), "/"), (("/notes", "/z"), "/notes")])
def test_first_path(routes: tuple[str, ...], first: str) -> None:
    """Unless told, the page offers the first path that is no route of the extension's own."""
    app = Flask("bench", static_folder=None)
    app.debug = True
    app.config.update(SECRET_KEY=SECRET.decode(), JWT_SESSION_STORE="memory://")
    JWT(app)
    app.register_blueprint(Console())
    for route in routes:
        app.add_url_rule(route, f"open {route}", lambda: "")
        app.add_url_rule(f"{route}/<number>", f"one of {route}", lambda number: number)
        app.add_url_rule(f"{route}/send", f"send {route}", lambda: "", methods=["POST"])

    found = settings_of(app.test_client())

    assert found["paths"] == ["/auth/sessions", *routes]
    assert found["resource"] == first


def test_prefix() -> None:
    """Below a prefix, the page finds its own files there, and the application's routes above."""
    bench = Bench("/console")

    page = bench.client.get("/console/").text

    assert 'src="/console/_console/static/script/page.js"' in page
    assert 'data-gate="/console/_console/gate"' in page
    assert settings_of(bench.client, "/console")["urls"]["sign_in"] == "/auth"
    assert bench.client.get("/console").status_code == 308


def test_script_root() -> None:
    """Where the application is mounted below a path, every path that the page is told has it."""
    bench = Bench("/console", JWT_SESSION_STORE="memory://")
    client = Client(DispatcherMiddleware(Flask("outer").wsgi_app, {"/shop": bench.app.wsgi_app}))

    page = client.get("/shop/console/").text
    found = settings_of(client, "/shop/console")

    assert 'src="/shop/console/_console/static/script/page.js"' in page
    assert 'data-surroundings="/shop/console/_console/surroundings"' in page
    assert found["resource"] == "/shop/private"
    assert found["paths"] == ["/shop/auth/sessions", "/shop/private"]
    assert found["urls"]["refresh"] == "/shop/auth/refresh"


def test_inside_another_blueprint() -> None:
    """A console inside another blueprint is there in debug, and nowhere else."""
    app = Flask("bench")
    app.config["SECRET_KEY"] = SECRET.decode()
    JWT(app)
    outer = Blueprint("outer", __name__)
    outer.register_blueprint(Console(), url_prefix="/console")
    app.register_blueprint(outer, url_prefix="/dev")
    client = app.test_client()

    statuses = []
    for debug in (True, False):
        app.debug = debug
        statuses.append(client.get("/dev/console/").status_code)
        statuses.append(client.post("/dev/console/").status_code)

    assert statuses == [200, 405, 404, 404]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "http://localhost:1"},
        {"Origin": "https://localhost"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_pages_of_others(headers: dict[str, str]) -> None:
    """A page of another origin, and a link, get neither the settings nor a token's verdict."""
    client = Bench().client

    answers = [
        client.get(SURROUNDINGS, headers=headers),
        client.post(GATE, json={"token": "x"}, headers=headers),
    ]

    for answer in answers:
        assert answer.status_code == 403
        assert answer.get_json()["description"] == "Only the page of the console may ask this"


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"},
                                     {"Origin": "http://localhost"}])  # fmt: skip
def test_its_own_page(headers: dict[str, str]) -> None:
    """The page itself, and a program, are answered."""
    client = Bench().client

    assert client.get(SURROUNDINGS, headers=headers).status_code == 200
    assert client.post(GATE, json={"token": "x"}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"token":"x"}', "text/plain", 415),
        (b"token=x", "application/x-www-form-urlencoded", 415),
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"token":null}', "application/json", 400),
        (b'{"token":["x"]}', "application/json", 400),
        (b'{"token":' + b"[" * 60_000, "application/json", 400),
        (b'{"token":"' + b"x" * 65_536 + b'"}', "application/json", 413),
        (b'{"token":"' + b"x" * 3_000_000 + b'"}', "application/json", 413),
        (b'{"token":"\xff"}', "application/json", 400),
    ],
)
def test_bodies(body: bytes, kind: str, status: int) -> None:
    """What is no token in JSON, or is too large, is refused in the extension's own words."""
    answer = Bench().client.post(GATE, data=body, content_type=kind)

    assert answer.status_code == status
    assert sorted(answer.get_json()) == ["description", "error", "status_code"]


def test_application_without_jwt() -> None:
    """Without the extension the page is there, and what it asks is an error that says so."""
    app = Flask("bare")
    app.debug = True
    app.register_blueprint(Console())
    client = app.test_client()

    assert client.get("/").status_code == 200
    with pytest.raises(RuntimeError, match="the application has no JWT"):
        client.get(SURROUNDINGS)


@pytest.mark.parametrize("resource", ["", "private", "//evil.example/", "https://evil.example/"])
def test_resource(resource: str) -> None:
    """What the page calls first is a path of the application."""
    with pytest.raises(ValueError, match="begins with one slash"):
        Console(resource=resource)
