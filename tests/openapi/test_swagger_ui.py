"""Swagger UI in Chromium, as somebody uses it who has a token."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.chromium import NewContext, expect
from tests.support.chromium import chromium as chromium
from tests.support.chromium import chromium_arguments as chromium_arguments
from tests.support.chromium import new_context as new_context
from tests.support.server import Server, gunicorn
from tests.support.tokens import claims, compact

from .applications import SECRET

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The application of Flask-RESTX."""
    log = tmp_path_factory.mktemp("shop") / "log.txt"
    with gunicorn("tests.openapi.applications:served()", log) as server:
        yield server


@pytest.fixture
def page(shop: Server, new_context: NewContext) -> Page:
    """A page with its documentation."""
    page = new_context().new_page()
    page.goto(f"http://127.0.0.1:{shop.port}/shop/docs")
    return page


def status_of(operation: Locator) -> Locator:
    """Send the request of an operation; return where the status of its answer is shown."""
    operation.get_by_role("button", name="Execute").click()
    return operation.locator(".live-responses-table .response .response-col_status")


def test_authorize(page: Page) -> None:
    """A token that is put into Authorize opens what its guard lets it."""
    pay = page.locator(".opblock-post")
    pay.locator(".opblock-summary").click()
    expect(pay.locator(".opblock-description")).to_contain_text('Scope("payments:write")')
    pay.get_by_role("button", name="Try it out").click()
    pay.get_by_placeholder("team").fill("7")
    expect(status_of(pay)).to_have_text("401")

    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".dialog-ux")
    expect(dialog).to_contain_text("JWT <token>")
    token = compact(
        claims("ann", scope="payments:write", roles=["clerk"], auth_time=int(time.time())), SECRET
    )
    dialog.get_by_role("textbox").fill(f"JWT {token}")
    dialog.get_by_role("button", name="Authorize").click()
    dialog.get_by_role("button", name="Close").click()

    expect(status_of(pay)).to_have_text("200")
