"""What is set, told and kept of answers that carry tokens."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Response, make_response

from flask_jwt import (
    create_access_token,
    set_access_cookies,
    unset_jwt_cookies,
)
from flask_jwt.stores.memory import MemoryStore
from tests.sessions.members import NOW

from .browsing import (
    ACCESS,
    CSRF,
    HOST,
    SITE,
    Browsing,
    cookie,
    set_cookies,
)


class TestHooksThatAnswer:
    """``auth_response_handler`` and the cookies."""

    def test_withheld(self) -> None:
        """A second factor is missing: the hook deletes them, and they stay so."""
        browsing = Browsing()

        @browsing.jwt.auth_response_handler
        def first_factor(token: str, user: Any) -> Any:
            response = make_response({"next": "code"})
            unset_jwt_cookies(response)
            return response

        browsing.enter()
        assert cookie(browsing, ACCESS) is None
        assert browsing.visit("GET", "/move").status_code == 401

    def test_set_by_itself(self) -> None:
        """Its own choice is not overwritten."""
        browsing = Browsing()

        @browsing.jwt.auth_response_handler
        def forgetful(token: str, user: Any) -> Any:
            response = make_response("welcome")
            set_access_cookies(response, token, remember=False)
            return response

        found = set_cookies(browsing.enter())
        assert "Max-Age" not in found[ACCESS, "/"]
        assert browsing.act().text == "moved"


def test_a_token_that_has_grown_too_long() -> None:
    """An error before anything has changed: with shorter claims the session goes on."""
    browsing = Browsing(JWT_REFRESH_GRACE_DELTA=0, JWT_COOKIE_AUTO_REFRESH=60)
    long: dict[str, str] = {}

    @browsing.jwt.jwt_payload_handler
    def claims(user: dict[str, Any]) -> dict[str, Any]:
        now = int(browsing.now)
        return {"iat": now, "nbf": now, "exp": now + 300, "identity": user["id"], **long}

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


class TestTheValueIsAskedFor:
    """``GET /auth/csrf`` where the access token tells nothing."""

    @pytest.mark.parametrize("token", ["ruins", ""])
    def test_the_key_was_retired(self, token: str) -> None:
        """The cookie tells: refresh, for which it is, goes on."""
        browsing = Browsing()
        browsing.enter()
        value = browsing.value
        browsing.client.set_cookie(ACCESS, token, domain=HOST, secure=True)
        asked = browsing.visit("GET", "/auth/csrf")

        assert asked.get_json() == {"csrf_token": value}
        assert asked.headers["Vary"] == "Cookie"
        assert browsing.act("/auth/refresh").status_code == 200

    @pytest.mark.parametrize("planted", ["<script>", "x" * 43 + "y", "é" * 43, ""])
    def test_what_is_none(self, planted: str) -> None:
        """Nothing else that stands there is told."""
        browsing = Browsing()
        headers = {"Cookie": f"{CSRF}={planted}"}
        client = browsing.app.test_client(use_cookies=False)

        assert client.get("/auth/csrf", base_url=SITE, headers=headers).status_code == 401

    def test_two_users(self) -> None:
        """Of two good tokens neither is chosen."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"])
        ann, bob = (browsing.sign_in(name)["access_token"] for name in ("ann", "bob"))
        headers = {"Cookie": f"{ACCESS}={ann}; {ACCESS}={bob}"}
        client = browsing.app.test_client(use_cookies=False)

        assert client.get("/auth/csrf", base_url=SITE, headers=headers).status_code == 400


class TestCaching:
    """No cache keeps what carries a token, whatever the application says of all its answers."""

    @pytest.mark.parametrize("path", ["/auth", "/enter", "/auth/csrf", "/auth/refresh"])
    def test_an_application_that_caches(self, path: str) -> None:
        """Its own header is written after the view, and ours at the last."""
        browsing = Browsing()

        @browsing.app.post("/enter")
        def enter() -> Any:
            response = make_response("welcome")
            set_access_cookies(response, create_access_token(browsing.users["ann"]))
            return response

        @browsing.app.after_request
        def cached(response: Response) -> Response:
            response.headers["Cache-Control"] = "public, max-age=600"
            return response

        browsing.enter()
        if path == "/auth/csrf":
            answer = browsing.visit("GET", path)
        elif path == "/auth":
            answer = browsing.enter()
        else:
            answer = browsing.act(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"

    def test_the_address_of_a_refused_request(self) -> None:
        """A token in it goes nowhere, although the header decides, and is bad."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "query_string"])
        token = browsing.sign_in()["access_token"]
        answer = browsing.client.get(f"/move?jwt={token}", headers={"Authorization": "Basic x"})

        assert answer.status_code == 401
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "private"


def test_a_decode_hook_without_an_expiry() -> None:
    """Its tokens last as it likes: cookies until the browser is closed, and no renewal."""
    browsing = Browsing(MemoryStore(lambda: NOW), JWT_COOKIE_AUTO_REFRESH=60)
    browsing.enter()
    verify = browsing.jwt.jwt_decode_callback

    @browsing.jwt.jwt_decode_handler
    def decode(token: str) -> dict[str, Any]:
        return {name: value for name, value in verify(token).items() if name != "exp"}

    answer = browsing.visit("GET", "/move")
    assert (answer.text, set_cookies(answer)) == ("moved", {})
