"""A program in the shape of the well-known courses, in debug and in production."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Program, copy_unchanged

EMMA = {"year": 1815, "shelf_id": 1}
NOT_SIGNED_IN = {"message": "You have to sign in. Is there an Authorization header?"}


@pytest.fixture(scope="module", autouse=True)
def books(library: Program) -> None:
    """Have a user, a shelf and a book there."""
    post = library.server.post
    assert post("/register", {"username": "rosa", "password": "violin"}).status == 201
    assert post("/shelf/novels", {}).status == 201
    assert post("/book/Emma", EMMA).status == 201


def test_signed_in(library: Program) -> None:
    """A user who has registered signs in and reads a book."""
    answer = library.server.get("/book/Emma", token=library.token())

    assert (answer.status, answer.json) == (200, {"title": "Emma", "year": 1815, "reader": "rosa"})


@pytest.mark.parametrize("token", [None, "bogus"])
def test_not_signed_in(library: Program, token: str | None) -> None:
    """The program's own error handler answers in a resource, in debug and in production."""
    answer = library.server.get("/book/Emma", token=token)

    assert (answer.status, answer.json) == (401, NOT_SIGNED_IN)
    assert "Traceback" not in library.server.log


def test_wrong_password(library: Program) -> None:
    """It answers a refused sign-in, too."""
    answer = library.sign_in("rosa", "trumpet")

    assert (answer.status, answer.json) == (401, NOT_SIGNED_IN)


def test_own_answers(library: Program) -> None:
    """What the program answers by itself is as it is without signing in."""
    get = library.server.get

    assert get("/shelf/novels").json["books"] == [{"title": "Emma", "year": 1815}]
    assert get("/shelf/none").json == {"message": "There is no such shelf."}
    assert get("/book/None", token=library.token()).status == 404


def test_rule_that_is_set_late(library: Program) -> None:
    """``JWT_AUTH_URL_RULE``, set too late, has no effect, and the log says so once."""
    assert library.server.post("/login", {}).status == 404
    assert library.token()
    assert library.server.log.count("'JWT_AUTH_URL_RULE'] was changed after init_app") == 1


def run_its_tests(directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests that the program has itself."""
    command = [sys.executable, "-m", "unittest", "checks"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


def test_its_own_tests(tmp_path: Path) -> None:
    """Its own tests, without ``TESTING``, are told of the line that they miss, and pass with it."""
    copy_unchanged("library", tmp_path)
    without = run_its_tests(tmp_path)
    checks = tmp_path / "checks.py"
    line = "        app.config['DEBUG'] = False\n"
    checks.write_text(
        checks.read_text().replace(line, f"{line}        app.config['TESTING'] = True\n")
    )
    mended = run_its_tests(tmp_path)

    assert without.returncode == 1
    assert "In tests set TESTING = True" in without.stderr
    assert mended.returncode == 0, mended.stderr
