"""A set of names, each of which is forgotten when its time has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

# Forgotten by the minute: one list for each, and one number that its names share.
_MINUTE = 60


class ExpiringNames:
    """Names with the time until which each counts. Safe to be read while one thread writes."""

    __slots__ = ("_by_minute", "_minutes", "any", "holds")

    def __init__(self) -> None:
        self._minutes: dict[str, int] = {}
        self._by_minute: dict[int, _Minute] = {}
        #: True where there are names: a dict, whose truth costs no call.
        self.any: Mapping[str, int] = self._minutes
        #: Tells whether a name is there.
        self.holds: Callable[[str], bool] = self._minutes.__contains__

    def __len__(self) -> int:
        return len(self._minutes)

    def add(self, name: str, until: float, least: float) -> None:
        """Add a name, or keep it for longer."""
        number = int(until // _MINUTE) + 1
        minute = self._by_minute.get(number)
        if minute is None:
            minute = self._by_minute[number] = _Minute(number)
        minute.least = max(minute.least, least)
        if self._minutes.get(name, -1) < number:
            self._minutes[name] = minute.number
            minute.names.append(name)

    def forget(self, now: float, steady: float) -> list[str]:
        """Forget the names whose time has come by both clocks, and return them."""
        forgotten = []
        last = now // _MINUTE
        for past in list(self._by_minute.values()):
            if past.number > last or past.least > steady:
                continue
            del self._by_minute[past.number]
            for name in past.names:
                # It may have been added again, for longer.
                if self._minutes.get(name) == past.number:
                    del self._minutes[name]
                    forgotten.append(name)
        return forgotten


class _Minute:
    """The names that are forgotten in one minute."""

    __slots__ = ("least", "names", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.names: list[str] = []
        self.least = -inf
