"""A store that is down is asked once in a while, not once for each request."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import monotonic
from typing import ParamSpec, TypeVar

from ..core.processes import PerProcess, new_lock
from .errors import StoreBusy, StoreCrowded, StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")

#: For how many seconds a store that did not answer is left alone; clients are told to wait as long.
PAUSE_SECONDS = 1.0


class Outage:
    """Whether the store is down. One for all that ask the same store in a process."""

    __slots__ = ("_probing", "_tell", "_told", "_until")

    def __init__(self, tell: Callable[[Exception], None]) -> None:
        self._tell = tell
        self._told = -inf
        self._until = -inf
        # Held by the one that asks. In a child process nobody is left to release its parent's.
        self._probing = PerProcess(new_lock)

    def check(self) -> None:
        """Refuse at once where asking would be refused."""
        if self._until != -inf and (monotonic() < self._until or self._probing.take().locked()):
            raise _Paused

    def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the store, unless it did not answer a moment ago."""
        if self._until == -inf:
            return self._ask(call, *args, **kwargs)
        # One asks, however long that takes; the others go on refusing until it knows.
        probing = self._probing.take()
        if monotonic() < self._until or not probing.acquire(blocking=False):
            raise _Paused
        try:
            return self._ask(call, *args, **kwargs)
        finally:
            probing.release()

    def tell(self, error: Exception) -> None:
        """Tell of an error that harms one call, unless another one was told of a moment ago."""
        now = monotonic()
        if now >= self._told + PAUSE_SECONDS:
            self._told = now
            self._tell(error)

    def _ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            result = call(*args, **kwargs)
        except StoreBusy as error:
            if not isinstance(error, StoreCrowded):
                # It has answered. Those that wait for a free connection may do so because it is
                # silent, and do not call off what the first of the others have found out.
                self._until = -inf
            self.tell(error)
            raise
        except StoreUnavailable as error:
            self._until = monotonic() + PAUSE_SECONDS
            self._tell(error)
            raise
        except BaseException:
            self._until = -inf
            raise
        self._until = -inf
        return result


class _Paused(StoreUnavailable):
    """The store is not asked now."""

    def __init__(self) -> None:
        super().__init__("the session store did not answer a moment ago")
