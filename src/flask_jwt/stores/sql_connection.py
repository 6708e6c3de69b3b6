"""Connections of an engine's pool, and the driver's own cursors on them.

SQLAlchemy makes the statements, the pool and the tables. What is sent for a refresh goes to the
driver directly: the layers between cost as much as the database does.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from .sql_engine import COMMITS_BY_ITSELF
from .sql_faults import UNTRIED
from .sql_idle import IdleConnections, ReadyConnection
from .sql_statements import Statement

_BEGIN = {
    # Not deferred: two that read first and write then would stop each other.
    "sqlite": ["BEGIN IMMEDIATE"],
    "postgresql": ["BEGIN ISOLATION LEVEL READ COMMITTED"],
    "mariadb": ["SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION"],
}
_BEGIN["mysql"] = _BEGIN["mariadb"]
# Said of a file of our own when it is opened, and kept by it: readers and a writer do not wait for
# each other. Whoever is in the way is not waited for.
_ONCE = {"sqlite": ["PRAGMA journal_mode = WAL"]}
#: The databases that there are statements for.
KINDS = frozenset(_BEGIN)


class DatabaseFault(Exception):
    """A call to the database has failed."""

    def __init__(
        self, cause: BaseException, *, disconnected: bool = False, unreachable: bool = False
    ) -> None:
        # The first line alone: it names server and user; the password is in the URL alone.
        super().__init__(str(cause).strip().partition("\n")[0][:200])
        self.cause = cause
        self.disconnected = disconnected
        self.unreachable = unreachable


class Cursor:
    """The driver's cursor on one connection."""

    __slots__ = ("_cursor",)

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def fetch(self, statement: Statement, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a SELECT."""
        self._cursor.execute(statement.sql, statement.parameters(values))
        rows: Sequence[tuple[Any, ...]] = self._cursor.fetchall()
        return rows

    def execute(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """Return how many rows a statement has changed."""
        self._cursor.execute(statement.sql, statement.parameters(values))
        changed: int = self._cursor.rowcount
        return changed

    def execute_each(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> None:
        """Execute a statement many times."""
        self._cursor.executemany(statement.sql, [statement.parameters(one) for one in values])

    def say(self, words: str) -> None:
        """Execute words without parameters."""
        self._cursor.execute(words)


class _Taken:
    """One use of a connection: a class, since a generator takes three times as long."""

    __slots__ = ("_database", "_ready")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ready: ReadyConnection

    def __enter__(self) -> Cursor:
        """Take a connection."""
        self._ready = self._database.take()
        self._database.in_use.append(None)
        return Cursor(self._ready.cursor)

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Give it back, or up where something went wrong."""
        self._database.in_use.pop()
        if error is None:
            self._database.give_back(self._ready)
        else:
            self._database.give_up(self._ready, error)


class Database:
    """An engine, whose connections are used for one short piece of work each."""

    def __init__(self, engine: Engine, idle: IdleConnections) -> None:
        self.engine = engine
        self._idle = idle
        self._dialect = engine.dialect
        self._error: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._as_it_was = COMMITS_BY_ITSELF in engine.get_execution_options()
        self._begin = _BEGIN[engine.dialect.name]
        #: One entry for each use of a connection that is under way; threads need no lock for it.
        self.in_use: list[None] = []
        #: What is said when the store is opened, where the engine is ours.
        self.once = _ONCE.get(engine.dialect.name, []) if self._as_it_was else []

    def cursor(self) -> _Taken:
        """Give a cursor, each of whose statements commits by itself, for a ``with`` statement."""
        return _Taken(self)

    def take(self) -> ReadyConnection:
        """Return a connection with a cursor; one that is kept ready, if there is one."""
        ready = self._idle.take()
        if ready is not None:
            return ready
        with self._idle.at_the_pool():
            # One that was kept before we said so would be waited for in vain.
            ready = self._idle.take()
            return self._from_pool() if ready is None else ready

    def give_back(self, ready: ReadyConnection) -> None:
        """Keep a connection ready, or let the pool have it."""
        if self._as_it_was and self._idle.keep(ready):
            return
        connection, cursor = ready
        try:
            cursor.close()
            if not self._as_it_was:
                self._dialect.reset_isolation_level(_driver_s(connection))
        except BaseException as error:
            self.give_up(ready, error)
            raise
        connection.close()

    def give_up(self, ready: ReadyConnection, error: BaseException) -> None:
        """Use a connection no more: whatever state it is in, the pool does not get it."""
        connection, cursor = ready
        if isinstance(error, self._error):
            raise self._fault(error, connection, cursor) from error
        connection.invalidate()

    def _from_pool(self) -> ReadyConnection:
        connection, cursor = self._connect(), None
        try:
            if not self._as_it_was:
                self._dialect.set_isolation_level(_driver_s(connection), "AUTOCOMMIT")
            cursor = connection.cursor()
        except BaseException as error:
            self.give_up(ReadyConnection(connection, cursor), error)
            raise
        return ReadyConnection(connection, cursor)

    @contextmanager
    def transaction(self) -> Generator[Cursor]:
        """Give a cursor, all of whose statements commit together."""
        with self.cursor() as cursor:
            for words in self._begin:
                cursor.say(words)
            yield cursor
            cursor.say("COMMIT")

    def _connect(self) -> PoolProxiedConnection:
        try:
            return self.engine.raw_connection()
        except PoolTimeoutError:
            raise
        except DBAPIError as error:
            raise DatabaseFault(error.orig or error, unreachable=True) from error
        except (self._error, SQLAlchemyError) as error:
            # A connection that the pool makes for us fails in the driver's own words.
            raise DatabaseFault(error, unreachable=True) from error
        except UNTRIED as error:
            # An application's own engine has a function of its own, and that its own errors.
            if not self._as_it_was:
                raise
            raise DatabaseFault(error, unreachable=True) from error

    def _fault(
        self, error: Exception, connection: PoolProxiedConnection, cursor: Any
    ) -> DatabaseFault:
        disconnected = self._dialect.is_disconnect(
            error,  # type: ignore[arg-type]
            connection,
            cursor,
        )
        # An open one may hold a lock, for as long as somebody looks at the error.
        with suppress(Exception):
            cursor.close()
        connection.invalidate(error)
        if disconnected:
            # The server was restarted: what else there is of connections is dead as well.
            self._idle.close()
            self.engine.dispose()
        return DatabaseFault(error, disconnected=disconnected)


def _driver_s(connection: PoolProxiedConnection) -> Any:
    return connection.dbapi_connection
