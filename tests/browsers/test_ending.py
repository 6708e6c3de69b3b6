"""How the session of a page goes on or ends: by forms, and by several cookies at once."""

from __future__ import annotations

from typing import Any

import pytest

from flask_jwt.sessions.refresh_token import RefreshSecrets, parse_refresh_token
from flask_jwt.stores.memory import MemoryStore
from tests.sessions.members import NOW

from .browsing import (
    ACCESS,
    HEADER,
    HOST,
    REFRESH,
    SITE,
    Browsing,
    cookie,
)


class TestForms:
    """Pages without a script."""

    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
    def test_sign_out(self, kind: str) -> None:
        """The field is looked at, whatever the type of the form."""
        browsing = Browsing()
        browsing.enter()
        wrong = browsing.visit("POST", "/auth/logout", data={"csrf_token": "x"}, content_type=kind)
        data = {"csrf_token": browsing.value}
        answer = browsing.visit("POST", "/auth/logout", data=data, content_type=kind)

        assert (wrong.status_code, answer.status_code) == (403, 204)
        assert cookie(browsing, ACCESS) is None

    def test_refresh(self) -> None:
        """The same."""
        browsing = Browsing()
        browsing.enter()
        answer = browsing.visit("POST", "/auth/refresh", data={"csrf_token": browsing.value})

        assert answer.status_code == 200

    def test_an_empty_header(self) -> None:
        """A proxy that adds one does not hide the field."""
        browsing = Browsing()
        browsing.enter()
        data = {"csrf_token": browsing.value}

        assert browsing.visit("POST", "/move", data=data, headers={HEADER: ""}).text == "moved"

    def test_one_that_is_too_large(self) -> None:
        """Read no further than any body."""
        browsing = Browsing()
        browsing.enter()
        data = {"csrf_token": browsing.value, "more": "x" * 100_000}

        assert browsing.visit("POST", "/auth/logout", data=data).status_code == 413


class TestTwoRefreshCookies:
    """Of one session: ``JWT_COOKIE_DOMAIN`` was set after the first, or somebody forged one."""

    def sent(self, browsing: Browsing, path: str, *tokens: str | None) -> int:
        headers = {"Cookie": "; ".join(f"{REFRESH}={one}" for one in tokens), HEADER: self.value}
        client = browsing.app.test_client(use_cookies=False)
        return client.post(path, base_url=SITE, headers=headers).status_code

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
        """It hides no good one, although it says that it is newer."""
        good = parse_refresh_token(self.new or "")
        forged = RefreshSecrets([b"x" * 32]).of("00" * 16).make(good.sid, good.counter + 5)

        assert self.sent(self.browsing, "/auth/refresh", forged, self.new) == 200
        assert self.browsing.visit("GET", "/move").status_code == 200

    def test_sign_out(self) -> None:
        """The same there."""
        good = parse_refresh_token(self.new or "")
        forged = RefreshSecrets([b"x" * 32]).of("00" * 16).make(good.sid, good.counter + 5)

        assert self.sent(self.browsing, "/auth/logout", forged, self.old) == 204
        assert self.browsing.visit("GET", "/move").status_code == 401


class TestSignOut:
    """What ends with it."""

    def test_a_token_from_before_there_were_sessions(self) -> None:
        """Whoever has copied it can't use it any more."""
        before = Browsing(None)
        before.enter()
        browsing = Browsing(MemoryStore(lambda: NOW))
        browsing.client = before.client
        browsing.client.application = browsing.app
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
            token, client = tokens["access_token"], browsing.app.test_client(use_cookies=False)
            sent: dict[str, Any] = {"json": {"access_token": token}} if place == "json" else {}
            path = "" if sent else f"?jwt={token}"
            if len(places) > 1:
                assert client.post(f"/auth/logout{path}", **sent).status_code == 403
                sent["headers"] = {HEADER: tokens["csrf_token"]}
            assert client.post(f"/auth/logout{path}", **sent).status_code == 204
            assert client.get(f"/move{path}", **sent).status_code == 401
