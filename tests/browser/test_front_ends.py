"""``JWT_COOKIE_ORIGINS`` in a browser that sends cookies to other sites: one front end is named.

Others are open beside it, and get nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.browsing import HEADER

from .shopping import ServedShop, TLSServer, shop
from .tab import SCRIPT, Tab

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

#: The front ends that the shop names: on another site, and on its own.
NAMED = ("app.test", "app.shop.test")
OTHERS = ("other.test", "blog.shop.test", "shop.test")
# What a front end loads from the shop itself.
LOAD = "script => import(script).then(() => null)"
# As one that has no client: with the cookies, and reading what it is let.
STEAL = """([url, init]) => fetch(url, { credentials: "include", ...init })
    .then(answer => answer.text(), error => error.name)"""


@pytest.fixture(scope="module")
def opened(elsewhere: TLSServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedShop]:
    """A shop that names two of them."""
    origins = [elsewhere.at(host) for host in NAMED]
    with shop(tmp_path_factory.mktemp("shop"), JWT_COOKIE_ORIGINS=origins) as found:
        yield found


@pytest.fixture(params=NAMED)
def named(
    request: pytest.FixtureRequest,
    browser: BrowserContext,
    elsewhere: TLSServer,
    opened: ServedShop,
) -> Tab:
    """A front end that is named, where ann has signed in; it loads the script from the shop."""
    browser.clear_cookies()
    script = opened.origin + SCRIPT
    found = Tab(browser, elsewhere.at(request.param), script, base=opened.origin)
    found.sign_in()
    return found


def steal(page: Page, opened: ServedShop, path: str, **init: Any) -> str:
    """Send a request without the client; return what the page has read, or the error."""
    told: str = page.evaluate(STEAL, [opened.origin + path, init])
    return told


@pytest.mark.parametrize("host", OTHERS)
def test_others(
    named: Tab, host: str, browser: BrowserContext, elsewhere: TLSServer, opened: ServedShop
) -> None:
    """One that is not gets the cookies sent, and neither reads nor changes anything."""
    other = browser.new_page()
    other.goto(elsewhere.at(host))
    state, before = (opened.all_orders(), opened.all_sessions()), opened.count()

    with pytest.raises(Exception, match="Failed to fetch dynamically imported module"):
        other.evaluate(LOAD, opened.origin + SCRIPT)
    told = [steal(other, opened, path) for path in ("/orders", "/auth/csrf", "/auth/sessions")]
    told += [
        steal(other, opened, "/orders", method="POST", body="{}"),
        steal(other, opened, "/auth/refresh", method="POST"),
        steal(other, opened, "/orders", method="DELETE"),
        steal(other, opened, "/orders", method="POST", headers={HEADER: "x"}),
    ]

    assert told == ["TypeError"] * 7
    seen = [(one.method, one.path, one.status) for one in opened.requests(after=before)]
    assert seen == [
        ("GET", "/flask_jwt.js", 200),
        ("GET", "/orders", 200),
        ("GET", "/auth/csrf", 200),
        ("GET", "/auth/sessions", 200),
        ("POST", "/orders", 403),
        ("POST", "/auth/refresh", 403),
        ("OPTIONS", "/orders", 200),
        ("OPTIONS", "/orders", 200),
    ]
    assert (opened.all_orders(), opened.all_sessions()) == state
    assert named.order("tea", f"{opened.origin}/orders").status == 200
