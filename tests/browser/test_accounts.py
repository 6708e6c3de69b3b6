"""``examples/accounts`` in a real browser: what its visitors see, and what its script does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.chromium import NewContext, expect
from tests.support.secret import secret
from tests.support.server import ROOT, gunicorn
from tests.support.tls import self_signed

from .shopping import TLSServer
from .tab import SIGNED_IN, Tab, cookies_of

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Request

HOST = "app.test"
EXAMPLE = ROOT / "examples" / "accounts"
CLOCKED = Path(__file__).parent / "applications" / "clocked_accounts.py"
PASSWORD, NEW = "a mind forever voyaging", "correct horse battery"
SIGN_IN, REGISTER, CHANGE = "Sign in", "New here?", "Change your password"
WRONG = "The name or the password is wrong."

# What the browser itself says of each refusal.
_REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
_OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_INLINE = """() => {
    const script = document.createElement("script");
    script.textContent = "window.hasRun = true";
    document.body.append(script);
    return window.hasRun ?? false;
}"""


class Accounts(TLSServer):
    """The example, with the cookies of production."""

    def move_clock(self, seconds: float) -> None:
        """Move its clock on, which stands still otherwise."""
        assert self.server.post("/_test/clock", seconds).status == 200


class Visitor:
    """Somebody at the example, in a tab that tells of everything that goes wrong."""

    def __init__(self, context: BrowserContext, accounts: Accounts) -> None:
        self.origin = accounts.origin
        #: What has gone wrong: errors of scripts, violations of the policy, requests elsewhere.
        self.faults: list[str] = []
        self.page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"{error}"))
        self.page.on("request", self._see)
        self.page.goto(f"{self.origin}/")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _REFUSAL.match(message.text):
            self.faults.append(message.text)

    def _see(self, request: Request) -> None:
        if not request.url.startswith(f"{self.origin}/"):
            self.faults.append(f"a request to {request.url}")

    def form(self, name: str) -> Locator:
        """Return the form with a name."""
        return self.page.get_by_role("form", name=name)

    def send(self, form: str, **fields: str) -> None:
        """Fill the fields of a form, and press its button."""
        for name, text in fields.items():
            self.form(form).locator(f"[name={name}]:visible").fill(text)
        self.form(form).get_by_role("button").click()

    def says(self, form: str, text: str) -> None:
        """Wait until a form says something."""
        expect(self.form(form).get_by_role("status")).to_have_text(text)

    def is_at_account(self, name: str) -> None:
        """Wait for the page of a user."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(f"Hello, {name}")

    def is_at_sign_in(self) -> None:
        """Wait for the page of nobody."""
        expect(self.form(SIGN_IN)).to_be_visible()

    def register(self, name: str, password: str = PASSWORD) -> None:
        """Register, and see the account."""
        self.send(REGISTER, username=name, password=password)
        self.is_at_account(name)

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Send name and password."""
        self.send(SIGN_IN, username=name, password=password)

    def fail(self, name: str, times: int) -> None:
        """Send a wrong password so many times."""
        for _ in range(times):
            with self.page.expect_response("**/auth") as answer:
                self.sign_in(name, "wrong")
            assert answer.value.status == 401
            self.says(SIGN_IN, WRONG)

    def sign_out(self) -> None:
        """Press the button for it."""
        self.page.get_by_role("button", name="Sign out", exact=True).click()
        self.is_at_sign_in()

    def look_again(self) -> None:
        """Come back to the tab from another one."""
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    @property
    def sessions(self) -> Locator:
        """The sessions that are listed."""
        return self.page.get_by_role("listitem")


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    """The example under gunicorn, over TLS."""
    folder = tmp_path_factory.mktemp("accounts")
    copy = folder / "accounts"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("instance", "__pycache__"))
    shutil.copy(CLOCKED, copy)
    with gunicorn(
        "clocked_accounts:app",
        folder / "server.log",
        threads=8,
        directory=copy,
        environment={"FLASK_SECRET_KEY": secret("accounts")},
        certificate=self_signed(folder, [HOST]),
    ) as server:
        yield Accounts(server, HOST)


@pytest.fixture(autouse=True)
def another_day(accounts: Accounts) -> None:
    """Have all failures forgotten that other tests have caused."""
    accounts.move_clock(86_400)


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(accounts: Accounts, new_context: NewContext) -> Iterator[Visit]:
    """Give a function that opens the example, each time in a browser of its own.

    In the end nothing may have gone wrong there.
    """
    visitors = []

    def open_it(context: BrowserContext | None = None, **options: Any) -> Visitor:
        context = context or new_context(ignore_https_errors=True, **options)
        visitors.append(Visitor(context, accounts))
        return visitors[-1]

    yield open_it
    assert [fault for visitor in visitors for fault in visitor.faults] == []


class TestPages:
    def test_registration(self, visit: Visit) -> None:
        """Whoever registers is signed in, and stays so when the page is loaded again."""
        visitor = visit()
        visitor.is_at_sign_in()

        visitor.register("Änne")
        visitor.page.reload()

        visitor.is_at_account("Änne")
        cookies = cookies_of(visitor.page.context, visitor.origin)
        assert {name for (name, _), one in cookies.items() if not one["httpOnly"]} == {
            "__Host-csrf_token"
        }

    def test_refused_registration(self, visit: Visit) -> None:
        """A name that is taken and a password that will not do are told in words."""
        visit().register("berta")
        visitor = visit()

        visitor.send(REGISTER, username="BERTA", password=PASSWORD)
        visitor.says(REGISTER, "There is a user of that name")
        visitor.send(REGISTER, username="bert", password="password123")

        expect(visitor.form(REGISTER).get_by_role("status")).to_contain_text("common")
        assert visitor.page.evaluate("document.cookie") == ""

    def test_change_of_password(self, visit: Visit) -> None:
        """Another browser is signed out, and the former password is good for nothing."""
        here, there = visit(), visit()
        here.register("carla")
        there.sign_in("carla")
        there.is_at_account("carla")

        here.send(CHANGE, password=PASSWORD, new_password=NEW)
        here.says(CHANGE, "Your password is changed. You are signed out everywhere else.")
        there.page.reload()
        there.is_at_sign_in()
        there.sign_in("carla")
        there.says(SIGN_IN, WRONG)

        here.page.reload()
        here.is_at_account("carla")
        expect(here.sessions).to_have_count(1)
        there.sign_in("carla", NEW)
        there.is_at_account("carla")

    def test_refused_change_of_password(self, visit: Visit) -> None:
        """A wrong password, and a new one that will not do, change nothing."""
        visitor = visit()
        visitor.register("dora")

        visitor.send(CHANGE, password="wrong", new_password=NEW)
        visitor.says(CHANGE, "That is not your password.")
        visitor.send(CHANGE, password=PASSWORD, new_password="password123")
        expect(visitor.form(CHANGE).get_by_role("status")).to_contain_text("common")

        visitor.sign_out()
        visitor.sign_in("dora")
        visitor.is_at_account("dora")

    def test_waiting(self, visit: Visit, accounts: Accounts) -> None:
        """After five failures the visitor is told how long to wait, and when that is over."""
        visit().register("emil")
        visitor = visit()
        visitor.page.clock.install()
        visitor.fail("emil", 5)

        visitor.sign_in("emil")
        visitor.says(SIGN_IN, "Too many attempts. Please wait a second, then try again.")
        accounts.move_clock(1)
        visitor.page.clock.run_for(1000)
        visitor.says(SIGN_IN, "You can try again now.")
        visitor.fail("emil", 1)
        visitor.sign_in("emil")
        visitor.says(SIGN_IN, "Too many attempts. Please wait 2 seconds, then try again.")

        accounts.move_clock(2)
        visitor.sign_in("emil")
        visitor.is_at_account("emil")

    def test_known_browser(self, visit: Visit) -> None:
        """While a stranger has an account wait, its owner gets in where they have been before."""
        owner, stranger = visit(), visit()
        owner.register("frieda")
        owner.sign_out()
        kept = cookies_of(owner.page.context, owner.origin)
        assert [name for name, _ in kept] == ["__Host-Http-device"]
        stranger.fail("frieda", 5)

        owner.sign_in("frieda")
        owner.is_at_account("frieda")

        stranger.sign_in("frieda")
        stranger.says(SIGN_IN, "Too many attempts. Please wait a second, then try again.")

    def test_other_sessions(self, visit: Visit) -> None:
        """A session is ended from another browser, which stays; its tab finds that out."""
        here, there = visit(), visit()
        here.register("gerda")
        there.sign_in("gerda")
        there.is_at_account("gerda")
        here.look_again()
        expect(here.sessions).to_have_count(2)

        here.sessions.filter(has_text="Chrome").get_by_role("button").click()

        expect(here.sessions).to_have_count(1)
        expect(here.sessions).to_contain_text("This browser")
        there.look_again()
        there.is_at_sign_in()

    @pytest.mark.parametrize("button", ["heading", "list"])
    def test_sign_out(self, visit: Visit, button: str) -> None:
        """Who signs out, by either button, does so in every tab, and a way back shows nothing."""
        first = visit()
        first.register(f"hanna-{button}")
        second = visit(first.page.context)
        second.is_at_account(f"hanna-{button}")

        if button == "heading":
            first.sign_out()
        else:
            first.sessions.get_by_role("button").click()

        first.is_at_sign_in()
        second.is_at_sign_in()
        first.page.go_back()
        first.page.goto(f"{first.origin}/")
        first.is_at_sign_in()

    def test_policy(self, visit: Visit) -> None:
        """No script runs that stands in a page itself, and neither page has one."""
        visitor = visit()
        visitor.is_at_sign_in()

        assert visitor.page.evaluate(_INLINE) is False

        fault = visitor.faults.pop()
        assert "Content Security Policy" in fault
        assert visitor.page.locator("script:not([src]), [style], [onclick]").count() == 1

    @pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
    def test_accessibility(self, visit: Visit, scheme: str, width: int) -> None:
        """Axe finds nothing to say of either page, in light and dark, on a screen and a phone."""
        visitor = visit(colour_scheme=scheme, width=width)
        visitor.is_at_sign_in()
        visitor.sign_in("nobody")
        visitor.says(SIGN_IN, WRONG)
        assert (violations(visitor), visitor.page.evaluate(_OVERFLOWS)) == ([], False)

        visitor.register(f"ida-{scheme}-{width}")
        visitor.send(CHANGE, password=PASSWORD, new_password=NEW)
        visitor.says(CHANGE, "Your password is changed. You are signed out everywhere else.")
        assert (violations(visitor), visitor.page.evaluate(_OVERFLOWS)) == ([], False)


def violations(visitor: Visitor) -> list[Any]:
    """Return what axe finds on a page."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(visitor.page).response["violations"]
    return [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found]


class TestScript:
    """What ``flask_jwt.js`` has for users in a directory."""

    def test_register(self, accounts: Accounts, context: BrowserContext) -> None:
        """A registration is a sign-in, in every tab; one that is refused is none."""
        tab = Tab(context, f"{accounts.origin}/_test")
        other = Tab(context, f"{accounts.origin}/_test")

        said = tab.page.evaluate(f"auth.register({{ username: 'jan', password: '{PASSWORD}' }})")

        assert said.keys() == {"csrf_token", "expires_in"}
        other.wait_to_hear(SIGNED_IN)
        assert tab.heard == [SIGNED_IN]
        assert tab.fetch("/auth/me").status == 200
        again = f"auth.register({{ username: 'jan', password: '{NEW}' }})"
        assert tab.fault(again) == ["RefusedError", 409, "There is a user of that name"]
        assert tab.heard == [SIGNED_IN]

    def test_change_password(self, accounts: Accounts, context: BrowserContext) -> None:
        """The session goes on with its CSRF value, though the access token had expired."""
        tab = Tab(context, f"{accounts.origin}/_test")
        tab.page.evaluate(f"auth.register({{ username: 'kai', password: '{PASSWORD}' }})")
        before = tab.document_cookie
        accounts.move_clock(600)

        tab.page.evaluate(f"auth.changePassword('{PASSWORD}', '{NEW}')")

        assert tab.document_cookie == before
        assert tab.fetch("/auth/sessions", method="DELETE").status == 204
        refused = tab.fault(f"auth.changePassword('{PASSWORD}', '{NEW}')")
        assert refused[:2] == ["RefusedError", 403]
        tab.sign_out()
        tab.sign_in("kai", NEW)
        assert tab.fetch("/auth/me").status == 200
