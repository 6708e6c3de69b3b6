"""Counts of attempts in a table beside the users, which all workers share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, TypeVar
from weakref import finalize

from sqlalchemy import Engine

from ..core.clock import system_clock
from ..core.per_process import PerProcess, new_lock
from ..errors import ConfigurationError
from ..sessions.errors import FORGETS, StoreBusy, StoreForgot, StoreUnavailable
from ..stores.sql_connections import Connections, engine_from
from ..stores.sql_engine import AUTOCOMMIT, Cursor, Database, without_sync
from ..stores.sql_retries import open_database, retrying
from ..throttle.attempts import (
    FORGOTTEN_SECONDS,
    MOST_KEYS,
    AttemptCounts,
    Count,
    attempt,
    given_back,
)
from ..throttle.memory import MemoryCounts
from .attempt_tables import ATTEMPTS, AttemptStatements
from .session_kinds import is_single

T = TypeVar("T")

# How often a process looks for rows that may go, in seconds, and how many go at once.
_PRUNE_SECONDS = 60.0
_PRUNE_ROWS = 200
# How often a swap may be lost: each time another attempt was counted, and those come to their wait.
_SWAPS = 200
_BUSY = "the table of attempts was busy: others count under the same key"


class CountsBesideUsers:
    """Keeps counts in the database of the users, or in memory where that database is there too.

    :param engine: as :class:`SQLCounts` has it.
    """

    def __init__(self, engine: Engine | Callable[[], Any]) -> None:
        self._given = engine
        self._choosing = PerProcess(new_lock)
        self._chosen: AttemptCounts | None = None

    @property
    def is_of_one_process(self) -> bool:
        """Whether each worker has counts of its own, and users too."""
        return isinstance(self._counts(), MemoryCounts)

    def begin(self, key: str, free: int, now: float) -> float:
        """Count an attempt; see :class:`.AttemptCounts`."""
        return self._counts().begin(key, free, now)

    def give_back(self, key: str, free: int, began: float) -> None:
        """Take one attempt off."""
        self._counts().give_back(key, free, began)

    def clear(self, key: str) -> None:
        """Forget a count."""
        self._counts().clear(key)

    def mark(self, key: str, now: float, seconds: float) -> None:
        """Note a moment under a key."""
        self._counts().mark(key, now, seconds)

    def marked(self, key: str) -> float | None:
        """Return that moment, or None."""
        return self._counts().marked(key)

    def _counts(self) -> AttemptCounts:
        if self._chosen is None:
            with self._choosing.take():
                self._chosen = self._chosen or self._choose()
        return self._chosen

    def _choose(self) -> AttemptCounts:
        # An SQLite database in memory: its one connection may have the application's transaction
        # open, which a statement that commits by itself would commit.
        is_in_memory = is_single(engine_from(self._given, ATTEMPTS))
        return MemoryCounts() if is_in_memory else SQLCounts(self._given)


class SQLCounts:
    """Keeps counts in a database. The table is made at first use if it is not there.

    Each statement commits by itself, on a connection of its own.

    :param engine: the engine, or a callable that returns one, or a session of SQLAlchemy's, at
        first use.
    :param most: how many keys are kept.
    """

    def __init__(self, engine: Engine | Callable[[], Any], most: int = MOST_KEYS) -> None:
        self._connections = Connections(
            lambda: _engine(engine), ATTEMPTS, AttemptStatements, system_clock
        )
        self._most = most
        self._opening = PerProcess(new_lock)
        # The database whose table is known to be there.
        self._opened: Database[AttemptStatements] | None = None
        self._prune_due = monotonic() + _PRUNE_SECONDS
        # An application that is thrown away leaves no connections.
        finalize(self, self._connections.close)

    def begin(self, key: str, free: int, now: float) -> float:
        """Count an attempt; see :class:`.AttemptCounts`."""
        wait = self._ask(lambda database: _begin(database, key, free, now))
        if monotonic() >= self._prune_due:
            self._prune_now(now)
        return wait

    def give_back(self, key: str, free: int, began: float) -> None:
        """Take one attempt off."""
        self._ask(lambda database: _give_back(database, key, free, began))

    def clear(self, key: str) -> None:
        """Forget a count."""
        self._ask(lambda database: database.execute(database.statements.clear, {"a_key": key}))

    def mark(self, key: str, now: float, seconds: float) -> None:
        """Note a moment under a key."""
        self._ask(lambda database: _mark(database, key, now, seconds))

    def marked(self, key: str) -> float | None:
        """Return that moment, or None."""
        rows = self._ask(lambda database: database.fetch(database.statements.read, {"a_key": key}))
        return rows[0][1] if rows else None

    def prune(self, now: float, most: int = _PRUNE_ROWS) -> int:
        """Delete some rows that are forgotten or too many, and return how many were found."""
        return self._ask(lambda database: _prune(database, now, most, self._most))

    def _ask(self, question: Callable[[Database[AttemptStatements]], T]) -> T:
        for _ in range(2):
            with suppress(StoreForgot):
                return self._attempt(question)
            # The table was dropped since, or a backup without it was restored.
            self._opened = None
        raise StoreUnavailable(FORGETS)

    # What is carried out twice, since no answer came, counts an attempt twice or none.
    @retrying
    def _attempt(self, question: Callable[[Database[AttemptStatements]], T]) -> T:
        return question(self._database())

    def _database(self) -> Database[AttemptStatements]:
        database = self._connections.take()
        if self._opened is not database:
            with self._opening.take():
                if self._opened is not database:
                    open_database(database)
                    self._opened = database
        return database

    def _prune_now(self, now: float) -> None:
        self._prune_due = monotonic() + _PRUNE_SECONDS
        # The attempt is counted; the rows can wait.
        with suppress(StoreUnavailable, ConfigurationError):
            if self.prune(now) >= _PRUNE_ROWS:
                self._prune_due = monotonic() + 1


def _engine(given: Engine | Callable[[], Any]) -> Engine:
    engine = engine_from(given, ATTEMPTS)
    if engine.dialect.name == "sqlite" and AUTOCOMMIT in engine.get_execution_options():
        # A count need not survive a loss of power, for which each commit would wait.
        return without_sync(engine)
    return engine


def _begin(database: Database[AttemptStatements], key: str, free: int, now: float) -> float:
    read = database.statements.read
    with database.cursor() as cursor:
        for _ in range(_SWAPS):
            rows = cursor.fetch(read, {"a_key": key})
            before = Count._make(rows[0]) if rows else None
            count, wait = attempt(before, free, now)
            if count == before or _swap(database, cursor, key, before, count):
                return wait
    raise StoreBusy(_BUSY)


def _give_back(database: Database[AttemptStatements], key: str, free: int, began: float) -> None:
    read = database.statements.read
    with database.cursor() as cursor:
        for _ in range(_SWAPS):
            rows = cursor.fetch(read, {"a_key": key})
            before = Count._make(rows[0]) if rows else None
            if before is None or not before.failures:
                return
            count = given_back(before, free, began) or Count(0, before.last_at)
            if _swap(database, cursor, key, before, count):
                return
    raise StoreBusy(_BUSY)


def _swap(
    database: Database[AttemptStatements],
    cursor: Cursor,
    key: str,
    before: Count | None,
    count: Count,
) -> bool:
    """Put a count in the place of what was read, and tell whether that was still there."""
    values = {
        "a_key": key,
        "counted": count.failures,
        "moment": count.last_at,
        "until": count.last_at + FORGOTTEN_SECONDS,
    }
    if before is None:
        return cursor.execute(database.statements.insert, values) == 1
    were = {"counted_before": before.failures, "moment_before": before.last_at}
    return cursor.execute(database.statements.swap, {**values, **were}) == 1


def _mark(database: Database[AttemptStatements], key: str, now: float, seconds: float) -> None:
    statements = database.statements
    values = {"a_key": key, "counted": None, "moment": now, "until": now + seconds}
    with database.cursor() as cursor:
        if cursor.execute(statements.mark, values) or cursor.execute(statements.insert, values):
            return
        # Another mark has come in between, and may be earlier.
        cursor.execute(statements.mark, values)


def _prune(database: Database[AttemptStatements], now: float, most: int, most_keys: int) -> int:
    statements = database.statements
    with database.cursor() as cursor:
        rows = [*cursor.fetch(statements.forgotten, {"moment": now, "most": most})]
        excess = cursor.fetch(statements.count, {})[0][0] - len(rows) - most_keys
        if not rows and excess > 0:
            some = {"most": min(excess, most)}
            rows += cursor.fetch(statements.oldest_free, some)
            rows = rows or [*cursor.fetch(statements.oldest, some)]
    if rows:
        with database.transaction() as cursor:
            cursor.execute_each(
                statements.delete, [{"a_key": key, "until": until} for key, until in rows]
            )
    return len(rows)
