"""Requests that a hostile page has the browser of somebody who is signed in send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.browsing import ACCESS, REFRESH
from tests.support.chromium import expect
from tests.support.server import wait_for

from .hostile_places import PLACES, Place
from .hostile_ways import ASKING, MEDDLING, ORDERING, SIGNING_IN, SOCKET, Way
from .shopping import ANN, Seen, TLSServer, shop
from .victims import Victim

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

WAYS = (*ASKING, *ORDERING, *SIGNING_IN, *MEDDLING, SOCKET)
# The methods of what comes to the shop.
SENT: dict[str, Callable[[Way], list[str]]] = {
    "itself": lambda way: [way.method],
    "asked": lambda way: ["OPTIONS"],
    "never": lambda way: [],
}
# With None nothing is left to the browser, however far away a page is.
SCENES = [("Lax", place) for place in PLACES] + [
    ("None", place) for place in PLACES if place.name in ("sandbox", "unrelated")
]
REFUSED = ("The request comes from a page of another origin", "The Origin of the request is not")
_READ_POPUP = """() => {
    try {
        return window.opened.document.body.textContent;
    } catch (error) {
        return error.name;
    }
}"""
_OPEN_SOCKET = """() => new Promise(done => {
    const socket = new WebSocket("/feed");
    socket.onopen = socket.onerror = () => done(null);
})"""


@pytest.fixture(scope="module")
def victims(
    browser: BrowserContext, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Victim]]:
    """Ann, at a shop with each ``JWT_COOKIE_SAMESITE``."""
    with ExitStack() as stack:
        found = {}
        for value in ("Lax", "None"):
            folder = tmp_path_factory.mktemp("shop")
            opened = stack.enter_context(shop(folder, JWT_COOKIE_SAMESITE=value))
            found[value] = Victim(browser, opened)
        yield found


@pytest.fixture
def same_site(request: pytest.FixtureRequest) -> str:
    """``JWT_COOKIE_SAMESITE``."""
    value: str = getattr(request, "param", "Lax")
    return value


@pytest.fixture
def victim(same_site: str, victims: dict[str, Victim]) -> Iterator[Victim]:
    """Ann, who has just signed in."""
    found = victims[same_site]
    found.sign_in()
    yield found
    found.close_other_pages(but=[one.page for one in victims.values()])


def arrival(victim: Victim, way: Way, before: int) -> Seen:
    """Return what came to the shop, once it has been answered."""
    path = way.path.partition("?")[0]
    requests = victim.shop.requests
    wait_for(lambda: bool(requests(path, after=before)), f"the request of {way.name}")
    (seen,) = requests(path, after=before)
    return seen


def brings_cookies(way: Way, place: Place, same_site: str) -> bool:
    """Tell whether a browser sends the shop's cookies with a request."""
    if way.is_anonymous or way.arrives != "itself":
        return False
    opens_page = way.is_top and way.method == "GET"
    return place.site == "same-site" or same_site == "None" or opens_page


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
@pytest.mark.parametrize(
    ("same_site", "place"),
    SCENES,
    indirect=["same_site"],
    ids=[f"{value}-{place.name}" for value, place in SCENES],
)
def test_attack(
    victim: Victim, elsewhere: TLSServer, same_site: str, place: Place, way: Way
) -> None:
    """It gets as far as the browser lets it, and nothing is changed and nothing read."""
    frame = place.open(victim.context.new_page(), elsewhere)
    state, before = victim.state, victim.shop.count()

    told = frame.evaluate(way.script, {"url": victim.shop.origin + way.path, **way.argument})

    if way.arrives == "never":
        assert told == "TypeError"
    else:
        check_arrival(arrival(victim, way, before), way, place, elsewhere, same_site)
        assert told in (None, "", "TypeError")
    sent = victim.shop.requests(way.path.partition("?")[0], after=before)
    assert [one.method for one in sent] == SENT[way.arrives](way)
    assert victim.state == state


def check_arrival(seen: Seen, way: Way, place: Place, elsewhere: TLSServer, same_site: str) -> None:
    """Check that the attack was what it is meant to be, and what the shop said."""
    has_cookies = brings_cookies(way, place, same_site)
    assert (ACCESS in seen.cookies) == has_cookies
    if seen.path in ("/auth/logout", "/auth/refresh"):
        assert (REFRESH in seen.cookies) == has_cookies
    # Websockets say Origin alone, and what loads a picture or opens a page need not.
    assert seen.site == (None if way is SOCKET else place.site)
    if seen.method != "GET" or way is SOCKET:
        assert seen.origin == place.origin(elsewhere)
    asks = way in ASKING
    assert seen.user == (ANN if asks and has_cookies else None)
    if seen.method == "OPTIONS" or seen.user:
        assert seen.status == 200
    elif has_cookies or seen.path == "/auth" or way in MEDDLING:
        assert seen.status == 403
        assert (seen.error or "").startswith(REFUSED)
    else:
        assert seen.status == 401


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_what_it_opens(victim: Victim, elsewhere: TLSServer, place: Place) -> None:
    """A window of the shop's shows the user's own page, and the opener can't look into it."""
    tab = victim.context.new_page()
    frame = place.open(tab, elsewhere)
    state = victim.state

    with tab.expect_popup() as popup:
        frame.evaluate(
            "url => { window.opened = window.open(url); }", f"{victim.shop.origin}/orders"
        )
    expect(popup.value.locator("body")).to_contain_text(f'"user":"{ANN}"')

    assert frame.evaluate(_READ_POPUP) == "SecurityError"
    assert victim.state == state


class TestOwnPage:
    """What the shop's own page does in the same ways."""

    def test_form(self, victim: Victim) -> None:
        """Its form, with the CSRF field, orders."""
        victim.page.goto(f"{victim.shop.origin}/form")
        before = victim.shop.orders(ANN)
        victim.page.get_by_label("Item").fill("tea")
        victim.page.get_by_role("button").click()

        expect(victim.page.locator("body")).to_contain_text('"user":"ann"')
        assert victim.shop.orders(ANN) == [*before, "tea"]

    def test_form_without_field(self, victim: Victim) -> None:
        """The same form, without the field, does not."""
        victim.page.goto(f"{victim.shop.origin}/form")
        state = victim.state
        victim.page.locator("[name=csrf_token]").evaluate("field => field.remove()")
        victim.page.get_by_label("Item").fill("tea")
        victim.page.get_by_role("button").click()

        expect(victim.page.locator("body")).to_contain_text("The CSRF value is missing")
        assert victim.shop.requests("/orders", "POST")[-1].status == 403
        victim.page.goto(victim.shop.origin)
        assert victim.state == state

    def test_script(self, victim: Victim) -> None:
        """Its script orders, refreshes and signs out."""
        before = victim.shop.orders(ANN)
        (sid,) = victim.shop.sessions(ANN).keys() & {(victim.who or {})["sid"]}

        assert victim.order("tea") == 200
        victim.shop.move_clock(400)
        assert victim.order("cake") == 200
        assert victim.shop.orders(ANN) == [*before, "tea", "cake"]
        assert victim.shop.sessions(ANN)[sid] == 1
        victim.sign_out()
        assert victim.who is None
        assert sid not in victim.shop.sessions(ANN)

    def test_websocket(self, victim: Victim) -> None:
        """Its handshake comes to the view."""
        victim.page.evaluate(_OPEN_SOCKET)

        seen = victim.shop.requests("/feed")[-1]
        assert (seen.user, seen.origin) == (ANN, victim.shop.origin)
