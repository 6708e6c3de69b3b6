"""Chromium, to which every host below ``.test`` is this machine, and pages for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from tests.support.chromium import NewContext, own_profile
from tests.support.chromium import chromium as chromium
from tests.support.chromium import new_context as new_context

from .shopping import RESOLVER, TLSServer, served
from .tab import Tab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext


@pytest.fixture(scope="module")
def chromium_arguments() -> Sequence[str]:
    """What its command line says beside the usual."""
    return (RESOLVER,)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TLSServer]:
    """The server of all pages that are not the shop's."""
    app = "tests.browser.applications.elsewhere:create_app()"
    with served(app, tmp_path_factory.mktemp("elsewhere")) as server:
        yield TLSServer(server, "evil.test")


@pytest.fixture(scope="module")
def browser(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """A browser that sends other sites the cookies that are for them."""
    folder = tmp_path_factory.mktemp("profile")
    with own_profile(chromium, folder, [RESOLVER]) as context:
        yield context


@pytest.fixture
def context(new_context: NewContext) -> BrowserContext:
    """A browser."""
    return new_context(ignore_https_errors=True)


@pytest.fixture
def tab(opened: TLSServer, context: BrowserContext) -> Tab:
    """A tab at what is opened in a file of tests, where ann has signed in."""
    found = Tab(context, opened.origin)
    found.sign_in()
    return found
