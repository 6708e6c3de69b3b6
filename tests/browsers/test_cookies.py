"""What cookies are set with, and when they are deleted."""

from __future__ import annotations

from typing import Any

import pytest
from flask import request
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from flask_jwt import ConfigurationError
from flask_jwt.core import ClaimsError

from .browsing import ACCESS, CSRF, REFRESH, Browsing, cookie, fault, set_cookies

FOUR = {
    (ACCESS, "/"),
    (CSRF, "/"),
    (REFRESH, "/auth/refresh"),
    (REFRESH, "/auth/logout"),
}


def test_sign_in() -> None:
    """Four cookies, for TLS and this host alone, and one of them for scripts to read.

    They are there as long as a session may be; which has been silent for too long, refresh tells.
    """
    answer = Browsing().enter()
    found = set_cookies(answer)

    assert found.keys() == FOUR
    for (name, _), attributes in found.items():
        assert "Secure" in attributes
        assert "Domain" not in attributes
        assert ("HttpOnly" in attributes) is (name != CSRF)
        assert attributes["SameSite"] == "Lax"
        assert attributes["Max-Age"] == str(30 * 86400)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json().keys() == {"csrf_token", "expires_in"}


def test_only_refresh_and_sign_out_are_sent_the_refresh_token() -> None:
    """No other view sees it, whoever wrote it."""
    browsing = Browsing()
    seen: dict[str, bool] = {}

    @browsing.app.before_request
    def look() -> None:
        seen[request.path] = REFRESH in request.cookies

    browsing.enter()
    for path in ("/", "/auth", "/auth/sessions", "/auth/csrf", "/move"):
        browsing.visit("GET", path)
    browsing.act("/auth/refresh")
    browsing.act("/auth/logout")

    assert {path for path, found in seen.items() if found} == {"/auth/refresh", "/auth/logout"}


def test_beside_headers() -> None:
    """With headers as a place, sign-in also shows the tokens, and refresh by cookie does not."""
    browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"])
    signed_in = browsing.enter().get_json()
    refreshed = browsing.act("/auth/refresh").get_json()

    assert {"access_token", "refresh_token", "token_type", "csrf_token"} <= signed_in.keys()
    assert refreshed.keys() == {"csrf_token", "expires_in"}


def test_refresh_token_in_the_body() -> None:
    """Whoever sends the token itself needs no CSRF value, and is given no cookie."""
    browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"])
    token = browsing.enter().get_json()["refresh_token"]
    answer = browsing.visit("POST", "/auth/refresh", json={"refresh_token": token})

    assert answer.status_code == 200
    assert "access_token" in answer.get_json()
    assert set_cookies(answer) == {}


def test_remember() -> None:
    """Who is not to be remembered is forgotten when the browser is closed, refreshed or not."""
    browsing = Browsing()
    answers = [browsing.enter(remember=False), browsing.act("/auth/refresh")]

    for answer in answers:
        assert set_cookies(answer).keys() == FOUR
        for attributes in set_cookies(answer).values():
            assert "Max-Age" not in attributes
            assert "Expires" not in attributes


def test_sign_out_deletes_what_was_set() -> None:
    """Each cookie is deleted with the attributes that it was set with."""
    browsing = Browsing()
    given = set_cookies(browsing.enter())
    answer = browsing.act("/auth/logout")
    deleted = set_cookies(answer)

    assert answer.status_code == 204
    changing = {"value", "Max-Age", "Expires"}
    for key, attributes in deleted.items():
        assert attributes["Max-Age"] == "0"
        assert attributes["value"] == ""
        assert attributes.keys() - changing == given[key].keys() - changing
    assert deleted.keys() == FOUR
    assert cookie(browsing, ACCESS) is None


class TestRefresh:
    """Refresh by cookie."""

    def test_all_anew(self) -> None:
        """Both tokens are new, and the CSRF value stays, so that other tabs go on."""
        browsing = Browsing()
        browsing.enter()
        before = (cookie(browsing, ACCESS), browsing.value)
        answer = browsing.act("/auth/refresh")

        assert answer.status_code == 200
        assert set_cookies(answer).keys() == FOUR
        assert cookie(browsing, ACCESS) != before[0]
        assert browsing.value == before[1]

    def test_the_session_has_ended(self) -> None:
        """When refresh says so, the cookies go."""
        browsing = Browsing()
        browsing.enter()
        with browsing.app.app_context():
            browsing.jwt.sessions.end_all("ann")
        answer = browsing.act("/auth/refresh")

        assert fault(answer) == (401, "Session has ended")
        assert set_cookies(answer).keys() == FOUR
        assert cookie(browsing, CSRF) is None

    @pytest.mark.parametrize("days", [8, 40])
    def test_the_session_has_expired(self, days: int) -> None:
        """The same where it was not used for too long, or is at its end."""
        browsing = Browsing()
        browsing.enter()
        value = browsing.value
        browsing.now += days * 86400
        answer = browsing.visit("POST", "/auth/refresh", headers={"X-CSRF-TOKEN": value})

        assert fault(answer) == (401, "Session has expired")
        assert set_cookies(answer).keys() == FOUR

    def test_a_refused_request_deletes_nothing(self) -> None:
        """Neither a CSRF refusal, nor a 401 of a view, nor a failed sign-in touches the cookies."""
        browsing = Browsing()
        browsing.enter()
        browsing.now += 400
        answers = [
            browsing.visit("POST", "/auth/refresh"),
            browsing.visit("GET", "/move"),
            browsing.enter("nobody"),
        ]

        assert [answer.status_code for answer in answers] == [403, 401, 401]
        assert [set_cookies(answer) for answer in answers] == [{}, {}, {}]
        assert browsing.act("/auth/refresh").status_code == 200

    def test_no_cookie(self) -> None:
        """Without one the answer is that of a request without a token."""
        answer = Browsing().visit("POST", "/auth/refresh")

        assert fault(answer) == (401, "Request does not contain an access token")
        assert "error=" not in answer.headers["WWW-Authenticate"]


class TestSignOut:
    """Sign-out by cookie."""

    def test_after_hours(self) -> None:
        """An access token that has expired is no hindrance."""
        browsing = Browsing()
        browsing.enter()
        browsing.now += 4000

        assert browsing.act("/auth/logout").status_code == 204
        assert cookie(browsing, ACCESS) is None

    def test_the_session_is_over(self) -> None:
        """What was copied out of the browser is refused."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"])
        tokens = browsing.enter().get_json()
        browsing.act("/auth/logout")

        assert browsing.me(tokens) == 401
        assert browsing.refresh(tokens["refresh_token"]).status_code == 401

    def test_with_the_refresh_token_alone(self) -> None:
        """The refresh token will do where the access token is gone."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"])
        tokens = browsing.enter().get_json()
        browsing.client.delete_cookie(ACCESS, domain="shop.example")

        assert browsing.act("/auth/logout").status_code == 204
        assert browsing.me(tokens) == 401

    def test_nothing_to_sign_out_of(self) -> None:
        """With ruins of a cookie, the browser is rid of them, and nothing is wrong."""
        browsing = Browsing()
        browsing.client.set_cookie(ACCESS, "ruins", domain="shop.example")
        answer = browsing.visit("POST", "/auth/logout")

        assert answer.status_code == 204
        assert cookie(browsing, ACCESS) is None

    def test_ending_ones_own_session_in_the_list(self) -> None:
        """That is a sign-out too, and to end the others is none."""
        browsing = Browsing()
        browsing.enter()
        value = {"X-CSRF-TOKEN": browsing.value}
        others = browsing.visit("DELETE", "/auth/sessions", headers=value)
        every = browsing.visit("DELETE", "/auth/sessions?all=1", headers=value)

        assert others.status_code == every.status_code == 204
        assert set_cookies(others) == {}
        assert set_cookies(every).keys() == FOUR


def test_script_root() -> None:
    """Under another application's path, the refresh token goes to refresh and sign-out there."""
    browsing = Browsing()
    mounted = Client(DispatcherMiddleware(lambda *_: [], {"/shop": browsing.app}))
    body = {"username": "ann", "password": "x"}
    answer = mounted.post("/shop/auth", json=body, base_url=browsing.site)
    paths = {path for name, path in set_cookies(answer) if name == REFRESH}

    assert paths == {"/shop/auth/refresh", "/shop/auth/logout"}
    value = {"X-CSRF-TOKEN": answer.get_json()["csrf_token"]}
    again = mounted.post("/shop/auth/refresh", base_url=browsing.site, headers=value)
    assert again.status_code == 200


class TestWithoutSessions:
    """Cookies in an application that has no session store."""

    def test_two_cookies(self) -> None:
        """Access and CSRF, until the token expires."""
        browsing = Browsing(None)
        found = set_cookies(browsing.enter())

        assert found.keys() == {(ACCESS, "/"), (CSRF, "/")}
        assert {attributes["Max-Age"] for attributes in found.values()} == {"300"}
        assert browsing.act().text == "moved"

    def test_sign_out(self) -> None:
        """It deletes them, and wants the CSRF value of the token."""
        browsing = Browsing(None)
        browsing.enter()

        assert browsing.visit("POST", "/auth/logout").status_code == 403
        assert browsing.act("/auth/logout").status_code == 204
        assert cookie(browsing, ACCESS) is None


class TestPlainNames:
    """Debug, on this machine, over http."""

    @pytest.mark.parametrize(
        "site",
        ["http://localhost:5000", "http://127.0.0.1:5000", "http://[::1]", "http://a.localhost"],
    )
    def test_in_debug(self, site: str) -> None:
        """No prefix, and not for TLS alone, as Safari would have it."""
        browsing = Browsing(site=site)
        browsing.app.debug = True
        found = set_cookies(browsing.enter())

        assert {name for name, _ in found} == {"access_token", "refresh_token", "csrf_token"}
        assert not any("Secure" in attributes for attributes in found.values())

    @pytest.mark.parametrize(
        ("site", "debug"),
        [
            ("http://localhost", False),
            ("https://localhost", True),
            ("http://shop.example", True),
            ("http://192.168.1.5:5000", True),
            ("http://localhost.evil.example", True),
            ("http://127.0.0.1.evil.example", True),
        ],
    )
    def test_nowhere_else(self, site: str, debug: bool) -> None:
        """Whatever the host is called, such names are neither made nor read."""
        browsing = Browsing(None, site=site)
        browsing.app.debug = debug
        answer = browsing.enter()
        token = set_cookies(answer)[ACCESS, "/"]["value"]
        planted = {"Cookie": f"access_token={token}"}

        another = browsing.app.test_client(use_cookies=False)
        assert another.get("/move", base_url=site, headers=planted).status_code == 401

    def test_debug_that_was_switched_off(self) -> None:
        """Decided anew at each request."""
        browsing = Browsing(None, site="http://localhost")
        browsing.app.debug = True
        token = set_cookies(browsing.enter())["access_token", "/"]["value"]
        planted = {"Cookie": f"access_token={token}"}
        another = browsing.app.test_client(use_cookies=False)
        with_debug = another.get("/move", headers=planted)
        browsing.app.debug = False
        without = another.get("/move", headers=planted)

        assert (with_debug.status_code, without.status_code) == (200, 401)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"JWT_COOKIE_DOMAIN": "shop.example"}, {"Domain": "shop.example"}),
        ({"JWT_COOKIE_SAMESITE": "strict"}, {"SameSite": "Strict"}),
        ({"JWT_COOKIE_PARTITIONED": True}, {"Partitioned": ""}),
        ({"JWT_COOKIE_ORIGINS": ["https://app.other"]}, {"SameSite": "None"}),
    ],
)
def test_attributes(config: dict[str, Any], expected: dict[str, str]) -> None:
    """What is configured stands in each cookie; with a domain the name promises less."""
    found = set_cookies(Browsing(**config).enter())

    for (name, _), attributes in found.items():
        assert expected.items() <= attributes.items()
        assert name.startswith("__Secure-" if "Domain" in expected else ("__Host-", "__Secure-"))


def test_partitioned_by_an_old_werkzeug(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that can't write the attribute is named before the first cookie is."""

    class OldResponse:
        def set_cookie(self, key: str, value: str = "") -> None: ...

    monkeypatch.setattr("flask_jwt.browserconfig.Response", OldResponse)
    browsing = Browsing(JWT_COOKIE_PARTITIONED=True, PROPAGATE_EXCEPTIONS=True)
    with pytest.raises(ConfigurationError, match="JWT_COOKIE_PARTITIONED"):
        browsing.enter()


def test_names() -> None:
    """Names of one's own, and URL rules of one's own."""
    browsing = Browsing(
        JWT_ACCESS_COOKIE_NAME="a",
        JWT_REFRESH_COOKIE_NAME="r",
        JWT_REFRESH_URL_RULE="/again",
        JWT_LOGOUT_URL_RULE=None,
    )

    found = set_cookies(browsing.enter())
    assert found.keys() == {("__Host-a", "/"), (CSRF, "/"), ("__Secure-r", "/again")}
    assert browsing.act("/again").status_code == 200


@pytest.mark.parametrize("name", ["__Host-a", "__secure-a", "a b", "a;b", "", 1])
def test_names_that_are_none(name: Any) -> None:
    """A prefix promises something, and is not for the configuration to write."""
    browsing = Browsing(JWT_ACCESS_COOKIE_NAME=name, PROPAGATE_EXCEPTIONS=True)
    with pytest.raises(ConfigurationError, match="JWT_ACCESS_COOKIE_NAME"):
        browsing.enter()


def test_too_long() -> None:
    """What a browser would drop is an error when it is made."""
    browsing = Browsing(PROPAGATE_EXCEPTIONS=True)
    browsing.users["x" * 4000] = {"id": "x" * 4000}

    with pytest.raises(ClaimsError, match="4096"):
        browsing.enter("x" * 4000)


def test_sign_in_replaces_what_is_there() -> None:
    """A cookie that somebody has planted is gone after sign-in (fixation)."""
    browsing = Browsing()
    browsing.client.set_cookie(ACCESS, "planted", domain="shop.example", secure=True)
    browsing.enter()
    first = cookie(browsing, ACCESS)
    browsing.enter("bob")

    assert first != "planted"
    assert browsing.act().status_code == 200
    assert browsing.moved == ["bob"]
