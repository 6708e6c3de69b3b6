"""A browser, as far as cookies go, and an application that signs it in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Response, make_response
from werkzeug.test import TestResponse

from flask_jwt import ConfigurationError, current_identity, jwt_required
from flask_jwt.stores.memory import MemoryStore

from .members import NOW, Members

SITE = "https://shop.example"
HOST = "shop.example"
ACCESS, REFRESH, CSRF = "__Host-Http-access_token", "__Secure-refresh_token", "__Host-csrf_token"
HEADER = "X-CSRF-TOKEN"
#: Name and path of each cookie that a sign-in sets.
FOUR = {
    (ACCESS, "/"),
    (CSRF, "/"),
    (REFRESH, "/auth/refresh"),
    (REFRESH, "/auth/logout"),
}


def old_store() -> MemoryStore:
    """Return a store whose clock stands still, and whose memory began the day before."""
    times = iter([NOW - 86400])
    store = MemoryStore(lambda: next(times, NOW))
    store.open(300)
    return store


class Browsing(Members):
    """An application whose tokens are in cookies, and the browser of somebody who visits it."""

    def __init__(self, store: Any = "memory://", *, site: str = SITE, **config: Any) -> None:
        super().__init__(store, **{"JWT_TOKEN_LOCATION": ["cookies"], **config})
        self.site = site
        self.moved: list[str] = []
        self.app.add_url_rule("/move", "move", jwt_required()(self._move), methods=["GET", "POST"])

    def _move(self) -> str:
        self.moved.append(current_identity["id"])
        return "moved"

    def visit(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        """Send a request with the browser's cookies."""
        return self.client.open(path, method=method, base_url=self.site, **kwargs)

    def enter(self, username: str = "ann", **members: Any) -> TestResponse:
        """Sign in."""
        body = {"username": username, "password": "secret", **members}
        return self.visit("POST", "/auth", json=body)

    def send(self, method: str, path: str, *cookies: str, **kwargs: Any) -> TestResponse:
        """Send a request with no cookies but those given."""
        headers = {"Cookie": "; ".join(cookies)} if cookies else {}
        headers |= kwargs.pop("headers", {})
        client = self.app.test_client(use_cookies=False)
        return client.open(path, method=method, base_url=self.site, headers=headers, **kwargs)

    def enter_by(self, put: Callable[[Response], object]) -> TestResponse:
        """Sign in at an endpoint of one's own, which puts cookies on its answer."""

        def enter() -> Response:
            response = make_response("welcome")
            put(response)
            return response

        self.app.add_url_rule("/enter", "enter", enter, methods=["POST"])
        return self.visit("POST", "/enter")

    def take_over(self, before: Browsing) -> None:
        """Go on with the browser of another application, at the time that it is there."""
        self.now, self.client = before.now, before.client
        self.client.application = self.app

    @property
    def value(self) -> str:
        """The CSRF value that the pages of the site read."""
        return cookie(self, CSRF) or ""

    def act(self, path: str = "/move", **kwargs: Any) -> TestResponse:
        """Send a POST with the CSRF value."""
        headers = {HEADER: self.value, **kwargs.pop("headers", {})}
        return self.visit("POST", path, headers=headers, **kwargs)


def entered(store: Any = "memory://", **config: Any) -> Browsing:
    """Return somebody who is signed in."""
    browsing = Browsing(store, **config)
    assert browsing.enter().status_code == 200
    return browsing


def configuration_fault(store: Any = "memory://", **config: Any) -> str:
    """Return what is said of an application that can't be configured so."""
    with pytest.raises(ConfigurationError) as caught:
        Browsing(store, PROPAGATE_EXCEPTIONS=True, **config).enter()
    return str(caught.value)


def cookie(browsing: Browsing, name: str, path: str = "/") -> str | None:
    """Return the value of a cookie that the browser has, or None."""
    found = browsing.client.get_cookie(name, HOST, path)
    return None if found is None else found.value


def set_cookies(response: TestResponse) -> dict[tuple[str, str], dict[str, str]]:
    """Return the attributes of the cookies that an answer sets, by name and path."""
    found = {}
    places = set()
    for header in response.headers.getlist("Set-Cookie"):
        pair, *parts = header.split("; ")
        name, _, value = pair.partition("=")
        attributes = {key: text for key, _, text in (part.partition("=") for part in parts)}
        place = (name, attributes["Path"], attributes.get("Domain"), "Partitioned" in attributes)
        assert place not in places, "a cookie is set twice"
        places.add(place)
        found[name, attributes["Path"]] = {"value": value, **attributes}
    return found


def fault(response: TestResponse) -> tuple[int, str]:
    """Return status and description of a refusal."""
    body = response.get_json()
    assert body["status_code"] == response.status_code
    return response.status_code, body["description"].partition(": ")[0]
