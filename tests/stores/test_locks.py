"""Locks of others, and our own: they are no outage for everybody, and none is held for good."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time

import pytest
from sqlalchemy import Engine, create_engine, text

from flask_jwt.sessions import Revocation, StoreForgot
from flask_jwt.stores.sql import SQLStore
from tests.support.members import Members, members_now, refusal, sid_of
from tests.support.revoking import store_of
from tests.support.stores import connected, empty, empty_store


@pytest.fixture(params=["postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database that locks rows."""
    with empty_store(request.param, tmp_path) as found:
        yield found


@contextmanager
def held(url: str, table: str, column: str, value: str) -> Iterator[None]:
    """Hold one row locked, as a transaction does that nobody ends."""
    with connected(url) as connection:
        connection.execute(text("START TRANSACTION"))
        words = f"SELECT {column} FROM {table} WHERE {column} = :value FOR UPDATE"
        assert len(connection.execute(text(words), {"value": value}).fetchall()) == 1
        yield
        connection.execute(text("ROLLBACK"))


def test_a_session_that_is_held(url: str) -> None:
    """Its user is asked to come back, and nobody else notices."""
    members = members_now(url, JWT_REVOCATION_REFRESH=0)
    ann, bob = members.sign_in(), members.sign_in("bob")
    with held(url, "flask_jwt_sessions", "sid", sid_of(ann)):
        for attempt in ("refresh", "sign-out"):
            answer = (
                members.refresh(ann["refresh_token"])
                if attempt == "refresh"
                else members.sign_out(ann)
            )
            assert refusal(answer)[:2] == (503, "Service Unavailable")
            assert answer.headers["Retry-After"] == "1"
            assert members.me(bob) == 200
            bob = members.refreshed(bob["refresh_token"])
            assert members.me(members.sign_in("bob")) == 200

    ann = members.refreshed(ann["refresh_token"])
    assert members.me(ann) == 200
    assert members.sign_out(ann).status_code == 204
    assert members.me(ann) == 401


def test_the_row_that_counts_is_held(url: str) -> None:
    """Nobody can sign out meanwhile; who is signed in goes on, and others can sign in."""
    members = members_now(url, JWT_REVOCATION_REFRESH=0)
    ann, bob = members.sign_in(), members.sign_in("bob")
    with held(url, "flask_jwt_store", "id", "1"):
        assert members.sign_out(ann).status_code == 503
        assert (members.me(ann), members.me(bob)) == (200, 200)
        bob = members.refreshed(bob["refresh_token"])
        assert members.me(members.sign_in()) == 200

    assert members.sign_out(ann).status_code == 204
    assert (members.me(ann), members.me(bob)) == (401, 200)


def test_a_worker_that_starts_meanwhile(url: str) -> None:
    """It has nothing to write, and so nothing to wait for."""
    tokens = members_now(url).sign_in()
    with held(url, "flask_jwt_store", "id", "1"):
        later: Members = members_now(url)

        assert later.me(tokens) == 200
        assert later.me(later.refreshed(tokens["refresh_token"])) == 200


def test_a_transaction_that_failed(tmp_path: Path) -> None:
    """Others can write although the error of a failed write is still being looked at."""
    path = tmp_path / "sessions.db"
    url = f"sqlite:///{path}"
    store = store_of(url)
    store.open(300.0)
    empty(url)
    with pytest.raises(StoreForgot) as kept:
        store.revoke([Revocation("jti", "x", time() + 1000)])

    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert kept.value is not None


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
    with store._database().transaction():
        check_sign_in_waits(members)

    (line,) = caplog.records
    assert MEND not in line.message
    assert "database is locked" in line.message
