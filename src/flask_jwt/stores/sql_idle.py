"""Connections that are kept ready beside an engine's pool, which costs as much as a small query."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from sqlalchemy import PoolProxiedConnection

# Others go back to the pool, and to whoever waits for one there.
_MOST_IDLE = 4


class ReadyConnection(NamedTuple):
    """A connection that nobody uses, with its cursor."""

    connection: PoolProxiedConnection
    cursor: Any


class IdleConnections:
    """Those of one engine. Any thread may take the last one: no lock is held."""

    __slots__ = ("_kept", "_waiting")

    def __init__(self) -> None:
        self._kept: list[ReadyConnection] = []
        # One entry for each thread that is on its way to the pool.
        self._waiting: list[None] = []

    def take(self) -> ReadyConnection | None:
        """Return one, or None where there is none."""
        try:
            return self._kept.pop()
        except IndexError:
            return None

    def keep(self, ready: ReadyConnection) -> bool:
        """Keep one ready, and tell whether it is: if not, it belongs into the pool."""
        # The pool may be empty. Newcomers would take from here, and the first have waited in vain.
        if self._waiting or len(self._kept) >= _MOST_IDLE:
            return False
        self._kept.append(ready)
        if self._waiting:
            # One that has come meanwhile does not look here again.
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
        """Give all of them back to the pool."""
        while (ready := self.take()) is not None:
            with suppress(Exception):
                ready.cursor.close()
            ready.connection.close()
