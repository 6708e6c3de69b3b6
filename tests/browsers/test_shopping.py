"""The shop that the tests in a browser use is what they take it for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.chromium import NewContext, expect

from .shopping import ANN, PASSWORD, ServedShop, shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIGN_IN = """async credentials => {
    const { createClient } = await import("/flask_jwt.js");
    await createClient().signIn(credentials);
}"""
FETCH = """async ([path, init]) => {
    const { createClient } = await import("/flask_jwt.js");
    const answer = await createClient().fetch(path, init);
    return [answer.status, await answer.text()];
}"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedShop]:
    """A shop whose access tokens live for a minute."""
    with shop(tmp_path_factory.mktemp("shop"), JWT_EXPIRATION_DELTA=60) as found:
        yield found


@pytest.fixture
def page(opened: ServedShop, new_context: NewContext) -> Page:
    """Its page, where ann has signed in."""
    found = new_context(ignore_https_errors=True).new_page()
    found.goto(opened.origin)
    found.evaluate(SIGN_IN, {"username": ANN, "password": PASSWORD})
    return found


def status_of(page: Page, path: str, **init: Any) -> int:
    status: int = page.evaluate(FETCH, [path, init])[0]
    return status


def test_the_form(opened: ServedShop, page: Page) -> None:
    """Its form orders."""
    page.goto(f"{opened.origin}/form")
    page.get_by_label("Item").fill("tea")
    page.get_by_role("button").click()

    expect(page.locator("body")).to_contain_text('"user":"ann"')
    assert opened.orders(ANN)[-1:] == ["tea"]


def test_the_clock(opened: ServedShop, page: Page) -> None:
    """Tokens expire when the clock is moved, and the script refreshes."""
    refreshed = opened.count("/auth/refresh")
    assert status_of(page, "/orders") == 200
    assert opened.count("/auth/refresh") == refreshed

    opened.move_clock(80)

    assert status_of(page, "/orders") == 200
    assert opened.count("/auth/refresh", "POST") == refreshed + 1
    assert 1 in opened.sessions(ANN).values()
    assert [one.status for one in opened.requests("/orders")[-3:]] == [200, 401, 200]


def test_the_store(opened: ServedShop, page: Page) -> None:
    """While the store is broken nobody is served, and at once again when it is mended."""
    opened.break_store()
    broken = [status_of(page, "/orders") for _ in range(2)]
    opened.mend_store()

    assert broken == [503, 503]
    assert status_of(page, "/orders") == 200
