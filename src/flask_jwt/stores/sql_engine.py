"""Engines with time limits, and the driver's own cursors on the connections of their pools.

SQLAlchemy makes the statements, the pool and the tables. A refresh executes on the driver's cursor:
the layers between cost as much as the database does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    URL,
    Dialect,
    Engine,
    PoolProxiedConnection,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ..core.clock import Clock, system_clock
from ..sessions.models import CALL_SECONDS
from .sql_contents import Contents
from .sql_faults import UNTRIED
from .sql_statements import Statement

S = TypeVar("S")

#: Marks an engine whose connections commit each statement by themselves from the beginning.
AUTOCOMMIT = "flask_jwt_autocommit"

_BEGIN = {
    # Not deferred: two that read first and write then would stop each other.
    "sqlite": ["BEGIN IMMEDIATE"],
    "postgresql": ["BEGIN ISOLATION LEVEL READ COMMITTED"],
    "mariadb": ["SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION"],
}
_BEGIN["mysql"] = _BEGIN["mariadb"]
# Executed when a file of our own is opened, and kept by the file: a write-ahead log lets readers
# and a writer work side by side. An engine of the application's is left as it is.
_AT_OPEN = {"sqlite": ["PRAGMA journal_mode = WAL"]}
#: The databases that there are statements for.
KINDS = frozenset(_BEGIN)
# Connections beyond these go back to the pool, where other threads may wait for one.
_MAX_IDLE = 4


def engine_of(url: str, instance_path: Path, contents: Contents) -> Engine:
    """Make an engine; nothing is connected yet."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Without the URL, which may hold a password.
        raise contents.misconfigured("it is no URL of a database") from None
    if parsed.drivername == "sqlite":
        return _sqlite_engine(parsed, instance_path, contents)
    if "@" in (parsed.host or "") + (parsed.database or ""):
        # The rest of a password, which errors of drivers would show as the host.
        raise contents.misconfigured(
            "write an @ in the password, or in another part of the URL, as %40"
        )
    engine = _engine(parsed, _time_limits(parsed))
    if parsed.get_backend_name() == "postgresql":
        # Not a module of every installation.
        from .postgresql import connect

        event.listen(engine, "do_connect", connect)
    return engine


def _engine(url: URL, connect_args: Mapping[str, Any]) -> Engine:
    return create_engine(
        url,
        connect_args=dict(connect_args),
        isolation_level="AUTOCOMMIT",
        execution_options={AUTOCOMMIT: True},
        pool_timeout=CALL_SECONDS,
        # Our transactions end where they began: nothing is left to roll back.
        pool_reset_on_return=None,
    )


def _time_limits(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "postgresql":
        return {
            # libpq knows no shorter time. No options: poolers refuse them.
            "connect_timeout": 2,
            # Whatever encoding the database and the environment have.
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


def _sqlite_engine(url: URL, instance_path: Path, contents: Contents) -> Engine:
    # SQLAlchemy quotes a URL with a server in it, options and all.
    database = None if url.host or url.username or url.port else url.database
    if not database or database == ":memory:" or database.startswith("file:"):
        instead = f", or {contents.without_file}" if contents.without_file else ""
        raise contents.misconfigured(f"it names no file; use {contents.own_file}{instead}")
    path = instance_path / database
    _make_file(path, contents)
    engine = _engine(url.set(database=str(path)), {"timeout": CALL_SECONDS})
    event.listen(engine, "connect", _sync_fully)
    return engine


def without_sync(engine: Engine) -> Engine:
    """Return an engine on the SQLite file of one of ours; its commits do not wait for the disk."""
    other = _engine(engine.url, {"timeout": CALL_SECONDS})
    event.listen(other, "connect", _sync_later)
    return other


def _make_file(path: Path, contents: Contents) -> None:
    """Make a file that only its owner may read, with its folders, unless it is there."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise contents.misconfigured(
            f"the folder {path.parent} can't be made ({error.strerror}); name one that the process "
            "may write to, such as a volume"
        ) from None
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise contents.misconfigured(
            f"the file {path} can't be made ({error.strerror}); name one in a folder that the "
            "process may write to, such as a volume"
        ) from None


def _sync_fully(connection: Any, _record: object) -> None:
    # A sign-out that was acknowledged survives a loss of power.
    _execute_first(connection, "PRAGMA synchronous = FULL")


def _sync_later(connection: Any, _record: object) -> None:
    # With a write-ahead log, what a loss of power takes is the last commits, and never the file.
    _execute_first(connection, "PRAGMA synchronous = NORMAL")


def _execute_first(connection: Any, sql: str) -> None:
    # On the driver's cursor, before any other statement: not inside a transaction.
    cursor = connection.cursor()
    cursor.execute(sql)
    cursor.close()


class DatabaseError(Exception):
    """A call to the database has failed."""

    def __init__(
        self,
        cause: BaseException,
        database: Database[Any],
        *,
        disconnected: bool = False,
        unreachable: bool = False,
    ) -> None:
        # The first line alone: it names server and user; the password is in the URL alone.
        super().__init__(str(cause).strip().partition("\n")[0][:200])
        self.cause = cause
        self.database = database
        self.disconnected = disconnected
        self.unreachable = unreachable


class Cursor:
    """The driver's cursor on one connection, for a ``with`` statement."""

    __slots__ = ("_clock", "_database", "connection", "driver_cursor")

    def __init__(
        self, database: Database[Any], connection: PoolProxiedConnection, clock: Clock
    ) -> None:
        self._database = database
        self._clock = clock
        self.connection = connection
        self.driver_cursor: Any = None

    def __enter__(self) -> Cursor:
        self._database.in_use.append(None)
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._database.in_use.pop()
        if error is None:
            self._database.give_back(self)
        else:
            self._database.discard(self, error)

    def fetch(self, statement: Statement, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a SELECT."""
        cursor = self.driver_cursor
        cursor.execute(statement.sql, statement.parameters(values, self._clock))
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def execute(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """Return how many rows a statement has changed."""
        cursor = self.driver_cursor
        cursor.execute(statement.sql, statement.parameters(values, self._clock))
        changed: int = cursor.rowcount
        return changed

    def execute_each(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> None:
        """Execute a statement many times."""
        self.driver_cursor.executemany(
            statement.sql, [statement.parameters(row, self._clock) for row in values]
        )

    def execute_raw(self, sql: str) -> None:
        """Execute SQL without parameters, and read what it returns."""
        cursor = self.driver_cursor
        cursor.execute(sql)
        if cursor.description is not None:
            # SQLite holds its locks for as long as there is a row to be read.
            cursor.fetchall()


class IdleCursors:
    """Cursors that are kept ready beside the pool, which costs as much as a small query.

    Any thread may take the last one: no lock is held.
    """

    __slots__ = ("_kept", "_waiting")

    def __init__(self) -> None:
        self._kept: list[Cursor] = []
        # One entry for each thread that is on its way to the pool.
        self._waiting: list[None] = []

    def take(self) -> Cursor | None:
        """Return one, or None where there is none."""
        try:
            return self._kept.pop()
        except IndexError:
            return None

    def keep(self, cursor: Cursor) -> bool:
        """Keep one ready, and tell whether it is: if not, its connection belongs into the pool."""
        # The pool may be empty: a thread that waits there would lose to one that comes later, and
        # takes from here.
        if self._waiting or len(self._kept) >= _MAX_IDLE:
            return False
        self._kept.append(cursor)
        if self._waiting:
            # A thread that has gone to the pool meanwhile does not look here again.
            self.close()
        return True

    @contextmanager
    def at_the_pool(self) -> Generator[None]:
        """Note that a thread asks the pool for a connection, and may have to wait."""
        self._waiting.append(None)
        try:
            yield
        finally:
            self._waiting.pop()

    def close(self) -> None:
        """Give all connections back to the pool."""
        while (cursor := self.take()) is not None:
            with suppress(Exception):
                cursor.driver_cursor.close()
            cursor.connection.close()

    def discard(self) -> None:
        """Close all connections themselves: their pool may have been replaced by another since."""
        while (cursor := self.take()) is not None:
            cursor.connection.invalidate()


class Database(Generic[S]):
    """An engine, whose connections are used for one short piece of work each."""

    def __init__(
        self,
        engine: Engine,
        idle: IdleCursors,
        contents: Contents,
        statements: Callable[[Dialect], S],
        clock: Clock = system_clock,
    ) -> None:
        self.engine = engine
        #: What is kept there.
        self.contents = contents
        #: The statements, compiled.
        self.statements = statements(engine.dialect)
        self._idle = idle
        self._clock = clock
        self._dialect = engine.dialect
        self._driver_error: type[Exception] = engine.dialect.loaded_dbapi.Error
        #: Whether the engine is ours.
        self.is_autocommit = AUTOCOMMIT in engine.get_execution_options()
        self._begin = _BEGIN[engine.dialect.name]
        #: One entry for each use of a connection that is under way; threads need no lock for it.
        self.in_use: list[None] = []
        #: Executed when the store is opened, where the engine is ours.
        self.at_open = _AT_OPEN.get(engine.dialect.name, []) if self.is_autocommit else []

    def fetch(self, statement: Statement, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a SELECT that stands by itself."""
        with self.cursor() as cursor:
            return cursor.fetch(statement, values)

    def execute(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """Return how many rows a statement that commits by itself has changed."""
        with self.cursor() as cursor:
            return cursor.execute(statement, values)

    def cursor(self) -> Cursor:
        """Return a cursor, each of whose statements commits by itself."""
        cursor = self._idle.take()
        if cursor is not None:
            return cursor
        with self._idle.at_the_pool():
            # A cursor that was kept just before this thread was noted as waiting is taken here: it
            # would never reach the pool.
            cursor = self._idle.take()
            return self._from_pool() if cursor is None else cursor

    @contextmanager
    def transaction(self) -> Generator[Cursor]:
        """Give a cursor, all of whose statements commit together."""
        with self.cursor() as cursor:
            for sql in self._begin:
                cursor.execute_raw(sql)
            yield cursor
            cursor.execute_raw("COMMIT")

    def give_back(self, cursor: Cursor) -> None:
        """Keep a cursor ready, or let the pool have its connection."""
        if self.is_autocommit and self._idle.keep(cursor):
            return
        try:
            cursor.driver_cursor.close()
            if not self.is_autocommit:
                self._dialect.reset_isolation_level(_driver_connection(cursor))
        except BaseException as error:
            self.discard(cursor, error)
            raise
        cursor.connection.close()

    def discard(self, cursor: Cursor, error: BaseException) -> None:
        """Close a connection after an error: its state is unknown, and the pool does not get it."""
        if isinstance(error, self._driver_error):
            raise self._failed(cursor, error) from error
        cursor.connection.invalidate()

    def _from_pool(self) -> Cursor:
        cursor = Cursor(self, self._connect(), self._clock)
        try:
            if not self.is_autocommit:
                self._dialect.set_isolation_level(_driver_connection(cursor), "AUTOCOMMIT")
            cursor.driver_cursor = cursor.connection.cursor()
        except BaseException as error:
            self.discard(cursor, error)
            raise
        return cursor

    def _connect(self) -> PoolProxiedConnection:
        try:
            return self.engine.raw_connection()
        except PoolTimeoutError as error:
            raise self.contents.crowded() from error
        except DBAPIError as error:
            raise DatabaseError(error.orig or error, self, unreachable=True) from error
        except (self._driver_error, SQLAlchemyError) as error:
            # A connection that the pool makes for us fails in the driver's own words.
            raise DatabaseError(error, self, unreachable=True) from error
        except UNTRIED as error:
            # An application's own engine has a function of its own, and that its own errors.
            if not self.is_autocommit:
                raise
            raise DatabaseError(error, self, unreachable=True) from error

    def _failed(self, cursor: Cursor, error: Exception) -> DatabaseError:
        disconnected = self._dialect.is_disconnect(
            error,  # type: ignore[arg-type]
            cursor.connection,
            cursor.driver_cursor,
        )
        # An open cursor may hold a lock for as long as the traceback lives.
        with suppress(Exception):
            cursor.driver_cursor.close()
        cursor.connection.invalidate(error)
        if disconnected:
            # The server was restarted: the other connections are dead as well.
            self._idle.close()
            self.engine.dispose()
        return DatabaseError(error, self, disconnected=disconnected)


def _driver_connection(cursor: Cursor) -> Any:
    return cursor.connection.dbapi_connection
