"""Engines of the store's own: with time limits, and SQLite set up for several processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from ..sessions.models import CALL_SECONDS
from .faults import misconfigured
from .sqlite_file import make_file

#: Marks an engine whose connections commit each statement by themselves from the beginning.
COMMITS_BY_ITSELF = "flask_jwt_autocommit"


def engine_of(url: str, instance_path: Path) -> Engine:
    """Make an engine; nothing is connected yet."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Without the URL, which may hold a password.
        raise misconfigured("it is no URL of a database") from None
    if parsed.drivername == "sqlite":
        return _sqlite_engine(parsed, instance_path)
    if "@" in (parsed.host or "") + (parsed.database or ""):
        # The rest of a password, which errors of drivers would show as the host.
        raise misconfigured("write an @ in the password, or in another part of the URL, as %40")
    engine = create_engine(
        parsed,
        connect_args=_time_limits(parsed),
        isolation_level="AUTOCOMMIT",
        execution_options={COMMITS_BY_ITSELF: True},
        pool_timeout=CALL_SECONDS,
        # Our transactions end where they began: nothing is left to roll back.
        pool_reset_on_return=None,
    )
    if parsed.get_backend_name() == "postgresql":
        # Not a module of every installation.
        from .postgresql import connect

        event.listen(engine, "do_connect", connect)
    return engine


def _time_limits(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "postgresql":
        return {
            # libpq knows no shorter time. No options: poolers refuse them.
            "connect_timeout": 2,
            # Whatever the database is in, and whatever the environment says.
            "client_encoding": "utf8",
            # A follower sees the past.
            "target_session_attrs": "read-write",
        }
    if url.drivername.endswith("+pymysql"):
        return {
            "connect_timeout": CALL_SECONDS,
            # Longer than the server itself waits for a row, so that it can say so.
            "read_timeout": CALL_SECONDS * 3 / 2,
            "write_timeout": CALL_SECONDS,
            "init_command": f"SET SESSION innodb_lock_wait_timeout = {CALL_SECONDS}",
        }
    return {}


def _sqlite_engine(url: URL, instance_path: Path) -> Engine:
    # SQLAlchemy quotes a URL with a server in it, options and all.
    database = None if url.host or url.username or url.port else url.database
    if not database or database == ":memory:" or database.startswith("file:"):
        raise misconfigured("it names no file; use sqlite:///sessions.db, or memory://")
    path = instance_path / database
    make_file(path)
    engine = create_engine(
        url.set(database=str(path)),
        connect_args={"timeout": CALL_SECONDS},
        isolation_level="AUTOCOMMIT",
        execution_options={COMMITS_BY_ITSELF: True},
        pool_timeout=CALL_SECONDS,
        pool_reset_on_return=None,
    )
    event.listen(engine, "connect", _sync_fully)
    return engine


def _sync_fully(connection: Any, _record: object) -> None:
    # The driver's own words, before anything else is said: not inside a transaction.
    cursor = connection.cursor()
    # A sign-out that was acknowledged survives a loss of power.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()
