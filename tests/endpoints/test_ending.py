"""How the session of a page goes on or ends: refresh and sign-out by cookie, and by forms."""

from __future__ import annotations

from typing import Any

import pytest
from flask import request

from flask_jwt.sessions.refresh_tokens import make_refresh_token, parse_refresh_token, session_ring
from flask_jwt.stores.memory import MemoryStore
from tests.support.browsing import (
    ACCESS,
    CSRF,
    FOUR,
    HEADER,
    HOST,
    REFRESH,
    Browsing,
    cookie,
    entered,
    fault,
    set_cookies,
)
from tests.support.members import NOW
from tests.support.secret import secret


class TestForms:
    """Pages without a script."""

    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
    def test_sign_out(self, kind: str) -> None:
        """The field is looked at, whatever the type of the form."""
        browsing = entered()
        wrong = browsing.visit("POST", "/auth/logout", data={"csrf_token": "x"}, content_type=kind)
        data = {"csrf_token": browsing.value}
        answer = browsing.visit("POST", "/auth/logout", data=data, content_type=kind)

        assert (wrong.status_code, answer.status_code) == (403, 204)
        assert cookie(browsing, ACCESS) is None

    def test_refresh(self) -> None:
        """The same."""
        browsing = entered()
        answer = browsing.visit("POST", "/auth/refresh", data={"csrf_token": browsing.value})

        assert answer.status_code == 200

    def test_an_empty_header(self) -> None:
        """A proxy that adds one does not hide the field."""
        browsing = entered()
        data = {"csrf_token": browsing.value}

        assert browsing.visit("POST", "/move", data=data, headers={HEADER: ""}).text == "moved"

    def test_one_that_is_too_large(self) -> None:
        """Read no further than any body."""
        browsing = entered()
        data = {"csrf_token": browsing.value, "more": "x" * 100_000}

        assert browsing.visit("POST", "/auth/logout", data=data).status_code == 413


class TestTwoRefreshCookies:
    """Of one session: ``JWT_COOKIE_DOMAIN`` was set after the first, or somebody forged one."""

    def sent(self, browsing: Browsing, path: str, *tokens: str | None) -> int:
        pairs = [f"{CSRF}={self.value}", *(f"{REFRESH}={one}" for one in tokens)]
        return browsing.send("POST", path, *pairs, headers={HEADER: self.value}).status_code

    @pytest.fixture(autouse=True)
    def signed_in(self) -> None:
        """Two tokens of one session."""
        self.browsing = Browsing(JWT_REFRESH_GRACE_DELTA=0)
        self.browsing.enter()
        self.value = self.browsing.value
        self.old = cookie(self.browsing, REFRESH, "/auth/refresh")
        self.browsing.act("/auth/refresh")
        self.new = cookie(self.browsing, REFRESH, "/auth/refresh")

    @pytest.mark.parametrize("order", [1, -1])
    def test_the_newest(self, order: int) -> None:
        """It is taken, wherever it stands, and the old one is no reuse."""
        both = (self.old, self.new)[::order]

        assert self.sent(self.browsing, "/auth/refresh", *both) == 200
        assert self.browsing.visit("GET", "/move").status_code == 200

    def test_a_forged_one(self) -> None:
        """It hides no good one, although it says that it is newer; at sign-out neither."""
        good = parse_refresh_token(self.new or "")
        ring = session_ring([b"x" * 32], "00" * 16)
        forged = make_refresh_token(ring, good.sid, good.counter + 5)

        assert self.sent(self.browsing, "/auth/refresh", forged, self.new) == 200
        assert self.browsing.visit("GET", "/move").status_code == 200
        assert self.sent(self.browsing, "/auth/logout", forged, self.old) == 204
        assert self.browsing.visit("GET", "/move").status_code == 401


class TestRefresh:
    """Refresh by cookie."""

    def test_all_anew(self) -> None:
        """Both tokens are new, and the CSRF value stays, so that other tabs go on."""
        browsing = entered()
        before = (cookie(browsing, ACCESS), browsing.value)
        answer = browsing.act("/auth/refresh")

        assert answer.status_code == 200
        assert set_cookies(answer).keys() == FOUR
        assert cookie(browsing, ACCESS) != before[0]
        assert browsing.value == before[1]

    def test_the_session_has_ended(self) -> None:
        """When refresh says so, the cookies go."""
        browsing = entered()
        with browsing.app.app_context():
            browsing.jwt.sessions.end_all("ann")
        answer = browsing.act("/auth/refresh")

        assert fault(answer) == (401, "Session has ended")
        assert set_cookies(answer).keys() == FOUR
        assert cookie(browsing, CSRF) is None

    @pytest.mark.parametrize("days", [8, 40])
    def test_the_session_has_expired(self, days: int) -> None:
        """The same where it was not used for too long, or is at its end."""
        browsing = entered()
        value = browsing.value
        browsing.now += days * 86400
        answer = browsing.visit("POST", "/auth/refresh", headers={HEADER: value})

        assert fault(answer) == (401, "Session has expired")
        assert set_cookies(answer).keys() == FOUR

    def test_a_refused_request_deletes_nothing(self) -> None:
        """Neither a CSRF refusal, nor a 401 of a view, nor a failed sign-in touches the cookies."""
        browsing = entered()
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
    """Sign-out, and what ends with it."""

    def test_after_hours(self) -> None:
        """An access token that has expired is no hindrance."""
        browsing = entered()
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
        browsing = entered()
        value = {HEADER: browsing.value}
        others = browsing.visit("DELETE", "/auth/sessions", headers=value)
        every = browsing.visit("DELETE", "/auth/sessions?all=1", headers=value)

        assert others.status_code == every.status_code == 204
        assert set_cookies(others) == {}
        assert set_cookies(every).keys() == FOUR

    def test_a_token_from_before_there_were_sessions(self) -> None:
        """Whoever has copied it can't use it any more."""
        before = entered(None)
        browsing = Browsing(MemoryStore(lambda: NOW))
        browsing.take_over(before)
        token = cookie(browsing, ACCESS)
        assert browsing.visit("GET", "/move").status_code == 200
        assert browsing.act("/auth/logout").status_code == 204
        browsing.client.set_cookie(ACCESS, token or "", domain=HOST, secure=True)

        assert browsing.visit("GET", "/move").status_code == 401

    @pytest.mark.parametrize("place", ["query_string", "json"])
    def test_by_a_token_elsewhere(self, place: str) -> None:
        """Wherever the token may be, sign-out finds it; with cookies it needs the CSRF value."""
        for places in ([place], [place, "cookies", "headers"]):
            browsing = Browsing(JWT_TOKEN_LOCATION=places)
            tokens = browsing.sign_in()
            token = tokens["access_token"]
            sent: dict[str, Any] = {"json": {"access_token": token}} if place == "json" else {}
            path = "" if sent else f"?jwt={token}"
            if len(places) > 1:
                assert browsing.send("POST", f"/auth/logout{path}", **sent).status_code == 403
                sent["headers"] = {HEADER: tokens["csrf_token"]}
            assert browsing.send("POST", f"/auth/logout{path}", **sent).status_code == 204
            assert browsing.send("GET", f"/move{path}", **sent).status_code == 401

    def test_without_sessions(self) -> None:
        """Tokens in the header or the body end nothing, and are no 500."""
        browsing = Browsing(None, JWT_TOKEN_LOCATION=["headers", "cookies"])
        token = browsing.enter().get_json()["access_token"]
        for headers in ({"Authorization": f"JWT {token}"}, {"Authorization": "JWT x"}, {}):
            for body in ({"refresh_token": "x"}, {}):
                answer = browsing.send("POST", "/auth/logout", headers=headers, json=body)
                assert answer.status_code == 204

    def test_through_a_request_hook(self) -> None:
        """A hook that reads the cookie itself opens no way around the CSRF value."""
        browsing = entered(MemoryStore(lambda: NOW))
        browsing.jwt.request_handler(lambda: request.cookies.get(ACCESS))
        hostile = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}

        assert browsing.visit("POST", "/auth/logout", headers=hostile).status_code == 403
        assert browsing.visit("POST", "/auth/logout").status_code == 403
        assert browsing.visit("GET", "/move").status_code == 200
        assert browsing.act("/auth/logout").status_code == 204
        assert browsing.visit("GET", "/move").status_code == 401

    def test_behind_basic_authentication(self) -> None:
        """A header that is no place is not looked at."""
        browsing = entered()
        headers = {"Authorization": "Basic eDp5", HEADER: browsing.value}

        assert browsing.visit("POST", "/auth/logout", headers=headers).status_code == 204
        assert cookie(browsing, ACCESS) is None


class TestCookiesThatAreWorthNothing:
    """Sign-out deletes them, and asks for no value."""

    def test_of_a_former_secret(self) -> None:
        """The secret was changed, and no former one is accepted."""
        store = MemoryStore(lambda: NOW)
        before = entered(store)
        browsing = Browsing(store, SECRET_KEY=secret("another"))
        browsing.take_over(before)

        assert browsing.visit("POST", "/auth/logout").status_code == 204
        assert cookie(browsing, ACCESS) is None

    def test_of_a_sibling_domain(self) -> None:
        """A planted refresh token signs nobody out, in or off."""
        browsing = Browsing(MemoryStore(lambda: NOW), JWT_TOKEN_LOCATION=["headers", "cookies"])
        tokens = browsing.enter("bob").get_json()
        planted = f"{REFRESH}={tokens['refresh_token']}"

        assert browsing.send("POST", "/auth/logout", planted).status_code == 204
        assert browsing.me(tokens) == 200


class TestSignOutByWhatIsLeft:
    """Of the cookies of a session, not all may be there."""

    def test_the_refresh_token(self) -> None:
        """With the right CSRF value it ends its session, although no other cookie tells of it."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"])
        tokens = browsing.enter().get_json()
        left, value = f"{REFRESH}={tokens['refresh_token']}", {HEADER: tokens["csrf_token"]}

        assert browsing.send("POST", "/auth/logout", left, headers=value).status_code == 204
        assert browsing.refresh(tokens["refresh_token"]).status_code == 401

    @pytest.mark.parametrize("domain", [None, "shop.example"])
    def test_of_sessions_that_were_given_up(self, domain: str | None) -> None:
        """An application without sessions deletes what is there of them."""
        before = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"], JWT_COOKIE_DOMAIN=domain)
        token = before.enter().get_json()["refresh_token"]
        browsing = Browsing(None, JWT_COOKIE_DOMAIN=domain)

        assert browsing.send("POST", "/auth/logout", f"{REFRESH}={token}").status_code == 204

    def test_a_hook_that_reads_ruins(self) -> None:
        """A cookie that is no token any more is deleted; a program with a bad one is told."""
        browsing = entered()
        browsing.jwt.request_handler(
            lambda: request.cookies.get(ACCESS) or request.headers.get("X-Token")
        )

        assert browsing.send("POST", "/auth/logout", f"{ACCESS}=a.b.c").status_code == 204
        program = browsing.send("POST", "/auth/logout", headers={"X-Token": "a.b.c"})
        assert program.status_code == 401
