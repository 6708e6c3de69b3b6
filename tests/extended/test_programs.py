"""Programs of Flask-JWT-Extended's users: the same ones with the import changed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.extended.script import PROGRAMS, expected, load, play
from tests.support.stores import empty_store

NAMES = sorted(file.stem for file in PROGRAMS.glob("[a-z]*.py"))
# Today's Flask-JWT-Extended has the names of version 3 no more, and refuses integers as identities.
FORMER = [name for name in NAMES if name.startswith("former_")]


@pytest.fixture
def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server for the program that looks for one."""
    with empty_store("redis", tmp_path) as url:
        monkeypatch.setenv("REDIS_URL", url.partition("?")[0])
        yield


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FORMER])
def test_same_answers(name: str, request: pytest.FixtureRequest) -> None:
    """A program answers as before: status, body, tokens and cookies, but for what it names."""
    if name == "blocklist_redis":
        request.getfixturevalue("redis")
    ours = load(name, "flask_jwt.extended")
    with warnings.catch_warnings(action="ignore"):
        theirs = load(name, "flask_jwt_extended")
        before = list(play(theirs))
    now = list(play(ours))

    for was, becomes, (theirs_said, ours_said) in zip(before, now, expected(ours), strict=True):
        assert was == was | theirs_said
        assert becomes == was | ours_said


@pytest.mark.parametrize("name", FORMER)
def test_former_names(name: str) -> None:
    """A program of version 3 runs, and is told with each old name what is written today."""
    with warnings.catch_warnings(record=True, action="always") as caught:
        program = load(name, "flask_jwt.extended")
        answers = list(play(program))

    for answer, (_, said) in zip(answers, expected(program), strict=True):
        assert answer == answer | said
    assert {one.category for one in caught} <= {DeprecationWarning}
    told = " ".join(str(one.message) for one in caught)
    assert [old for old in program.OLD_NAMES if old not in told] == []
