"""A real Chromium for tests, and a fresh profile in it for each test.

Where Chromium or Playwright is not there, a test of it is skipped; with ``CI=true`` it fails. A
``conftest.py``, or a file of tests, takes the fixtures by importing them::

    from .chromium import chromium as chromium
    from .chromium import chromium_arguments as chromium_arguments
    from .chromium import new_context as new_context
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest

from .absent import absent

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, BrowserType, Locator

#: Makes a context: a profile without cookies, storage or cache of any other.
NewContext: TypeAlias = "Callable[..., BrowserContext]"

_VARIABLE = "FLASK_JWT_TEST_CHROMIUM"
_USUAL = "/usr/bin/chromium"
_ARGUMENTS = (
    # Containers have no user namespaces, and often run as root.
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    # It calls nobody but the servers of the tests.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_MILLISECONDS = 20_000


@contextmanager
def running_chromium(arguments: Sequence[str] = ()) -> Iterator[Browser]:
    """Run Chromium, and end it."""
    with _installed() as chromium:
        browser = chromium.launch(
            executable_path=_path(), args=[*_ARGUMENTS, *arguments], timeout=_MILLISECONDS * 3
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def fresh_context(
    browser: Browser,
    *,
    colour_scheme: Literal["light", "dark"] = "light",
    width: int = 1280,
    height: int = 900,
    ignore_https_errors: bool = False,
) -> Iterator[BrowserContext]:
    """Make a context, and close it with all its pages."""
    context = browser.new_context(
        color_scheme=colour_scheme,
        viewport={"width": width, "height": height},
        ignore_https_errors=ignore_https_errors,
        # No test waits for an animation, and no picture catches one half-way.
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    context.set_default_timeout(_MILLISECONDS)
    try:
        yield context
    finally:
        context.close()


@contextmanager
def own_profile(
    browser: Browser, folder: Path, arguments: Sequence[str] = (), *, blocks_others: bool = False
) -> Iterator[BrowserContext]:
    """Make a context that is a Chromium of its own, which takes any certificate; end it.

    It has a user's profile. Other contexts are incognito windows, and those block cookies of other
    sites.
    """
    preferences = folder / "Default" / "Preferences"
    preferences.parent.mkdir()
    # 0 is to take them all; 1 is what Chromium does, of its own accord, without a window.
    profile = {"cookie_controls_mode": int(blocks_others)}
    preferences.write_text(json.dumps({"profile": profile}))
    context = browser.browser_type.launch_persistent_context(
        folder,
        executable_path=_path(),
        args=[*_ARGUMENTS, *arguments],
        ignore_https_errors=True,
        timeout=_MILLISECONDS * 3,
    )
    context.set_default_timeout(_MILLISECONDS)
    try:
        yield context
    finally:
        context.close()


def expect(locator: Locator) -> Any:
    """Return assertions about a part of a page, each of which waits until it holds."""
    # Importing this file is for everybody, with Playwright or without.
    from playwright.sync_api import expect as playwrights

    playwrights.set_options(timeout=_MILLISECONDS)
    return playwrights(locator)


@pytest.fixture(scope="module")
def chromium_arguments() -> Sequence[str]:
    """More of Chromium's command line; a file of tests that needs some has its own fixture."""
    return ()


# While Playwright runs, its event loop is this thread's, and tests of coroutines could start none
# of their own. So it ends with the file of tests that has asked for it, not with the session: two
# seconds for each such file.
@pytest.fixture(scope="module")
def chromium(chromium_arguments: Sequence[str]) -> Iterator[Browser]:
    """A Chromium for one file of tests, which uses nothing of asyncio."""
    with running_chromium(chromium_arguments) as browser:
        yield browser


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[NewContext]:
    """Give a function that makes contexts, with the options of ``fresh_context``."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(fresh_context(chromium, **options))


@contextmanager
def _installed() -> Iterator[BrowserType]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        absent("Playwright is not installed")
    if not Path(_path()).is_file():
        absent(f"no Chromium at {_VARIABLE} or {_USUAL}")
    with sync_playwright() as playwright:
        yield playwright.chromium


def _path() -> str:
    return os.environ.get(_VARIABLE, _USUAL)
