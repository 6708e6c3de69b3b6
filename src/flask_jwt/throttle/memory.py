"""Counts of attempts in the memory of one process."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

from ..core.per_process import PerProcess, new_lock
from .attempts import FORGOTTEN_SECONDS, MOST_KEYS, Count, attempt, given_back

# How many forgotten entries of a kind are deleted for each that is added: more than one, so that
# they become fewer, and few, so that nobody waits for a great many.
_PRUNED = 4


class MemoryCounts:
    """Keeps counts in one process; a restart forgets them, and a forked process begins without.

    Not the ``MemoryStorage`` of ``limits``: it starts a timer's thread when it is made, has neither
    a bound nor a clock that could be given, and can't forget "24 hours after the last attempt".

    :param most: how many keys are kept.
    """

    def __init__(self, most: int = MOST_KEYS) -> None:
        # A parent may be in the middle of a change when it forks, and holds the lock then.
        self._of_process = PerProcess(partial(_Counts, most))

    def begin(self, key: str, free: int, now: float) -> float:
        """Count an attempt; see :class:`.AttemptCounts`."""
        counts = self._of_process.take()
        with counts.lock:
            return counts.begin(key, free, now)

    def give_back(self, key: str, free: int, began: float) -> None:
        """Take one attempt off."""
        counts = self._of_process.take()
        with counts.lock:
            counts.give_back(key, free, began)

    def clear(self, key: str) -> None:
        """Forget a count."""
        counts = self._of_process.take()
        with counts.lock:
            counts.clear(key)

    def mark(self, key: str, now: float, seconds: float) -> None:
        """Note a moment under a key."""
        counts = self._of_process.take()
        with counts.lock:
            counts.mark(key, now, seconds)

    def marked(self, key: str) -> float | None:
        """Return that moment, or None."""
        counts = self._of_process.take()
        with counts.lock:
            return counts.marked(key)


class _Counts:
    """The counts of one process, each call under the lock."""

    __slots__ = ("_free", "_marks", "_most", "_waiting", "lock")

    def __init__(self, most: int) -> None:
        self.lock = new_lock()
        self._most = most
        # Each in the order of last use: the oldest is found without a look at the others, which a
        # plain dict does not promise once its first entries were deleted.
        self._free: OrderedDict[str, Count] = OrderedDict()
        self._waiting: OrderedDict[str, Count] = OrderedDict()
        # With the moment until which each is kept.
        self._marks: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def begin(self, key: str, free: int, now: float) -> float:
        before = self._free.get(key) or self._waiting.get(key)
        count, wait = attempt(before, free, now)
        if count != before:
            self.clear(key)
            self._make_room(now)
            (self._free if count.failures < free else self._waiting)[key] = count
        return wait

    def give_back(self, key: str, free: int, began: float) -> None:
        counts = self._free if key in self._free else self._waiting
        count = counts.get(key)
        if count is None:
            return
        left = given_back(count, free, began)
        if left is None:
            del counts[key]
        else:
            counts[key] = left

    def clear(self, key: str) -> None:
        self._free.pop(key, None)
        self._waiting.pop(key, None)

    def mark(self, key: str, now: float, seconds: float) -> None:
        moment, until = self._marks.pop(key, (now, now))
        self._make_room(now)
        self._marks[key] = max(moment, now), max(until, now + seconds)

    def marked(self, key: str) -> float | None:
        mark = self._marks.get(key)
        return None if mark is None else mark[0]

    def _make_room(self, now: float) -> None:
        """Delete what is forgotten, a few at a time, and one more where one too many is there."""
        for counts in (self._free, self._waiting):
            for _ in range(_PRUNED):
                if not counts or now - next(iter(counts.values())).last_at < FORGOTTEN_SECONDS:
                    break
                counts.popitem(last=False)
        for _ in range(_PRUNED):
            if not self._marks or now < next(iter(self._marks.values()))[1]:
                break
            self._marks.popitem(last=False)
        if len(self._free) + len(self._waiting) + len(self._marks) >= self._most:
            (self._free or self._waiting or self._marks).popitem(last=False)
