"""Somebody at the console, in a real browser that tells of everything that goes wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.chromium import expect

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Request

#: The one user of the tutorial application.
USERNAME, PASSWORD = "masnun", "abc123"

# What the browser itself says of each refusal; those are what the page is there to show.
_REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


class Visit:
    """A console in a tab of its own."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.origin = origin
        #: What has gone wrong: errors of scripts, violations of the policy, requests elsewhere.
        self.faults: list[str] = []
        self.page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"{error}"))
        self.page.on("request", self._see)
        self.page.goto(f"{origin}/")
        expect(self.page.locator("body[data-ready=yes]")).to_be_attached()

    def _hear(self, message: ConsoleMessage) -> None:
        refused = _REFUSAL.match(message.text) and "/_console/" not in message.location["url"]
        if message.type in ("error", "warning") and not refused:
            self.faults.append(message.text)

    def _see(self, request: Request) -> None:
        if not request.url.startswith(f"{self.origin}/"):
            self.faults.append(f"a request to {request.url}")

    def __getitem__(self, name: str) -> Locator:
        """Return the element with an id."""
        return self.page.locator(f"#{name}")

    def press(self, name: str, within: str = "main") -> None:
        """Press the button with a name."""
        self[within].get_by_role("button", name=name, exact=True).click()

    def sign_in(self, username: str = USERNAME, password: str = PASSWORD) -> None:
        """Sign in, as the one user there is unless it is another application."""
        self.send_credentials(username, password)
        expect(self["who"]).to_have_text(f"Signed in as {username}.")

    def send_credentials(self, username: str, password: str) -> None:
        """Fill in the form of sign-in, and send it."""
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.press("Sign in")

    def call(self, path: str = "/api/v1/private", *, with_token: bool = True) -> None:
        """Call a path, with the access token or without."""
        self.page.get_by_label("Path").fill(path)
        if self["with-token"].is_enabled():
            self["with-token"].set_checked(with_token)
        self.press("Send")

    def inspect(self, token: str) -> None:
        """Paste a token at the gate."""
        self["gate-token"].fill(token)
        self.press("Check it")

    @property
    def access_token(self) -> str:
        """The access token that is shown."""
        return self["access-token"].inner_text()

    @property
    def counter(self) -> str:
        """The counter of the refresh token that is shown."""
        return self.page.locator(".piece-counter .piece-value").inner_text()

    @property
    def overflows(self) -> bool:
        """Whether the page is wider than what is seen of it."""
        wide: bool = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wide
