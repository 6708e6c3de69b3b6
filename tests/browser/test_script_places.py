"""``flask_jwt.js`` on a developer's machine, and in front ends on other origins than the API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.chromium import NewContext, own_profile
from tests.support.server import flask_run

from .crossing import Crossing, crossing
from .shopping import ANN, PASSWORD, RESOLVER, ServedShop, shop
from .tab import REFRESHED, SESSION_ENDED, SIGNED_IN, SIGNED_OUT, Tab, cookies_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

EXPIRY = 80
LIFETIME: dict[str, Any] = {"JWT_EXPIRATION_DELTA": 60}
# The API is at shop.test, on a port of its own.
SAME_SITE, ELSEWHERE = ("shop.test", "app.shop.test"), "app.test"


class PlainShop(ServedShop):
    """The shop without TLS."""

    def at(self, host: str) -> str:
        return f"http://{host}:{self.server.port}"


@pytest.fixture(scope="module")
def developed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlainShop]:
    """The shop as ``flask run --debug`` serves it."""
    log = tmp_path_factory.mktemp("developed") / "server.log"
    app = "tests.browser.applications.shop:create_app"
    with flask_run(app, log, environment={"FLASK_JWT_EXPIRATION_DELTA": "60"}) as server:
        yield PlainShop(server, "localhost")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedShop]:
    """A server of pages and of the script; nobody signs in there."""
    with shop(tmp_path_factory.mktemp("front")) as found:
        yield found


def api_for(folder: Path, front: ServedShop, **config: Any) -> Any:
    """Open the API for the front ends."""
    origins = [front.at(host) for host in (*SAME_SITE, ELSEWHERE)]
    return crossing(folder, JWT_COOKIE_ORIGINS=origins, **LIFETIME, **config)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, front: ServedShop) -> Iterator[Crossing]:
    """The API, whose cookies are as usual."""
    with api_for(tmp_path_factory.mktemp("api"), front) as found:
        yield found


@pytest.fixture(scope="module")
def partitioned(tmp_path_factory: pytest.TempPathFactory, front: ServedShop) -> Iterator[Crossing]:
    """The API, whose cookies are partitioned by site."""
    with api_for(tmp_path_factory.mktemp("api"), front, JWT_COOKIE_PARTITIONED=True) as found:
        yield found


@pytest.fixture
def lenient(chromium: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser that takes cookies of other sites."""
    with own_profile(chromium, tmp_path, [RESOLVER]) as found:
        yield found


@pytest.fixture
def blocking(chromium: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser that takes such cookies only where they are partitioned."""
    with own_profile(chromium, tmp_path, [RESOLVER], blocks_others=True) as found:
        yield found


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_plain_http(developed: PlainShop, context: BrowserContext, host: str) -> None:
    """In debug on this machine the names are plain, and all else is the same."""
    origin = developed.at(host)
    tab, other = Tab(context, origin), Tab(context, origin)
    said = tab.sign_in()
    assert tab.document_cookie == {"csrf_token": said["csrf_token"]}
    cookies = cookies_of(context, origin)
    assert cookies.keys() == {
        ("access_token", "/"),
        ("csrf_token", "/"),
        ("refresh_token", "/auth/refresh"),
        ("refresh_token", "/auth/logout"),
    }
    assert not any(one["secure"] for one in cookies.values())

    before, asked = developed.count("/auth/refresh"), developed.count("/auth/csrf")
    developed.move_clock(EXPIRY)
    assert tab.order("tea").status == 200
    assert other.order("milk").status == 200
    assert developed.count("/auth/refresh") == before + 1
    assert developed.count("/auth/csrf") == asked
    assert developed.orders(ANN)[-2:] == ["tea", "milk"]

    tab.sign_out()
    other.wait_to_hear(SIGNED_OUT)
    assert other.fetch("/orders").status == 401
    assert cookies_of(context, origin) == {}


def visit(context: BrowserContext, front: ServedShop, host: str, api: Crossing) -> None:
    """Sign in, order, refresh, delete, and sign out, in two tabs of a front end."""
    orders = f"{api.origin}/orders"
    tab, other = (Tab(context, front.at(host), base=api.origin) for _ in range(2))
    assert tab.fetch(orders).status == 401
    tab.sign_in()
    other.wait_to_hear(SIGNED_IN)
    assert tab.order("tea", orders).status == 200
    asked = api.count("/auth/csrf")
    assert [other.order("milk", orders).status for _ in range(2)] == [200, 200]
    assert api.count("/auth/csrf") == asked + 1
    assert api.orders(ANN)[-3:] == ["tea", "milk", "milk"]

    before = api.count("/auth/refresh", "POST")
    api.move_clock(EXPIRY)
    tab.begin(5, orders)
    assert [one.status for one in tab.answers()] == [200] * 5
    other.wait_to_hear(REFRESHED)
    assert other.order("rice", orders).status == 200
    assert api.count("/auth/refresh", "POST") == before + 1

    assert other.fetch(orders, method="DELETE").status == 200
    assert api.orders(ANN) == []
    sid = json.loads(other.fetch(orders).text)["sid"]
    assert api.sessions(ANN)[sid] == 1
    tab.sign_out()
    other.wait_to_hear(SIGNED_OUT)
    assert sid not in api.sessions(ANN)
    assert other.fetch(orders).status == 401
    assert [tab.heard, other.heard] == [[SIGNED_IN, REFRESHED, SIGNED_OUT]] * 2


class TestFrontEnds:
    @pytest.mark.parametrize("host", SAME_SITE)
    def test_same_site(
        self, context: BrowserContext, front: ServedShop, api: Crossing, host: str
    ) -> None:
        """On another port and on a sibling domain, a front end does all that there is to do."""
        visit(context, front, host, api)

        assert context.cookies(f"{api.origin}/auth/refresh") == []

    def test_another_site(self, lenient: BrowserContext, front: ServedShop, api: Crossing) -> None:
        """So does one on another site, which sees no cookie at all, not even the CSRF value."""
        visit(lenient, front, ELSEWHERE, api)
        tab = Tab(lenient, front.at(ELSEWHERE), base=api.origin)
        tab.sign_in()

        assert tab.document_cookie == {}
        assert {one["sameSite"] for one in cookies_of(lenient, api.origin).values()} == {"None"}

    def test_blocked(self, blocking: BrowserContext, front: ServedShop, api: Crossing) -> None:
        """Where a browser takes no cookies of other sites, nobody is signed in or out there."""
        tab = Tab(blocking, front.at(ELSEWHERE), base=api.origin)
        tab.sign_in()

        assert tab.fetch(f"{api.origin}/orders").status == 401

    def test_partitioned(
        self, blocking: BrowserContext, front: ServedShop, partitioned: Crossing
    ) -> None:
        """Partitioned cookies are taken there; they are those of one site's front end alone."""
        visit(blocking, front, ELSEWHERE, partitioned)
        tab = Tab(blocking, front.at(ELSEWHERE), base=partitioned.origin)
        tab.sign_in()
        sibling = Tab(blocking, front.at("app.shop.test"), base=partitioned.origin)

        orders = f"{partitioned.origin}/orders"
        assert tab.fetch(orders).status == 200
        assert sibling.fetch(orders).status == 401

    def test_reload(self, context: BrowserContext, front: ServedShop, api: Crossing) -> None:
        """A page that is loaded anew after hours asks for the value, and refreshes."""
        tab = Tab(context, front.at("app.shop.test"), base=api.origin)
        tab.sign_in()
        tab.open()
        api.move_clock(3600)

        assert tab.order("tea", f"{api.origin}/orders").status == 200
        assert tab.heard == [REFRESHED]

    def test_another_session(
        self, context: BrowserContext, front: ServedShop, api: Crossing
    ) -> None:
        """What was begun before somebody else signed in elsewhere is not done in their name."""
        tab = Tab(context, front.at("app.shop.test"), base=api.origin)
        tab.sign_in()
        Tab(context, front.at("shop.test"), base=api.origin).sign_in("bob")

        orders, before = f"{api.origin}/orders", api.all_orders()
        assert tab.order("tea", orders).status == 403
        assert api.all_orders() == before
        assert tab.order("milk", orders).status == 200
        assert api.orders("bob")[-1:] == ["milk"]

    def test_ended_elsewhere(
        self, context: BrowserContext, front: ServedShop, api: Crossing, new_context: NewContext
    ) -> None:
        """A session that was ended from another browser is over, in each tab."""
        orders = f"{api.origin}/orders"
        tab, other = (Tab(context, front.at("app.shop.test"), base=api.origin) for _ in range(2))
        tab.sign_in()
        other.wait_to_hear(SIGNED_IN)
        phone = Tab(new_context(ignore_https_errors=True), api.origin)
        phone.sign_in()
        assert phone.fetch("/auth/sessions", method="DELETE").status == 204

        assert tab.fetch(orders).status == 401
        other.wait_to_hear(SESSION_ENDED)
        assert other.fetch(orders).status == 401
        assert [tab.heard, other.heard] == [[SIGNED_IN, SESSION_ENDED]] * 2

    def test_redirect(self, context: BrowserContext, front: ServedShop, api: Crossing) -> None:
        """What changes something follows no redirect: the other site sees nothing."""
        tab = Tab(context, front.at("app.shop.test"), base=api.origin)
        tab.sign_in()
        before = len(api.taken)
        moved = f"{api.origin}/moved?to={api.at('evil.test')}/take"

        assert tab.fault(f'auth.fetch("{moved}", {{ method: "POST" }})')[:1] == ["TypeError"]
        assert api.requests("/moved", "POST")[-1].status == 307
        assert len(api.taken) == before

    def test_a_stranger(self, context: BrowserContext, front: ServedShop, api: Crossing) -> None:
        """A front end that is not named can't even sign in."""
        tab = Tab(context, front.at("evil.test"), base=api.origin)
        sign_in = f'auth.signIn({{ username: "ann", password: "{PASSWORD}" }})'

        assert tab.fault(sign_in)[:1] == ["TypeError"]
        assert context.cookies(api.origin) == []


def test_renewal_without_a_script(
    tmp_path_factory: pytest.TempPathFactory, context: BrowserContext
) -> None:
    """Whoever keeps on following links stays signed in, without any script or refresh."""
    folder = tmp_path_factory.mktemp("renewing")
    with shop(folder, JWT_COOKIE_AUTO_REFRESH=40, **LIFETIME) as opened:
        tab = Tab(context, opened.origin)
        tab.sign_in()
        pages = context.new_page()
        for _ in range(5):
            opened.move_clock(50)
            answer = pages.goto(f"{opened.origin}/form")
            assert answer is not None
            assert answer.status == 200
        pages.get_by_label("Item").fill("tea")
        pages.get_by_role("button").click()
        pages.wait_for_url("**/orders")

        assert opened.orders(ANN) == ["tea"]
        assert opened.count("/auth/refresh") == 0
        # After the time that it would have been renewed in, it has expired.
        opened.move_clock(EXPIRY)
        late = pages.goto(f"{opened.origin}/form")
        assert late is not None
        assert late.status == 401
