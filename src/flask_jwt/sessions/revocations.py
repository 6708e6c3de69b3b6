"""Revocations as one process knows them: read again when they are older than the bound."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import inf
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from ..core.clock import Clock
from ..core.errors import MissingClaim
from ..core.per_process import PerProcess, new_lock
from ..errors import ConfigurationError
from .circuit_breaker import CircuitBreaker
from .errors import FORGETS, RevokedToken, StoreBusy, StoreForgot, StoreUnavailable
from .models import (
    KEPT_SECONDS,
    OPEN_SECONDS,
    REVOCATION_MARGIN,
    Feed,
    Revocation,
    SessionStore,
    index_key,
    subject_key,
)
from .refresh_tokens import SID_LENGTH

P = ParamSpec("P")
T = TypeVar("T")
# Names are dropped a minute at a time: the names of one minute share one int object and one list,
# which keeps a large set small.
_MINUTE = 60


class ExpiringSet:
    """Names, each with the time until which it counts. Safe to read while one thread writes."""

    __slots__ = ("_by_minute", "_minutes", "any", "contains")

    def __init__(self) -> None:
        self._minutes: dict[str, int] = {}
        self._by_minute: dict[int, _Minute] = {}
        #: True where there are names: the dict itself, whose truth costs no call of ours.
        self.any: Mapping[str, int] = self._minutes
        #: Tells whether a name is there.
        self.contains: Callable[[str], bool] = self._minutes.__contains__

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

    def __init__(self, max_lifetime: float) -> None:
        self.lock = new_lock()
        self.process = os.getpid()
        # On the monotonic clock: when the last successful read began, when the last attempt failed,
        # and when the feed is to be read again.
        self.read_at = -inf
        self.refused_at = -inf
        self.due = -inf
        self.epoch: str | None = None
        self.position: object | None = None
        #: The first second whose tokens with a session are accepted.
        self.began = inf
        #: Until when tokens without a session are, for they were made before there were sessions.
        self.without_session_until = -inf
        #: Whether the store has lost its memory since this process first read it.
        self.forgot = False
        self.max_lifetime = max_lifetime
        self.sids = ExpiringSet()
        self.jtis = ExpiringSet()
        self.subjects = ExpiringSet()
        self.not_before: dict[str, float] = {}
        #: Tells whether the access tokens of a session were revoked.
        self.has_sid = self.sids.contains
        #: True where single tokens were.
        self.any_jti = self.jtis.any

    def add(self, revocations: Iterable[Revocation]) -> None:
        """Take revocations up.

        Each is kept for the longest life of a token on the monotonic clock, too: the application's
        clock may be wrong, and the feed is not read again for what was forgotten.
        """
        least = monotonic() + self.max_lifetime + REVOCATION_MARGIN
        for kind, value, expires_at, not_before in revocations:
            if kind == "sid":
                self.sids.add(value, expires_at, least)
            elif kind == "jti":
                self.jtis.add(value, expires_at, least)
            else:
                self.not_before[value] = max(not_before, self.not_before.get(value, -1))
                self.subjects.add(value, expires_at, least)

    def forget(self, now: float) -> None:
        """Drop entries that have expired by the monotonic and by the application's clock."""
        steady = monotonic()
        # Nearly always there are few of the first, and none of the others.
        if self.sids.any:
            self.sids.forget(now, steady)
        if self.any_jti:
            self.jtis.forget(now, steady)
        if self.subjects.any:
            for subject in self.subjects.forget(now, steady):
                del self.not_before[subject]


#: How long a request waits for another that is reading the feed, in seconds.
WAIT_SECONDS = 1.0


class RevocationCache:
    """Revocations, read again from the store when they are older than the bound."""

    def __init__(
        self,
        store: SessionStore,
        breaker: CircuitBreaker,
        *,
        refresh: float,
        max_stale: float,
        max_lifetime: float,
        former_lifetime: float = 0.0,
        user_of: Callable[[Mapping[str, Any]], Any],
        clock: Clock,
        warn: Callable[[str], None],
    ) -> None:
        self._store = store
        self._breaker = breaker
        self._refresh = refresh
        self._max_stale = max_stale
        self._max_lifetime = max_lifetime
        # How long tokens live that were made before there were sessions.
        self._former_lifetime = former_lifetime
        self._user_of = user_of
        self._clock = clock
        self._warn = warn
        self._issued = store.issued
        self._of_process = PerProcess(partial(KnownRevocations, max_lifetime))
        # After a fork this is the parent's until it is due: no other process has written to it.
        self._known = self._of_process.take()

    def check(self, claims: Mapping[str, Any]) -> None:
        """Raise where the claims of a verified token were revoked."""
        known = self._known
        now = monotonic()
        if now >= known.due:
            known = self.catch_up(now)
        sid = claims.get("sid")
        if sid is None:
            self._check_without_session(known, claims)
            return
        issued_at: Any = claims.get("iat")
        # A decode hook of the application's own may return any type.
        if type(sid) is not str or type(issued_at) not in (int, float):
            raise RevokedToken
        if issued_at < known.began or known.has_sid(sid):
            raise RevokedToken
        # Such a name is none of our sessions': its revocation was kept under its index key.
        if (len(sid) != SID_LENGTH or not sid.isascii()) and known.has_sid(index_key(sid)):
            raise RevokedToken
        if self._issued is not None and sid not in self._issued:
            raise RevokedToken
        if known.any_jti:
            _check_jti(known, claims)

    def open(self) -> None:
        """Open the store, if this process has not done so."""
        self._known = known = self._of_process.take()
        if known.epoch is None:
            self.catch_up()

    def call(self, operation: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the store, which is opened before, and anew where it has lost its memory."""
        known = self._known
        if known.epoch is None or known.process != os.getpid():
            self.open()
        try:
            return self._breaker.call(operation, *args, **kwargs)
        except StoreForgot:
            # The store was emptied while this process runs. It is opened anew, so that it keeps
            # the result of a second call.
            self.reopen()
        try:
            return self._breaker.call(operation, *args, **kwargs)
        except StoreForgot as error:
            raise StoreBusy(FORGETS) from error

    def reopen(self) -> None:
        """Open the store once more: it has lost its memory."""
        known = self._of_process.take()
        known.epoch = None
        known.due = known.read_at = -inf
        self.open()

    def add(self, revocations: Iterable[Revocation]) -> None:
        """Apply what this process has revoked itself, at once."""
        self._known = known = self._of_process.take()
        with known.lock:
            known.add(revocations)

    def invalidate(self) -> None:
        """Have the next check read the feed.

        What this process meant to end had ended: by another process, or by this one, which did not
        receive the store's answer.
        """
        self._known = known = self._of_process.take()
        known.due = -inf

    def is_revoked(self, sid: str) -> bool:
        """Tell whether a session's access tokens were revoked, as far as is known here."""
        return self._known.has_sid(sid)

    def covers(self, revocation: Revocation) -> bool:
        """Tell whether a revocation of a session or a ``jti`` is known, or denies nothing now."""
        if revocation.expires_at + KEPT_SECONDS <= self._clock():
            return True
        known = self._known
        names = known.sids if revocation.kind == "sid" else known.jtis
        return names.contains(revocation.value)

    @property
    def without_session_until(self) -> float:
        """Until when tokens from before there were sessions may be good, in seconds since 1970."""
        return self._known.without_session_until

    def _check_without_session(self, known: KnownRevocations, claims: Mapping[str, Any]) -> None:
        exp: Any = claims.get("exp")
        # A token that lives longer was made after sessions were enabled, or with other settings.
        # Where the store has lost its memory since, its revocation may be lost, too.
        until = known.without_session_until
        if type(exp) not in (int, float) or exp > until or self._clock() >= until:
            raise MissingClaim("sid")
        _check_jti(known, claims)
        if known.subjects.any:
            issued_at: Any = claims.get("iat")
            try:
                subject = subject_key(self._user_of(claims))
            except ValueError:
                raise RevokedToken from None
            if type(issued_at) not in (int, float):
                raise RevokedToken
            if issued_at <= known.not_before.get(subject, -1):
                raise RevokedToken

    def catch_up(self, arrived: float | None = None, *, at_once: bool = False) -> KnownRevocations:
        """Read the feed where that is due, or ``at_once``, and return what is known then.

        At once, a loss of the store's memory before this moment is known.
        """
        if arrived is None:
            arrived = monotonic()
        # One thread reads. Others go on with what they have while that is young enough, or wait.
        # After a fork the process begins with an empty set: a thread of the parent may have been
        # writing, and half a feed can't be told from a whole one.
        self._known = known = self._of_process.take()
        young = not at_once and arrived - known.read_at < self._max_stale
        if not young:
            # No request waits for another that calls a store which is down.
            self._breaker.check()
        # Opening the store may have to wait for other processes that open it.
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
            # The store refuses, after a change of its password for example. The revocations read
            # before are young enough for this request.
            if not young:
                raise
            self._breaker.log_now_and_then(error)
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
        # The clock is read before the call, so that a token which is made after it never counts as
        # older than the store's memory.
        asked_at = self._clock()
        feed = self._breaker.call(self._next_feed, known)
        if feed.epoch != known.epoch and known.position is not None:
            # What is known of the former epoch goes on denying until it expires, which is safe. The
            # position means nothing to a store that has begun anew.
            known.position = None
            known.forgot = True
            known.without_session_until = -inf
            feed = self._breaker.call(self._next_feed, known)
        # The dates of tokens are by the application's clock; the store gives the age of its memory,
        # so that its own clock does not matter.
        began = asked_at - (feed.now - feed.began)
        known.began = int(began)
        known.position = feed.position
        known.max_lifetime = max(self._max_lifetime, feed.longest)
        if not known.forgot:
            longest = max(known.max_lifetime, self._former_lifetime)
            known.without_session_until = began + longest + REVOCATION_MARGIN
        if feed.revocations:
            known.add(feed.revocations)
        known.forget(asked_at)
        # Set last: other threads read the sets without the lock once these say that they are fresh.
        known.epoch = feed.epoch
        known.read_at = now
        known.due = now + self._refresh

    def _next_feed(self, known: KnownRevocations) -> Feed:
        try:
            if known.epoch is None:
                self._open_store()
            feed = self._store.feed(known.position)
            if feed.now >= feed.began:
                return feed
            position = known.position
        except StoreForgot:
            position = None
        try:
            self._open_store()
            return self._store.feed(position)
        except StoreForgot as error:
            raise StoreBusy(FORGETS) from error

    def _open_store(self) -> None:
        ahead = self._store.open(self._max_lifetime)
        if ahead > 0:
            self._warn(
                f"the memory of the session store began {ahead:.0f} seconds in the future: its "
                "clock was set back since. It begins now; older access tokens are refused"
            )


def _check_jti(known: KnownRevocations, claims: Mapping[str, Any]) -> None:
    jti = claims.get("jti", "")
    if type(jti) is not str or known.jtis.contains(index_key(jti)):
        raise RevokedToken
