"""Several processes use one directory: forked, and at the same moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_jwt.testing.factories import in_child
from flask_jwt.users import UserExists, Users
from tests.support.stores import SQL, empty_store

from .models import SESSION_KINDS, application

_PROCESSES = 4
_READS = 200


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


@pytest.mark.parametrize("kind", ["url", *SESSION_KINDS])
@pytest.mark.parametrize("database", SQL)
def test_one_name_in_four_processes(kind: str, database: str, tmp_path: Path) -> None:
    """Of four that add a name at once one wins, and the others are told that there is such a user.

    The tables are made by whichever comes first.
    """
    log = tmp_path / "outcomes"

    def add() -> None:
        if kind == "url":
            outcome = added(Users(url))
        else:
            with application(kind, url, tmp_path) as made, made.app.app_context():
                outcome = added(made.users())
        with log.open("a") as file:
            file.write(outcome + "\n")

    with empty_store(database, tmp_path) as url:
        if kind != "url":
            with application(kind, url, tmp_path):
                """Its tables are there."""
        with in_child(add), in_child(add), in_child(add), in_child(add):
            pass

    assert sorted(log.read_text().split()) == ["added"] + ["exists"] * (_PROCESSES - 1)


def added(users: Users[Any]) -> str:
    try:
        users.add("ann")
    except UserExists:
        return "exists"
    return "added"


def test_an_instance_folder_each(tmp_path: Path) -> None:
    """A relative path lies in the instance folder, in a file that only its owner may read."""
    users = Users("sqlite:///users.db")
    for folder in ("one", "other"):
        with Flask("folders", instance_path=str(tmp_path / folder)).app_context():
            assert users.page() == []
            users.add("ann")
        assert (tmp_path / folder / "users.db").stat().st_mode & 0o777 == 0o600
