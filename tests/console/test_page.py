"""The console of the tutorial application, as somebody at a browser meets it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.chromium import NewContext, expect
from tests.support.malformed import base64url, encoded
from tests.support.server import ROOT, Server, flask_run
from tests.support.tokens import parts_of

from .visiting import PASSWORD, USERNAME, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Locator

DEMO = ROOT / "examples" / "tutorial"
ADDRESS = re.compile(r"Serving on http://127\.0\.0\.1:(\d+)/")

OpenConsole = Callable[..., Visit]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What ``make demo`` starts."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, str(DEMO / "serve.py"), "--port", "0"]
    environment = {"FLASK_INSTANCE_PATH": str(folder / "instance")}
    server = Server(command, folder / "demo.log", ADDRESS, DEMO, environment)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def graceless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same application, with ``JWT_REFRESH_GRACE_DELTA = 0``."""
    folder: Path = tmp_path_factory.mktemp("graceless")
    environment = {"FLASK_INSTANCE_PATH": str(folder / "instance")}
    with flask_run(
        "tests.console.graceless", folder / "graceless.log", environment=environment
    ) as server:
        yield server


@pytest.fixture
def open_console(demo: Server, new_context: NewContext) -> Iterator[OpenConsole]:
    """Give a function that opens the console; in the end nothing may have gone wrong there."""
    visits = []

    def open_it(server: Server = demo, **options: Any) -> Visit:
        visit = Visit(new_context(**options), f"http://127.0.0.1:{server.port}")
        visits.append(visit)
        return visit

    yield open_it
    assert [fault for visit in visits for fault in visit.faults] == []


def test_signed_out(open_console: OpenConsole) -> None:
    """Before sign-in the page says what to do, with the credentials of the demo."""
    visit = open_console()

    expect(visit["status-text"]).to_have_text("Signed out")
    expect(visit["sign-in"]).to_contain_text("There is one user, masnun, with the password abc123.")
    expect(visit["access-body"]).to_have_text("Sign in, and the token appears here.")
    expect(visit["with-token"]).to_be_disabled()


def test_wrong_password(open_console: OpenConsole) -> None:
    """A refused sign-in is said in the application's own words."""
    visit = open_console()

    visit.page.get_by_label("User name").fill(USERNAME)
    visit.page.get_by_label("Password").fill("wrong")
    visit.press("Sign in")

    expect(visit["sign-in-result"]).to_contain_text("401: Invalid credentials")
    expect(visit["status-text"]).to_have_text("Signed out")


def test_three_parts(open_console: OpenConsole) -> None:
    """After sign-in the token stands there in three parts, decoded, and its life begins."""
    visit = open_console()

    visit.sign_in()

    header, claims = parts_of(visit.access_token)
    parts = visit["access-token"].locator("[class^=is-]")
    assert parts.all_inner_texts() == visit.access_token.split(".")
    colours = parts.evaluate_all("parts => parts.map(part => getComputedStyle(part).color)")
    assert len(set(colours)) == 3
    for name, value in {**header, **claims}.items():
        expect(visit["access-body"]).to_contain_text(f'"{name}": {shown(value)}')
    expect(visit.page.locator(".timeline")).to_contain_text(re.compile(r"Good for \d+ (min|s)"))
    expect(visit.page.locator(".claims dt")).to_have_text(list(claims))
    expect(visit["status-text"]).to_contain_text(USERNAME)


def shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[ {', '.join(map(shown, value))} ]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def test_calls(open_console: OpenConsole) -> None:
    """The private resource answers 200 with the token, and 401 without; every header is shown."""
    visit = open_console()
    visit.sign_in()

    visit.call()
    expect(visit["call-result"]).to_have_text("200: the token was accepted.")
    expect(visit["exchange"]).to_contain_text('"meaning_of_life": 42')
    expect(visit["exchange"]).to_contain_text(f"Authorization: JWT {visit.access_token}")
    visit.call(with_token=False)

    expect(visit["call-result"]).to_contain_text("401: Request does not contain")
    expect(visit["exchange"]).to_contain_text('www-authenticate: JWT realm="Login Required"')
    expect(visit["exchange"]).not_to_contain_text("Authorization: JWT")


def test_paths(open_console: OpenConsole) -> None:
    """The page offers the routes of the application, and calls no other server."""
    visit = open_console()

    offered = visit.page.locator("#paths option").evaluate_all("all => all.map(one => one.value)")
    visit.call("//example.org/")

    assert {"/api/v1/private", "/api/v1/me", "/hello"} <= set(offered)
    expect(visit["call-result"]).to_have_text("A path begins with one slash.")


def test_refresh(open_console: OpenConsole) -> None:
    """A refresh gives two other tokens of the same session, and the counter goes up by one."""
    visit = open_console()
    visit.sign_in()
    before, counter = visit.access_token, visit.counter

    visit.press("Refresh")

    expect(visit["refresh-result"]).to_contain_text("the counter went from 0 to 1")
    assert (counter, visit.counter) == ("0", "1")
    assert visit.access_token != before
    assert parts_of(visit.access_token)[1]["sid"] == parts_of(before)[1]["sid"]
    visit.call()
    expect(visit["call-result"]).to_have_text("200: the token was accepted.")


def test_forgiven_replay(open_console: OpenConsole) -> None:
    """Within the grace, a refresh token that comes again is forgiven, and counts no further."""
    visit = open_console()
    visit.sign_in()
    visit.press("Refresh")
    expect(visit["refresh-result"]).to_contain_text("from 0 to 1")

    visit.press("Replay refresh token 0")

    expect(visit["refresh-result"]).to_contain_text("Forgiven")
    assert visit.counter == "1"


def test_replay(open_console: OpenConsole, graceless: Server) -> None:
    """Without a grace, a refresh token that comes again ends the session, and the page shows it."""
    visit = open_console(graceless)
    visit.sign_in()
    visit.press("Refresh")
    expect(visit["refresh-result"]).to_contain_text("from 0 to 1")

    visit.press("Replay refresh token 0")

    expect(visit["refresh-result"]).to_contain_text("The session is over")
    expect(visit["status-text"]).to_have_text("Session ended")
    expect(visit["who"]).to_contain_text("the session has ended")
    expect(visit["refresh-body"]).to_contain_text("This session has ended.")
    visit.call()
    expect(visit["call-result"]).to_contain_text("401: Token has been revoked")
    visit.inspect(visit.access_token)
    expect(visit["gate-result"]).to_contain_text("“Not revoked”: Token has been revoked.")


def sessions(visit: Visit) -> Locator:
    return visit.page.locator("#session-list > li")


def test_sessions(open_console: OpenConsole) -> None:
    """Each session has a row; whoever ends another's sees it go, and its tokens are refused."""
    mine, other = open_console(), open_console()
    mine.sign_in()
    other.sign_in()
    sid = parts_of(other.access_token)[1]["sid"]
    row = mine.page.locator(f'#session-list > li[data-sid="{sid}"]')

    mine.press("Look again")
    expect(row).to_contain_text("Chrome")
    row.get_by_role("button").click()

    expect(mine["sessions-result"]).to_contain_text("That session has ended")
    expect(row).to_have_count(0)
    expect(sessions(mine).filter(has_text="this page")).to_have_count(1)
    other.call()
    expect(other["call-result"]).to_contain_text("Token has been revoked")
    mine.call()
    expect(mine["call-result"]).to_have_text("200: the token was accepted.")


def test_end_of_this_session(open_console: OpenConsole) -> None:
    """Whoever ends the session of the page itself is told that its tokens are refused."""
    visit = open_console()
    visit.sign_in()

    sessions(visit).filter(has_text="this page").get_by_role("button").click()

    expect(visit["sessions-result"]).to_contain_text("You have ended the session of this page")
    expect(visit["status-text"]).to_have_text("Session ended")


def test_sign_out(open_console: OpenConsole) -> None:
    """After sign-out the tokens are gone from the whole page, and refused by the application."""
    visit = open_console()
    visit.sign_in()
    token = visit.access_token
    visit.call()
    visit.inspect(token)
    expect(visit["gate-result"]).not_to_be_empty()

    visit.press("Sign out")

    expect(visit["sign-in-result"]).to_contain_text("Signed out: the session has ended")
    assert token not in visit.page.content()
    expect(visit["gate-token"]).to_have_value("")
    visit.inspect(token)
    expect(visit["gate-result"]).to_contain_text("Token has been revoked")


def test_reload_forgets(open_console: OpenConsole) -> None:
    """Tokens are in the page's memory alone: neither storage nor cookies have them."""
    visit = open_console()
    visit.sign_in()

    kept = visit.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    visit.page.reload()

    assert kept == [0, 0, ""]
    assert visit.page.context.cookies() == []
    expect(visit["status-text"]).to_have_text("Signed out")


def test_gate(open_console: OpenConsole) -> None:
    """The token of the page passes every check; broken, it is refused at the right one."""
    visit = open_console()
    visit.sign_in()
    header, payload, signature = visit.access_token.split(".")
    failed = visit.page.locator('#steps [data-state="failed"]')

    visit.inspect(visit.access_token)
    expect(visit["gate-result"]).to_have_text("Accepted: all 17 checks passed.")
    expect(failed).to_have_count(0)

    for token, title in {
        f"{header}.{payload}": "Three parts",
        f"{header}.{payload}=.{signature}": "Payload in canonical base64url",
        f"{encoded('[]')}.{payload}.{signature}": "Header in strict JSON",
        f"{header}.{payload}.{base64url(bytes(32))}": "The signature",
    }.items():
        visit.inspect(token)
        expect(failed.locator("h3")).to_have_text(title)
        expect(visit["gate-result"]).to_contain_text(f"“{title}”")


def test_broken_without_the_key(open_console: OpenConsole) -> None:
    """Each button breaks the page's own token, and none of what comes of it is accepted."""
    visit = open_console()
    visit.sign_in()
    buttons = visit["variation-buttons"].get_by_role("button")
    names = buttons.all_inner_texts()
    said = {}

    for name in names:
        with visit.page.expect_response("**/_console/gate") as answer:
            visit.press(name, "variation-buttons")
        said[name] = answer.value.json()["accepted"]

    assert len(said) == 16
    assert [name for name, accepted in said.items() if accepted] == ["As it is"]


def test_markup_in_a_token(open_console: OpenConsole) -> None:
    """What a token says is text: markup in it is shown, and neither loaded nor run."""
    visit = open_console()
    markup = "<img src=http://example.org/ onerror=document.title=1><script>document.title=2"
    claims = encoded(f'{{"exp":9000000000,"{markup}":"{markup}"}}')
    token = ".".join([encoded('{"alg":"none"}'), claims, "AAAA"])

    visit.page.get_by_text("Use an access token that you have").click()
    visit["own-token-text"].fill(token)
    visit.press("Use it")

    expect(visit.page.locator(".claims dt").nth(1)).to_have_text(markup)
    expect(visit["access-body"].locator("img, script")).to_have_count(0)
    assert visit.page.title() == "Tokens at work"


def test_policy(open_console: OpenConsole) -> None:
    """Code inside the page is not run, should anybody find a way to put it there."""
    visit = open_console()

    visit.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'run'";
            document.body.append(script);
        }"""
    )

    assert visit.page.title() == "Tokens at work"
    assert len(visit.faults) == 1
    assert "Content Security Policy" in visit.faults.pop()


def test_keyboard_alone(open_console: OpenConsole) -> None:
    """Whoever has no mouse signs in, and goes on from there."""
    visit = open_console()
    keyboard = visit.page.keyboard
    focused = visit.page.locator("*:focus")

    keyboard.press("Tab")
    expect(focused).to_have_text("Skip to the content")
    keyboard.press("Enter")
    expect(visit["main"]).to_be_focused()
    keyboard.press("Tab")
    expect(visit["username"]).to_be_focused()
    keyboard.type(USERNAME)
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")

    expect(visit["who"]).to_be_focused()
    expect(visit["who"]).to_have_text(f"Signed in as {USERNAME}.")
    keyboard.press("Tab")
    expect(focused).to_have_text("Begin another session")


def use_everything(visit: Visit) -> None:
    """Have every part of the page show something."""
    visit.sign_in()
    visit.call()
    expect(visit["call-result"]).to_contain_text("200")
    visit.press("Refresh")
    expect(visit["refresh-result"]).to_contain_text("from 0 to 1")
    visit.press("alg twice", "variation-buttons")
    expect(visit["gate-result"]).to_contain_text("Refused at check")
    expect(sessions(visit).filter(has_text="this page")).to_have_count(1)


@pytest.mark.parametrize("signed_in", [False, True], ids=["signed out", "signed in"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility(open_console: OpenConsole, scheme: str, width: int, signed_in: bool) -> None:
    """Axe finds nothing to say of the page, in light and in dark, on a screen and on a phone."""
    from axe_playwright_python.sync_playwright import Axe

    visit = open_console(colour_scheme=scheme, width=width)
    if signed_in:
        use_everything(visit)

    found = Axe().run(visit.page).response["violations"]

    assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found] == []


@pytest.mark.parametrize("width", [320, 360])
def test_narrow_screen(open_console: OpenConsole, width: int) -> None:
    """On a phone nothing has to be scrolled sideways, before and after sign-in."""
    visit = open_console(width=width, height=640)
    assert not visit.overflows

    use_everything(visit)

    assert not visit.overflows


def test_dark(open_console: OpenConsole) -> None:
    """Whoever prefers dark gets light text on dark ground."""
    colours = [
        open_console(colour_scheme=scheme).page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    ]

    light, dark = (sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours)
    assert light > 600
    assert dark < 150
