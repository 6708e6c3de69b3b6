"""``JWT_URL_OPTIONS`` and ``JWT_AUTH_URL_OPTIONS``: all routes of ours where the application is."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_jwt import JWT, ConfigurationError, jwt_required
from tests.support.dict_directory import DictDirectory
from tests.support.secret import secret

SECRET = secret("route options")
CREDENTIALS = {"username": "ann", "password": "secret"}
EVERYTHING = {
    "SECRET_KEY": SECRET,
    "JWT_SESSION_STORE": "memory://",
    "JWT_TOKEN_LOCATION": ["headers", "cookies"],
    "JWT_JWKS_URL_RULE": "/keys.json",
    "JWT_SCRIPT_URL_RULE": "/flask_jwt.js",
    "JWT_REGISTER_URL_RULE": "/auth/register",
}
#: Method and path of each route of ours.
ROUTES = [
    ("POST", "/auth"),
    ("POST", "/auth/refresh"),
    ("POST", "/auth/logout"),
    ("GET", "/auth/sessions"),
    ("DELETE", "/auth/sessions"),
    ("DELETE", "/auth/sessions/some"),
    ("GET", "/auth/me"),
    ("POST", "/auth/password"),
    ("POST", "/auth/register"),
    ("GET", "/auth/csrf"),
    ("GET", "/keys.json"),
    ("GET", "/flask_jwt.js"),
    ("GET", "/flask_jwt.d.ts"),
]


class Placed:
    """An application with all routes of ours at a place of their own, and a browser."""

    def __init__(
        self, flask: dict[str, Any], where: dict[str, Any], site: str, **config: Any
    ) -> None:
        self.site = site
        self.app = Flask("placed", static_folder=None, **flask)
        if "subdomain_matching" in flask:
            self.app.config["SERVER_NAME"] = "shop.example"
        self.app.config.update({**EVERYTHING, "JWT_URL_OPTIONS": where, **config})
        JWT[Any](
            self.app,
            lambda username, password: {"id": username},
            lambda claims: claims,
            users=DictDirectory(),
        )
        guarded = jwt_required()(lambda **values: "in")
        self.app.add_url_rule("/me", "me", guarded, methods=["GET", "POST"], **where)
        self.client: FlaskClient = self.app.test_client()

    def ask(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        """Send a request of the browser's to where the routes are."""
        base = kwargs.pop("base_url", f"https://{self.site}")
        return self.client.open(path, method=method, base_url=base, **kwargs)


HOSTS, SUBDOMAINS = {"host_matching": True}, {"subdomain_matching": True}
PLACES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "host": (HOSTS, {"host": "api.shop.example"}, "api.shop.example"),
    "any host": (HOSTS, {"host": "<tenant>.shop.example"}, "one.shop.example"),
    "subdomain": (SUBDOMAINS, {"subdomain": "api"}, "api.shop.example"),
    "any subdomain": (SUBDOMAINS, {"subdomain": "<tenant>"}, "one.shop.example"),
}


@pytest.fixture(params=PLACES)
def placed(request: pytest.FixtureRequest) -> Placed:
    """An application whose routes are matched by host or subdomain."""
    return Placed(*PLACES[request.param])


def test_each_route_is_there_and_nowhere_else(placed: Placed) -> None:
    """One key puts all routes on a host or subdomain; no other host has any of them."""
    elsewhere = "https://shop.example"
    for method, path in ROUTES:
        assert placed.ask(method, path).status_code not in (404, 405, 500), path
        assert placed.ask(method, path, base_url=elsewhere).status_code == 404, path


def test_a_browser_there(placed: Placed) -> None:
    """Cookies, CSRF, refresh, the list of sessions and sign-out work there as at home."""
    assert placed.ask("POST", "/auth", json=CREDENTIALS).status_code == 200
    value = placed.ask("GET", "/auth/csrf").get_json()["csrf_token"]
    headers = {"X-CSRF-TOKEN": value}
    assert placed.ask("POST", "/me").status_code == 403
    assert placed.ask("POST", "/me", headers=headers).text == "in"

    assert placed.ask("POST", "/auth/refresh", headers=headers).status_code == 200
    placed.client.delete_cookie("__Host-Http-access_token", domain=placed.site)
    assert placed.ask("GET", "/me").status_code == 401
    assert placed.ask("POST", "/auth/refresh", headers=headers).status_code == 200
    other = placed.app.test_client()
    assert other.post("/auth", json=CREDENTIALS, base_url=f"https://{placed.site}")
    (sid,) = [
        one["sid"]
        for one in placed.ask("GET", "/auth/sessions").get_json()["sessions"]
        if not one["this"]
    ]
    assert placed.ask("DELETE", f"/auth/sessions/{sid}", headers=headers).status_code == 204
    assert placed.ask("POST", "/auth/logout", headers=headers).status_code == 204
    assert placed.ask("GET", "/me").status_code == 401
    assert placed.ask("POST", "/auth/refresh", headers=headers).status_code == 401


def test_the_slash_at_the_end() -> None:
    """Options for all apply to all, and a cookie for a path is sent to the path with a slash."""
    placed = Placed({}, {"strict_slashes": False}, "shop.example")
    assert placed.ask("POST", "/auth/", json=CREDENTIALS).status_code == 200
    headers = {"X-CSRF-TOKEN": placed.ask("GET", "/auth/csrf/").get_json()["csrf_token"]}
    assert placed.ask("POST", "/auth/refresh/", headers=headers).status_code == 200
    assert placed.ask("GET", "/auth/sessions/").status_code == 200


def test_options_of_sign_in_come_on_top() -> None:
    """Sign-in may be elsewhere than the rest, and what it does not set itself is that of all."""
    placed = Placed(
        {"host_matching": True},
        {"host": "api.example", "strict_slashes": False},
        "api.example",
        JWT_AUTH_URL_OPTIONS={"host": "accounts.example"},
    )
    there = "https://accounts.example"
    assert placed.ask("POST", "/auth/", json=CREDENTIALS, base_url=there).status_code == 200
    assert placed.ask("POST", "/auth", json=CREDENTIALS).status_code == 404
    assert placed.ask("GET", "/keys.json").status_code == 200


def test_sign_in_stays_a_post() -> None:
    """An application of 2015 that sets one option of its own keeps the method."""
    placed = Placed({}, {}, "a.example", JWT_AUTH_URL_OPTIONS={"strict_slashes": False})

    assert placed.ask("POST", "/auth/", json=CREDENTIALS).status_code == 200
    assert placed.ask("GET", "/auth/").status_code == 405


def test_a_rule_with_a_variable_part() -> None:
    """The tenant in the path of sign-in is the application's business, and no error."""
    placed = Placed({}, {}, "a.example", JWT_AUTH_URL_RULE="/<tenant>/auth")

    assert placed.ask("POST", "/one/auth", json=CREDENTIALS).status_code == 200


@pytest.mark.parametrize(
    ("key", "options", "flask"),
    [
        *[
            ("JWT_URL_OPTIONS", {name: value}, {})
            for name, value in [
                ("endpoint", "mine"),
                ("view_func", print),
                ("rule", "/mine"),
                ("methods", ["GET"]),
                ("defaults", {"page": 1}),
                ("websocket", True),
                ("build_only", True),
                ("redirect_to", "/"),
                ("hots", "a.example"),
                ("strict_slashes", "no"),
                ("merge_slashes", 0),
                ("host", "a.example"),
                ("subdomain", "a"),
                (5, "a"),
            ]
        ],
        ("JWT_URL_OPTIONS", {"host": 5}, {"host_matching": True}),
        ("JWT_URL_OPTIONS", {"host": ""}, {"host_matching": True}),
        ("JWT_URL_OPTIONS", {"subdomain": None}, {"subdomain_matching": True}),
        ("JWT_URL_OPTIONS", {"host": "<sid>.example"}, {"host_matching": True}),
        ("JWT_URL_OPTIONS", {"host": "<no:x>.example"}, {"host_matching": True}),
        ("JWT_AUTH_URL_OPTIONS", {"rule": "/mine"}, {}),
        ("JWT_AUTH_URL_OPTIONS", {"hots": "a.example"}, {}),
    ],
)
def test_options_that_break_a_route(
    key: str, options: dict[Any, Any], flask: dict[str, Any]
) -> None:
    """What would leave a route broken, or would have no effect, is an error of ``init_app``."""
    app = Flask("wrong", static_folder=None, **flask)
    app.config.update({**EVERYTHING, key: options})

    with pytest.raises(ConfigurationError, match=rf"app\.config\['{key}'\]"):
        JWT(app)
