"""The device cookie in a real browser, which decides by its name whether to take it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.shopping import ANN, RESOLVER, ServedShop, shop
from tests.browser.tab import Tab
from tests.support.chromium import NewContext
from tests.support.chromium import chromium as chromium
from tests.support.chromium import new_context as new_context

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

NAME = "__Host-Http-device"
_REFUSED = """async password => {
    try {
        await auth.signIn({ username: "ann", password });
        return null;
    } catch (error) {
        return [error.status, error.retryAfter ?? null];
    }
}"""


@pytest.fixture(scope="module")
def chromium_arguments() -> Sequence[str]:
    return (RESOLVER,)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedShop]:
    with shop(tmp_path_factory.mktemp("shop"), JWT_THROTTLE=True) as found:
        yield found


def device_of(context: BrowserContext) -> dict[str, Any]:
    (found,) = [dict(one) for one in context.cookies() if one["name"] == NAME]
    return found


def test_a_browser_that_is_known(opened: ServedShop, new_context: NewContext) -> None:
    """It keeps the cookie from scripts and at sign-out, and its user is not locked out by others.

    The page of another browser learns from the client for how long to wait.
    """
    own, strangers = (new_context(ignore_https_errors=True) for _ in range(2))
    tab, other = Tab(own, opened.origin), Tab(strangers, opened.origin)
    tab.sign_in(ANN)
    tab.sign_out()
    device = device_of(own)
    assert (device["httpOnly"], device["secure"], device["path"]) == (True, True, "/")
    assert "device" not in tab.page.evaluate("document.cookie")

    opened.move_clock(1)
    refused = [other.page.evaluate(_REFUSED, "guessed") for _ in range(6)]
    assert refused == [[401, None]] * 5 + [[429, 1]]
    assert tab.sign_in(ANN)["csrf_token"]
    assert device_of(own)["value"] != device["value"]
