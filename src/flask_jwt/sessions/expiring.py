"""A set of names, each of which is forgotten when its time has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping

# Forgotten by the minute: one list for each, and one number that its names share.
_MINUTE = 60


class ExpiringNames:
    """Names with the time until which each counts. Safe to be read while one thread writes."""

    __slots__ = ("_by_minute", "_minutes", "any", "holds")

    def __init__(self) -> None:
        self._minutes: dict[str, int] = {}
        self._by_minute: dict[int, tuple[int, list[str]]] = {}
        #: True where there are names: a dict, whose truth costs no call.
        self.any: Mapping[str, int] = self._minutes
        #: Tells whether a name is there.
        self.holds: Callable[[str], bool] = self._minutes.__contains__

    def __len__(self) -> int:
        return len(self._minutes)

    def add(self, name: str, until: float) -> None:
        """Add a name, or keep it for longer.

        :param name: the name.
        :param until: a time in seconds; it may be kept for up to two minutes more.
        """
        minute, names = self._by_minute.setdefault(
            int(until // _MINUTE) + 1, (int(until // _MINUTE) + 1, [])
        )
        if self._minutes.get(name, -1) < minute:
            self._minutes[name] = minute
            names.append(name)

    def forget(self, now: float) -> list[str]:
        """Forget the names whose time has come, and return them.

        :param now: the time in seconds.
        """
        forgotten = []
        for past in [minute for minute in self._by_minute if minute <= now // _MINUTE]:
            for name in self._by_minute.pop(past)[1]:
                # It may have been added again, for longer.
                if self._minutes.get(name) == past:
                    del self._minutes[name]
                    forgotten.append(name)
        return forgotten
