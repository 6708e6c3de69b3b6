"""A store that is down is asked once in a while, not once for each request."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import monotonic
from typing import ParamSpec, TypeVar

from .errors import StoreBusy, StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")

#: For how many seconds a store that did not answer is left alone; clients are told to wait as long.
PAUSE_SECONDS = 1.0


class Outage:
    """Whether the store is down. One for all that ask the same store in a process."""

    __slots__ = ("_until",)

    def __init__(self) -> None:
        self._until = -inf

    def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the store, unless it did not answer a moment ago.

        :param call: a method of the store.
        :raises StoreUnavailable: it does not answer, or did not a moment ago.
        """
        until = self._until
        if until == -inf:
            return self._ask(call, *args, **kwargs)
        if monotonic() < until:
            raise StoreUnavailable("the session store did not answer a moment ago")
        # One asks; the others go on refusing until it knows.
        self._until = monotonic() + PAUSE_SECONDS
        result = self._ask(call, *args, **kwargs)
        self._until = -inf
        return result

    def _ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except StoreBusy:
            raise
        except StoreUnavailable:
            self._until = monotonic() + PAUSE_SECONDS
            raise
