"""More threads than the pool has connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import create_engine

from flask_jwt.stores.sql_connection import Database
from flask_jwt.stores.sql_engine import COMMITS_BY_ITSELF
from flask_jwt.stores.sql_idle import IdleConnections
from tests.support.server import wait_for


def one_connection(folder: Path) -> tuple[Database, IdleConnections]:
    """Return a database with a pool of one, for which a thread waits as long as it takes."""
    engine = create_engine(
        f"sqlite:///{folder / 'busy.db'}",
        isolation_level="AUTOCOMMIT",
        execution_options={COMMITS_BY_ITSELF: True},
        pool_size=1,
        max_overflow=0,
        pool_timeout=30,
        connect_args={"check_same_thread": False},
    )
    idle = IdleConnections()
    return Database(engine, idle), idle


def work(database: Database) -> str:
    with database.cursor() as cursor:
        cursor.say("SELECT 1")
    return "done"


def test_whoever_waits_is_next(tmp_path: Path) -> None:
    """A connection goes to the thread that waits for it, and is not kept for newcomers."""
    database, idle = one_connection(tmp_path)
    with ThreadPoolExecutor(1) as threads:
        with database.cursor() as cursor:
            cursor.say("SELECT 1")
            waiting = threads.submit(work, database)
            wait_for(lambda: idle.is_wanted, "a thread at the pool")
        assert waiting.result(10) == "done"
    assert work(database) == "done"


def test_kept_ready(tmp_path: Path) -> None:
    """Where nobody waits the pool is not asked again."""
    database, _ = one_connection(tmp_path)
    work(database)
    asked: Callable[[], object] = database.engine.pool.connect

    def ask() -> object:
        raise AssertionError("the pool was asked")

    database.engine.pool.connect = ask  # type: ignore[method-assign,assignment]
    assert work(database) == "done"
    database.engine.pool.connect = asked  # type: ignore[method-assign,assignment]
