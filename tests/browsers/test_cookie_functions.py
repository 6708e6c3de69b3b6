"""``set_access_cookies``, ``set_refresh_cookies`` and ``unset_jwt_cookies``."""

from __future__ import annotations

from typing import Any

import pytest
from flask import make_response

from flask_jwt import (
    ConfigurationError,
    create_access_token,
    create_refresh_token,
    set_access_cookies,
    set_refresh_cookies,
    unset_jwt_cookies,
)

from .browsing import ACCESS, CSRF, REFRESH, Browsing, cookie, set_cookies


def with_endpoints(**config: Any) -> Browsing:
    """Return an application with a sign-in and a sign-out of its own."""
    browsing = Browsing(**{"JWT_AUTH_URL_RULE": None, **config})

    @browsing.app.post("/enter/<remember>")
    def enter(remember: str) -> Any:
        user, response = browsing.users["ann"], make_response("welcome")
        kept = remember == "yes"
        set_access_cookies(response, create_access_token(user), remember=kept)
        if browsing.app.config["JWT_SESSION_STORE"]:
            set_refresh_cookies(response, create_refresh_token(user), remember=kept)
        return response

    @browsing.app.post("/leave")
    def leave() -> Any:
        response = make_response("good-bye")
        unset_jwt_cookies(response)
        return response

    return browsing


def test_own_endpoints() -> None:
    """One session, whose tokens and CSRF value work as after a sign-in of ours."""
    browsing = with_endpoints()
    answer = browsing.visit("POST", "/enter/yes")
    found = set_cookies(answer)

    assert {name for name, _ in found} == {ACCESS, REFRESH, CSRF}
    assert {one["Max-Age"] for one in found.values()} == {str(30 * 86400)}
    assert answer.headers["Cache-Control"] == "no-store"
    assert browsing.act().text == "moved"
    assert browsing.act("/auth/refresh").status_code == 200
    with browsing.app.app_context():
        assert len(browsing.jwt.sessions.list("ann")) == 1


def test_not_to_be_remembered() -> None:
    """The browser forgets them when it is closed."""
    found = set_cookies(with_endpoints().visit("POST", "/enter/no"))

    assert not any("Max-Age" in attributes for attributes in found.values())


def test_leaving() -> None:
    """The cookies go, and the session does not."""
    browsing = with_endpoints()
    browsing.visit("POST", "/enter/yes")
    browsing.visit("POST", "/leave")

    assert cookie(browsing, ACCESS) is cookie(browsing, CSRF) is None
    with browsing.app.app_context():
        assert len(browsing.jwt.sessions.list("ann")) == 1


def test_without_sessions() -> None:
    """The access cookie lasts as long as its token."""
    browsing = with_endpoints(JWT_SESSION_STORE=None)
    found = set_cookies(browsing.visit("POST", "/enter/yes"))

    assert {attributes["Max-Age"] for attributes in found.values()} == {"300"}
    assert browsing.act().text == "moved"


@pytest.mark.parametrize("token", ["", "bogus", "a.b.c"])
def test_no_token_of_ours(token: str) -> None:
    """What is none is not put into a cookie."""
    browsing = Browsing()
    with browsing.app.test_request_context(base_url=browsing.site):
        response = make_response("x")
        for put in (set_access_cookies, set_refresh_cookies):
            with pytest.raises(ValueError, match="token"):
                put(response, token)
        assert "Set-Cookie" not in response.headers


def test_cookies_are_no_place() -> None:
    """The error says which key to set."""
    browsing = Browsing(JWT_TOKEN_LOCATION=["headers"])
    with browsing.app.test_request_context():
        token = create_access_token({"id": "ann"})
        with pytest.raises(ConfigurationError, match="JWT_TOKEN_LOCATION"):
            set_access_cookies(make_response("x"), token)
        with pytest.raises(ConfigurationError, match="JWT_TOKEN_LOCATION"):
            unset_jwt_cookies(make_response("x"))


def test_a_hook_that_answers() -> None:
    """Whatever a hook answers a sign-in with, the cookies are on it."""
    browsing = Browsing()
    browsing.jwt.auth_response_handler(lambda token, user: f"welcome, {user['id']}")
    answer = browsing.enter()

    assert answer.text == "welcome, ann"
    assert browsing.act().text == "moved"


def test_a_hook_that_refuses_after_all() -> None:
    """An answer that is an error signs nobody in."""
    browsing = Browsing()
    browsing.jwt.auth_response_handler(lambda token, user: ("closed today", 403))

    assert set_cookies(browsing.enter()) == {}
