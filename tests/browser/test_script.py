"""``flask_jwt.js`` in a real browser: what its users see of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.chromium import NewContext
from tests.support.server import wait_for

from .shopping import ANN, BOB, ServedShop, shop
from .tab import REFRESHED, SESSION_ENDED, SIGNED_IN, SIGNED_OUT, Tab, cookies_of

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Route

# More than an access token lives, leeway included.
EXPIRY = 80
REFRESH = "/auth/refresh"
_IS_WAITING = "async () => (await navigator.locks.query()).pending.length === 1"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedShop]:
    """A shop whose access tokens live for a minute."""
    with shop(tmp_path_factory.mktemp("shop"), JWT_EXPIRATION_DELTA=60) as found:
        yield found


def refreshes(opened: ServedShop) -> Callable[[], list[int]]:
    """Return a function that tells the answers to all refreshes from now on."""
    before = opened.count(REFRESH)
    return lambda: [one.status for one in opened.requests(REFRESH)[before:]]


class FirstRequest:
    """The next refresh of a browser, or another request, which is kept from going out."""

    def __init__(self, tab: Tab, path: str = REFRESH) -> None:
        self._page = tab.page
        self._held: list[Route] = []
        self._page.context.route(f"**{path}", self._see)

    def _see(self, route: Route) -> None:
        if self._held:
            route.continue_()
        else:
            self._held.append(route)

    def wait(self) -> Route:
        """Wait until it has been sent, and return it."""
        # Playwright tells of what has happened while it is asked something.
        wait_for(lambda: self._page.evaluate("true") and bool(self._held), "the request")
        return self._held[0]


class TestSignIn:
    def test_cookies(self, opened: ServedShop, context: BrowserContext) -> None:
        """No script can read a token: all that it sees is the CSRF value."""
        tab = Tab(context, opened.origin)
        said = tab.sign_in()

        assert tab.document_cookie == {"__Host-csrf_token": said["csrf_token"]}
        assert said.keys() == {"csrf_token", "expires_in"}
        cookies = cookies_of(context, opened.origin)
        assert {place: one["httpOnly"] for place, one in cookies.items()} == {
            ("__Host-Http-access_token", "/"): True,
            ("__Secure-refresh_token", "/auth/refresh"): True,
            ("__Secure-refresh_token", "/auth/logout"): True,
            ("__Host-csrf_token", "/"): False,
        }
        assert all(one["secure"] and one["sameSite"] == "Lax" for one in cookies.values())
        assert tab.heard == [SIGNED_IN]

    def test_a_guarded_request(self, opened: ServedShop, tab: Tab) -> None:
        """Requests that ask and requests that change something are served."""
        before = opened.orders(ANN)

        assert tab.fetch("/orders").status == 200
        assert tab.order("tea").status == 200
        assert opened.orders(ANN) == [*before, "tea"]

    def test_a_wrong_password(self, opened: ServedShop, context: BrowserContext) -> None:
        """It is refused with the server's own words, and nobody is signed in."""
        tab = Tab(context, opened.origin)
        wrong = 'auth.signIn({ username: "ann", password: "wrong" })'

        assert tab.fault(wrong) == ["RefusedError", 401, "Invalid credentials"]
        said = tab.page.evaluate(
            f"() => {wrong}.catch((error) => [error instanceof RefusedError, error.error])"
        )
        assert said == [True, "Bad Request"]
        assert (tab.heard, cookies_of(context, opened.origin)) == ([], {})

    def test_for_this_window_only(self, opened: ServedShop, context: BrowserContext) -> None:
        """``remember: false`` makes cookies that the browser forgets when it is closed."""
        Tab(context, opened.origin).sign_in(remember=False)

        assert {one["expires"] for one in cookies_of(context, opened.origin).values()} == {-1}

    def test_another_user(self, opened: ServedShop, tab: Tab, context: BrowserContext) -> None:
        """Whoever signs in in another tab is who all tabs are from then on, CSRF value included."""
        other = Tab(context, opened.origin)
        other.sign_in(BOB)
        tab.wait_to_hear(SIGNED_IN)

        assert tab.order("coffee").status == 200
        assert opened.orders(BOB)[-1:] == ["coffee"]


class TestRefresh:
    def test_expired(self, opened: ServedShop, tab: Tab) -> None:
        """A request after the access token's time is served after one refresh, silently."""
        seen = refreshes(opened)
        opened.move_clock(EXPIRY)

        assert tab.fetch("/orders").status == 200
        assert tab.fetch("/orders").status == 200
        assert seen() == [200]
        assert tab.heard == [SIGNED_IN, REFRESHED]

    def test_at_once(self, opened: ServedShop, tab: Tab) -> None:
        """Ten requests at once make one refresh."""
        seen = refreshes(opened)
        opened.move_clock(EXPIRY)
        tab.begin(10)

        assert [one.status for one in tab.answers()] == [200] * 10
        assert seen() == [200]

    @pytest.mark.parametrize("news", ["in time", "late"])
    def test_two_tabs(
        self, opened: ServedShop, tab: Tab, context: BrowserContext, news: str
    ) -> None:
        """Two tabs that need one at the same time make one, and both are served, news or none."""
        other = Tab(context, opened.origin)
        if news == "late":
            other.page.add_init_script(
                "window.BroadcastChannel = class { postMessage() {} close() {} };"
            )
            other.open()
        seen, first = refreshes(opened), FirstRequest(tab)
        opened.move_clock(EXPIRY)
        tab.begin(5)
        held = first.wait()
        other.begin(1)
        other.page.wait_for_function(_IS_WAITING)
        held.continue_()

        answers = [*tab.answers(), *other.answers()]
        assert [one.status for one in answers] == [200] * 6
        if news == "in time":
            assert seen() == [200]
            other.wait_to_hear(REFRESHED)

    def test_one_tab_after_another(
        self, opened: ServedShop, tab: Tab, context: BrowserContext
    ) -> None:
        """What one tab has refreshed, another uses."""
        other = Tab(context, opened.origin)
        seen = refreshes(opened)
        for _ in range(3):
            opened.move_clock(EXPIRY)
            assert (tab.fetch("/orders").status, other.fetch("/orders").status) == (200, 200)
            opened.move_clock(EXPIRY)
            assert (other.fetch("/orders").status, tab.fetch("/orders").status) == (200, 200)
        assert seen() == [200] * 6

    def test_json(self, opened: ServedShop, tab: Tab) -> None:
        """A request that changes something is repeated as it was, and done once."""
        before = opened.orders(ANN)
        opened.move_clock(EXPIRY)
        answer = tab.order("Käse 🧀")

        assert answer.status == 200
        assert opened.orders(ANN) == [*before, "Käse 🧀"]

    def test_a_401_of_the_view(self, opened: ServedShop, tab: Tab) -> None:
        """What is refused after a refresh too is sent twice, and not a third time."""
        seen, before = refreshes(opened), opened.count("/auth")
        body = '{"username": "ann", "password": "wrong"}'
        json = {"Content-Type": "application/json"}

        assert tab.fetch("/auth", method="POST", headers=json, body=body).status == 401
        assert opened.count("/auth") == before + 2
        assert seen() == [200]
        assert tab.fetch("/orders").status == 200

    def test_a_refresh_that_fails(
        self, opened: ServedShop, tab: Tab, context: BrowserContext
    ) -> None:
        """A tab that has waited for another's refresh makes its own where that was none."""
        other = Tab(context, opened.origin)
        first = FirstRequest(tab)
        opened.move_clock(EXPIRY)
        tab.begin(1)
        held = first.wait()
        other.begin(3)
        other.page.wait_for_function(_IS_WAITING)
        held.fulfill(status=503)

        assert [one.status for one in other.answers()] == [200] * 3
        assert [one.status for one in tab.answers()] == [503]

    def test_a_clock_set_back(self, opened: ServedShop, tab: Tab) -> None:
        """A computer whose clock is put right still refreshes."""
        tab.page.clock.set_fixed_time("2040-01-01")
        opened.move_clock(EXPIRY)
        assert tab.fetch("/orders").status == 200
        tab.page.clock.set_fixed_time("2030-01-01")
        opened.move_clock(EXPIRY)

        assert tab.fetch("/orders").status == 200

    def test_without_storage(self, opened: ServedShop, context: BrowserContext) -> None:
        """Where the user lets no page keep anything, all is the same for a tab."""
        context.add_init_script(
            """Object.defineProperty(window, "localStorage", {
                get() { throw new DOMException("denied", "SecurityError"); },
            });"""
        )
        tab = Tab(context, opened.origin)
        tab.sign_in()
        opened.move_clock(EXPIRY)
        assert tab.fetch("/orders").status == 200
        context.clear_cookies(name="__Secure-refresh_token")
        opened.move_clock(EXPIRY)

        assert [tab.fetch("/orders").status for _ in range(2)] == [401, 401]
        assert tab.heard == [SIGNED_IN, REFRESHED, SESSION_ENDED]

    def test_without_locks(self, opened: ServedShop, context: BrowserContext) -> None:
        """Where a browser has no locks, requests of one tab still make one refresh."""
        context.add_init_script("delete Navigator.prototype.locks;")
        tab = Tab(context, opened.origin)
        tab.sign_in()
        assert tab.page.evaluate("navigator.locks === undefined")
        seen, first, before = refreshes(opened), FirstRequest(tab), opened.count("/orders")
        opened.move_clock(EXPIRY)
        tab.begin(10)
        held = first.wait()
        wait_for(lambda: opened.count("/orders") == before + 10, "ten refused requests")
        held.continue_()

        assert [one.status for one in tab.answers()] == [200] * 10
        assert seen() == [200]


def test_sign_in_anew(opened: ServedShop, tab: Tab) -> None:
    """A 401 that wants a sign-in costs no refresh; after one the same request is served."""
    opened.move_clock(EXPIRY)
    assert tab.fetch("/orders").status == 200
    seen = refreshes(opened)

    assert tab.fetch("/vault", method="POST").status == 401
    assert seen() == []
    tab.sign_in()
    assert tab.fetch("/vault", method="POST").status == 200


class TestAnotherUser:
    """Somebody else signs in in another tab while a request is under way."""

    def test_an_order(self, opened: ServedShop, tab: Tab, context: BrowserContext) -> None:
        """What ann has begun is not done in bob's name, although a refresh would help it."""
        other, first = Tab(context, opened.origin), FirstRequest(tab, "/orders")
        before = opened.all_orders()
        tab.page.evaluate(
            """() => {
                const headers = { "Content-Type": "application/json" };
                const body = JSON.stringify({ item: "of ann" });
                window.begun = Promise.all([ask(["/orders", { method: "POST", headers, body }])]);
            }"""
        )
        held = first.wait()
        other.sign_in(BOB)
        held.fulfill(status=401, body="{}")

        assert [one.status for one in tab.answers()] == [401]
        assert opened.all_orders() == before
        assert tab.order("tea").status == 200
        assert opened.orders(BOB) == [*before[BOB], "tea"]

    def test_a_secret_that_was_changed(self, tab: Tab) -> None:
        """A refresh that gives the session another value helps what was begun with the old one."""
        tab.page.evaluate("document.cookie = '__Host-csrf_token=old; Path=/; Secure'")
        sent: list[tuple[str, str | None]] = []

        def see(route: Route) -> None:
            request = route.request
            sent.append((request.url.rpartition("/")[2], request.header_value("X-CSRF-TOKEN")))
            if len(sent) == 2:
                renamed = "__Host-csrf_token=new; Path=/; Secure"
                headers = {"Set-Cookie": renamed, "Content-Type": "application/json"}
                route.fulfill(status=200, headers=headers, body='{"csrf_token": "new"}')
            else:
                route.fulfill(status=401 if len(sent) == 1 else 200, body="{}")

        for path in ("/orders", REFRESH):
            tab.page.route(f"**{path}", see)

        assert tab.order("tea").status == 200
        assert sent == [("orders", "old"), ("refresh", "old"), ("orders", "new")]


class TestSignOut:
    def test_in_another_tab(self, opened: ServedShop, tab: Tab, context: BrowserContext) -> None:
        """Every tab hears of it; no cookie is left, and the session is over."""
        other = Tab(context, opened.origin)
        sid = other.page.evaluate("auth.fetch('/orders').then((answer) => answer.json())")["sid"]
        tab.sign_out()
        other.wait_to_hear(SIGNED_OUT)

        assert cookies_of(context, opened.origin) == {}
        assert other.fetch("/orders").status == 401
        assert sid not in opened.sessions(ANN)
        assert (tab.heard, other.heard) == ([SIGNED_IN, SIGNED_OUT], [SIGNED_OUT])

    def test_closed(self, opened: ServedShop, tab: Tab, context: BrowserContext) -> None:
        """A client that was closed works on for its own tab, and no other hears of it."""
        other = Tab(context, opened.origin)
        tab.page.evaluate("auth.close()")
        opened.move_clock(EXPIRY)
        assert tab.fetch("/orders").status == 200
        tab.sign_out()

        assert tab.heard == [SIGNED_IN, REFRESHED, SIGNED_OUT]
        assert other.fetch("/orders").status == 401
        assert SIGNED_OUT not in other.heard

    def test_after_expiry(self, opened: ServedShop, tab: Tab, context: BrowserContext) -> None:
        """Whoever was silent for an hour can sign out; nothing is refreshed for it."""
        seen = refreshes(opened)
        opened.move_clock(3600)
        tab.sign_out()

        assert (cookies_of(context, opened.origin), seen()) == ({}, [])

    def test_ended_elsewhere(
        self, opened: ServedShop, tab: Tab, context: BrowserContext, new_context: NewContext
    ) -> None:
        """A session that was ended from another browser is over in each tab of this one."""
        other = Tab(context, opened.origin)
        phone = Tab(new_context(ignore_https_errors=True), opened.origin)
        phone.sign_in()
        assert phone.fetch("/auth/sessions", method="DELETE").status == 204

        assert tab.fetch("/orders").status == 401
        other.wait_to_hear(SESSION_ENDED)
        assert other.fetch("/orders").status == 401
        assert (tab.heard, other.heard) == ([SIGNED_IN, SESSION_ENDED], [SESSION_ENDED])
        assert cookies_of(context, opened.origin) == {}
        assert phone.fetch("/orders").status == 200

    def test_the_last_refresh(self, opened: ServedShop, tab: Tab) -> None:
        """A session that is idle for too long ends at the next refresh, and is told once."""
        opened.move_clock(365 * 24 * 3600)
        tab.begin(4)

        assert [one.status for one in tab.answers()] == [401] * 4
        assert tab.fetch("/orders").status == 401
        assert tab.heard == [SIGNED_IN, SESSION_ENDED]


class TestOutage:
    def test_the_store_is_down(self, opened: ServedShop, tab: Tab, context: BrowserContext) -> None:
        """Each request gets the 503, and nobody is signed out: afterwards all is as it was."""
        opened.break_store()
        down = [tab.fetch("/orders")]
        opened.move_clock(EXPIRY)
        tab.begin(3)
        down += tab.answers()
        opened.mend_store()

        assert [one.status for one in down] == [503] * 4
        assert all("status_code" in one.text for one in down)
        assert tab.heard == [SIGNED_IN]
        assert tab.fetch("/orders").status == 200
        assert cookies_of(context, opened.origin)

    def test_sign_out(self, opened: ServedShop, tab: Tab) -> None:
        """Who can't be signed out is told so, and is not said to be."""
        opened.break_store()
        said: list[Any] = tab.fault("auth.signOut()")
        opened.mend_store()

        assert said[:2] == ["RefusedError", 503]
        assert tab.heard == [SIGNED_IN]
        assert tab.fetch("/orders").status == 200
