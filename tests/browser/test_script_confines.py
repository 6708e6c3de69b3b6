"""What ``flask_jwt.js`` keeps to its own origin, and whom it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .crossing import Crossing, crossing
from .shopping import ANN, PASSWORD
from .tab import REFRESHED, SESSION_ENDED, SIGNED_IN, SIGNED_OUT, Tab, cookies_of

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Route

EXPIRY = 80
EVIL, SIBLING = "evil.test", "evil.shop.test"
CSRF = "X-Csrf-Token"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crossing]:
    """A shop whose access tokens live for a minute."""
    with crossing(tmp_path_factory.mktemp("shop"), JWT_EXPIRATION_DELTA=60) as found:
        yield found


def to_evil(opened: Crossing) -> str:
    return f"/moved?to={opened.at(EVIL)}/take"


class TestRedirects:
    def test_csrf_value(self, opened: Crossing, tab: Tab) -> None:
        """A request with a CSRF value does not follow to another origin, which sees nothing."""
        before = len(opened.taken)
        post = f'auth.fetch("{to_evil(opened)}", {{ method: "POST" }})'

        assert tab.fault(post) == ["TypeError", None, "Failed to fetch"]
        assert len(opened.taken) == before

    def test_password(self, opened: Crossing, context: BrowserContext) -> None:
        """Nor does a sign-in."""
        before = len(opened.taken)
        tab = Tab(context, opened.origin, signInUrl=to_evil(opened))
        sign_in = f'auth.signIn({{ username: "ann", password: "{PASSWORD}" }})'

        assert tab.fault(sign_in) == ["TypeError", None, "Failed to fetch"]
        assert len(opened.taken) == before

    def test_within_the_origin(self, opened: Crossing, tab: Tab) -> None:
        """On the own origin it follows, body and value included."""
        answer = tab.order("milk", "/moved?to=/orders")

        assert answer.status == 200
        assert opened.orders(ANN)[-1:] == ["milk"]

    def test_what_only_asks(self, opened: Crossing, tab: Tab) -> None:
        """A request without the value follows anywhere, as it does without this script."""
        assert tab.fetch(f"{to_evil(opened)}?for=all") == (200, "taken")
        assert not {CSRF, "Cookie"} & opened.taken[-1]["headers"].keys()


class TestLeftAlone:
    def test_no_credentials(self, opened: Crossing, tab: Tab) -> None:
        """``credentials: "omit"`` means no cookies, no CSRF value and no refresh."""
        refreshes = opened.count("/auth/refresh")
        with tab.page.expect_request("**/orders") as sent:
            answer = tab.fetch("/orders", method="POST", credentials="omit")

        assert answer.status == 401
        assert sent.value.header_value(CSRF) is None
        assert opened.requests("/orders")[-1].cookies == []
        assert opened.count("/auth/refresh") == refreshes

    def test_another_origin(self, opened: Crossing, tab: Tab) -> None:
        """A request to another origin gets nothing of ours."""
        answer = tab.fetch(f"{opened.at(EVIL)}/take", method="POST")

        assert answer == (200, "taken")
        assert not {CSRF, "Cookie"} & opened.taken[-1]["headers"].keys()


class TestNobody:
    def test_anonymous(self, opened: Crossing, context: BrowserContext) -> None:
        """Whoever is not signed in gets a 401: no tab hears of a sign-out, and none refreshes."""
        refreshes = opened.count("/auth/refresh")
        tab, other = Tab(context, opened.origin), Tab(context, opened.origin)

        assert [tab.fetch("/orders").status for _ in range(3)] == [401] * 3
        assert tab.order("tea").status == 401
        assert (tab.heard, other.heard) == ([], [])
        assert opened.count("/auth/refresh") == refreshes

    def test_told_once(self, opened: Crossing, tab: Tab, context: BrowserContext) -> None:
        """An end is told once, also to pages to come, where the cookies are still there."""
        context.clear_cookies(name="__Secure-refresh_token")
        opened.move_clock(EXPIRY)

        assert [tab.fetch("/orders").status for _ in range(2)] == [401] * 2
        assert tab.heard == [SIGNED_IN, SESSION_ENDED]
        tab.open()
        assert tab.fetch("/orders").status == 401
        assert tab.heard == []

        tab.sign_in()
        assert tab.fetch("/orders").status == 200
        context.clear_cookies(name="__Secure-refresh_token")
        opened.move_clock(EXPIRY)
        assert tab.fetch("/orders").status == 401
        assert tab.heard == [SIGNED_IN, SESSION_ENDED]

    def test_sign_out(self, opened: Crossing, context: BrowserContext) -> None:
        """Whoever is not signed in may sign out, and does not sign in by it."""
        tab = Tab(context, opened.origin)
        tab.sign_out()

        assert (tab.heard, tab.fetch("/orders").status) == ([SIGNED_OUT], 401)


def toss(context: BrowserContext, opened: Crossing, path: str = "/") -> None:
    """Have a sibling domain set a CSRF cookie for the shop."""
    page = context.new_page()
    page.goto(f"{opened.at(SIBLING)}/")
    page.evaluate(
        """path => {
            document.cookie =
                `__Secure-csrf_token=tossed; Domain=shop.test; Path=${path}; Secure`;
        }""",
        path,
    )
    page.close()


class TestTossed:
    def test_beside_ours(self, opened: Crossing, tab: Tab, context: BrowserContext) -> None:
        """A sibling domain's CSRF cookie is not even looked at while ours is there."""
        toss(context, opened)
        asked = opened.count("/auth/csrf")

        assert tab.order("tea").status == 200
        assert opened.count("/auth/csrf") == asked

    def test_alone(self, opened: Crossing, tab: Tab, context: BrowserContext) -> None:
        """Without ours it locks nobody out: the server is asked, once."""
        toss(context, opened)
        context.clear_cookies(name="__Host-csrf_token")
        tab.open()
        assert tab.document_cookie == {"__Secure-csrf_token": "tossed"}
        asked, before = opened.count("/auth/csrf"), opened.orders(ANN)

        assert tab.order("tea").status == 200
        assert tab.order("milk").status == 200
        assert opened.orders(ANN) == [*before, "tea", "milk"]
        assert opened.count("/auth/csrf") == asked + 1

    def test_refresh(self, opened: Crossing, tab: Tab, context: BrowserContext) -> None:
        """It keeps nobody from refreshing, and from signing out."""
        toss(context, opened)
        context.clear_cookies(name="__Host-csrf_token")
        tab.open()
        opened.move_clock(EXPIRY)
        assert tab.fetch("/orders").status == 200
        assert tab.heard == [REFRESHED]
        context.clear_cookies(name="__Host-csrf_token")
        tab.open()
        tab.sign_out()

        left = {name for name, _ in cookies_of(context, opened.origin)}
        assert left == {"__Secure-csrf_token"}


def test_tossed_within_the_domain(tmp_path: Path, context: BrowserContext) -> None:
    """With ``JWT_COOKIE_DOMAIN`` a sibling can overwrite the value: the server tells it, once."""
    with crossing(tmp_path, JWT_COOKIE_DOMAIN="shop.test") as opened:
        tab = Tab(context, opened.origin)
        tab.sign_in()
        assert tab.order("tea").status == 200
        toss(context, opened)
        assert tab.document_cookie == {"__Secure-csrf_token": "tossed"}

        assert tab.order("milk").status == 200
        assert opened.count("/auth/csrf") == 0
        tab.open()
        assert [tab.order(item).status for item in ("rice", "salt")] == [200, 200]
        assert opened.orders(ANN) == ["tea", "milk", "rice", "salt"]
        assert opened.count("/auth/csrf") == 1


class TestBodies:
    @pytest.mark.parametrize("kind", ["blob", "bytes", "form", "multipart"])
    @pytest.mark.parametrize("length", [10, 200_000])
    def test_repeated(self, opened: Crossing, tab: Tab, kind: str, length: int) -> None:
        """Whatever the body is made of, and however long it is, it is sent again as it was."""
        opened.move_clock(EXPIRY)
        status = tab.page.evaluate(
            """async ([kind, length]) => {
                const item = "é".repeat(length);
                const text = JSON.stringify({ item });
                const json = { "Content-Type": "application/json" };
                const multipart = new FormData();
                multipart.append("item", item);
                const init = {
                    blob: { body: new Blob([text], { type: "application/json" }) },
                    bytes: { body: new TextEncoder().encode(text), headers: json },
                    form: { body: new URLSearchParams({ item }) },
                    multipart: { body: multipart },
                }[kind];
                return (await auth.fetch("/orders", { method: "POST", ...init })).status;
            }""",
            [kind, length],
        )

        assert status == 200
        assert opened.orders(ANN)[-1] == "é" * length

    def test_a_request(self, opened: Crossing, tab: Tab) -> None:
        """A ``Request`` is sent again too."""
        opened.move_clock(EXPIRY)
        status = tab.page.evaluate(
            """async () => {
                const headers = { "Content-Type": "application/json" };
                const body = JSON.stringify({ item: "rice" });
                const request = new Request("/orders", { method: "POST", headers, body });
                return (await auth.fetch(request)).status;
            }"""
        )

        assert (status, opened.orders(ANN)[-1]) == (200, "rice")

    def test_a_stream(self, opened: Crossing, tab: Tab) -> None:
        """A stream is sent once; the refresh is made, so that the page can send another."""
        sent: list[str] = []

        def refuse(route: Route) -> None:
            sent.append(route.request.method)
            route.fulfill(status=401)

        # Browsers send streams by HTTP/2 alone, which this server does not speak.
        tab.page.route("**/orders", refuse)
        before = opened.count("/auth/refresh")
        status = tab.page.evaluate(
            """async () => {
                const body = new Blob(["tea"]).stream();
                const init = { method: "POST", body, duplex: "half" };
                return (await auth.fetch("/orders", init)).status;
            }"""
        )

        assert (status, sent) == (401, ["POST"])
        assert opened.count("/auth/refresh") == before + 1
