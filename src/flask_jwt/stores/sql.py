"""Sessions in SQLite, PostgreSQL or MariaDB, through SQLAlchemy."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Any, TypeVar
from weakref import finalize

from sqlalchemy import Connection, Engine, Pool
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ..core.clock import Clock, system_clock
from ..core.processes import PerProcess, new_lock
from ..sessions.errors import StoreForgot
from ..sessions.models import (
    MAX_USER_AGENT,
    MOST_ENDED,
    OPEN_SECONDS,
    Feed,
    NewSession,
    Reading,
    Revocation,
    Session,
    Use,
)
from .faults import misconfigured
from .sql_connection import KINDS, Cursor, Database, DatabaseFault
from .sql_engine import engine_of
from .sql_faults import is_duplicate, was_stopped
from .sql_idle import IdleConnections
from .sql_migrations import add_tables as add_tables
from .sql_opening import make_tables, until_it_stands
from .sql_refusal import all_in_use, refuse
from .sql_statements import NOW_PARAMETER, SIDS, Statements

T = TypeVar("T")

# What failed at once may be done again; what has used up its time may not.
_AGAIN_SECONDS = 0.5
_ATTEMPTS = 3
_decoder = json.JSONDecoder()
# Revocations that are read in one go: each has its time limit.
_PAGE = 10_000
# No session begins later, in seconds since 1970.
_LATEST = 1e300


def from_url(url: str, instance_path: Path, clock: Clock) -> SQLStore:
    """Return the store that a URL names; see :func:`flask_jwt.stores.open_store`."""
    engine = engine_of(url, instance_path)
    store = SQLStore(engine, clock)
    # Nobody else has the engine: an application that is thrown away leaves no connections.
    finalize(store, _close, store.of_process)
    return store


class _Own:
    """What one process has of a store."""

    __slots__ = ("idle", "inherited", "lock", "ready")

    def __init__(self) -> None:
        self.lock = new_lock()
        #: Connections that are kept ready.
        self.idle = IdleConnections()
        self.ready: tuple[Database, Statements] | None = None
        #: The connections of a parent process: not used, and not closed either.
        self.inherited: Pool | None = None


def _close(of_process: PerProcess[_Own]) -> None:
    own = of_process.take()
    # Until this process has a pool of its own, the engine has that of a parent.
    if own.ready is not None:
        own.idle.close()
        own.ready[0].engine.dispose()


class SQLStore:
    """Keeps sessions in a database. The tables are made at first use if they are not there.

    :param engine: the engine, or a callable that returns one, or a session of SQLAlchemy's, at
        first use: ``SQLStore(lambda: db.engine)``. Connections are taken from its pool, and no
        transaction of the application's is touched.
    :param clock: gives seconds since 1970, for SQLite; a database server has a clock of its own.
    """

    issued: Container[str] | None = None

    def __init__(self, engine: Engine | Callable[[], Any], clock: Clock = system_clock) -> None:
        self._given = engine
        self._clock = clock
        #: What the process at hand has of the store.
        self.of_process = PerProcess(_Own)

    def open(self, longest: float) -> float:
        """Make the tables and the epoch, if they are not there; see :class:`.SessionStore`."""
        until = monotonic() + OPEN_SECONDS
        return self._again(lambda: until_it_stands(lambda: self._open(longest, until), until))

    def insert(self, session: NewSession) -> None:
        """Keep a new session."""
        use = session.use
        values = {
            "sid": session.sid,
            "subject": session.subject,
            "salt": session.salt,
            "idle": session.idle_span,
            "life_span": session.life_span,
            "claims": json.dumps(session.claims),
            "added": json.dumps(session.added),
            "methods": " ".join(session.methods),
            **_values_of(use),
        }
        # Nobody else draws the same 128 bits: the first attempt was carried out after all.
        self._again(lambda: self._inserted("insert", values))

    def read(self, sid: str) -> Reading | None:
        """Return a session, live or not, or None."""
        row = self._again(lambda: self._rows("read", {"a_sid": sid}))
        return Reading(_session(row[0][:-1]), row[0][-1]) if row else None

    def rotate(self, sid: str, counter: int, use: Use) -> bool:
        """Move the counter on by one."""
        # Never a second time: the first may have been carried out, although no answer came.
        values = {"a_sid": sid, "current": counter, **_values_of(use)}
        return self._once(lambda: self._moved("rotate", values)) == 1

    def repeat(self, sid: str, counter: int, use: Use) -> bool:
        """Note one more access token."""
        values = {"a_sid": sid, "current": counter, **_values_of(use)}
        return self._again(lambda: self._moved("repeat", values)) == 1

    def extend(self, sid: str, use: Use) -> bool:
        """Note an access token that was made without a refresh."""
        values = {"a_sid": sid, **_values_of(use)}
        return self._again(lambda: self._changed("extend", values)) == 1

    def end(self, sid: str, because: str, margin: float) -> list[Revocation]:
        """End a session, and revoke its access tokens."""
        return self._again(lambda: self._end([sid], because, margin))

    def end_batch(
        self, subject: str, except_sid: str | None, because: str, margin: float, newest: int
    ) -> list[Revocation]:
        """End some sessions of a subject; see :class:`.SessionStore`."""
        which = {"a_subject": subject, "most": MOST_ENDED + 1, "newest": newest}

        def end() -> list[Revocation]:
            ended: list[Revocation] = []
            # Somebody else may be ending the same ones: then there may be more.
            while most := MOST_ENDED - len(ended):
                rows = self._rows("surplus" if newest else "unended", which)
                sids = [sid for (sid,) in rows if sid != except_sid]
                if sids:
                    ended += self._end(sids[:most], because, margin)
                if len(sids) < most:
                    break
            return ended

        return self._again(end)

    def sessions_of(self, subject: str, most: int, after: Session | None) -> list[Session]:
        """Return live sessions of a subject, the newest first."""
        began, sid = (_LATEST, "") if after is None else (after.began_at, after.sid)
        values = {"a_subject": subject, "most": most, "began": began, "a_sid": sid}
        return [_session(row) for row in self._again(lambda: self._rows("sessions_of", values))]

    def revoke(self, revocations: Sequence[Revocation]) -> None:
        """Keep revocations."""

        def keep() -> None:
            with self._prepared()[0].transaction() as cursor:
                self._number(cursor, revocations)

        self._again(keep)

    def feed(self, position: object | None) -> Feed:
        """Return the revocations that were committed after a position."""
        return self._again(lambda: self._feed(position))

    def prune(self, most: int) -> int:
        """Delete sessions and revocations whose last access token has expired."""
        return self._again(
            lambda: (
                self._prune("expired_sessions", "delete_session", "a_sid", most)
                + self._prune("expired_revocations", "delete_revocation", "a_number", most)
            )
        )

    def _open(self, longest: float, until: float) -> float:
        database = self._prepared()[0]
        with database.cursor() as cursor:
            # It can be reached: what is wrong from here on is something else.
            for words in database.once:
                cursor.say(words)
        make_tables(database.engine, until)
        rows = self._rows("memory", {})
        if not rows:
            # Several processes may begin at once: the first one's epoch stays.
            self._inserted("begin", {"epoch": token_hex(16), "longest": longest})
        # A worker that starts while somebody else writes has nothing to write itself.
        _, began, now, kept, _ = rows[0] if rows else (None, 0.0, 0.0, 0.0, None)
        if kept < longest:
            self._changed("raise_longest", {"at_least": longest})
        if began > now and self._changed("move_back", {}):
            return float(began - now)
        return 0.0

    def _end(self, sids: Sequence[str], because: str, margin: float) -> list[Revocation]:
        database, statements = self._prepared()
        lock, end = statements.lock_one, statements.end_one
        if len(sids) > 1:
            lock, end = statements.lock_many, statements.end_many
        with database.transaction() as cursor:
            rows = cursor.fetch(lock, _named(sids))
            ended = [Revocation("sid", sid, until + margin) for sid, until in rows]
            if ended:
                named = _named([one.value for one in ended])
                values = {"because": because, NOW_PARAMETER: self._clock()}
                cursor.execute(end, {**named, **values})
                self._number(cursor, ended)
            return ended

    def _number(self, cursor: Cursor, revocations: Sequence[Revocation]) -> None:
        # Whoever has the row that counts commits first: numbers appear in their order.
        statements = self._prepared()[1]
        cursor.execute(statements.number, {"more": len(revocations)})
        rows = cursor.fetch(statements.last_number, {})
        if not rows:
            raise StoreForgot("the store was emptied")
        first = rows[0][0] - len(revocations) + 1
        values = [
            {"number": first + place, **one._asdict()} for place, one in enumerate(revocations)
        ]
        cursor.execute_each(statements.revoke, values)

    def _feed(self, position: object | None) -> Feed:
        database, statements = self._prepared()
        with database.cursor() as cursor:
            rows = cursor.fetch(statements.memory, {NOW_PARAMETER: self._clock()})
            if not rows:
                raise StoreForgot("the store is empty")
            epoch, began, now, longest, number = rows[0]
            # A number that is smaller than what was seen: a backup was restored.
            seen = position if isinstance(position, int) and position <= number else 0
            found: list[Revocation] = []
            while seen < number:
                page = cursor.fetch(statements.revocations, {"seen": seen, "most": _PAGE})
                found += [Revocation(*row[1:]) for row in page]
                seen = page[-1][0] if page else number
                if len(page) < _PAGE:
                    # Numbers have gaps, where something was pruned.
                    seen = max(seen, number)
        return Feed(epoch, began, now, longest, seen, found)

    def _prune(self, find: str, delete: str, name: str, most: int) -> int:
        database, statements = self._prepared()
        now = {NOW_PARAMETER: self._clock()}
        with database.cursor() as cursor:
            rows = cursor.fetch(getattr(statements, find), {"most": most, **now})
        if rows:
            # One commit for all of them: each one waits for the disk.
            with database.transaction() as cursor:
                values = [{name: row[0], **now} for row in rows]
                cursor.execute_each(getattr(statements, delete), values)
        return len(rows)

    def _rows(self, statement: str, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        database, statements = self._prepared()
        with database.cursor() as cursor:
            named = {**values, NOW_PARAMETER: self._clock()}
            return cursor.fetch(getattr(statements, statement), named)

    def _changed(self, statement: str, values: Mapping[str, Any]) -> int:
        database, statements = self._prepared()
        with database.cursor() as cursor:
            named = {**values, NOW_PARAMETER: self._clock()}
            return cursor.execute(getattr(statements, statement), named)

    def _inserted(self, statement: str, values: Mapping[str, Any]) -> None:
        try:
            self._changed(statement, values)
        except DatabaseFault as fault:
            if not is_duplicate(fault.cause):
                raise

    def _moved(self, statement: str, values: Mapping[str, Any]) -> int:
        try:
            return self._changed(statement, values)
        except DatabaseFault as fault:
            # It had to give way, and has changed nothing: the caller looks at the row again.
            if was_stopped(fault.cause):
                return 0
            raise

    def _prepared(self) -> tuple[Database, Statements]:
        own = self.of_process.take()
        ready = own.ready
        if ready is None:
            with own.lock:
                ready = own.ready = own.ready or self._prepare(own)
        return ready

    def _prepare(self, own: _Own) -> tuple[Database, Statements]:
        engine = _engine(self._given)
        name = engine.dialect.name
        if name not in KINDS:
            raise misconfigured(
                f"it is a {name} database, and sessions are kept in SQLite, PostgreSQL, MariaDB or "
                "Redis"
            )
        if engine.dialect.is_async:
            raise misconfigured(
                "its engine is asynchronous; give SQLStore one of create_engine(), on the same "
                "database"
            )
        if name == "sqlite" and engine.url.database in (None, "", ":memory:"):
            raise misconfigured(
                "it is an SQLite database without a file, which has one connection; use memory://"
            )
        if self.of_process.is_inherited:
            own.inherited = engine.pool
            # Another pool, and other locks: the connections in this one may be the parent's.
            engine.dispose(close=False)
        return Database(engine, own.idle), Statements(engine.dialect)

    def _again(self, work: Callable[[], T]) -> T:
        """Do something that may be done twice: after a restart all connections are dead."""
        until = monotonic() + _AGAIN_SECONDS
        for _ in range(_ATTEMPTS - 1):
            try:
                return work()
            except PoolTimeoutError as error:
                raise all_in_use() from error
            except DatabaseFault as fault:
                if not (fault.disconnected or was_stopped(fault.cause)) or monotonic() > until:
                    refuse(fault, self._prepared()[0])
        return self._once(work)

    def _once(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except PoolTimeoutError as error:
            raise all_in_use() from error
        except DatabaseFault as fault:
            refuse(fault, self._prepared()[0])


def _named(sids: Sequence[str]) -> dict[str, str]:
    return dict(zip_longest(SIDS, sids, fillvalue=sids[-1]))


def _engine(given: Engine | Callable[[], Any]) -> Engine:
    # An engine for coroutines can't be called.
    found: Any = given() if not isinstance(given, Engine) and callable(given) else given
    # A session of SQLAlchemy's knows its engine.
    if hasattr(found, "get_bind"):
        found = found.get_bind()
    if isinstance(found, Connection):
        found = found.engine
    if not isinstance(found, Engine):
        raise misconfigured(
            f"SQLStore was given {type(found).__name__}, and needs an engine of create_engine(), "
            "or a callable that returns one"
        )
    return found


def _session(row: Sequence[Any]) -> Session:
    *before, claims, added, methods, address, agent, ended_at, because = row
    read = _mapping(claims), _mapping(added), tuple(methods.split())
    return Session._make((*before, *read, address, agent, ended_at, because))


def _mapping(text: str) -> dict[str, Any]:
    # Without what json.loads looks for: the text is our own.
    found: dict[str, Any] = _decoder.raw_decode(text)[0]
    return found


def _values_of(use: Use) -> dict[str, Any]:
    agent = use.user_agent
    return {
        "until": use.access_until,
        "address": use.address,
        "user_agent": None if agent is None else agent[:MAX_USER_AGENT],
    }
