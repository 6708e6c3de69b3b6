"""The console of an application whose users are in a database."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.chromium import NewContext, expect
from tests.support.server import Server, flask_run

from .visiting import Visit
from .with_users import PASSWORD


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The application in debug, with two users."""
    folder = tmp_path_factory.mktemp("with_users")
    environment = {"FLASK_INSTANCE_PATH": str(folder / "instance")}
    with flask_run(
        "tests.console.with_users:create_app()", folder / "server.log", environment=environment
    ) as started:
        yield started


@pytest.fixture
def visit(server: Server, new_context: NewContext) -> Iterator[Visit]:
    """Somebody at the console; in the end nothing may have gone wrong there."""
    found = Visit(new_context(), f"http://127.0.0.1:{server.port}")
    yield found
    assert found.faults == []


def test_sign_in(visit: Visit) -> None:
    """A user of the directory signs in, calls a view, passes the gate and signs out."""
    visit.sign_in("anna", PASSWORD)

    visit.call("/hello")
    expect(visit["exchange"]).to_contain_text("Hello, anna!")
    visit.inspect(visit.access_token)
    expect(visit["gate-result"]).to_contain_text("Accepted")
    visit.press("Sign out", "signed-in")
    expect(visit["sign-in-result"]).to_contain_text("Signed out")


def test_too_many_failures(visit: Visit) -> None:
    """After too many of them the page says that one has to wait, and for how long."""
    result = visit["sign-in-result"]
    # The first wait is a second long, which may be over before the next attempt; the fourth is not.
    for _ in range(9):
        with visit.page.expect_response("**/auth") as answer:
            visit.send_credentials("bert", "wrong")
        if answer.value.status == 429:
            break
        expect(result).to_have_text("Refused. 401: Invalid credentials.")

    expect(result).to_have_text(
        re.compile(r"Refused\. 429: There were too many failed attempts.*\. Try again in \d s\.")
    )
    expect(visit["status-text"]).to_have_text("Signed out")
