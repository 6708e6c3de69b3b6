"""Several processes use one directory: forked, and at the same moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from flask import Flask

from flask_jwt.testing.factories import in_child
from flask_jwt.users import UserExists, Users
from tests.support.server import ROOT

_READS = 200
_READS_ALONE = """
import sys
from flask_jwt.users import Users
print(Users(sys.argv[1]).by_name("ann"))
"""


def reads(users: Users[Any], user_id: Any, name: str) -> None:
    """Look at a user so often that the answer to another process would be met."""
    for _ in range(_READS):
        found = users.by_id(user_id)
        assert found is not None
        assert found.username == name


def test_forks(sql_url: str) -> None:
    """A child that is forked from a process with connections has the answers to its own calls."""
    users = Users(sql_url)
    ann, bob = users.add("ann"), users.add("bob")

    with in_child(lambda: reads(users, bob.id, "bob")):
        reads(users, ann.id, "ann")

    assert users.add("carl").username == "carl"


def test_the_end_of_a_child(sql_url: str) -> None:
    """A child that ends closes nothing of its parent's."""
    users = Users(sql_url)
    ann = users.add("ann")

    with in_child(lambda: None):
        pass

    reads(users, ann.id, "ann")


def test_one_name_in_four_processes(sql_url: str, tmp_path: Path) -> None:
    """Of four that add a name at once one wins, and the others are told that there is such a user.

    The tables are made by whichever comes first.
    """
    log = tmp_path / "outcomes"

    def add() -> None:
        try:
            Users(sql_url).add("ann")
        except UserExists:
            outcome = "exists"
        else:
            outcome = "added"
        with log.open("a") as file:
            file.write(f"{outcome}\n")

    with in_child(add), in_child(add), in_child(add), in_child(add):
        pass

    assert sorted(log.read_text().split()) == ["added", "exists", "exists", "exists"]


def test_reading_comes_first(tmp_path: Path) -> None:
    """A process that adds nobody finds who is there."""
    url = f"sqlite:///{tmp_path / 'users.db'}"
    Users(url).add("ann")
    read = subprocess.run(
        [sys.executable, "-c", _READS_ALONE, url], cwd=ROOT, capture_output=True, text=True
    )

    assert (read.stderr, read.stdout) == ("", "<User 1 'ann'>\n")


def test_an_instance_folder_each(tmp_path: Path) -> None:
    """A relative path lies in the instance folder, in a file that only its owner may read."""
    users = Users("sqlite:///users.db")
    for folder in ("one", "other"):
        with Flask("folders", instance_path=str(tmp_path / folder)).app_context():
            assert users.page() == []
            users.add("ann")
        assert (tmp_path / folder / "users.db").stat().st_mode & 0o777 == 0o600
