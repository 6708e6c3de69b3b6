"""Requests that pages of other sites have a browser send, and the value that pages send along."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import render_template_string, request

from flask_jwt import JWT, ConfigurationError, csrf_token, jwt_required
from flask_jwt.stores.memory import MemoryStore
from tests.support.browsing import (
    ACCESS,
    CSRF,
    HEADER,
    HOST,
    REFRESH,
    SITE,
    Browsing,
    cookie,
    entered,
    fault,
    set_cookies,
)
from tests.support.members import NOW
from tests.support.secret import secret

MISSING = (403, "The CSRF value is missing")
WRONG = (403, "The CSRF value is not that of this session")


@pytest.fixture
def browsing() -> Browsing:
    """Somebody who is signed in."""
    return entered(MemoryStore(lambda: NOW))


class TestValue:
    """The value that a page sends back."""

    def test_in_the_header(self, browsing: Browsing) -> None:
        """It is in a cookie that scripts can read, and at GET /auth/csrf."""
        asked = browsing.visit("GET", "/auth/csrf")

        assert asked.get_json() == {"csrf_token": browsing.value}
        assert asked.headers["Cache-Control"] == "no-store"
        assert browsing.act().text == "moved"

    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
    def test_in_a_form(self, browsing: Browsing, kind: str) -> None:
        """A form without a script has it in a field."""
        body = {"csrf_token": browsing.value, "more": "x"}

        assert browsing.visit("POST", "/move", data=body, content_type=kind).text == "moved"

    def test_stable_over_refreshes(self, browsing: Browsing) -> None:
        """A page that was open for hours need not ask again."""
        value = browsing.value
        for _ in range(3):
            assert browsing.act("/auth/refresh", headers={HEADER: value}).status_code == 200
            browsing.now += 200

        assert browsing.act(headers={HEADER: value}).text == "moved"

    def test_after_the_token_has_expired(self, browsing: Browsing) -> None:
        """It is told still: the next request is the refresh."""
        browsing.now += 5000
        value = browsing.visit("GET", "/auth/csrf").get_json()["csrf_token"]

        assert browsing.act("/auth/refresh", headers={HEADER: value}).status_code == 200

    def test_nobody_is_signed_in(self) -> None:
        """Without a token there is no session that a value could be of."""
        browsing = Browsing()
        browsing.client.set_cookie(ACCESS, "ruins", domain=HOST)

        assert fault(Browsing().visit("GET", "/auth/csrf"))[0] == 401
        assert fault(browsing.visit("GET", "/auth/csrf"))[0] == 401

    def test_former_secrets(self) -> None:
        """After a change of the secret, pages that are open go on."""
        store = MemoryStore(lambda: NOW)
        browsing = entered(store)
        new = secret("another")
        former = browsing.app.config["SECRET_KEY"]
        later = Browsing(store, SECRET_KEY=new, SECRET_KEY_FALLBACKS=[former])
        later.take_over(browsing)

        assert later.act().text == "moved"


class TestTheValueIsAskedFor:
    """``GET /auth/csrf`` where the access token tells nothing."""

    @pytest.mark.parametrize("token", ["ruins", ""])
    def test_the_key_was_retired(self, token: str) -> None:
        """The cookie tells: refresh, for which it is, goes on."""
        browsing = entered()
        value = browsing.value
        browsing.client.set_cookie(ACCESS, token, domain=HOST, secure=True)
        asked = browsing.visit("GET", "/auth/csrf")

        assert asked.get_json() == {"csrf_token": value}
        assert asked.headers["Vary"] == "Cookie"
        assert browsing.act("/auth/refresh").status_code == 200

    @pytest.mark.parametrize("planted", ["<script>", "x" * 43 + "y", "é" * 43, ""])
    def test_what_is_none(self, planted: str) -> None:
        """Nothing else that stands there is told."""
        assert Browsing().send("GET", "/auth/csrf", f"{CSRF}={planted}").status_code == 401

    def test_two_users(self) -> None:
        """Of two good tokens neither is chosen."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"])
        browsing.client = browsing.app.test_client(use_cookies=False)
        both = [f"{ACCESS}={browsing.sign_in(name)['access_token']}" for name in ("ann", "bob")]

        assert browsing.send("GET", "/auth/csrf", *both).status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "ODD"])
def test_what_changes_something(method: str) -> None:
    """Every method but those that only ask needs the value."""
    browsing = Browsing()
    browsing.app.add_url_rule(
        "/other", "other", browsing.app.view_functions["move"], methods=[method]
    )
    browsing.enter()

    assert fault(browsing.visit(method, "/other")) == MISSING
    answer = browsing.visit(method, "/other", headers={HEADER: browsing.value})
    assert answer.status_code == 200


def test_what_only_asks(browsing: Browsing) -> None:
    """A link on another page leads to a view, with the cookies."""
    for site in ("cross-site", "same-site", "none"):
        answer = browsing.visit("GET", "/move", headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "value", ["x", "é", "\ud800", "a" * 100_000, "null", "A" * 43, "\u00ff" * 43]
)
def test_wrong_values(browsing: Browsing, value: str) -> None:
    """None of them is a crash, and nothing has changed."""
    sent = value.encode("utf-8", "surrogatepass").decode("latin-1")
    for path in ("/move", "/auth/refresh", "/auth/logout"):
        answer = browsing.visit("POST", path, headers={HEADER: sent})
        assert fault(answer) == WRONG
        assert set_cookies(answer) == {}

    assert browsing.moved == []
    assert browsing.act("/auth/refresh").status_code == 200


def test_an_empty_value(browsing: Browsing) -> None:
    """It is none."""
    assert fault(browsing.visit("POST", "/move", headers={HEADER: ""})) == MISSING


def test_the_value_of_another_session(browsing: Browsing) -> None:
    """Neither of another user nor of another session of the same one."""
    for name in ("bob", "ann"):
        other = Browsing(browsing.app.config["JWT_SESSION_STORE"])
        value = other.enter(name).get_json()["csrf_token"]
        assert fault(browsing.act(headers={HEADER: value})) == WRONG


def test_sent_twice_is_not_enough(browsing: Browsing) -> None:
    """A page on a sibling domain can plant a cookie and send the same value: that is no proof."""
    browsing.client.set_cookie("csrf_token", "chosen", domain="example", origin_only=False)
    browsing.client.set_cookie(CSRF, "chosen", domain=HOST)

    assert fault(browsing.act(headers={HEADER: "chosen"})) == WRONG


class TestOrigin:
    """What browsers say of the page that sends a request."""

    @pytest.mark.parametrize("path", ["/move", "/auth/refresh", "/auth/logout", "/auth"])
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
            {"Sec-Fetch-Site": "nonsense", "Origin": SITE},
            {"Origin": "null"},
            {"Origin": ""},
            {"Origin": "https://evil.example"},
            {"Origin": "http://shop.example"},
            {"Origin": "https://shop.example:8443"},
            {"Origin": "https://shop.example.evil.example"},
        ],
    )
    def test_another(self, browsing: Browsing, path: str, headers: dict[str, str]) -> None:
        """Refused with the right CSRF value too; at sign-in nobody is signed in."""
        before = cookie(browsing, ACCESS)
        body: dict[str, Any] = {"username": "bob", "password": "secret"} if path == "/auth" else {}
        answer = browsing.act(path, headers=headers, json=body)

        assert answer.status_code == 403
        assert answer.get_json()["error"] == "CSRF Check Failed"
        assert cookie(browsing, ACCESS) == before
        assert browsing.moved == []
        assert browsing.act("/auth/refresh").status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "none"},
            {"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.a.proxy"},
            {"Origin": SITE},
            {"Origin": "HTTPS://SHOP.example"},
        ],
    )
    def test_its_own(self, browsing: Browsing, headers: dict[str, str]) -> None:
        """Pages of the site itself, and clients that are no browsers."""
        assert browsing.act(headers=headers).text == "moved"

    def test_a_proxy_that_hides_the_address(self) -> None:
        """The error says what to set up."""
        browsing = Browsing(site="http://backend:8000")
        body = {"username": "ann", "password": "x"}
        answer = browsing.visit("POST", "/auth", json=body, headers={"Origin": SITE})

        assert answer.status_code == 403
        assert "ProxyFix" in answer.get_json()["description"]

    def test_sign_in_without_cookies(self) -> None:
        """Where cookies are no place, an API is called from wherever one likes."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers"])
        body = {"username": "ann", "password": "x"}
        headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

        assert browsing.visit("POST", "/auth", json=body, headers=headers).status_code == 200


class TestTossing:
    """Cookies that a page on a sibling domain has put beside the user's own."""

    @pytest.fixture
    def other(self, browsing: Browsing) -> Browsing:
        """Somebody else, who signs in without cookies."""
        store = browsing.app.config["JWT_SESSION_STORE"]
        return Browsing(store, JWT_TOKEN_LOCATION=["headers"])

    def test_another_refresh_token(self, browsing: Browsing, other: Browsing) -> None:
        """The one of the page's own session is taken, and the other stays as it was."""
        theirs = other.sign_in("bob")["refresh_token"]
        mine = cookie(browsing, REFRESH, "/auth/refresh")
        sent = [f"{CSRF}={browsing.value}", *(f"{REFRESH}={one}" for one in (theirs, "x", mine))]
        answer = browsing.send("POST", "/auth/refresh", *sent, headers={HEADER: browsing.value})

        assert answer.status_code == 200
        assert other.refresh(theirs).status_code == 200

    def test_another_access_token(self, browsing: Browsing, other: Browsing) -> None:
        """Two good ones of two users are refused; a bad one is no hindrance."""
        mine, theirs = cookie(browsing, ACCESS), other.sign_in("bob")["access_token"]
        answers = [
            browsing.send("GET", "/move", f"{ACCESS}={mine}", f"{ACCESS}={second}")
            for second in (theirs, "ruins", mine)
        ]

        assert [answer.status_code for answer in answers] == [400, 200, 200]

    def test_sign_out_of_the_right_session(self, browsing: Browsing, other: Browsing) -> None:
        """Sign-out ends the page's own session, and no other."""
        theirs = other.sign_in("bob")
        both = f"{ACCESS}={theirs['access_token']}", f"{ACCESS}={cookie(browsing, ACCESS)}"
        answer = browsing.send("POST", "/auth/logout", *both, headers={HEADER: browsing.value})

        assert answer.status_code == 204
        assert other.me(theirs) == 200
        assert browsing.visit("GET", "/move").status_code == 401


def test_a_token_without_a_name() -> None:
    """A token from before cookies were a place opens nothing that changes something."""
    before = Browsing(None, JWT_TOKEN_LOCATION=["headers"])
    token = before.enter().get_json()["access_token"]
    browsing = Browsing(None)
    browsing.client.set_cookie(ACCESS, token, domain=HOST, secure=True)

    assert browsing.visit("GET", "/move").status_code == 200
    answer = browsing.visit("POST", "/move", headers={HEADER: "x"})
    assert fault(answer) == (403, "The token has neither sid nor jti")


@pytest.mark.parametrize("place", ["query_string", "json", "hook"])
def test_skipped_for_headers_alone(place: str) -> None:
    """With cookies as a place, a token elsewhere than in the header needs the value too."""
    browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies", "query_string", "json"])
    tokens = browsing.enter().get_json()
    token, value = tokens["access_token"], {HEADER: tokens["csrf_token"]}
    sent: dict[str, Any] = {"json": {"access_token": token}} if place == "json" else {}
    path = f"/move?jwt={token}" if place == "query_string" else "/move"
    if place == "hook":
        browsing.jwt.request_handler(lambda: token)

    assert fault(browsing.send("POST", path, "theme=dark", **sent)) == MISSING
    assert browsing.send("POST", path, "theme=dark", headers=value, **sent).text == "moved"
    browsing.jwt.request_callback = JWT().request_callback
    header = {"Authorization": f"JWT {token}"}
    assert browsing.send("POST", "/move", headers=header).text == "moved"


class TestNamesOfApplications:
    """Claims that an application without sessions has under names of ours."""

    def with_claims(self, **claims: Any) -> Browsing:
        browsing = Browsing(None)
        browsing.add_claims(lambda user: claims)
        return browsing

    def test_one_sid_for_everybody(self) -> None:
        """The CSRF value is that of the token, and not one that any user could know."""
        values = []
        for name in ("ann", "bob"):
            browsing = self.with_claims(sid="shop")
            browsing.enter(name)
            values.append(browsing.value)

        assert values[0] != values[1]
        assert browsing.act().text == "moved"
        assert browsing.act(headers={HEADER: values[0]}).status_code == 403

    def test_a_sid_that_is_no_text(self) -> None:
        """It is left alone."""
        browsing = self.with_claims(sid=7)
        browsing.enter()

        assert browsing.act().text == "moved"


def test_a_hook_and_no_cookie_at_all() -> None:
    """A program whose token a hook finds in a header of its own: no browser has sent that."""
    browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"])
    token = browsing.enter().get_json()["access_token"]
    browsing.jwt.request_handler(lambda: request.headers.get("X-Api-Token"))
    headers = {"X-Api-Token": token}

    assert browsing.send("POST", "/move", headers=headers).text == "moved"
    assert browsing.send("POST", "/auth/logout", headers=headers).status_code == 204
    assert browsing.send("POST", "/move", headers=headers).status_code == 401


def test_an_old_token_beside_a_good_one() -> None:
    """It says nothing of the value: who has signed in last is told theirs."""
    browsing = entered(MemoryStore(lambda: NOW))
    old = cookie(browsing, ACCESS)
    browsing.act("/auth/logout")
    browsing.enter()
    both = f"{ACCESS}={old}", f"{ACCESS}={cookie(browsing, ACCESS)}"
    asked = browsing.send("GET", "/auth/csrf", *both)

    assert asked.get_json() == {"csrf_token": browsing.value}


def test_a_hook_that_reads_a_password() -> None:
    """Browsers send passwords by themselves, as cookies: pages of other origins are refused."""
    browsing = entered()
    token = cookie(browsing, ACCESS)
    browsing.jwt.request_handler(
        lambda: request.authorization.password if request.authorization else None
    )
    hostile = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}

    def status(method: str, **headers: str) -> int:
        return browsing.send(method, "/move", auth=("x", token), headers=headers).status_code

    assert status("POST", **hostile) == 403
    assert status("GET", **{**hostile, "Sec-WebSocket-Version": "13"}) == 403
    assert [status("POST"), status("GET"), status("GET", **hostile)] == [200, 200, 200]


FORM = (
    "<form method=post><input type=hidden name=csrf_token value='{{ csrf_token() or '' }}'></form>"
)


def with_pages(**config: Any) -> Browsing:
    browsing = Browsing(**config)
    browsing.app.jinja_env.globals["csrf_token"] = csrf_token
    page = lambda: render_template_string(FORM)  # noqa: E731
    browsing.app.add_url_rule("/public", "public", page)
    browsing.app.add_url_rule("/page", "page", jwt_required()(page))
    return browsing


def value_on(browsing: Browsing, path: str) -> str:
    found = re.search("value='(.*)'", browsing.visit("GET", path).text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("path", ["/page", "/public"])
@pytest.mark.parametrize("store", ["memory://", None])
@pytest.mark.parametrize("debug", [False, True])
def test_a_form(path: str, store: str | None, debug: bool) -> None:
    """What it sends back is taken, whether its page is guarded or not, and in debug under the plain
    names of this machine.
    """
    browsing = with_pages(store=store, site="http://localhost" if debug else SITE)
    browsing.app.debug = debug
    browsing.enter()
    value = value_on(browsing, path)

    assert browsing.visit("POST", "/move", data={"csrf_token": value}).text == "moved"


def test_of_the_token_that_was_let_in() -> None:
    """A cookie that somebody has planted is not what a guarded page shows."""
    browsing = with_pages()
    browsing.enter()
    value = browsing.value
    browsing.client.set_cookie(CSRF, "A" * 43, domain=HOST, secure=True)

    assert value_on(browsing, "/page") == value


def test_caches() -> None:
    """The page is for one user alone."""
    answer = with_pages().visit("GET", "/public")

    assert (answer.status_code, answer.headers["Vary"]) == (200, "Cookie")


def test_nobody() -> None:
    """There is no value for whoever is not signed in."""
    browsing = with_pages()
    browsing.client.set_cookie(CSRF, "'><script>", domain=HOST, secure=True)

    assert value_on(browsing, "/public") == ""


def test_cookies_are_no_place() -> None:
    """The error names the key."""
    browsing = Browsing(JWT_TOKEN_LOCATION=["headers"])
    with (
        browsing.app.test_request_context(),
        pytest.raises(ConfigurationError, match="JWT_TOKEN_LOCATION"),
    ):
        csrf_token()
