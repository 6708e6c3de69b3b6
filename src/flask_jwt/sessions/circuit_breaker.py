"""A store that is down is asked once in a while, not once for each request."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from threading import Lock
from time import monotonic
from typing import ParamSpec, TypeVar

from ..core.per_process import PerProcess, new_lock
from .errors import StoreBusy, StoreCrowded, StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")

#: For how many seconds a store that did not answer is left alone; clients are told to wait as long.
PAUSE_SECONDS = 1.0


class CircuitBreaker:
    """Whether the store is down: one for all that ask the same store in a process."""

    __slots__ = ("_log", "_logged", "_open_until", "_probing")

    def __init__(self, log: Callable[[Exception], None]) -> None:
        self._log = log
        self._logged = -inf
        # -inf while the circuit is closed; once the time has passed, one call probes.
        self._open_until = -inf
        # Held by the call that probes. One for each process: a fork copies a lock that is held, and
        # the thread that would release it stays in the parent.
        self._probing = PerProcess(new_lock)

    def check(self) -> None:
        """Raise where a call would be refused at once."""
        open_until = self._open_until
        if open_until != -inf and (monotonic() < open_until or self._probing.take().locked()):
            raise CircuitOpen

    def call(self, operation: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the store, unless it did not answer a moment ago."""
        # One call probes, however long that takes; the others are refused until it has returned.
        probe = None if self._open_until == -inf else self._begin_probe()
        try:
            result = operation(*args, **kwargs)
        except StoreBusy as error:
            # A busy store has answered. A crowded one was not asked: its connections may be taken
            # because it is silent, so what another call has found out about it stays.
            if not isinstance(error, StoreCrowded):
                self._open_until = -inf
            self.log_now_and_then(error)
            raise
        except StoreUnavailable as error:
            self._open_until = monotonic() + PAUSE_SECONDS
            self._log(error)
            raise
        except BaseException:
            self._open_until = -inf
            raise
        else:
            self._open_until = -inf
            return result
        finally:
            if probe is not None:
                probe.release()

    def log_now_and_then(self, error: Exception) -> None:
        """Log an error that harms one call, unless another was logged a moment ago."""
        now = monotonic()
        if now >= self._logged + PAUSE_SECONDS:
            self._logged = now
            self._log(error)

    def _begin_probe(self) -> Lock:
        probe = self._probing.take()
        if monotonic() < self._open_until or not probe.acquire(blocking=False):
            raise CircuitOpen
        return probe


class CircuitOpen(StoreUnavailable):
    """The store is not asked now."""

    def __init__(self) -> None:
        super().__init__("the store did not answer a moment ago")
