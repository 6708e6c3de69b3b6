"""``JWT_COOKIE_ORIGINS`` in a browser that sends cookies to other sites: one front end is named.

Others are open beside it, and get nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.chromium import running_permissive_chromium

from .front_ends import NAMED, FrontEnd
from .shopping import ANN, RESOLVER, ServedShop, TLSServer, shop

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

OTHERS = ("other.test", "blog.shop.test", "shop.test")


@pytest.fixture(scope="module")
def opened(elsewhere: TLSServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedShop]:
    """A shop that names two of them."""
    origins = [elsewhere.at(host) for host in NAMED]
    with shop(tmp_path_factory.mktemp("shop"), JWT_COOKIE_ORIGINS=origins) as found:
        yield found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """The browser."""
    folder = tmp_path_factory.mktemp("profile")
    with running_permissive_chromium(folder, [RESOLVER]) as context:
        yield context


@pytest.fixture(params=NAMED)
def named(
    request: pytest.FixtureRequest,
    browser: BrowserContext,
    elsewhere: TLSServer,
    opened: ServedShop,
) -> FrontEnd:
    """A front end that is named, where ann has signed in."""
    browser.clear_cookies()
    found = FrontEnd(browser, elsewhere.at(request.param), opened)
    found.load()
    found.sign_in()
    return found


def test_named(named: FrontEnd, opened: ServedShop) -> None:
    """It orders, refreshes, deletes and signs out."""
    before = opened.orders(ANN)
    status, body = named.send("POST")
    assert (status, body["orders"]) == (200, [*before, "tea"])
    opened.move_clock(400)
    assert named.send("POST")[0] == 200
    assert opened.sessions(ANN)[body["sid"]] == 1
    assert named.send("DELETE") == (200, {**body, "orders": []})

    named.sign_out()

    assert body["sid"] not in opened.sessions(ANN)
    assert named.send("GET")[0] == 401


@pytest.mark.parametrize("host", OTHERS)
def test_others(
    named: FrontEnd,
    host: str,
    browser: BrowserContext,
    elsewhere: TLSServer,
    opened: ServedShop,
) -> None:
    """One that is not gets the cookies sent, and neither reads nor changes anything."""
    other = FrontEnd(browser, elsewhere.at(host), opened)
    state, before = (opened.all_orders(), opened.all_sessions()), opened.count()

    with pytest.raises(Exception, match="Failed to fetch dynamically imported module"):
        other.load()
    told = [other.steal(path) for path in ("/orders", "/auth/csrf", "/auth/sessions")]
    told += [
        other.steal("/orders", method="POST", body="{}"),
        other.steal("/auth/refresh", method="POST"),
        other.steal("/orders", method="DELETE"),
        other.steal("/orders", method="POST", headers={"X-CSRF-TOKEN": "x"}),
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
    assert named.send("POST")[0] == 200
