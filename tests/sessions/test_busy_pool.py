"""More threads than the pool has connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import create_engine

from flask_jwt.stores.sql_connection import Database
from flask_jwt.stores.sql_engine import COMMITS_BY_ITSELF
from flask_jwt.stores.sql_idle import IdleConnections


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with a pool of one, for which a thread waits as long as it takes."""
    engine = create_engine(
        f"sqlite:///{tmp_path / 'busy.db'}",
        isolation_level="AUTOCOMMIT",
        execution_options={COMMITS_BY_ITSELF: True},
        pool_size=1,
        max_overflow=0,
        pool_timeout=30,
        connect_args={"check_same_thread": False},
    )
    idle = IdleConnections()
    yield Database(engine, idle)
    idle.close()
    engine.dispose()


def work(database: Database) -> str:
    with database.cursor() as cursor:
        cursor.say("SELECT 1")
    return "done"


def test_whoever_waits_is_next(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection goes to the thread that waits for it, and is not kept for newcomers."""
    pool, is_asked = database.engine.pool, Event()
    connect: Callable[[], object] = pool.connect

    def ask() -> object:
        is_asked.set()
        return connect()

    with ThreadPoolExecutor(1) as threads:
        with database.cursor() as cursor:
            cursor.say("SELECT 1")
            monkeypatch.setattr(pool, "connect", ask)
            waiting = threads.submit(work, database)
            assert is_asked.wait(10)
        assert waiting.result(10) == "done"
    assert work(database) == "done"


def test_kept_ready(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody waits the pool is not asked again."""
    work(database)

    def ask() -> object:
        raise AssertionError("the pool was asked")

    monkeypatch.setattr(database.engine.pool, "connect", ask)
    assert work(database) == "done"
