"""Programs of the days of Flask-JWT 0.3.2, each served as it stands."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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


@pytest.fixture(scope="session")
def tutorial_in_production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    yield from _in_production("tutorial", tmp_path_factory)


@pytest.fixture(scope="session")
def tutorial_in_debug(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    yield from _in_debug("tutorial", tmp_path_factory)


@pytest.fixture(params=["tutorial_in_production", "tutorial_in_debug"], ids=["gunicorn", "debug"])
def tutorial(request: pytest.FixtureRequest) -> Program:
    """Serve the tutorial's program in production with gunicorn, in debug with ``flask run``."""
    program: Program = request.getfixturevalue(request.param)
    return program


@pytest.fixture(scope="module", params=["gunicorn", "debug"])
def resources(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    serve = _in_debug if request.param == "debug" else _in_production
    yield from serve("resources", tmp_path_factory)


@pytest.fixture(scope="module", params=["gunicorn", "debug"])
def library(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    serve = _in_debug if request.param == "debug" else _in_production
    yield from serve("library", tmp_path_factory, "app:app")


@pytest.fixture(scope="module")
def factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    yield from _in_production("factory", tmp_path_factory, "factory:create_app()")


@pytest.fixture
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """For one test alone, because the program's hooks can be replaced."""
    yield from _in_production("hooks", tmp_path_factory)


@pytest.fixture(scope="module")
def extending(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    yield from _in_production("extending", tmp_path_factory)


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    yield from _in_production("by_hand", tmp_path_factory)


@pytest.fixture(scope="module")
def own_claims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    yield from _in_production("claims", tmp_path_factory)


def _in_production(
    name: str, factory: pytest.TempPathFactory, app: str | None = None
) -> Iterator[Program]:
    directory = factory.mktemp(name)
    copy_for_production(name, directory)
    with gunicorn(app or f"{name}:app", directory / "log.txt", directory=directory) as server:
        yield Program(server, PRODUCTION_SECRET, debug=False)


def _in_debug(
    name: str, factory: pytest.TempPathFactory, app: str | None = None
) -> Iterator[Program]:
    directory = factory.mktemp(name)
    copy_unchanged(name, directory)
    with flask_run(app or f"{name}:app", directory / "log.txt", directory=directory) as server:
        yield Program(server, TUTORIAL_SECRET, debug=True)
