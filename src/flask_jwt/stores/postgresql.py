"""psycopg's connections with time limits, whether a server is at the other end or a pooler.

A pooler (PgBouncer, Neon, Supabase) hands each transaction to whichever of the server's processes
is free: it takes no start-up options, and what is set or prepared in one transaction may be missing
in the next. There the time limits are this side's alone.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg import Connection, OperationalError

from ..sessions.models import CALL_SECONDS

T = TypeVar("T")

# psycopg's compiled loop hands the turn back at each interval since 3.2.11; before, no limit held.
# The server's own limit, or the one that a cancel request sets, comes first, if it works at all.
_SECONDS = 1.5
_CANCEL_SECONDS = 0.3
_LOOK_SECONDS = 0.25
# Set where the process that answers is the one that the connection began with: a pooler answers the
# beginning by itself.
# The limit for a lock is shorter, so that the error of a wait for a row says so.
_LIMITS = (
    f"SELECT set_config('statement_timeout', '{1000 * CALL_SECONDS}', false),"
    f" set_config('lock_timeout', '{900 * CALL_SECONDS}', false)"
    " WHERE pg_backend_pid() = {process}"
)


class TimedConnection(Connection[Any]):
    """A connection that gives up on a server which does not answer."""

    #: Whether the server ends what takes too long.
    is_limited = False

    def limit(self) -> None:
        """Have the server limit its time, or do without where a pooler is in between."""
        process = self.info.backend_pid
        limits = self.execute(_LIMITS.format(process=process).encode(), prepare=False)
        self.is_limited = limits.fetchone() is not None
        if not self.is_limited:
            # The next transaction may be another process's.
            self.prepare_threshold = None

    def wait(
        self,
        gen: Generator[Any, Any, T],
        interval: float = _LOOK_SECONDS,
        timeout: float | None = None,
    ) -> T:
        """Wait for an answer, and no longer than a second and a half."""
        seconds = _SECONDS if timeout is None else min(timeout, _SECONDS)
        return super().wait(_limited(gen, monotonic(), seconds, self), interval)


def connect(
    _dialect: object, _record: object, arguments: Sequence[Any], named: Mapping[str, Any]
) -> TimedConnection:
    """Connect, for SQLAlchemy's event ``do_connect``."""
    connection = TimedConnection.connect(*arguments, **{**named, "autocommit": True})
    try:
        connection.limit()
    except BaseException:
        connection.close()
        raise
    return connection


def _limited(
    conversation: Generator[Any, Any, T], began: float, seconds: float, connection: TimedConnection
) -> Generator[Any, Any, T]:
    is_asked_to_stop = connection.is_limited
    try:
        state = next(conversation)
        while True:
            ready = yield state
            if not ready:
                passed = monotonic() - began
                if passed > seconds:
                    connection.close()
                    raise OperationalError("the server did not answer in time")
                if not is_asked_to_stop and passed > CALL_SECONDS:
                    is_asked_to_stop = True
                    _cancel(connection)
            state = conversation.send(ready)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _cancel(connection: TimedConnection) -> None:
    capabilities = getattr(psycopg, "capabilities", None)
    # The older cancel of libpq waits for a silent server for ever.
    if capabilities is not None and capabilities.has_cancel_safe():
        with suppress(psycopg.Error):
            connection.cancel_safe(timeout=_CANCEL_SECONDS)
