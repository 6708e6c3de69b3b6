"""Silent renewal of access tokens that allow less than their session does: there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Response

from flask_jwt import (
    create_access_token,
    create_refresh_token,
    set_access_cookies,
    set_refresh_cookies,
)
from tests.support.browsing import ACCESS, Browsing, cookie, old_store, set_cookies
from tests.support.tokens import parts_of


def entered(session: dict[str, Any] | None = None, **wishes: Any) -> Browsing:
    """Return somebody whose access token was made by a program, for a session of 300 s tokens.

    The session has claims of its own where they are given.
    """
    browsing = Browsing(JWT_AUTH_URL_RULE=None, JWT_COOKIE_AUTO_REFRESH=60)
    user = browsing.users["ann"]

    def put(response: Response) -> None:
        set_refresh_cookies(response, create_refresh_token(user, claims=session))
        set_access_cookies(response, create_access_token(user, **wishes))

    browsing.enter_by(put)
    return browsing


@pytest.mark.parametrize(
    "wishes",
    [
        {"claims": {"scope": "read"}},
        {"claims": {"purpose": "upload"}},
        {"claims": {"aud_of": ["x"], "scope": "read"}},
        {"expires": 100},
        {"claims": {"scope": "read"}, "expires": 100},
    ],
)
def test_they_expire(wishes: dict[str, Any]) -> None:
    """A token for one purpose, for fewer scopes or for a minute is not exchanged for a full one."""
    browsing = entered(**wishes)
    given = cookie(browsing, ACCESS)
    life = wishes.get("expires", 300)
    browsing.now += life - 30
    answer = browsing.visit("GET", "/move")

    assert (answer.text, set_cookies(answer)) == ("moved", {})
    assert cookie(browsing, ACCESS) == given
    browsing.now += 60
    assert browsing.visit("GET", "/move").status_code == 401


@pytest.mark.parametrize(
    ("session", "token"),
    [
        ({"scope": "read write"}, {}),
        ({"tier": "full"}, {"tier": "trial"}),
        ({"scope": "read write", "shop": 7}, {"shop": 7}),
        ({"scope": "read write", "shop": 7}, {"scope": "read", "shop": 7}),
        ({"shop": 7}, {}),
    ],
)
def test_less_than_the_session(session: dict[str, Any], token: dict[str, Any]) -> None:
    """What a program left out, or said otherwise, is not put in by renewal."""
    browsing = entered(session, claims=token, expires=300)
    browsing.now += 270
    answer = browsing.visit("GET", "/move")

    assert (answer.text, set_cookies(answer)) == ("moved", {})


def test_the_sessions_own() -> None:
    """One that was made without wishes is renewed as any other."""
    browsing = entered()
    browsing.now += 270
    answer = browsing.visit("GET", "/move")

    assert set_cookies(answer).keys() == {(ACCESS, "/")}


def test_claims_from_sign_in() -> None:
    """What a program has added to the session itself stands in the new token too."""
    browsing, wanted = Browsing(JWT_COOKIE_AUTO_REFRESH=60), {"scope": "read", "shop": 7}
    browsing.enter_by(
        lambda response: set_access_cookies(
            response, create_access_token({"id": "ann"}, claims=wanted)
        )
    )
    for _ in range(3):
        browsing.now += 270
        assert set_cookies(browsing.visit("GET", "/move")).keys() == {(ACCESS, "/")}
    claims = parts_of(cookie(browsing, ACCESS) or "")[1]

    assert (claims["scope"], claims["shop"]) == ("read", 7)


def test_a_scope_that_has_grown() -> None:
    """What a hook grants is heard at once, within the scope of sign-in."""
    browsing = Browsing(JWT_COOKIE_AUTO_REFRESH=60)
    scope = ["read", "write", "admin"]
    browsing.add_claims(lambda user: {"scope": " ".join(scope)})

    def granted() -> str:
        browsing.now += 270
        browsing.visit("GET", "/move")
        found: str = parts_of(cookie(browsing, ACCESS) or "")[1]["scope"]
        return found

    browsing.enter()
    scope.remove("admin")
    assert granted() == "read write"
    scope.extend(["admin", "root"])
    assert granted() == "read write admin"


def test_what_an_application_changes() -> None:
    """Neither a claim that comes and goes, nor a longer life, ends anybody's stay."""
    store = old_store()
    browsing = Browsing(store, JWT_COOKIE_AUTO_REFRESH=60)
    more: dict[str, Any] = {"scope": ""}
    browsing.add_claims(lambda user: more)
    browsing.enter()
    for changed in ({"scope": ""}, {"admin": True}, {}):
        more.clear()
        more.update(changed)
        browsing.now += 270
        assert set_cookies(browsing.visit("GET", "/move")).keys() == {(ACCESS, "/")}
    later = Browsing(store, JWT_COOKIE_AUTO_REFRESH=60, JWT_EXPIRATION_DELTA=600)
    later.take_over(browsing)
    later.now += 270

    assert set_cookies(later.visit("GET", "/move")).keys() == {(ACCESS, "/")}


def test_made_by_another_process(tmp_path: Path) -> None:
    """The mark is there, whether its maker renews tokens or not."""
    url = f"sqlite:///{tmp_path}/sessions.db"
    maker, browsing = Browsing(url), Browsing(url, JWT_COOKIE_AUTO_REFRESH=60)
    maker.enter_by(
        lambda response: set_access_cookies(
            response, create_access_token({"id": "ann"}, expires=30)
        )
    )
    browsing.take_over(maker)

    answer = browsing.visit("GET", "/move")
    assert (answer.text, set_cookies(answer)) == ("moved", {})


def test_the_tokens_that_follow() -> None:
    """A session whose first token was short goes on with ordinary ones."""
    browsing = entered(expires=30)
    assert browsing.act("/auth/refresh").status_code == 200
    browsing.now += 270

    assert set_cookies(browsing.visit("GET", "/move")).keys() == {(ACCESS, "/")}
