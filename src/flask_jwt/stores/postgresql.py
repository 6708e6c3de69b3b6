"""psycopg's connections with a time limit: a server that hangs says nothing, not even an error."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from time import monotonic
from typing import Any, TypeVar

from psycopg import Connection, OperationalError

T = TypeVar("T")

# The server's own limit comes first, if it works at all.
_SECONDS = 1.5
_LOOK_SECONDS = 0.25


class TimedConnection(Connection[Any]):
    """A connection that gives up on a server which does not answer."""

    def wait(
        self,
        gen: Generator[Any, Any, T],
        interval: float = _LOOK_SECONDS,
        timeout: float | None = None,
    ) -> T:
        """Wait for an answer, and no longer than a second and a half.

        :param gen: psycopg's conversation with the server.
        :param interval: how often to look at the clock, in seconds.
        :param timeout: a shorter limit in seconds, which psycopg 3.3 sets; None is ours.
        :raises psycopg.OperationalError: there is no answer. The connection is closed.
        """
        seconds = _SECONDS if timeout is None else min(timeout, _SECONDS)
        return super().wait(_limited(gen, monotonic() + seconds, self), interval)


def connect(
    _dialect: object, _record: object, arguments: Sequence[Any], named: Mapping[str, Any]
) -> TimedConnection:
    """Connect, for SQLAlchemy's event ``do_connect``."""
    return TimedConnection.connect(*arguments, **named)


def _limited(
    conversation: Generator[Any, Any, T], deadline: float, connection: Connection[Any]
) -> Generator[Any, Any, T]:
    try:
        state = next(conversation)
        while True:
            ready = yield state
            if not ready and monotonic() > deadline:
                connection.close()
                raise OperationalError("the server did not answer in time")
            state = conversation.send(ready)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
