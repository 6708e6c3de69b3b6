"""The accounts, as somebody who copies them meets them; ``tests/browser`` visits the pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.secret import secret
from tests.support.server import ROOT, Server, flask_run, gunicorn

EXAMPLE = ROOT / "examples" / "accounts"
CREDENTIALS = {"username": "anna", "password": "a mind forever voyaging"}
ENVIRONMENT = {"FLASK_SECRET_KEY": secret("test_accounts")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example."""
    copy = tmp_path_factory.mktemp("accounts") / "accounts"
    return shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("instance", "__pycache__"))


@pytest.fixture(scope="module")
def development(folder: Path) -> Iterator[Server]:
    """What ``flask --app accounts run --debug`` starts, with a user."""
    log = folder.with_name("flask.log")
    with flask_run("accounts", log, directory=folder, environment=ENVIRONMENT) as server:
        assert server.post("/auth/register", CREDENTIALS).status == 201
        yield server


def test_length() -> None:
    """Its Python is no longer than forty lines."""
    lines = [line for file in EXAMPLE.rglob("*.py") for line in file.read_text().splitlines()]

    assert len(lines) <= 40


def test_nothing_of_others() -> None:
    """Nothing on its pages comes from elsewhere."""
    files = [file for name in ("templates", "static") for file in (EXAMPLE / name).iterdir()]
    addresses = {
        address
        for file in files
        for address in re.findall(r"\bhttps?://[^\s\"']+", file.read_text())
    }

    assert addresses == {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_pages(development: Server, path: str) -> None:
    """Both pages are everybody's: they hold nothing about anybody, and are let run no script."""
    answer = development.get(path)

    assert answer.status == 200
    assert "anna" not in answer.text
    policy = answer.header("Content-Security-Policy")
    assert policy is not None
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_workers(folder: Path, development: Server) -> None:
    """Two workers have the users and the counts in common, and log nothing that was typed."""
    log = folder.with_name("gunicorn.log")
    with gunicorn(
        "accounts:app", log, workers=2, directory=folder, environment=ENVIRONMENT
    ) as server:
        assert server.post("/auth", CREDENTIALS).status == 200
        wrong = {**CREDENTIALS, "password": "wonderful"}
        answers = [server.post("/auth", wrong) for _ in range(9)]

        assert [answer.status for answer in answers[:5]] == [401] * 5
        waits = [answer.header("Retry-After") for answer in answers if answer.status == 429]
        assert waits
        assert None not in waits
        assert "wonderful" not in server.log
