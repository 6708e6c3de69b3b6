"""Take the pictures of the console in this folder: ``make screenshots``."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flask import Flask
from werkzeug.serving import make_server

from flask_jwt import JWT, jwt_required
from flask_jwt.console import Console

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
TUTORIAL = ROOT / "examples" / "tutorial"
USERNAME, PASSWORD = "masnun", "abc123"
RESOURCE = "/api/v1/private"
MOST_BYTES = 350_000


class TooLargeError(RuntimeError):
    """A picture is too large for the documentation."""


class NotServedError(RuntimeError):
    """There is nothing to take a picture of."""


def main() -> None:
    """Take all pictures, and put them beside this file."""
    sys.path.insert(0, str(ROOT))
    from tests.support.chromium import running_chromium

    with running_console() as url, running_chromium() as browser:
        take(browser, url, "console-light", "light", 1280, "call")
        take(browser, url, "console-dark", "dark", 1280, "call")
        take(browser, url, "console-phone", "light", 390, "access")


def take(
    browser: Browser,
    url: str,
    name: str,
    scheme: Literal["light", "dark"],
    width: int,
    last: str,
) -> None:
    """Take one picture.

    :param name: of the file, without its ending.
    :param scheme: what the person at the browser prefers.
    :param width: of the page, in CSS pixels.
    :param last: the id of the section with which the picture ends.
    :raises TooLargeError: the picture has too many bytes.
    """
    from tests.support.chromium import fresh_context

    with fresh_context(browser, colour_scheme=scheme, width=width) as context:
        page = context.new_page()
        page.goto(url)
        use(page)
        page.evaluate("scrollTo(0, 0)")
        page.locator('.contents a[href="#sign-in"][aria-current]').wait_for()
        end = page.locator(f"#{last}").evaluate("section => section.getBoundingClientRect().bottom")
        clip = {"x": 0, "y": 0, "width": width, "height": end}
        picture = page.screenshot(full_page=True, clip=clip)
    if len(picture) > MOST_BYTES:
        raise TooLargeError(f"{name}.png has {len(picture)} bytes")
    (DOCS / f"{name}.png").write_bytes(picture)


def use(page: Page) -> None:
    """Do what the pictures show: sign in, refresh, call, and have a broken token refused."""
    page.fill("#username", USERNAME)
    page.fill("#password", PASSWORD)
    page.click("#sign-in-form button[type=submit]")
    page.locator("#session-list").wait_for()
    page.click("#refresh-button")
    page.locator("#refresh-result[data-tone=good]").wait_for()
    page.fill("#path", RESOURCE)
    page.click("#call-form button[type=submit]")
    page.locator("#call-result[data-tone=good]").wait_for()
    page.get_by_role("button", name="Signature changed", exact=True).click()
    page.locator("#gate-result[data-tone=bad]").wait_for()
    page.locator("#path").blur()


@contextmanager
def running_console() -> Iterator[str]:
    """Serve the tutorial, or, as long as it has no console, an application that has one."""
    with running_tutorial() as url:
        with urllib.request.urlopen(url) as answer:  # noqa: S310
            has_console = b"data-surroundings" in answer.read()
        if has_console:
            yield url
            return
    with running_stand_in() as url:
        yield url


@contextmanager
def running_tutorial() -> Iterator[str]:
    """Serve the tutorial with a fresh database, and return its address."""
    with tempfile.TemporaryDirectory() as instance:
        environment = {**os.environ, "FLASK_INSTANCE_PATH": instance}
        server = subprocess.Popen(  # noqa: S603
            [sys.executable, TUTORIAL / "serve.py", "--port", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            words = server.stdout.readline().split() if server.stdout else []
            url = next((word for word in words if word.startswith("http")), None)
            if url is None:
                raise NotServedError("the tutorial does not start: see examples/tutorial/serve.py")
            yield url
        finally:
            server.terminate()
            server.wait()


@contextmanager
def running_stand_in() -> Iterator[str]:
    """Serve a small application with the console at its root, and return its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, stand_in(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.shutdown()
        thread.join()


def stand_in() -> Flask:
    """Make an application that answers as the tutorial does."""
    app = Flask(__name__)
    app.debug = True
    app.config["SECRET_KEY"] = os.urandom(32).hex()
    app.config["JWT_SESSION_STORE"] = "memory://"
    joe = {"id": 1, "name": USERNAME}
    JWT(
        app,
        lambda username, password: joe if (username, password) == (USERNAME, PASSWORD) else None,
        lambda claims: joe if claims["identity"] == joe["id"] else None,
    )

    @app.get(RESOURCE)
    @jwt_required()
    def private() -> dict[str, int]:
        return {"meaning_of_life": 42}

    app.register_blueprint(Console(note=f"{USERNAME} and {PASSWORD}", resource=RESOURCE))
    return app


if __name__ == "__main__":
    main()
