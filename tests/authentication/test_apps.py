"""Clients that use no cookies, of an application that sets them for browsers."""

from __future__ import annotations

from typing import Any

import pytest
from flask import make_response, session
from werkzeug.test import TestResponse

from flask_jwt import create_access_token, set_access_cookies
from tests.support.browsing import (
    ACCESS,
    HOST,
    SITE,
    Browsing,
    configuration_fault,
    fault,
    set_cookies,
)

BOTH = ["headers", "cookies"]
#: Origins of apps in a web view, of browser extensions, and of pages of other sites.
ORIGINS = [
    "capacitor://localhost", "ionic://localhost", "tauri://localhost", "http://tauri.localhost",
    "https://localhost", "app://bundle", "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://6f1f0e4c-0b0e-4c6e-9c5e-8b9d6a7c0f11", "https://evil.example", "null",
]  # fmt: skip


class App:
    """A client without cookies."""

    def __init__(self, browsing: Browsing, origin: str, site: str | None = "cross-site") -> None:
        self.client = browsing.app.test_client(use_cookies=False)
        self.headers = {"Origin": origin} | ({} if site is None else {"Sec-Fetch-Site": site})

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Send a request; of none of its answers a page of another origin may read anything."""
        headers = {**self.headers, **headers}
        answer = self.client.open(path, method=method, base_url=SITE, json=body, headers=headers)
        assert not any(name.startswith("Access-Control") for name, _ in answer.headers)
        assert "Set-Cookie" not in answer.headers
        return answer

    def enter(self, **headers: str) -> TestResponse:
        """Sign in."""
        return self.send("POST", "/auth", {"username": "ann", "password": "x"}, **headers)


@pytest.mark.parametrize("site", ["cross-site", "same-site", None])
@pytest.mark.parametrize("origin", ORIGINS)
def test_an_app(origin: str, site: str | None) -> None:
    """It signs in, goes on by header, refreshes by body and signs out, and is set no cookie."""
    browsing = Browsing(JWT_TOKEN_LOCATION=BOTH)
    app = App(browsing, origin, site)
    tokens = app.enter().get_json()
    assert tokens.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}

    header = {"Authorization": f"JWT {tokens['access_token']}"}
    assert app.send("POST", "/move", **header).text == "moved"
    assert app.send("GET", "/auth/sessions", **header).status_code == 200
    refreshed = app.send("POST", "/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    body = {"refresh_token": refreshed.get_json()["refresh_token"]}
    assert app.send("POST", "/auth/logout", body).status_code == 204
    assert app.send("POST", "/auth/refresh", body).status_code == 401
    header = {"Authorization": f"JWT {app.enter().get_json()['access_token']}"}
    assert app.send("POST", "/auth/logout", **header).status_code == 204
    assert app.send("GET", "/move", **header).status_code == 401


@pytest.mark.parametrize("origin", ["chrome-extension://abc", "moz-extension://1-2"])
def test_an_extension(origin: str) -> None:
    """Browsers say of one that may speak to the site that nobody's page has asked."""
    app = App(Browsing(JWT_TOKEN_LOCATION=BOTH), origin, "none")

    assert "refresh_token" in app.enter().get_json()


def test_without_sessions() -> None:
    """There the access token is all."""
    app = App(Browsing(None, JWT_TOKEN_LOCATION=BOTH), "capacitor://localhost")
    tokens = app.enter().get_json()

    assert tokens.keys() == {"access_token"}
    assert app.send("GET", "/move", Authorization=f"JWT {tokens['access_token']}").text == "moved"


@pytest.mark.parametrize("origin", ["https://evil.example", "capacitor://localhost", "null"])
@pytest.mark.parametrize(
    ("location", "sent"), [(["cookies"], ""), (BOTH, f"{ACCESS}=x"), (BOTH, "session=x")]
)
def test_refused(origin: str, location: list[str], sent: str) -> None:
    """Where bodies hold no tokens there is nothing for it; one with cookies is a browser's page."""
    app = App(Browsing(JWT_TOKEN_LOCATION=location), origin)
    answer = app.enter(**({"Cookie": sent} if sent else {}))

    assert (answer.status_code, answer.get_json()["error"]) == (403, "CSRF Check Failed")


def test_a_wrong_password() -> None:
    """It is told so."""
    app = App(Browsing(JWT_TOKEN_LOCATION=BOTH), "capacitor://localhost")

    assert fault(app.send("POST", "/auth", {"username": "x", "password": "x"}))[0] == 401


class TestLoginCSRF:
    """A page of another origin that signs a browser in leaves it without any cookie."""

    def test_hooks(self) -> None:
        """Whatever the application's hooks set: our cookies, its own, Flask's session."""
        browsing = Browsing(JWT_TOKEN_LOCATION=BOTH)

        @browsing.jwt.auth_response_handler
        def answer(token: str, user: Any) -> Any:
            session["user"] = user["id"]
            response = make_response({"token": token})
            set_access_cookies(response, token)
            response.set_cookie("mine", user["id"])
            return response

        @browsing.app.after_request
        def later(response: Any) -> Any:
            response.set_cookie("later", "1")
            return response

        app = App(browsing, "https://evil.example")
        token = app.enter().get_json()["token"]

        assert app.client.get("/me", headers={"Authorization": f"JWT {token}"}).text == "ann"
        own = {name for name, _ in set_cookies(browsing.enter())}
        assert {ACCESS, "mine", "later", "session"} <= own

    def test_a_request_hook(self) -> None:
        """One that reads forms, which a page sends without asking."""
        browsing = Browsing(JWT_TOKEN_LOCATION=BOTH)

        def enter() -> Any:
            response = make_response("welcome")
            set_access_cookies(response, create_access_token(browsing.users["ann"]))
            return response

        browsing.jwt.auth_request_callback = enter
        assert App(browsing, "https://evil.example").enter().text == "welcome"
        assert (ACCESS, "/") in set_cookies(browsing.enter())


@pytest.mark.parametrize("origin", [*ORIGINS[:-1], "app://bundle:8080", "app://My-App.1"])
def test_named(origin: str) -> None:
    """An app that is named is sent cookies, and reads the answer."""
    browsing = Browsing(JWT_TOKEN_LOCATION=BOTH, JWT_COOKIE_ORIGINS=[origin])
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    body = {"username": "ann", "password": "x"}
    answer = browsing.visit("POST", "/auth", json=body, headers=headers)

    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert (ACCESS, "/") in set_cookies(answer)
    assert browsing.act(headers=headers).text == "moved"
    assert browsing.client.get_cookie(ACCESS, HOST) is not None


@pytest.mark.parametrize(
    "origin",
    ["null", "app://", "app://*", "app://a/", "app://a:0", "app://a:99999", "APP://a", "app:a",
     "file:///a", "://a", "app://a b", "app://a@b", "app://a?b", "app://a#b", "app://a\n",
     "http://app.example.com"],
)  # fmt: skip
def test_not_to_be_named(origin: str) -> None:
    """Anything that is no exact origin, and what any page may have or anybody may pretend to be."""
    assert "JWT_COOKIE_ORIGINS" in configuration_fault(JWT_COOKIE_ORIGINS=[origin])
