"""What an attacking review has found, each as the attack that it was."""

from __future__ import annotations

from typing import Any

from flask import request

from flask_jwt import JWTError
from flask_jwt.stores.memory import MemoryStore
from flask_jwt.web.afterwards import Afterwards
from flask_jwt.web.tokens import AccessToken
from tests.sessions.members import NOW

from .browsing import ACCESS, HEADER, Browsing, cookie, set_cookies


def test_a_hook_that_refuses_near_expiry() -> None:
    """A suspended user is told so, and gets neither a new token nor a 500."""
    browsing = Browsing(JWT_COOKIE_AUTO_REFRESH=60)
    browsing.enter()

    @browsing.jwt.identity_handler
    def suspended(claims: dict[str, Any]) -> None:
        raise JWTError("Forbidden", "suspended", 403)

    browsing.now += 280
    answer = browsing.visit("GET", "/move")

    assert (answer.status_code, set_cookies(answer)) == (403, {})


def test_sign_out_without_sessions() -> None:
    """Tokens in the header or the body end nothing, and are no 500."""
    browsing = Browsing(None, JWT_TOKEN_LOCATION=["headers", "cookies"])
    token = browsing.enter().get_json()["access_token"]
    client = browsing.app.test_client(use_cookies=False)
    for headers in ({"Authorization": f"JWT {token}"}, {"Authorization": "JWT x"}, {}):
        for body in ({"refresh_token": "x"}, {}):
            answer = client.post("/auth/logout", headers=headers, json=body)
            assert answer.status_code == 204


def test_sign_out_through_a_request_hook() -> None:
    """A hook that reads the cookie itself opens no way around the CSRF value."""
    browsing = Browsing(MemoryStore(lambda: NOW))
    browsing.enter()
    browsing.jwt.request_handler(lambda: request.cookies.get(ACCESS))
    hostile = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}

    assert browsing.visit("POST", "/auth/logout", headers=hostile).status_code == 403
    assert browsing.visit("POST", "/auth/logout").status_code == 403
    assert browsing.visit("GET", "/move").status_code == 200
    assert browsing.act("/auth/logout").status_code == 204
    assert browsing.visit("GET", "/move").status_code == 401


def test_sign_out_behind_basic_authentication() -> None:
    """A header that is no place is not looked at."""
    browsing = Browsing()
    browsing.enter()
    headers = {"Authorization": "Basic eDp5", HEADER: browsing.value}

    assert browsing.visit("POST", "/auth/logout", headers=headers).status_code == 204
    assert cookie(browsing, ACCESS) is None


def test_nothing_shows_in_a_repr() -> None:
    """What is noted of an answer holds a token, and does not show it."""
    noted = Afterwards(put=AccessToken("secret.of.mine"), by_cookie={"jti": "mine"})

    assert "mine" not in repr(noted)
