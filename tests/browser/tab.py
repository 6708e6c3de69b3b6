"""Somebody's tab at the shop, with a client of ``flask_jwt.js`` and all that it hears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .shopping import ANN, PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

_OPEN = """async ([script, options]) => {
    const { createClient, RefusedError } = await import(script);
    window.RefusedError = RefusedError;
    window.auth = createClient(options);
    window.heard = [];
    for (const type of ["signin", "refresh", "signout"]) {
        auth.addEventListener(type, ({ detail }) => heard.push([type, detail.reason ?? null]));
    }
    window.ask = async ([url, init]) => {
        const answer = await auth.fetch(url, init);
        return [answer.status, await answer.text()];
    };
}"""
_HAS_HEARD = "wanted => JSON.stringify(heard).includes(JSON.stringify(wanted))"

#: The path of the script at the shop.
SCRIPT = "/flask_jwt.js"

SIGNED_OUT = ["signout", "signed out"]
SESSION_ENDED = ["signout", "session ended"]
REFRESHED = ["refresh", None]
SIGNED_IN = ["signin", None]


class Answer(NamedTuple):
    """What a page has got for a request."""

    status: int
    text: str


class Tab:
    """A tab."""

    def __init__(
        self, context: BrowserContext, origin: str, script: str = SCRIPT, **options: str
    ) -> None:
        self._origin, self._script, self._options = origin, script, options
        self.page = context.new_page()
        self.open()

    def open(self) -> None:
        """Open the page, or load it anew: it has heard nothing then."""
        self.page.goto(f"{self._origin}/")
        self.page.evaluate(_OPEN, [self._script, self._options])

    def sign_in(self, username: str = ANN, password: str = PASSWORD, **members: Any) -> Any:
        """Sign in, and return what the server says."""
        credentials = {"username": username, "password": password, **members}
        return self.page.evaluate("credentials => auth.signIn(credentials)", credentials)

    def sign_out(self) -> None:
        """Sign out."""
        self.page.evaluate("auth.signOut()")

    def fetch(self, url: str, **init: Any) -> Answer:
        """Send a request by the client."""
        return Answer(*self.page.evaluate("request => ask(request)", [url, init]))

    def order(self, item: str, url: str = "/orders") -> Answer:
        """Order something, as JSON."""
        return Answer(
            *self.page.evaluate(
                """([url, item]) => ask([url, {
                    method: "POST",
                    headers: { "Content-Type": "application/json" },
                    body: JSON.stringify({ item }),
                }])""",
                [url, item],
            )
        )

    def begin(self, count: int, url: str = "/orders") -> None:
        """Send requests at once, and wait for no answer."""
        self.page.evaluate(
            """([count, url]) => {
                window.begun = Promise.all(Array.from({ length: count }, () => ask([url])));
            }""",
            [count, url],
        )

    def answers(self) -> list[Answer]:
        """Wait for the answers to what was begun."""
        return [Answer(*one) for one in self.page.evaluate("begun")]

    def fault(self, expression: str) -> list[Any]:
        """Return the name of the error that a promise ends with, its status and its text."""
        found: list[Any] = self.page.evaluate(
            f"""() => {expression}.then(
                () => [],
                (error) => [error.constructor.name, error.status ?? null, error.message],
            )"""
        )
        return found

    @property
    def heard(self) -> list[list[str | None]]:
        """The events so far, each with its reason."""
        found: list[list[str | None]] = self.page.evaluate("heard")
        return found

    def wait_to_hear(self, event: list[Any]) -> None:
        """Wait for an event."""
        self.page.wait_for_function(_HAS_HEARD, arg=event)

    @property
    def document_cookie(self) -> dict[str, str]:
        """The cookies that a script of the page sees."""
        text: str = self.page.evaluate("document.cookie")
        return dict(pair.split("=", 1) for pair in text.split("; ") if pair)


def cookies_of(context: BrowserContext, origin: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return all cookies of an origin, whatever their path, by name and path."""
    host = origin.split("//")[1].split(":")[0]
    return {
        (one["name"], one["path"]): dict(one)
        for one in context.cookies()
        if one["domain"].lstrip(".") == host
    }
