"""Pages of other origins that use the shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .shopping import ANN, PASSWORD, ServedShop

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

#: The front ends that the shop names: on another site, and on its own.
NAMED = ("app.test", "app.shop.test")

# What a front end loads from the shop itself.
_LOAD = """async base => {
    const { createClient } = await import(`${base}/flask_jwt.js`);
    window.client = createClient({ base });
}"""
_SIGN_IN = """credentials => client.signIn(credentials).then(() => "signed in")"""
_SEND = """async ({url, method}) => {
    const init = { method };
    if (method === "POST") {
        init.headers = { "Content-Type": "application/json" };
        init.body = JSON.stringify({ item: "tea" });
    }
    const answer = await client.fetch(url, init);
    return [answer.status, await answer.json()];
}"""
_SIGN_OUT = "() => client.signOut()"
# As one that has no client: with the cookies, and reading what it is let.
_STEAL = """({url, init}) => fetch(url, { credentials: "include", ...init })
    .then(answer => answer.text(), error => error.name)"""


class FrontEnd:
    """A page elsewhere that uses the shop by its client.

    :param context: the browser.
    :param origin: where the page is.
    :param opened: the shop.
    """

    def __init__(self, context: BrowserContext, origin: str, opened: ServedShop) -> None:
        self.page: Page = context.new_page()
        self.page.goto(origin)
        self._shop = opened

    def load(self) -> None:
        """Load the client."""
        self.page.evaluate(_LOAD, self._shop.origin)

    def sign_in(self) -> None:
        """Sign ann in."""
        self.page.evaluate(_SIGN_IN, {"username": ANN, "password": PASSWORD})

    def send(self, method: str) -> tuple[int, Any]:
        """Send a request for orders; return status and body of the answer."""
        argument = {"url": f"{self._shop.origin}/orders", "method": method}
        status, body = self.page.evaluate(_SEND, argument)
        return status, body

    def sign_out(self) -> None:
        """Sign out."""
        self.page.evaluate(_SIGN_OUT)

    def steal(self, path: str, **init: Any) -> str:
        """Send a request without the client; return what the page has read, or the error."""
        told: str = self.page.evaluate(_STEAL, {"url": self._shop.origin + path, "init": init})
        return told
