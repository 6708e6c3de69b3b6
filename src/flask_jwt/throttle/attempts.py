"""The rule of the throttle, and what keeps counts.

Some failures are free. After them no attempt is allowed for a second, and each further failure
doubles that, up to a quarter of an hour. An attempt counts as a failure from its beginning, so that
guesses at the same moment do not pass together; it is given back when it turns out to be none.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

#: Failures after which an account waits.
FREE_PER_ACCOUNT = 5
#: Failures after which an address waits: many people may share it.
FREE_PER_ADDRESS = 30
#: Failures after which all names wait that some database may take for one.
FREE_PER_LIKENESS = 30
#: A count is forgotten so many seconds after its last attempt.
FORGOTTEN_SECONDS = 86_400
#: The longest wait, in seconds.
LONGEST_WAIT = 900.0
#: From this doubling on a wait is the longest one, and no larger power is worked out.
DOUBLINGS = 10
#: How many keys an implementation keeps at most.
MOST_KEYS = 100_000
#: The characters of a key, all of them ASCII, and none of them a space.
MAX_KEY = 128


class Count(NamedTuple):
    """The attempts under one key."""

    failures: int
    #: The moment of the last one, in seconds since 1970.
    last_at: float


def wait_after(failures: int, free: int) -> float:
    """Return for how many seconds after the last of some failures no attempt is allowed."""
    if failures < free:
        return 0.0
    return min(LONGEST_WAIT, 2.0 ** min(failures - free, DOUBLINGS))


def attempt(count: Count | None, free: int, now: float) -> tuple[Count, float]:
    """Return a count as it is after an attempt, and how many seconds are still to be waited.

    Where that is not 0, the attempt was not counted.
    """
    if count is None or now - count.last_at >= FORGOTTEN_SECONDS:
        return Count(1, now), 0.0
    # A clock that was set back: the wait begins anew, and is no longer than it was.
    last_at = min(count.last_at, now)
    wait = last_at + wait_after(count.failures, free) - now
    if wait > 0:
        return Count(count.failures, last_at), wait
    return Count(count.failures + 1, now), 0.0


def given_back(count: Count, free: int, began: float) -> Count | None:
    """Return a count without an attempt that was no failure; None where nothing is left.

    The attempt was allowed: the wait that was over when it began is over still, so that those who
    share an address with many failures do not wait for each other's successes.
    """
    failures = count.failures - 1
    if failures <= 0:
        return None
    # Where others have begun since, the wait is theirs.
    is_last = count.last_at == began
    return Count(failures, began - wait_after(failures, free) if is_last else count.last_at)


class AttemptCounts(Protocol):
    """Counts of attempts, and marks, in one place for as many processes as can reach it.

    Times are the application's, in seconds since 1970. A mark has a key of its own, under which
    nothing is counted. At most :data:`MOST_KEYS` are kept: what is forgotten goes first, then the
    counts that have free failures left, then the others, the oldest first; marks go last.

    :raises StoreUnavailable: it can't be asked at the moment.
    :raises ConfigurationError: it can't be asked, and no waiting mends that.
    """

    def begin(self, key: str, free: int, now: float) -> float:
        """Count an attempt, as one step for all who count at the same moment.

        :param key: what is counted under: ASCII without spaces, :data:`MAX_KEY` characters at most.
        :param free: how many failures are free, 1 or more.
        :param now: the time.
        :returns: 0 where it was counted; else for how many seconds none is allowed.
        """
        ...

    def give_back(self, key: str, free: int, began: float) -> None:
        """Take one attempt off, and the wait after it; nothing where there is none.

        :param key: what it was counted under.
        :param free: how many failures are free.
        :param began: the time at which it was counted.
        """
        ...

    def clear(self, key: str) -> None:
        """Forget a count."""
        ...

    def mark(self, key: str, now: float, seconds: float) -> None:
        """Note a moment under a key, for so many seconds; of several the latest stays."""
        ...

    def marked(self, key: str) -> float | None:
        """Return that moment, or None."""
        ...
