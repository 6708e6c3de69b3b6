"""Sessions in SQLite, PostgreSQL or MariaDB, through SQLAlchemy."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Any
from weakref import finalize

from sqlalchemy import Engine

from ..core.clock import Clock, system_clock
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
from .sql_connections import Connections
from .sql_engine import Cursor, Database, DatabaseError, engine_of
from .sql_faults import meaning_of
from .sql_retries import make_tables, retrying, single_attempt, until_it_stands
from .sql_schema import SESSIONS
from .sql_schema import add_tables as add_tables
from .sql_statements import SIDS, Statement, Statements

_decoder = json.JSONDecoder()
# Revocations that are read in one go: each page has the time limit of one statement.
_PAGE = 10_000
# No session begins later, in seconds since 1970.
_LATEST = 1e300


def from_url(url: str, instance_path: Path, clock: Clock) -> SQLStore:
    """Return the store that a URL names; see :func:`flask_jwt.stores.open_store`."""
    store = SQLStore(engine_of(url, instance_path, SESSIONS), clock)
    # The engine is the store's alone: an application that is thrown away leaves no connections.
    finalize(store, store.connections.close)
    return store


class SQLStore:
    """Keeps sessions in a database. The tables are made at first use if they are not there.

    :param engine: the engine, or a callable that returns one, or a session of SQLAlchemy's, at
        first use: ``SQLStore(lambda: db.engine)``. Connections are taken from its pool, and no
        transaction of the application's is touched.
    :param clock: gives seconds since 1970, for SQLite; a database server has a clock of its own.
    """

    issued: Container[str] | None = None

    def __init__(self, engine: Engine | Callable[[], Any], clock: Clock = system_clock) -> None:
        #: The connections of the process at hand.
        self.connections = Connections(engine, SESSIONS, Statements, clock)

    def open(self, longest: float) -> float:
        """Make the tables and the epoch, if they are not there; see :class:`.SessionStore`."""
        return self._open(longest, monotonic() + OPEN_SECONDS)

    @retrying
    def insert(self, session: NewSession) -> None:
        """Keep a new session."""
        values = {
            "sid": session.sid,
            "subject": session.subject,
            "salt": session.salt,
            "idle": session.idle_span,
            "life_span": session.life_span,
            "claims": json.dumps(session.claims),
            "added": json.dumps(session.added),
            "methods": " ".join(session.methods),
            **_values_of(session.use),
        }
        database = self._database()
        # A sid is 128 random bits: where it is there already, an earlier attempt was carried out.
        _unless_there(database, database.statements.insert, values)

    @retrying
    def read(self, sid: str) -> Reading | None:
        """Return a session, live or not, or None."""
        database = self._database()
        rows = database.fetch(database.statements.read, {"a_sid": sid})
        return Reading(_session(rows[0][:-1]), rows[0][-1]) if rows else None

    # Never a second attempt: the first may have been carried out, although no answer came.
    @single_attempt
    def rotate(self, sid: str, counter: int, use: Use) -> bool:
        """Move the counter on by one."""
        database = self._database()
        values = {"a_sid": sid, "current": counter, **_values_of(use)}
        return _unless_deadlock(database, database.statements.rotate, values)

    @retrying
    def repeat(self, sid: str, counter: int, use: Use) -> bool:
        """Note one more access token."""
        database = self._database()
        values = {"a_sid": sid, "current": counter, **_values_of(use)}
        return _unless_deadlock(database, database.statements.repeat, values)

    @retrying
    def extend(self, sid: str, use: Use) -> bool:
        """Note an access token that was made without a refresh."""
        database = self._database()
        values = {"a_sid": sid, **_values_of(use)}
        return database.execute(database.statements.extend, values) == 1

    @retrying
    def end(self, sid: str, because: str, margin: float) -> list[Revocation]:
        """End a session, and revoke its access tokens."""
        return _end(self._database(), [sid], because, margin)

    @retrying
    def end_batch(
        self, subject: str, except_sid: str | None, because: str, margin: float, newest: int
    ) -> list[Revocation]:
        """End some sessions of a subject; see :class:`.SessionStore`."""
        database = self._database()
        which = database.statements.surplus if newest else database.statements.unended
        values = {"a_subject": subject, "most": MOST_ENDED + 1, "newest": newest}
        ended: list[Revocation] = []
        # Another call may be ending the same ones: then there may be more.
        while most := MOST_ENDED - len(ended):
            sids = [sid for (sid,) in database.fetch(which, values) if sid != except_sid]
            if sids:
                ended += _end(database, sids[:most], because, margin)
            if len(sids) < most:
                break
        return ended

    @retrying
    def sessions_of(self, subject: str, most: int, after: Session | None) -> list[Session]:
        """Return live sessions of a subject, the newest first."""
        began, sid = (_LATEST, "") if after is None else (after.began_at, after.sid)
        values = {"a_subject": subject, "most": most, "began": began, "a_sid": sid}
        database = self._database()
        return [_session(row) for row in database.fetch(database.statements.sessions_of, values)]

    @retrying
    def revoke(self, revocations: Sequence[Revocation]) -> None:
        """Keep revocations."""
        database = self._database()
        with database.transaction() as cursor:
            _append(database, cursor, revocations)

    @retrying
    def feed(self, position: object | None) -> Feed:
        """Return the revocations that were committed after a position."""
        database = self._database()
        with database.cursor() as cursor:
            rows = cursor.fetch(database.statements.memory, {})
            if not rows:
                raise StoreForgot("the store is empty")
            epoch, began, now, longest, number = rows[0]
            # A number that is smaller than the position: a backup was restored.
            seen = position if isinstance(position, int) and position <= number else 0
            revocations: list[Revocation] = []
            while seen < number:
                page = cursor.fetch(database.statements.revocations, {"seen": seen, "most": _PAGE})
                revocations += [Revocation(*row[1:]) for row in page]
                seen = page[-1][0] if page else number
                if len(page) < _PAGE:
                    # Numbers have gaps, where something was pruned.
                    seen = max(seen, number)
        return Feed(epoch, began, now, longest, seen, revocations)

    @retrying
    def prune(self, most: int) -> int:
        """Delete sessions and revocations whose last access token has expired."""
        database = self._database()
        statements = database.statements
        sessions = _prune(
            database, statements.expired_sessions, statements.delete_session, "a_sid", most
        )
        return sessions + _prune(
            database, statements.expired_revocations, statements.delete_revocation, "a_number", most
        )

    def _database(self) -> Database[Statements]:
        """Return the database with connections of the process at hand."""
        return self.connections.take()

    @retrying
    def _open(self, longest: float, until: float) -> float:
        return until_it_stands(partial(_open, self._database(), longest, until), until)


def _open(database: Database[Statements], longest: float, until: float) -> float:
    make_tables(database, until)
    statements = database.statements
    rows = database.fetch(statements.memory, {})
    if not rows:
        # Several processes may begin at once: the first one's epoch stays.
        _unless_there(database, statements.begin, {"epoch": token_hex(16), "longest": longest})
    # A worker that starts while another writes has nothing to write itself.
    _, began, now, kept, _ = rows[0] if rows else (None, 0.0, 0.0, 0.0, None)
    if kept < longest:
        database.execute(statements.raise_longest, {"at_least": longest})
    if began > now and database.execute(statements.move_back, {}):
        return float(began - now)
    return 0.0


def _unless_there(
    database: Database[Statements], insert: Statement, values: Mapping[str, Any]
) -> None:
    try:
        database.execute(insert, values)
    except DatabaseError as error:
        if meaning_of(error.cause) != "duplicate":
            raise


def _unless_deadlock(
    database: Database[Statements], update: Statement, values: Mapping[str, Any]
) -> bool:
    try:
        return database.execute(update, values) == 1
    except DatabaseError as error:
        # It was rolled back, and has changed nothing: the caller looks at the row again.
        if meaning_of(error.cause) == "deadlock":
            return False
        raise


def _end(
    database: Database[Statements], sids: Sequence[str], because: str, margin: float
) -> list[Revocation]:
    statements = database.statements
    lock, end = statements.lock_one, statements.end_one
    if len(sids) > 1:
        lock, end = statements.lock_many, statements.end_many
    with database.transaction() as cursor:
        rows = cursor.fetch(lock, _named(sids))
        ended = [Revocation("sid", sid, until + margin) for sid, until in rows]
        if ended:
            named = _named([revocation.value for revocation in ended])
            cursor.execute(end, {**named, "because": because})
            _append(database, cursor, ended)
        return ended


def _append(
    database: Database[Statements], cursor: Cursor, revocations: Sequence[Revocation]
) -> None:
    # The row lock on the counter serialises commits: the feed is numbered in their order.
    statements = database.statements
    cursor.execute(statements.number, {"more": len(revocations)})
    rows = cursor.fetch(statements.last_number, {})
    if not rows:
        raise StoreForgot("the store was emptied")
    first = rows[0][0] - len(revocations) + 1
    cursor.execute_each(
        statements.revoke,
        [
            {"number": number, **revocation._asdict()}
            for number, revocation in enumerate(revocations, first)
        ],
    )


def _prune(
    database: Database[Statements], expired: Statement, delete: Statement, name: str, most: int
) -> int:
    rows = database.fetch(expired, {"most": most})
    if rows:
        # One commit for all of them: each one waits for the disk.
        with database.transaction() as cursor:
            cursor.execute_each(delete, [{name: row[0]} for row in rows])
    return len(rows)


def _named(sids: Sequence[str]) -> dict[str, str]:
    return dict(zip_longest(SIDS, sids, fillvalue=sids[-1]))


def _session(row: Sequence[Any]) -> Session:
    *before, claims, added, methods, address, agent, ended_at, because = row
    read = _mapping(claims), _mapping(added), tuple(methods.split())
    return Session._make((*before, *read, address, agent, ended_at, because))


def _mapping(text: str) -> dict[str, Any]:
    # Without what json.loads looks for: the text is our own.
    mapping: dict[str, Any] = _decoder.raw_decode(text)[0]
    return mapping


def _values_of(use: Use) -> dict[str, Any]:
    agent = use.user_agent
    return {
        "until": use.access_until,
        "address": use.address,
        "user_agent": None if agent is None else agent[:MAX_USER_AGENT],
    }
