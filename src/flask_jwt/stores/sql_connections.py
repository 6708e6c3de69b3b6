"""The connections of each process to one database: what is forked makes its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Dialect, Engine, Pool

from ..core.clock import Clock
from ..core.per_process import PerProcess, new_lock
from .sql_contents import Contents
from .sql_engine import KINDS, Database, IdleCursors

S = TypeVar("S")


class _OfProcess(Generic[S]):
    """The connections of one process."""

    __slots__ = ("database", "idle", "inherited", "lock")

    def __init__(self) -> None:
        self.lock = new_lock()
        self.idle = IdleCursors()
        self.database: Database[S] | None = None
        #: The pool of a parent process: not used, and not closed either.
        self.inherited: Pool | None = None


class Connections(Generic[S]):
    """The connections of the process at hand, to an engine that is asked for at first use.

    :param given: the engine, or a callable that returns one, or a session of SQLAlchemy's.
    :param statements: compiles the statements for a dialect.
    """

    def __init__(
        self,
        given: Engine | Callable[[], Any],
        contents: Contents,
        statements: Callable[[Dialect], S],
        clock: Clock,
    ) -> None:
        self._given = given
        self._contents = contents
        self._statements = statements
        self._clock = clock
        self._of_process: PerProcess[_OfProcess[S]] = PerProcess(_OfProcess)

    def take(self) -> Database[S]:
        """Return the database with connections of the process at hand."""
        connections = self._of_process.take()
        database = connections.database
        if database is None:
            with connections.lock:
                database = connections.database = connections.database or self._connect(connections)
        return database

    def close(self) -> None:
        """Close the connections of the process at hand, where the engine is ours."""
        connections = self._of_process.take()
        # Until this process has a pool of its own, the engine has that of a parent.
        if connections.database is not None and connections.database.is_autocommit:
            # Another keeper of connections to the same engine may have closed it before.
            connections.idle.discard()
            connections.database.engine.dispose()

    def _connect(self, connections: _OfProcess[S]) -> Database[S]:
        contents = self._contents
        engine = checked_engine(engine_from(self._given, contents), contents)
        if (
            contents.without_file
            and engine.dialect.name == "sqlite"
            and engine.url.database in (None, "", ":memory:")
        ):
            raise contents.misconfigured(
                "it is an SQLite database without a file, which has one connection; use "
                f"{contents.without_file}"
            )
        if self._of_process.is_inherited:
            connections.inherited = engine.pool
            # Another pool, and other locks: the connections in this one may be the parent's.
            engine.dispose(close=False)
        return Database(engine, connections.idle, contents, self._statements, self._clock)


def checked_engine(engine: Engine, contents: Contents) -> Engine:
    """Return an engine of a kind that there are statements for."""
    name = engine.dialect.name
    if name not in KINDS:
        raise contents.misconfigured(
            f"it is a {name} database, and {contents.things} are kept in SQLite, PostgreSQL or "
            "MariaDB"
        )
    if engine.dialect.is_async:
        raise contents.misconfigured(
            "its engine is asynchronous; give one of create_engine(), on the same database"
        )
    return engine


def engine_from(given: Engine | Callable[[], Any], contents: Contents) -> Engine:
    """Return the engine that was given, or that a callable or a session leads to."""
    # An engine for coroutines can't be called.
    engine: Any = given() if not isinstance(given, Engine) and callable(given) else given
    # A session of SQLAlchemy's knows its engine.
    if hasattr(engine, "get_bind"):
        engine = engine.get_bind()
    if isinstance(engine, Connection):
        engine = engine.engine
    if not isinstance(engine, Engine):
        raise contents.misconfigured(
            f"it was given {type(engine).__name__}, and needs an engine of create_engine(), or a "
            "callable that returns one"
        )
    return engine
