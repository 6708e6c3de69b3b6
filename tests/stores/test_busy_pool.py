"""More threads than the pool has connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, Inspector, create_engine, inspect, text

from flask_jwt.sessions import StoreCrowded
from flask_jwt.sessions.refresh_tokens import new_sid
from flask_jwt.stores import sql_retries
from flask_jwt.stores.sql import SQLStore
from flask_jwt.stores.sql_engine import AUTOCOMMIT, Database, IdleCursors
from flask_jwt.stores.sql_schema import SESSIONS, sessions
from flask_jwt.stores.sql_statements import Statements
from tests.support.members import Members


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database[Statements]]:
    """A database with a pool of one, for which a thread waits as long as it takes."""
    engine = create_engine(
        f"sqlite:///{tmp_path / 'busy.db'}",
        isolation_level="AUTOCOMMIT",
        execution_options={AUTOCOMMIT: True},
        pool_size=1,
        max_overflow=0,
        pool_timeout=30,
        connect_args={"check_same_thread": False},
    )
    idle = IdleCursors()
    yield Database(engine, idle, SESSIONS, Statements)
    idle.close()
    engine.dispose()


def work(database: Database[Statements]) -> str:
    with database.cursor() as cursor:
        cursor.execute_raw("SELECT 1")
    return "done"


def test_whoever_waits_is_next(
    database: Database[Statements], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection goes to the thread that waits for it, and is not kept for newcomers."""
    pool, is_asked = database.engine.pool, Event()
    connect: Callable[[], object] = pool.connect

    def ask() -> object:
        is_asked.set()
        return connect()

    with ThreadPoolExecutor(1) as threads:
        with database.cursor() as cursor:
            cursor.execute_raw("SELECT 1")
            monkeypatch.setattr(pool, "connect", ask)
            waiting = threads.submit(work, database)
            assert is_asked.wait(10)
        assert waiting.result(10) == "done"
    assert work(database) == "done"


def test_kept_ready(database: Database[Statements], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody waits the pool is not asked again."""
    work(database)

    def ask() -> object:
        raise AssertionError("the pool was asked")

    monkeypatch.setattr(database.engine.pool, "connect", ask)
    assert work(database) == "done"


@pytest.fixture
def one_connection(tmp_path: Path) -> Iterator[Engine]:
    """An application's engine, whose one connection is not waited for."""
    engine = create_engine(
        f"sqlite:///{tmp_path / 'one.db'}", pool_size=1, max_overflow=0, pool_timeout=0
    )
    yield engine
    engine.dispose()


def sign_in(members: Members) -> int:
    return members.client.post("/auth", json={"username": "ann", "password": "x"}).status_code


def test_none_is_free(one_connection: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """It is a 503, and no answer of the database's: whether that is silent is not known."""
    store = SQLStore(one_connection)
    members = Members(store)
    members.sign_in()
    connection = one_connection.raw_connection()

    assert sign_in(members) == 503
    assert "in use" in caplog.text
    with pytest.raises(StoreCrowded):
        store.read(new_sid())
    connection.close()
    assert sign_in(members) == 200


def test_a_refusal_while_none_is_free(
    one_connection: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the database has refused is a 503, too, where another thread is quicker to go on."""
    members = Members(SQLStore(one_connection))
    members.sign_in()
    with one_connection.begin() as connection:
        connection.execute(
            text(
                f"CREATE TRIGGER full BEFORE INSERT ON {sessions.name} "
                "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        )
    taken = []

    def take(_engine: Engine) -> Inspector:
        # Between the refusal and the look at the tables.
        taken.append(one_connection.raw_connection())
        return inspect(_engine)

    monkeypatch.setattr(sql_retries, "inspect", take)

    assert sign_in(members) == 503
    taken.pop().close()
