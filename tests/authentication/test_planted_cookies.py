"""Cookies that others have put into a browser, under names that only look like ours."""

from __future__ import annotations

from typing import Any

import pytest

from flask_jwt.stores.memory import MemoryStore
from tests.support.browsing import ACCESS, CSRF, HEADER, REFRESH, SITE, Browsing, cookie
from tests.support.members import NOW

#: What Python takes for a blank, and a browser for a letter of a name; as WSGI hands it on.
LETTERS = ["\xa0", "\x85", "\x1c", "\x1f", "\x0b", "\x0c", "\xe2\x80\x83"]


@pytest.fixture
def shop() -> Browsing:
    """Two users of one shop; the browser is that of the attacker."""
    browsing = Browsing(MemoryStore(lambda: NOW))
    browsing.enter("bob")
    return browsing


def sent(shop: Browsing, method: str, path: str, header: str, value: str = "") -> Any:
    """Send a request with cookies as a browser writes them."""
    environ = {"HTTP_COOKIE": header}
    victim = shop.app.test_client(use_cookies=False)
    return victim.open(
        path, method=method, base_url=SITE, headers={HEADER: value}, environ_overrides=environ
    )


@pytest.mark.parametrize("letter", LETTERS)
def test_names_that_only_look_like_ours(shop: Browsing, letter: str) -> None:
    """A sibling domain can set them: they have no prefix, as far as the browser knows."""
    theirs, refresh = cookie(shop, ACCESS), cookie(shop, REFRESH, "/auth/refresh")
    for name in (f"{letter}{ACCESS}", f"{ACCESS}{letter}", f" {letter}{ACCESS}"):
        assert sent(shop, "GET", "/move", f"{name}={theirs}").status_code == 401
    planted = f"{letter}{REFRESH}={refresh}; {letter}{CSRF}={shop.value}"
    assert sent(shop, "POST", "/auth/refresh", planted, shop.value).status_code == 401
    assert sent(shop, "GET", "/auth/csrf", planted).status_code == 401
    assert shop.moved == []


@pytest.mark.parametrize(
    "header",
    ['a="; {mine}; b="', '"; {mine}', "a; {mine}", "=; {mine}; =", "  {mine}  ;", "\t{mine}\t",
     ";;{mine};;", "a=b\\; {mine}"],
)  # fmt: skip
def test_nothing_hides_ours(shop: Browsing, header: str) -> None:
    """Whatever stands before or behind it: quotes of one cookie do not swallow the next."""
    mine = f"{ACCESS}={cookie(shop, ACCESS)}"

    assert sent(shop, "GET", "/move", header.format(mine=mine)).text == "moved"


@pytest.mark.parametrize("name", [ACCESS.upper(), ACCESS.lower(), f"x{ACCESS}", f"{ACCESS}x"])
def test_other_names(shop: Browsing, name: str) -> None:
    """A name is compared byte by byte."""
    assert sent(shop, "GET", "/move", f"{name}={cookie(shop, ACCESS)}").status_code == 401


class TestAWholeSession:
    """A sibling domain plants its own refresh token, and the CSRF value that goes with it."""

    def refresh(self, shop: Browsing, *others: str) -> int:
        planted = f"{REFRESH}={cookie(shop, REFRESH, '/auth/refresh')}"
        header = "; ".join((planted, f"__Secure-csrf_token={shop.value}", *others))
        status: int = sent(shop, "POST", "/auth/refresh", header, shop.value).status_code
        return status

    def test_alone(self, shop: Browsing) -> None:
        """Nobody is signed in by it: no cookie that only this host sets is of that session."""
        assert self.refresh(shop) == 401
        assert self.refresh(shop, f"{CSRF}={'A' * 43}", f"{ACCESS}=ruins") == 401

    def test_beside_another(self, shop: Browsing) -> None:
        """Nor where somebody else is signed in already."""
        other = Browsing(shop.app.config["JWT_SESSION_STORE"])
        other.enter("ann")
        mine = (f"{CSRF}={other.value}", f"{ACCESS}={cookie(other, ACCESS)}")

        assert self.refresh(shop, *mine) == 401

    def test_ones_own(self, shop: Browsing) -> None:
        """One of the two others will do, an access token of hours ago as well."""
        assert self.refresh(shop, f"{CSRF}={shop.value}") == 200
        shop.now += 4000
        assert self.refresh(shop, f"{ACCESS}={cookie(shop, ACCESS)}") == 200

    def test_for_a_domain(self) -> None:
        """With ``JWT_COOKIE_DOMAIN`` all its hosts are trusted, and this can't be told."""
        browsing = Browsing(JWT_COOKIE_DOMAIN="shop.example")
        value = browsing.enter().get_json()["csrf_token"]

        answer = browsing.visit("POST", "/auth/refresh", headers={HEADER: value})
        assert answer.status_code == 200


def test_many_of_them(shop: Browsing) -> None:
    """Of many of each name four are looked at, once, and not each with each."""
    asked: list[str] = []
    verify = shop.jwt.jwt_decode_callback

    @shop.jwt.jwt_decode_handler
    def decode(token: str) -> Any:
        asked.append(token)
        return verify(token)

    refresh = cookie(shop, REFRESH, "/auth/refresh")
    accesses = [f"{ACCESS}=a.b.{number}" for number in range(30)]
    refreshes = [f"{REFRESH}={refresh}" for _ in range(30)]
    header = "; ".join([*accesses, *refreshes])

    assert sent(shop, "POST", "/auth/refresh", header, "x").status_code == 403
    assert asked == []
    assert sent(shop, "POST", "/auth/refresh", header, shop.value).status_code == 401
    assert asked == [f"a.b.{number}" for number in (29, 28, 27, 26)]
