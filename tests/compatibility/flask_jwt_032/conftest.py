"""Programs of the days of Flask-JWT 0.3.2, each served as it stands."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.http_client import Answer
from tests.support.secret import secret
from tests.support.server import Server, flask_run, gunicorn

PROGRAMS = Path(__file__).with_name("programs")

#: What the programs have: twelve bytes, as the tutorials had it.
TUTORIAL_SECRET = "super-secret"
#: 64 characters: the one thing that has to be changed for production.
PRODUCTION_SECRET = secret("production_secret")


@dataclass(frozen=True)
class Program:
    """A program that is being served."""

    server: Server
    secret: str
    debug: bool

    def token(self, username: str = "rosa", password: str = "violin") -> str:
        """Sign in and return the token."""
        answer = self.sign_in(username, password)
        assert answer.status == 200, answer
        token = answer.json["access_token"]
        assert isinstance(token, str)
        return token

    def sign_in(self, username: str, password: str) -> Answer:
        """Send a username and a password to ``/auth``."""
        return self.server.post("/auth", {"username": username, "password": password})


def copy_for_production(name: str, directory: Path) -> None:
    """Copy a program, changing nothing in it but its secret."""
    copy_unchanged(name, directory)
    (secret,) = (
        file for file in directory.rglob("*.py") if f"'{TUTORIAL_SECRET}'" in file.read_text()
    )
    text = secret.read_text()
    assert text.count(TUTORIAL_SECRET) == 1
    secret.write_text(text.replace(TUTORIAL_SECRET, PRODUCTION_SECRET))


def copy_unchanged(name: str, directory: Path) -> None:
    """Copy a program: a file, or a folder of several."""
    if (PROGRAMS / name).is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROGRAMS / name, directory, dirs_exist_ok=True, ignore=ignored)
    else:
        shutil.copy(PROGRAMS / f"{name}.py", directory)


def _served(name: str, *modes: str, app: str | None = None, scope: Any = "module") -> Any:
    """Return a fixture that serves a program: with gunicorn, in debug with ``flask run``."""

    @pytest.fixture(scope=scope, params=modes or ["gunicorn"])
    def program(
        request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Program]:
        debug = request.param == "debug"
        directory = tmp_path_factory.mktemp(name)
        copy, serve = (copy_unchanged, flask_run) if debug else (copy_for_production, gunicorn)
        copy(name, directory)
        with serve(app or f"{name}:app", directory / "log.txt", directory=directory) as server:
            yield Program(server, TUTORIAL_SECRET if debug else PRODUCTION_SECRET, debug=debug)

    return program


tutorial = _served("tutorial", "gunicorn", "debug", scope="session")
resources = _served("resources", "gunicorn", "debug")
library = _served("library", "gunicorn", "debug", app="app:app")
factory = _served("factory", app="factory:create_app()")
# For one test alone, because the program's hooks can be replaced.
hooks = _served("hooks", scope="function")
extending = _served("extending")
by_hand = _served("by_hand")
own_claims = _served("claims")
