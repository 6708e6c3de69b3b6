"""``set_access_cookies``, ``set_refresh_cookies`` and ``unset_jwt_cookies``."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Response, make_response

from flask_jwt import (
    ConfigurationError,
    JWTError,
    check_request_origin,
    create_access_token,
    create_refresh_token,
    set_access_cookies,
    set_refresh_cookies,
    unset_jwt_cookies,
)
from tests.support.browsing import ACCESS, CSRF, REFRESH, Browsing, cookie, set_cookies


def with_endpoints(**config: Any) -> Browsing:
    """Return an application with a sign-in and a sign-out of its own."""
    browsing = Browsing(**{"JWT_AUTH_URL_RULE": None, **config})

    @browsing.app.post("/enter/<remember>")
    def enter(remember: str) -> Any:
        user, response = browsing.users["ann"], make_response("welcome")
        if not browsing.app.config["JWT_SESSION_STORE"]:
            set_access_cookies(response, create_access_token(user))
            return response
        set_access_cookies(response, create_access_token(user, remember=remember == "yes"))
        set_refresh_cookies(response, create_refresh_token(user))
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
    """The browser forgets them when it is closed, renewed and refreshed or not."""
    browsing = with_endpoints(JWT_COOKIE_AUTO_REFRESH=60)
    answers = [browsing.visit("POST", "/enter/no")]
    browsing.now += 280
    answers += [browsing.visit("GET", "/move"), browsing.act("/auth/refresh")]

    for answer in answers:
        found = set_cookies(answer)
        assert (ACCESS, "/") in found
        assert not any("Max-Age" in attributes for attributes in found.values())


@pytest.mark.parametrize("remember", [True, False])
def test_a_session_of_before(remember: bool) -> None:
    """What a program began elsewhere is kept by browsers as its session says."""
    browsing = Browsing()
    with browsing.app.app_context():
        tokens = browsing.jwt.sessions.start({"id": "ann"}, remember=remember)

    def enter(response: Response) -> None:
        set_access_cookies(response, tokens.access_token)
        set_refresh_cookies(response, tokens.refresh_token)

    found = set_cookies(browsing.enter_by(enter))
    assert {"Max-Age" in one for one in found.values()} == {remember}
    with browsing.app.test_request_context():
        browsing.jwt.sessions.end(tokens.sid)
        for put, token in (
            (set_access_cookies, tokens.access_token),
            (set_refresh_cookies, tokens.refresh_token),
        ):
            with pytest.raises(JWTError, match="Session has ended"):
                put(make_response("x"), token)


def test_two_choices() -> None:
    """One session is remembered or not, and not both."""
    browsing, user = Browsing(), {"id": "ann"}
    with browsing.app.test_request_context():
        create_access_token(user, remember=False)
        with pytest.raises(ValueError, match="remember=False"):
            create_refresh_token(user, remember=True)
        create_refresh_token(user, remember=False)
    stateless = Browsing(None)
    with (
        stateless.app.test_request_context(),
        pytest.raises(ConfigurationError, match="JWT_SESSION_STORE"),
    ):
        create_access_token(user, remember=False)


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


class TestOriginOfASignIn:
    """``check_request_origin``, for a sign-in of one's own."""

    @pytest.fixture
    def browsing(self) -> Browsing:
        """An application that has one."""
        found = Browsing(JWT_AUTH_URL_RULE=None, JWT_COOKIE_ORIGINS=["https://app.other"])

        @found.app.post("/enter")
        def enter() -> Any:
            check_request_origin()
            response = make_response("welcome")
            set_access_cookies(response, create_access_token(found.users["ann"]))
            return response

        return found

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 200),
            ({"Origin": "https://shop.example"}, 200),
            ({"Origin": "https://app.other", "Sec-Fetch-Site": "cross-site"}, 200),
            ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Origin": "null"}, 403),
        ],
    )
    def test_pages(self, browsing: Browsing, headers: dict[str, str], status: int) -> None:
        """Those of other origins are refused, but for the named; nobody is signed in."""
        answer = browsing.visit("POST", "/enter", headers=headers)

        assert answer.status_code == status
        assert bool(set_cookies(answer)) is (status == 200)

    def test_cookies_are_no_place(self) -> None:
        """The error names the key."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers"])
        with (
            browsing.app.test_request_context(),
            pytest.raises(ConfigurationError, match="JWT_TOKEN_LOCATION"),
        ):
            check_request_origin()


@pytest.mark.parametrize(
    "config",
    [
        {"JWT_COOKIE_DOMAIN": ".shop.example"},
        {"JWT_REFRESH_URL_RULE": "/a b/refresh"},
        {"JWT_REFRESH_URL_RULE": "/é/refresh"},
    ],
)
def test_set_twice(config: dict[str, Any]) -> None:
    """Whatever Werkzeug makes of a domain or a path, an answer sets each cookie once."""
    browsing = with_endpoints(**config)
    headers = browsing.visit("POST", "/enter/yes").headers.getlist("Set-Cookie")
    kept = [one for one in headers if "Max-Age=0" not in one]
    places = [(one.partition("=")[0], one.partition("Path=")[2].partition(";")[0]) for one in kept]

    assert len(places) == len(set(places)) == 4
