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
    """Whether the store is down. One for all that ask the same store in a process.

    :param tell: called with each error of the store, and not with the refusals in between.
    """

    __slots__ = ("_tell", "_until")

    def __init__(self, tell: Callable[[StoreUnavailable], None]) -> None:
        self._tell = tell
        self._until = -inf

    def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the store, unless it did not answer a moment ago.

        :param call: a method of the store.
        :raises StoreUnavailable: it does not answer, or did not a moment ago.
        """
        if self._until != -inf:
            self._begin_probe()
        try:
            result = call(*args, **kwargs)
        except StoreUnavailable as error:
            # One that was busy has answered.
            self._until = -inf if isinstance(error, StoreBusy) else monotonic() + PAUSE_SECONDS
            self._tell(error)
            raise
        except BaseException:
            self._until = -inf
            raise
        self._until = -inf
        return result

    def _begin_probe(self) -> None:
        now = monotonic()
        if now < self._until:
            raise StoreUnavailable("the session store did not answer a moment ago")
        # One asks; the others go on refusing until it knows.
        self._until = now + PAUSE_SECONDS
