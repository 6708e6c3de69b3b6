"""Revocations as one process knows them: read again when they are older than the bound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import inf
from time import monotonic
from typing import Any

from ..core.clock import Clock
from ..core.errors import MissingClaim
from ..core.processes import PerProcess, new_lock
from ..errors import ConfigurationError
from .circuit_breaker import Outage
from .errors import RevokedToken, StoreBusy, StoreForgot, StoreUnavailable
from .models import (
    KEPT_SECONDS,
    OPEN_SECONDS,
    REVOCATION_MARGIN,
    Feed,
    Revocation,
    SessionStore,
    bounded,
)
from .refresh_tokens import SID_LENGTH

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


#: How long a request waits for another that is reading the feed, in seconds.
WAIT_SECONDS = 1.0


class RevocationReplica:
    """Revocations, read again from the store when they are older than the bound."""

    def __init__(
        self,
        store: SessionStore,
        outage: Outage,
        *,
        refresh: float,
        max_stale: float,
        longest: float,
        subject_of: Callable[[Mapping[str, Any]], str | None],
        clock: Clock,
        warn: Callable[[str], None],
    ) -> None:
        self._store = store
        self._outage = outage
        self._refresh = refresh
        self._max_stale = max_stale
        self._longest = longest
        self._subject_of = subject_of
        self._clock = clock
        self._warn = warn
        self._issued = store.issued
        self._of_process = PerProcess(partial(KnownRevocations, longest))
        # That of this process, or of a parent's: as good as the parent's own until it is due, for
        # no other process has written to it since the fork.
        self._known = self._of_process.take()

    def check(self, claims: Mapping[str, Any]) -> None:
        """Let only claims pass that nobody has revoked."""
        known = self._known
        now = monotonic()
        if now >= known.due:
            known = self._catch_up(now)
        sid = claims.get("sid")
        if sid is None:
            self._check_without_session(known, claims)
            return
        issued_at: Any = claims.get("iat")
        # A decode hook of the application's own may hand out anything.
        if type(sid) is not str or type(issued_at) not in (int, float):
            raise RevokedToken
        if issued_at < known.began or known.holds(sid):
            raise RevokedToken
        # No session of ours is called so: it was kept as the store could keep it.
        if (len(sid) != SID_LENGTH or not sid.isascii()) and known.holds(bounded(sid)):
            raise RevokedToken
        if self._issued is not None and sid not in self._issued:
            raise RevokedToken
        if known.any_jti:
            _check_jti(known, claims)

    def begin(self) -> None:
        """Open the store, if this process has not done so."""
        if self._own().epoch is None:
            self._catch_up(monotonic())

    def look_now(self) -> None:
        """Read the feed: what the store has lost until this moment is known then."""
        self._catch_up(monotonic(), at_once=True)

    def begin_anew(self) -> None:
        """Open the store once more: it has lost its memory."""
        known = self._own()
        known.epoch = None
        known.due = known.read_at = -inf
        self.begin()

    def add(self, revocations: Iterable[Revocation]) -> None:
        """Apply what this process has revoked itself, at once."""
        known = self._own()
        with known.lock:
            known.add(revocations)

    def look_soon(self) -> None:
        """Have the next check read the feed.

        What this process meant to end had ended: by somebody else, or by itself, and the answer was
        lost.
        """
        self._own().due = -inf

    def names(self, sid: str) -> bool:
        """Tell whether the access tokens of a session were revoked, as far as is known here."""
        return self._known.holds(bounded(sid))

    def has_revoked(self, revocation: Revocation) -> bool:
        """Tell whether a revocation of a session or a ``jti`` is known, or denies nothing now."""
        if revocation.expires_at + KEPT_SECONDS <= self._clock():
            return True
        known = self._known
        names = known.sids if revocation.kind == "sid" else known.jtis
        return names.holds(revocation.value)

    @property
    def longest(self) -> float:
        """The longest life of an access token that is known here, in seconds."""
        return self._known.longest

    @property
    def takes_tokens_without_session(self) -> bool:
        """Whether tokens from before there were sessions may be good still."""
        return self._clock() < self._known.without_session_until

    def _own(self) -> KnownRevocations:
        """Return what this process knows: after a fork, nothing.

        Another thread of the parent's may have been writing, and the half of a feed is not told
        from the whole.
        """
        known = self._known = self._of_process.take()
        return known

    def _check_without_session(self, known: KnownRevocations, claims: Mapping[str, Any]) -> None:
        exp: Any = claims.get("exp")
        # One that lives longer is not of those days, or of other settings: where the store has lost
        # its memory since, nobody knows any more whether it was revoked.
        until = known.without_session_until
        if type(exp) not in (int, float) or exp > until or self._clock() >= until:
            raise MissingClaim("sid")
        _check_jti(known, claims)
        if known.subjects.any:
            issued_at: Any = claims.get("iat")
            subject = self._subject_of(claims)
            if type(issued_at) not in (int, float) or subject is None:
                raise RevokedToken
            if issued_at <= known.not_before.get(subject, -1):
                raise RevokedToken

    def _catch_up(self, arrived: float, *, at_once: bool = False) -> KnownRevocations:
        # One thread reads. Others go on with what they have while that is young enough, or wait.
        known = self._own()
        young = not at_once and arrived - known.read_at < self._max_stale
        if not young:
            # Nobody waits for one who asks a store that is down.
            self._outage.check()
        # Whoever opens the store may have to wait for other processes that do so.
        wait = WAIT_SECONDS if known.epoch is not None else WAIT_SECONDS + OPEN_SECONDS
        if not known.lock.acquire(blocking=not young, timeout=-1 if young else wait):
            if young:
                return known
            raise StoreUnavailable("another request is still reading the revocations")
        try:
            if not young and arrived < known.refused_at:
                raise StoreBusy("the revocations could not be read while this request waited")
            # What another thread has read meanwhile will do, if that began after this one came.
            if arrived >= (known.read_at if at_once else known.due):
                self._attempt(known)
        except StoreUnavailable:
            if not young:
                raise
        except ConfigurationError as error:
            # A password that was changed at the server: what is known is young all the same.
            if not young:
                raise
            self._outage.tell(error)
        finally:
            known.lock.release()
        return known

    def _attempt(self, known: KnownRevocations) -> None:
        try:
            self._read(known, monotonic())
        except StoreUnavailable:
            known.refused_at = monotonic()
            raise

    def _read(self, known: KnownRevocations, now: float) -> None:
        # Before the call: what is made after it is never taken for older than the memory.
        asked_at = self._clock()
        feed = self._outage.ask(self._ask, known)
        if feed.epoch != known.epoch and known.position is not None:
            # What is known of the epoch before denies until it expires, and that is safe. The
            # position means nothing to a store that has begun anew.
            known.position = None
            known.forgot = True
            known.without_session_until = -inf
            feed = self._outage.ask(self._ask, known)
        # By the application's clock, as the dates of tokens are, whatever the store's clock says
        # and whichever of them was set since.
        began = asked_at - feed.age
        known.began = int(began)
        known.position = feed.position
        known.longest = max(self._longest, feed.longest)
        if not known.forgot:
            known.without_session_until = began + known.longest + REVOCATION_MARGIN
        known.add(feed.revocations)
        known.forget(self._clock())
        # Last of all: from here on it is the whole.
        known.epoch = feed.epoch
        known.read_at = now
        known.due = now + self._refresh

    def _ask(self, known: KnownRevocations) -> Feed:
        try:
            if known.epoch is None:
                self._open()
            feed = self._store.feed(known.position)
            if feed.age >= 0:
                return feed
            position = known.position
        except StoreForgot:
            position = None
        try:
            self._open()
            return self._store.feed(position)
        except StoreForgot as error:
            raise StoreBusy("the session store does not keep what it is given") from error

    def _open(self) -> None:
        ahead = self._store.open(self._longest)
        if ahead > 0:
            self._warn(
                f"the memory of the session store began {ahead:.0f} seconds in the future: its "
                "clock was set back since. It begins now; older access tokens are refused"
            )


def _check_jti(known: KnownRevocations, claims: Mapping[str, Any]) -> None:
    jti = claims.get("jti", "")
    if type(jti) is not str or known.jtis.holds(bounded(jti)):
        raise RevokedToken
