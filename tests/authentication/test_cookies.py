"""What cookies are set with, and when they are deleted."""

from __future__ import annotations

from typing import Any

import pytest
from flask import make_response, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from flask_jwt import ConfigurationError, create_refresh_token, set_refresh_cookies
from flask_jwt.core import ClaimsError
from tests.support.browsing import (
    ACCESS,
    CSRF,
    FOUR,
    HEADER,
    REFRESH,
    Browsing,
    configuration_fault,
    cookie,
    entered,
    set_cookies,
)
from tests.support.secret import secret


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
        assert name.startswith("__Host-Http-") is (name == ACCESS)
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


def test_script_root() -> None:
    """Under another application's path, the refresh token goes to refresh and sign-out there."""
    browsing = Browsing()
    mounted = Client(DispatcherMiddleware(lambda *_: [], {"/shop": browsing.app}))
    body = {"username": "ann", "password": "x"}
    answer = mounted.post("/shop/auth", json=body, base_url=browsing.site)
    paths = {path for name, path in set_cookies(answer) if name == REFRESH}

    assert paths == {"/shop/auth/refresh", "/shop/auth/logout"}
    value = {HEADER: answer.get_json()["csrf_token"]}
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
        browsing = entered(None)

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
        assert browsing.send("GET", "/move", f"access_token={token}").status_code == 401

    def test_debug_that_was_switched_off(self) -> None:
        """Decided anew at each request."""
        browsing = Browsing(None, site="http://localhost")
        browsing.app.debug = True
        token = set_cookies(browsing.enter())["access_token", "/"]["value"]
        statuses = []
        for browsing.app.debug in (True, False):
            answer = browsing.send("GET", "/move", f"access_token={token}")
            statuses.append(answer.status_code)

        assert statuses == [200, 401]


class TestOverHTTP:
    """Cookies for TLS alone, where there is none: browsers drop them without a word."""

    @pytest.mark.parametrize("store", ["memory://", None])
    def test_told(self, store: str | None, caplog: pytest.LogCaptureFixture) -> None:
        """The log says so once, with the mend."""
        browsing = Browsing(store, site="http://shop.example")
        for name in ("ann", "bob", "ann"):
            browsing.enter(name)

        (record,) = caplog.records
        assert (record.name, record.levelname) == ("members", "WARNING")
        assert "https" in record.getMessage()
        assert "ProxyFix" in record.getMessage()
        assert "shop.example" not in record.getMessage()

    @pytest.mark.parametrize(
        ("site", "debug"),
        [
            ("https://shop.example", False),
            ("http://localhost:5000", False),
            ("http://127.0.0.1", True),
        ],
    )
    def test_not_told(self, site: str, debug: bool, caplog: pytest.LogCaptureFixture) -> None:
        """Over TLS, or on this machine, where browsers keep them, or in debug get others."""
        browsing = Browsing(site=site)
        browsing.app.debug = debug
        browsing.enter()

        assert caplog.records == []


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"JWT_COOKIE_SAMESITE": "strict"}, {"SameSite": "Strict"}),
        ({"JWT_COOKIE_ORIGINS": ["https://app.other"]}, {"SameSite": "None"}),
    ],
)
def test_attributes(config: dict[str, Any], expected: dict[str, str]) -> None:
    """What is configured stands in each cookie."""
    found = set_cookies(Browsing(**config).enter())

    for (name, _), attributes in found.items():
        assert expected.items() <= attributes.items()
        assert name.startswith(("__Host-", "__Secure-"))


def test_domain() -> None:
    """The name promises less, and what was set for the host alone is deleted before."""
    browsing = Browsing(JWT_COOKIE_DOMAIN="shop.example")
    entered = browsing.enter()
    value = {HEADER: entered.get_json()["csrf_token"]}

    for answer in (entered, browsing.visit("POST", "/auth/logout", headers=value)):
        headers = answer.headers.getlist("Set-Cookie")
        for_host = [one.partition("=")[0] for one in headers if "Domain=" not in one]
        for_domain = [one.partition("=")[0] for one in headers if "Domain=shop.example" in one]
        assert for_host == [ACCESS, REFRESH, REFRESH, CSRF]
        assert sorted(for_domain) == [
            "__Secure-access_token",
            "__Secure-csrf_token",
            REFRESH,
            REFRESH,
        ]
        assert headers == sorted(headers, key=lambda one: "Domain=" in one)
        assert all("Max-Age=0" in one for one in headers if "Domain=" not in one)


def test_partitioned_by_an_old_werkzeug(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that can't write the attribute is named before the first cookie is."""

    class OldResponse:
        def set_cookie(self, key: str, value: str = "") -> None: ...

    monkeypatch.setattr("flask_jwt.authentication.settings.Response", OldResponse)
    assert "JWT_COOKIE_PARTITIONED" in configuration_fault(JWT_COOKIE_PARTITIONED=True)


def test_names() -> None:
    """Names of one's own, and URL rules of one's own."""
    browsing = Browsing(
        JWT_ACCESS_COOKIE_NAME="a",
        JWT_REFRESH_COOKIE_NAME="r",
        JWT_REFRESH_URL_RULE="/again",
        JWT_LOGOUT_URL_RULE=None,
    )

    found = set_cookies(browsing.enter())
    assert found.keys() == {("__Host-Http-a", "/"), (CSRF, "/"), ("__Secure-r", "/again")}
    assert browsing.act("/again").status_code == 200


@pytest.mark.parametrize(
    "name", ["__Host-a", "__secure-a", "__HTTP-a", "Http-a", "a b", "a;b", "", 1]
)
def test_names_that_are_none(name: Any) -> None:
    """A prefix promises something, and is not for the configuration to write."""
    assert "JWT_ACCESS_COOKIE_NAME" in configuration_fault(JWT_ACCESS_COOKIE_NAME=name)


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"JWT_ACCESS_COOKIE_NAME": "csrf_token"}, "JWT_CSRF_COOKIE_NAME"),
        ({"JWT_CSRF_COOKIE_NAME": "refresh_token"}, "JWT_CSRF_COOKIE_NAME"),
        ({"JWT_REFRESH_COOKIE_NAME": "access_token"}, "JWT_REFRESH_COOKIE_NAME"),
        ({"JWT_REFRESH_URL_RULE": "/<tenant>/refresh"}, "JWT_REFRESH_URL_RULE"),
        ({"JWT_LOGOUT_URL_RULE": "/<tenant>/logout"}, "JWT_LOGOUT_URL_RULE"),
    ],
)
def test_what_can_not_be(config: dict[str, Any], key: str) -> None:
    """Said by the name of the key, and not by cookies that overwrite each other."""
    assert key in configuration_fault(**config)


def test_no_path_takes_a_refresh_token() -> None:
    """Sign-in sets the others, and a program that asks for such a cookie is told."""
    browsing = Browsing(JWT_REFRESH_URL_RULE=None, JWT_LOGOUT_URL_RULE=None)
    answer = browsing.enter()

    assert set_cookies(answer).keys() == {(ACCESS, "/"), (CSRF, "/")}
    with (
        browsing.app.test_request_context(),
        pytest.raises(ConfigurationError, match="JWT_REFRESH_URL_RULE"),
    ):
        set_refresh_cookies(make_response("x"), create_refresh_token({"id": "ann"}))


def test_too_long() -> None:
    """What a browser would drop is an error when it is made."""
    browsing = Browsing(PROPAGATE_EXCEPTIONS=True)
    browsing.users["x" * 4000] = {"id": "x" * 4000}

    with pytest.raises(ClaimsError, match="4096"):
        browsing.enter("x" * 4000)


def test_a_token_that_has_grown_too_long() -> None:
    """An error before anything has changed: with shorter claims the session goes on."""
    browsing = Browsing(JWT_REFRESH_GRACE_DELTA=0, JWT_COOKIE_AUTO_REFRESH=60)
    long: dict[str, str] = {}
    browsing.add_claims(lambda user: long)
    browsing.enter()
    long["roles"] = "x" * 4000
    assert browsing.act("/auth/refresh").status_code == 500
    browsing.now += 280
    assert browsing.visit("GET", "/move").text == "moved"
    assert browsing.enter("bob").status_code == 500
    with browsing.app.app_context():
        assert browsing.jwt.sessions.list("bob") == []
    long.clear()

    assert browsing.act("/auth/refresh").status_code == 200


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


def test_a_token_that_is_good_later() -> None:
    """``JWT_NOT_BEFORE_DELTA`` is longer than the leeway: signed in now, let in then."""
    for store in ("memory://", None):
        browsing = Browsing(store, JWT_NOT_BEFORE_DELTA=30)
        answer = browsing.enter()

        assert answer.status_code == 200
        assert browsing.act().status_code == 401
        browsing.now += 40
        assert browsing.act().text == "moved"


def test_partitioned() -> None:
    """Each is kept apart by the page's site; what was set without that is deleted before."""
    browsing = Browsing(JWT_COOKIE_PARTITIONED=True)
    headers = browsing.enter().headers.getlist("Set-Cookie")
    apart = [one for one in headers if "Partitioned" in one]
    former = [one for one in headers if "Partitioned" not in one]

    assert len(apart) == len(former) == 4
    assert headers == former + apart
    assert all("Max-Age=0" in one for one in former)
    assert not any("Max-Age=0" in one for one in apart)


def test_two_applications_on_one_host() -> None:
    """Each with names of its own: what one does is nothing to the other."""
    names = ("JWT_ACCESS_COOKIE_NAME", "JWT_REFRESH_COOKIE_NAME", "JWT_CSRF_COOKIE_NAME")
    one = Browsing(**{name: f"one_{name.split('_')[1].lower()}" for name in names})
    two = Browsing(
        SECRET_KEY=secret("another"),
        **{name: f"two_{name.split('_')[1].lower()}" for name in names},
    )
    client = Client(DispatcherMiddleware(one.app, {"/two": two.app}))
    body = {"username": "ann", "password": "x"}
    values = {
        root: client.post(f"{root}/auth", json=body, base_url=one.site).get_json()["csrf_token"]
        for root in ("", "/two")
    }
    statuses = [
        client.post(f"{root}{path}", headers={HEADER: value}, base_url=one.site).status_code
        for path in ("/move", "/auth/refresh", "/auth/logout")
        for root, value in values.items()
    ]

    assert statuses == [200, 200, 200, 200, 204, 204]
