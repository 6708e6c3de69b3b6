"""What an attacking review has found, each as the attack that it was."""

from __future__ import annotations

from typing import Any

import pytest
from flask import make_response, request

from flask_jwt import (
    ConfigurationError,
    JWTError,
    create_refresh_token,
    set_refresh_cookies,
)
from flask_jwt.stores.memory import MemoryStore
from flask_jwt.web.afterwards import Afterwards
from flask_jwt.web.cookies import is_loopback
from flask_jwt.web.tokens import AccessToken
from tests.sessions.members import NOW

from .browsing import (
    ACCESS,
    CSRF,
    HEADER,
    HOST,
    Browsing,
    cookie,
    fault,
    set_cookies,
)


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


def test_another_user_signs_in_while_an_answer_is_under_way() -> None:
    """A renewed token that comes late is of no use for what changes something."""
    browsing = Browsing(JWT_COOKIE_AUTO_REFRESH=60)
    browsing.enter("ann")
    browsing.now += 280
    late = browsing.visit("GET", "/move")
    browsing.enter("bob")
    value = browsing.value
    token = set_cookies(late)[ACCESS, "/"]["value"]
    browsing.client.set_cookie(ACCESS, token, domain=HOST, secure=True)

    assert set_cookies(late).keys() == {(ACCESS, "/")}
    assert browsing.act(headers={HEADER: value}).status_code == 403
    assert browsing.moved == ["ann"]


class TestNamesOfApplications:
    """Claims that an application without sessions has under names of ours."""

    def with_claims(self, **claims: Any) -> Browsing:
        browsing = Browsing(None)

        @browsing.jwt.jwt_payload_handler
        def payload(user: dict[str, Any]) -> dict[str, Any]:
            now = int(browsing.now)
            return {"iat": now, "nbf": now, "exp": now + 300, "identity": user["id"], **claims}

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


def test_a_token_that_is_good_later() -> None:
    """``JWT_NOT_BEFORE_DELTA`` is longer than the leeway: signed in now, let in then."""
    for store in ("memory://", None):
        browsing = Browsing(store, JWT_NOT_BEFORE_DELTA=30)
        answer = browsing.enter()

        assert answer.status_code == 200
        assert browsing.act().status_code == 401
        browsing.now += 40
        assert browsing.act().text == "moved"


@pytest.mark.parametrize("member", ["access_token", "access\\u005ftoken"])
def test_a_member_that_is_there_twice(member: str) -> None:
    """Credentials sent twice are refused, however the second is spelled."""
    browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "json"])
    ann, bob = (browsing.sign_in(name)["access_token"] for name in ("ann", "bob"))
    data = f'{{"access_token": "{ann}", "{member}": "{bob}", "more": {{"access_token": "x"}}}}'
    answer = browsing.client.post("/move", data=data, content_type="application/json")
    once = {"access_token": ann, "more": [{"access_token": bob}], "text": "\u00e9"}

    assert fault(answer)[0] == 400
    assert browsing.client.post("/move", json=once).text == "moved"


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"JWT_ACCESS_COOKIE_NAME": "csrf_token"}, "JWT_ACCESS_COOKIE_NAME"),
        ({"JWT_REFRESH_COOKIE_NAME": "csrf_token"}, "JWT_REFRESH_COOKIE_NAME"),
        ({"JWT_REFRESH_COOKIE_NAME": "access_token"}, "JWT_REFRESH_COOKIE_NAME"),
        ({"JWT_REFRESH_URL_RULE": "/<tenant>/refresh"}, "JWT_REFRESH_URL_RULE"),
        ({"JWT_LOGOUT_URL_RULE": "/<tenant>/logout"}, "JWT_LOGOUT_URL_RULE"),
    ],
)
def test_what_can_not_be(config: dict[str, Any], key: str) -> None:
    """Said by the name of the key, and not by cookies that overwrite each other."""
    with pytest.raises(ConfigurationError, match=key):
        Browsing(PROPAGATE_EXCEPTIONS=True, **config).enter()


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


@pytest.mark.parametrize("host", ["localhost:80:80", "localhost:x", "", "[::1"])
def test_hosts_that_are_none(host: str) -> None:
    """They are not this machine."""
    assert not is_loopback(host)


def test_a_bad_configuration() -> None:
    """It is said where tokens are asked for, and a public page is served all the same."""
    browsing = Browsing(JWT_COOKIE_ORIGINS=["*"])
    browsing.app.add_url_rule("/public", "public", lambda: "hello")
    for headers in ({}, {"Origin": "https://app.other"}):
        assert browsing.visit("GET", "/public", headers=headers).text == "hello"
    assert browsing.visit("GET", "/move").status_code == 500
