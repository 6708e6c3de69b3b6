"""What one process knows of the revocations in force."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from time import monotonic

from ..core.processes import new_lock
from .expiring import ExpiringNames
from .lifetimes import REVOCATION_MARGIN
from .store import Revocation


class KnownRevocations:
    """What was read of the feed, and when. All threads read it; the one with the lock writes."""

    __slots__ = (
        "any_jti",
        "began",
        "due",
        "epoch",
        "forgot",
        "holds",
        "jtis",
        "lock",
        "longest",
        "not_before",
        "position",
        "read_at",
        "refused_at",
        "sids",
        "subjects",
        "without_session_until",
    )

    def __init__(self, longest: float) -> None:
        self.lock = new_lock()
        # When the last successful read began; by the clock that nobody sets.
        self.read_at = -inf
        # When the last attempt to read had failed.
        self.refused_at = -inf
        #: When the feed is to be read again, by the same clock.
        self.due = -inf
        self.epoch: str | None = None
        self.position: object | None = None
        #: The first second whose tokens with a session are accepted.
        self.began = inf
        #: Until when tokens without a session are, for they were made before there were sessions.
        self.without_session_until = -inf
        #: Whether the store has lost its memory while this process has looked on.
        self.forgot = False
        self.longest = longest
        self.sids = ExpiringNames()
        self.jtis = ExpiringNames()
        self.subjects = ExpiringNames()
        self.not_before: dict[str, float] = {}
        #: Tells whether the access tokens of a session were revoked.
        self.holds = self.sids.holds
        #: True where single tokens were.
        self.any_jti = self.jtis.any

    def add(self, revocations: Iterable[Revocation]) -> None:
        """Take revocations up.

        Each is kept for as long as the longest token lives, whatever the clock says of it: that may
        be wrong, and nobody reads a second time what was forgotten.
        """
        least = monotonic() + self.longest + REVOCATION_MARGIN
        for kind, value, expires_at, not_before in revocations:
            if kind == "sid":
                self.sids.add(value, expires_at, least)
            elif kind == "jti":
                self.jtis.add(value, expires_at, least)
            else:
                self.not_before[value] = max(not_before, self.not_before.get(value, -1))
                self.subjects.add(value, expires_at, least)

    def forget(self, now: float) -> None:
        """Drop expired entries, by the monotonic clock as well as by the application's."""
        steady = monotonic()
        self.sids.forget(now, steady)
        self.jtis.forget(now, steady)
        for subject in self.subjects.forget(now, steady):
            del self.not_before[subject]
