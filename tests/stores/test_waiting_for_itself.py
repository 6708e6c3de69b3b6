"""SQLite has one writer at a time: a process that waits for itself is told so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from flask_jwt.stores.sql import SQLStore
from tests.support.members import Members, refusal

MEND = "this very process has a transaction open that has written to the same SQLite file"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """The application's engine, with a table of its own."""
    engine = create_engine(f"sqlite:///{tmp_path}/app.db", connect_args={"timeout": 0.1})
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (note TEXT)"))
    yield engine
    engine.dispose()


def check_sign_in_waits(members: Members) -> None:
    """Check that nobody can sign in now."""
    answer = members.client.post("/auth", json={"username": "ann", "password": "x"})
    assert refusal(answer)[:2] == (503, "Service Unavailable")


@pytest.mark.parametrize("wal", [False, True])
@pytest.mark.parametrize("opened", [False, True])
def test_the_applications_own_transaction(
    engine: Engine, wal: bool, opened: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the transaction, and what to do with it, be it the first call or a later."""
    if wal:
        with engine.connect() as connection:
            connection.execute(text("PRAGMA journal_mode = WAL"))
    members = Members(SQLStore(engine))
    if opened:
        members.sign_in()
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO notes VALUES ('x')"))
        check_sign_in_waits(members)

    (line,) = caplog.records
    assert MEND in line.message
    assert "commit it, or roll it back" in line.message
    assert members.sign_in()


def test_one_file_by_two_engines(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """So it does where the store has a URL, and the URL names the application's database."""
    members = Members(f"sqlite:///{engine.url.database}")
    members.sign_in()
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO notes VALUES ('x')"))
        check_sign_in_waits(members)

    assert MEND in caplog.text


def test_another_process(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """Who waits for somebody else, with nothing but a transaction that reads, is not told that."""
    members = Members(SQLStore(engine))
    members.sign_in()
    program = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", program, str(engine.url.database)]
    with (
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other,
        engine.connect() as connection,
    ):
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        connection.execute(text("SELECT * FROM notes"))
        check_sign_in_waits(members)
        other.kill()

    (line,) = caplog.records
    assert MEND not in line.message
    assert "database is locked" in line.message


def test_another_thread_of_the_store(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """A thread that waits for another one's sign-in is not told so: that one will end."""
    store = SQLStore(engine)
    members = Members(store)
    members.sign_in()
    with store.database().transaction():
        check_sign_in_waits(members)

    (line,) = caplog.records
    assert MEND not in line.message
    assert "database is locked" in line.message
