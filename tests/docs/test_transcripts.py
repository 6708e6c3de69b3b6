"""The shell transcripts of the documentation, typed again."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import NamedTuple

import pytest

from tests.support.http_client import Answer, Header
from tests.support.secret import secret
from tests.support.server import ROOT, Server

from .pages import blocks, matches

SECRET = secret("test_transcripts")
DEMO = ROOT / "examples" / "tutorial"
USERS = ROOT / "docs" / "users.md"
KEPT = {
    "TOKEN": re.compile(r'"access_token": *"([^"]+)"'),
    "REFRESH": re.compile(r'"refresh_token": *"([^"]+)"'),
}
# Different at each run, or on each machine.
PASSING_HEADERS = {"server", "date", "retry-after"}
CURL = argparse.ArgumentParser()
for option in ("-s", "-i"):
    CURL.add_argument(option, action="store_true")
CURL.add_argument("-H", action="append", default=[])
CURL.add_argument("-d")
CURL.add_argument("url")


class Step(NamedTuple):
    """A command, and what the page shows under it."""

    command: str
    shown: str


def steps(page: Path) -> list[Step]:
    """Return what a page tells to type that asks a server, and the tokens that are kept."""
    found = [
        Step(*part.partition("\n")[::2])
        for block in blocks(page)
        if block.language == "console"
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    ]
    return [step for step in found if step.command.startswith(("curl ", "TOKEN=", "REFRESH="))]


def typed(command: str, kept: dict[str, str], server: Server) -> tuple[Answer, bool]:
    """Send what a curl command would send, and tell whether it shows the headers too."""
    words = shlex.split(Template(command).substitute(kept))[1:]
    said = CURL.parse_args(words)
    headers: list[Header] = [tuple(line.split(": ", 1)) for line in said.H]
    path = re.sub(r"^http://127\.0\.0\.1:5000(?=/)", "", said.url)
    assert path.startswith("/"), "the transcripts are of a server on this machine"
    method, body = ("GET", None) if said.d is None else ("POST", said.d.encode())
    return server.request(method, path, headers, body), said.i


def check(shown: str, answer: Answer, *, with_headers: bool) -> None:
    """Compare what a page shows with what the server has answered."""
    if not with_headers:
        assert matches(shown, answer.text), answer.text
        return
    head, _, body = shown.partition("\n\n")
    status, *lines = head.splitlines()
    assert status.split()[1] == str(answer.status)
    expected = [tuple(line.split(": ", 1)) for line in lines]
    assert kept(expected) == kept(answer.headers)
    assert matches(body, answer.text), answer.text


def kept(headers: list[tuple[str, ...]] | list[tuple[str, str]]) -> list[tuple[str, ...]]:
    return [header for header in headers if header[0].lower() not in PASSING_HEADERS]


def replay(page: Path, server: Server) -> int:
    """Type what a page shows, and compare; return how many requests that were."""
    requests = 0
    given: dict[str, str] = {}
    held: dict[str, str] = {}
    for command, shown in steps(page):
        name, _, value = command.partition("=")
        if name in KEPT:
            assert matches(value, given[name])
            held[name] = given[name]
            continue
        answer, with_headers = typed(command, held, server)
        check(shown, answer, with_headers=with_headers)
        requests += 1
        for name, shape in KEPT.items():
            if found := shape.search(answer.text):
                given[name] = found[1]
    return requests


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What ``make demo`` starts."""
    folder = tmp_path_factory.mktemp("demo")
    server = Server(
        [sys.executable, str(DEMO / "serve.py"), "--port", "0"],
        folder / "demo.log",
        re.compile(r"Serving on http://127\.0\.0\.1:(\d+)/"),
        DEMO,
        {"FLASK_INSTANCE_PATH": str(folder / "instance")},
    )
    yield server
    server.stop()


def test_readme(demo: Server) -> None:
    """The transcript of the README is what the demo answers."""
    assert replay(ROOT / "README.md", demo) == 10


@pytest.fixture(params=["README.md", "docs/quickstart.md"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """The program of a page, as ``flask --app app run`` serves it."""
    yield from served(ROOT / request.param, tmp_path)


def served(page: Path, tmp_path: Path) -> Iterator[Server]:
    """Serve the first program of a page until it is no longer asked for."""
    text = next(block.text for block in blocks(page) if block.file == "app.py")
    (tmp_path / "app.py").write_text(text)
    server = Server(
        [sys.executable, "-m", "flask", "--app", "app", "run", "--port", "0"],
        tmp_path / "flask.log",
        re.compile(r"Running on http://127\.0\.0\.1:(\d+)"),
        tmp_path,
        {"FLASK_SECRET_KEY": SECRET},
    )
    yield server
    server.stop()


def test_program(program: Server) -> None:
    """The program of the README and that of the quickstart answer what the quickstart shows."""
    assert replay(ROOT / "docs" / "quickstart.md", program) == 3
    assert program.post("/auth", {"username": "bert", "password": "wonderful"}).status == 401
    assert "wonderful" not in program.log


@pytest.fixture
def program_with_users(tmp_path: Path) -> Iterator[Server]:
    """The program of the page about users."""
    yield from served(USERS, tmp_path)


def test_throttled(program_with_users: Server) -> None:
    """What is shown of a guess that has to wait is what the program answers to one."""
    (step,) = steps(USERS)
    # As many as it takes on a machine that hashes for longer than the wait: that doubles.
    for _ in range(30):
        answer, with_headers = typed(step.command, {}, program_with_users)
        if answer.status != 401:
            break

    check(step.shown, answer, with_headers=with_headers)
    assert [name for name, _ in answer.headers if name == "Retry-After"]


def test_check(tmp_path: Path) -> None:
    """What is shown of a check is what it prints of the page's program."""
    page = ROOT / "docs" / "deployment.md"
    program, transcript = (
        next(
            block.text
            for block in blocks(page)
            if block.language == language and word in block.text
        )
        for language, word in (("python", "# app.py"), ("console", "jwt check"))
    )
    (tmp_path / "app.py").write_text(program)
    command, _, shown = transcript.removeprefix("$ flask ").partition("\n")
    environment = {**os.environ, "FLASK_SECRET_KEY": SECRET, "FLASK_DEBUG": "0"}
    run = subprocess.run(
        [sys.executable, "-m", "flask", *shlex.split(command)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == shown


def test_users(tmp_path: Path) -> None:
    """What is shown of users in a shell is what it prints of the page's program."""
    page = ROOT / "docs" / "users.md"
    (tmp_path / "app.py").write_text(
        next(block.text for block in blocks(page) if block.file == "app.py")
    )
    shown = next(
        block.text
        for block in blocks(page)
        if block.language == "console" and "jwt users add" in block.text
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "FLASK_SECRET_KEY": SECRET, "FLASK_DEBUG": "0"}
    for part in re.split(r"^\$ ", shown, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        run = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert (run.returncode, run.stderr) == (0, "")
        assert matches(expected, run.stdout), run.stdout
