"""Somebody who is signed in at the shop, in a browser that opens other pages too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .shopping import ANN, PASSWORD, ServedShop

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

# A page's own client does one thing, and comes back with the status of an answer that there is.
_ACT = """async ([method, ...args]) => {
    const { createClient } = await import("/flask_jwt.js");
    const client = createClient();
    const answer = await client[method](...args);
    client.close();
    await answer?.text?.();
    return answer?.status ?? null;
}"""
_WHO = """() => fetch("/orders").then(async answer => answer.ok ? await answer.json() : null)"""


class State(NamedTuple):
    """All that a hostile page may want to change."""

    orders: dict[str, list[str]]
    sessions: dict[str, dict[str, int]]
    cookies: list[tuple[str, str, str, str]]
    page: Any


class Victim:
    """Ann at a page of the shop."""

    def __init__(self, context: BrowserContext, shop: ServedShop) -> None:
        self.context = context
        self.shop = shop
        self.page = context.new_page()

    def sign_in(self, *, keep_cookies: bool = False) -> None:
        """Sign in, with no cookies left of anything before unless they are to be kept."""
        if not keep_cookies:
            self.context.clear_cookies()
        if self.page.url != f"{self.shop.origin}/":
            self.page.goto(self.shop.origin)
        self.page.evaluate(_ACT, ["signIn", {"username": ANN, "password": PASSWORD}])

    def sign_out(self) -> None:
        """Sign out."""
        self.page.evaluate(_ACT, ["signOut"])

    def order(self, item: str) -> int:
        """Order something on the shop's page; return the status of the answer."""
        kind = {"Content-Type": "application/json"}
        body = json.dumps({"item": item})
        return self.fetch("/orders", {"method": "POST", "headers": kind, "body": body})

    def fetch(self, path: str, init: dict[str, Any] | None = None) -> int:
        """Send something with the page's client; return the status of the answer."""
        status: int = self.page.evaluate(_ACT, ["fetch", path, init or {}])
        return status

    @property
    def who(self) -> dict[str, Any] | None:
        """What the page is told of its user and session; None where nobody is signed in."""
        found: dict[str, Any] | None = self.page.evaluate(_WHO)
        return found

    @property
    def cookies(self) -> list[tuple[str, str, str, str]]:
        """Name, value, host and path of each cookie that the browser keeps for the shop."""
        url = f"{self.shop.origin}/"
        urls = [url, f"{url}auth/refresh", f"{url}auth/logout"]
        kept = {
            (one["name"], one["value"], one["domain"], one["path"])
            for one in self.context.cookies(urls)
        }
        return sorted(kept)

    @property
    def state(self) -> State:
        """How things are now, at the shop and in the browser."""
        return State(self.shop.all_orders(), self.shop.all_sessions(), self.cookies, self.who)

    def close_other_pages(self, but: Sequence[Page] = ()) -> None:
        """Close all tabs but the shop's, and others that are to stay."""
        for page in self.context.pages:
            if page is not self.page and page not in but:
                page.close()
