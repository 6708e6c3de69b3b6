"""Cookies that a page on a sibling domain puts beside the user's own, or in their place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from tests.support.browsing import ACCESS, REFRESH
from tests.support.chromium import NewContext

from .shopping import ANN, HOST, MALLORY, MALLORYS_PASSWORD, ServedShop, TLSServer, shop
from .victims import Victim

SIBLING = "blog.shop.test"
WHOLE = f"Domain={HOST}; Path=/; Secure"
# Longer than the access token lives, and its leeway.
LATER = 400


class Mallory(NamedTuple):
    """What an attacker has of her own session: the values of her cookies."""

    sid: str
    access: str
    refresh: str
    csrf: str

    @classmethod
    def of(cls, opened: ServedShop) -> Mallory:
        """Sign her in, at a browser of her own."""
        before = opened.sessions(MALLORY)
        body = {"username": MALLORY, "password": MALLORYS_PASSWORD}
        answer = opened.server.post("/auth", body)
        pairs = [value.split(";")[0] for name, value in answer.headers if name == "Set-Cookie"]
        values = {name[name.rindex("-") + 1 :]: value for name, _, value in map(_parted, pairs)}
        (sid,) = opened.sessions(MALLORY).keys() - before.keys()
        return cls(sid, values["access_token"], values["refresh_token"], values["csrf_token"])


def _parted(pair: str) -> tuple[str, str, str]:
    return pair.partition("=")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedShop]:
    """A shop whose cookies are for its own host alone."""
    with shop(tmp_path_factory.mktemp("shop")) as found:
        yield found


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedShop]:
    """A shop that shares its cookies with its siblings."""
    with shop(tmp_path_factory.mktemp("shop"), JWT_COOKIE_DOMAIN=HOST) as found:
        yield found


@pytest.fixture
def victim(opened: ServedShop, new_context: NewContext) -> Victim:
    """Ann, who has just signed in."""
    return signed_in(opened, new_context)


def signed_in(opened: ServedShop, new_context: NewContext) -> Victim:
    found = Victim(new_context(ignore_https_errors=True), opened)
    found.sign_in()
    return found


def toss(victim: Victim, elsewhere: TLSServer, *cookies: str) -> None:
    """Have the sibling's server set cookies, which a user's browser comes by."""
    page = victim.context.new_page()
    query = urlencode([("set", one) for one in cookies])
    answer = page.goto(f"{elsewhere.at(SIBLING)}/cookies?{query}")
    assert answer is not None
    assert len(answer.header_values("Set-Cookie")) == len(cookies)
    page.close()


def everything_of(mallory: Mallory) -> list[str]:
    """Return cookies with all that an attacker has, under each name that a browser takes."""
    return [
        *(f"{prefix}access_token={mallory.access}; {WHOLE}" for prefix in ("", "__Secure-")),
        *(f"{prefix}csrf_token={mallory.csrf}; {WHOLE}" for prefix in ("", "__Secure-")),
        *(
            f"{prefix}refresh_token={mallory.refresh}; Domain={HOST}; Path={path}; Secure"
            for prefix in ("", "__Secure-")
            for path in ("/", "/auth", "/auth/refresh", "/auth/logout")
        ),
    ]


def check_that_ann_goes_on(victim: Victim, mallory: Mallory) -> None:
    """Order, refresh, order again and sign out, with nothing of it in the attacker's account."""
    opened = victim.shop
    sid = (victim.who or {})["sid"]
    before = opened.orders(ANN)
    assert victim.order("tea") == 200
    opened.move_clock(LATER)
    assert victim.order("cake") == 200
    assert opened.orders(ANN) == [*before, "tea", "cake"]
    assert opened.sessions(ANN)[sid] == 1
    victim.sign_out()
    assert sid not in opened.sessions(ANN)
    check_nobody(victim)
    assert opened.orders(MALLORY) == []
    assert opened.sessions(MALLORY)[mallory.sid] == 0


def check_nobody(victim: Victim) -> None:
    """See that the page is nobody's, whatever its client tries."""
    assert victim.who is None
    assert victim.fetch("/orders") == 401
    assert victim.order("for mallory") in (401, 403)
    assert victim.who is None


@pytest.mark.parametrize(
    "cookie",
    [
        f"{ACCESS}={{}}; {WHOLE}; HttpOnly",
        f"__Host-csrf_token={{}}; {WHOLE}",
        f"{ACCESS.lower()}={{}}; {WHOLE}; HttpOnly",
        f"{ACCESS.upper()}={{}}; {WHOLE}; HttpOnly",
        f"{ACCESS}={{}}; Domain=.{HOST}; Path=/; Secure; HttpOnly",
        f"{ACCESS}={{}}; Domain={HOST}; Path=/orders; Secure; HttpOnly",
        f"{ACCESS}={{}}; Domain={HOST}; Path=/; HttpOnly",
        f"={ACCESS}={{}}; {WHOLE}; HttpOnly",
        f"{ACCESS}; {WHOLE}; HttpOnly",
        f"__Secure-refresh_token={{}}; Domain={HOST}; Path=/auth/refresh",
        f"__Secure-access_token={{}}; Domain={HOST}; Path=/",
    ],
)
def test_what_the_browser_refuses(victim: Victim, elsewhere: TLSServer, cookie: str) -> None:
    """Names that only the host itself, or only TLS, may use."""
    state = victim.state

    toss(victim, elsewhere, cookie.format("tossed"), f"control=1; {WHOLE}")

    tossed = [one for one in victim.cookies if one not in state.cookies]
    assert tossed == [("control", "1", f".{HOST}", "/")]
    assert victim.state._replace(cookies=[]) == state._replace(cookies=[])


def test_what_no_script_can_make(victim: Victim) -> None:
    """A script that was smuggled into the site's own page puts no access token there."""
    mallory, state = Mallory.of(victim.shop), victim.state
    victim.context.clear_cookies(name=ACCESS)
    victim.page.evaluate(
        "made => { for (const one of made) document.cookie = one }",
        [f"{ACCESS}={mallory.access}; Path=/; Secure", "__Host-control=1; Path=/; Secure"],
    )

    made = [one for one in victim.cookies if one not in state.cookies]
    assert made == [("__Host-control", "1", HOST, "/")]
    assert victim.who is None


@pytest.mark.parametrize("value", ["ruins", "{mallory.access}", "{mallory.csrf}", ""])
@pytest.mark.parametrize(
    "cookie",
    [
        f"access_token={{}}; {WHOLE}",
        f"__Secure-access_token={{}}; {WHOLE}",
        f"csrf_token={{}}; {WHOLE}",
        f"__Secure-csrf_token={{}}; {WHOLE}",
        f" {ACCESS}\t={{}}; Domain=blog.{HOST}; Path=/; Secure; HttpOnly",
    ],
)
def test_names_for_the_site(victim: Victim, elsewhere: TLSServer, cookie: str, value: str) -> None:
    """Under names that the browser takes from a sibling, nothing is read."""
    mallory = Mallory.of(victim.shop)
    toss(victim, elsewhere, cookie.format(value.format(mallory=mallory)))

    check_that_ann_goes_on(victim, mallory)


@pytest.mark.parametrize("path", ["/", "/auth", "/auth/refresh", "/auth/logout"])
@pytest.mark.parametrize("value", ["ruins", "{mallory.refresh}", ""])
def test_refresh_tokens(victim: Victim, elsewhere: TLSServer, path: str, value: str) -> None:
    """A refresh token beside the user's own is not taken for it, though it was there first."""
    mallory = Mallory.of(victim.shop)
    token, before = value.format(mallory=mallory), victim.shop.count()
    victim.context.clear_cookies()
    toss(victim, elsewhere, f"{REFRESH}={token}; Domain={HOST}; Path={path}; Secure; HttpOnly")
    victim.sign_in(keep_cookies=True)

    check_that_ann_goes_on(victim, mallory)
    seen = victim.shop.requests(path if path.count("/") > 1 else "/auth/refresh", after=before)
    assert seen[0].cookies.count(REFRESH) == 2


class TestEverything:
    """All that an attacker has of her own session, under all names at once."""

    def test_while_signed_in(self, victim: Victim, elsewhere: TLSServer) -> None:
        """The user stays who she is, and orders for herself."""
        mallory = Mallory.of(victim.shop)
        toss(victim, elsewhere, *everything_of(mallory))

        assert f".{HOST}" in {host for _, _, host, _ in victim.cookies}
        check_that_ann_goes_on(victim, mallory)

    def test_before_sign_in(
        self, opened: ServedShop, elsewhere: TLSServer, new_context: NewContext
    ) -> None:
        """Somebody who is not signed in is not signed in by it; and signs in as herself."""
        victim = Victim(new_context(ignore_https_errors=True), opened)
        mallory = Mallory.of(opened)
        toss(victim, elsewhere, *everything_of(mallory))
        victim.page.goto(opened.origin)

        check_nobody(victim)
        victim.sign_in(keep_cookies=True)
        assert (victim.who or {})["user"] == ANN
        check_that_ann_goes_on(victim, mallory)

    def test_after_the_jar_has_overflowed(self, victim: Victim, elsewhere: TLSServer) -> None:
        """Two hundred cookies push the user's own out: she is signed out, and nobody else."""
        mallory = Mallory.of(victim.shop)
        for first in range(0, 200, 50):
            toss(victim, elsewhere, *(f"c{first + more}=1; {WHOLE}" for more in range(50)))
        assert ACCESS not in {name for name, _, _, _ in victim.cookies}
        toss(victim, elsewhere, *everything_of(mallory))

        check_nobody(victim)
        assert victim.shop.orders(MALLORY) == []
        assert victim.shop.sessions(MALLORY)[mallory.sid] == 0
        victim.sign_in(keep_cookies=True)
        assert (victim.who or {})["user"] == ANN


class TestCookiesForTheSite:
    """``JWT_COOKIE_DOMAIN``: what the siblings, which then have to be trusted, could do."""

    @pytest.fixture
    def victim(self, trusting: ServedShop, new_context: NewContext) -> Victim:
        """Ann, at the shop that trusts them."""
        return signed_in(trusting, new_context)

    def test_forged_requests(self, victim: Victim, elsewhere: TLSServer) -> None:
        """That a sibling's page sends something is refused all the same."""
        state, before = victim.state, victim.shop.count()
        page = victim.context.new_page()
        page.goto(elsewhere.at(SIBLING))
        page.evaluate(
            "url => fetch(url, {method: 'POST', mode: 'no-cors', credentials: 'include'})",
            f"{victim.shop.origin}/orders",
        )

        (seen,) = victim.shop.requests("/orders", after=before)
        assert (seen.status, seen.site) == (403, "same-site")
        assert "__Secure-access_token" in seen.cookies
        assert victim.state == state

    @pytest.mark.parametrize("name", ["csrf_token", "access_token", "refresh_token"])
    def test_ruins(self, victim: Victim, elsewhere: TLSServer, name: str) -> None:
        """A cookie that is overwritten costs a session at worst."""
        path = "/auth/refresh" if name == "refresh_token" else "/"
        toss(victim, elsewhere, f"__Secure-{name}=ruins; Domain={HOST}; Path={path}; Secure")
        before = victim.shop.orders(ANN)

        victim.order("tea")

        assert victim.shop.orders(ANN) in (before, [*before, "tea"])
        assert (victim.who or {"user": ANN})["user"] == ANN

    def test_one_beside(self, victim: Victim, elsewhere: TLSServer) -> None:
        """An attacker's token beside the user's own orders nothing for the attacker."""
        mallory = Mallory.of(victim.shop)
        path = f"Domain={HOST}; Path=/orders; Secure"
        toss(victim, elsewhere, f"__Secure-access_token={mallory.access}; {path}")

        victim.order("tea")

        assert (
            victim.shop.requests("/orders", "POST")[-1].cookies.count("__Secure-access_token") == 2
        )
        assert victim.shop.orders(MALLORY) == []

    def test_what_does_not_hold(self, victim: Victim, elsewhere: TLSServer) -> None:
        """A sibling that overwrites all cookies signs the user in to an account of its own.

        That is why the siblings have to be trusted, and why the key is not set unless asked for.
        """
        mallory = Mallory.of(victim.shop)
        toss(victim, elsewhere, *everything_of(mallory))

        assert (victim.who or {})["user"] == MALLORY
