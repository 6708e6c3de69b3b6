"""The revocations in force, as one process knows them: what each request is checked against."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from math import inf
from time import monotonic
from typing import Any

from ..core.clock import Clock
from ..core.errors import MissingClaim
from ..settings import ConfigurationError
from .errors import RevokedToken, StoreForgot, StoreUnavailable
from .expiring import ExpiringNames
from .lifetimes import REVOCATION_MARGIN
from .outage import Outage
from .refresh_token import SID_LENGTH
from .store import OPEN_SECONDS, Feed, Revocation, SessionStore
from .subject import bounded

#: How long a request waits for another that is reading the feed, in seconds.
WAIT_SECONDS = 1.0


class RevocationReplica:
    """Revocations, read again from the store when they are older than the bound.

    :param store: where they are kept.
    :param outage: whether it is down.
    :param refresh: how old they may be before they are read again, in seconds; 0 asks the store
        each time.
    :param max_stale: how old they may be before requests are refused, in seconds.
    :param longest: the longest life of an access token, in seconds.
    :param subject_of: returns the key of the subject of claims, or None.
    :param clock: the application's.
    """

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
    ) -> None:
        self._store = store
        self._outage = outage
        self._refresh = refresh
        self._max_stale = max_stale
        self._longest = longest
        self._subject_of = subject_of
        self._clock = clock
        self._issued = store.issued
        self.after_fork()

    def after_fork(self) -> None:
        """Begin with nothing known: in a child process, what the parent knew may be in pieces."""
        self._lock = threading.Lock()
        # When the last successful read began; by the clock that nobody sets.
        self._read_at = -inf
        self._due = -inf
        self._epoch: str | None = None
        self._position: object | None = None
        # The first second whose tokens with a session are accepted.
        self._began = inf
        # Until when tokens without a session are, for they were made before there were sessions.
        self._without_session_until = -inf
        # Whether the store has lost its memory while this process has looked on.
        self._forgot = False
        self.longest = self._longest
        self._sids = ExpiringNames()
        self._jtis = ExpiringNames()
        self._subjects = ExpiringNames()
        self._not_before: dict[str, float] = {}
        self._holds = self._sids.holds
        self._any_jti = self._jtis.any

    def check(self, claims: Mapping[str, Any]) -> None:
        """Let only claims pass that nobody has revoked.

        :param claims: of a token that was verified.
        :raises RevokedToken: the token, its session, or all of its subject were revoked.
        :raises MissingClaim: the token has no session, and is too young to be from before there
            were any.
        :raises StoreUnavailable: what is known is too old, and the store does not answer.
        """
        now = monotonic()
        if now >= self._due:
            self._catch_up(now)
        sid = claims.get("sid")
        if sid is None:
            self._check_without_session(claims)
            return
        issued_at: Any = claims.get("iat")
        # A decode hook of the application's own may hand out anything.
        if type(sid) is not str or type(issued_at) not in (int, float):
            raise RevokedToken
        if issued_at < self._began or self._holds(sid):
            raise RevokedToken
        # No session of ours is called so: it was kept as the store could keep it.
        if (len(sid) != SID_LENGTH or not sid.isascii()) and self._holds(bounded(sid)):
            raise RevokedToken
        if self._issued is not None and sid not in self._issued:
            raise RevokedToken
        if self._any_jti:
            self._check_jti(claims)

    def begin(self) -> None:
        """Open the store, if this process has not done so.

        :raises StoreUnavailable: it does not answer.
        """
        if self._epoch is None:
            self._catch_up(monotonic())

    def begin_anew(self) -> None:
        """Open the store once more: it has lost its memory.

        :raises StoreUnavailable: it does not answer.
        """
        self._epoch = None
        self._due = self._read_at = -inf
        self.begin()

    def add(self, revocations: Iterable[Revocation]) -> None:
        """Apply what this process has revoked itself, at once."""
        with self._lock:
            self._add(revocations)

    def look_soon(self) -> None:
        """Have the next check read the feed.

        What this process meant to end had ended: by somebody else, or by itself, and the answer was
        lost.
        """
        self._due = -inf

    def names(self, sid: str) -> bool:
        """Tell whether the access tokens of a session were revoked, as far as is known here."""
        return self._holds(bounded(sid))

    def has_revoked(self, revocation: Revocation) -> bool:
        """Tell whether a revocation of a session or a ``jti`` is known, or denies nothing now."""
        if revocation.expires_at <= self._clock():
            return True
        names = self._sids if revocation.kind == "sid" else self._jtis
        return names.holds(revocation.value)

    @property
    def takes_tokens_without_session(self) -> bool:
        """Whether tokens from before there were sessions may be good still."""
        return self._clock() < self._without_session_until

    def _check_jti(self, claims: Mapping[str, Any]) -> None:
        jti = claims.get("jti", "")
        if type(jti) is not str or self._jtis.holds(bounded(jti)):
            raise RevokedToken

    def _check_without_session(self, claims: Mapping[str, Any]) -> None:
        exp: Any = claims.get("exp")
        # One that lives longer is not of those days, or of other settings: where the store has lost
        # its memory since, nobody knows any more whether it was revoked.
        if type(exp) not in (int, float) or exp > self._without_session_until:
            raise MissingClaim("sid")
        if not self.takes_tokens_without_session:
            raise MissingClaim("sid")
        self._check_jti(claims)
        if self._subjects.any:
            issued_at: Any = claims.get("iat")
            subject = self._subject_of(claims)
            if type(issued_at) not in (int, float) or subject is None:
                raise RevokedToken
            if issued_at <= self._not_before.get(subject, -1):
                raise RevokedToken

    def _catch_up(self, arrived: float) -> None:
        # One thread reads. Others go on with what they have while that is young enough, or wait.
        young = arrived - self._read_at < self._max_stale
        if not young:
            # Nobody waits for one who asks a store that is down.
            self._outage.check()
        # Whoever opens the store may have to wait for other processes that do so.
        wait = WAIT_SECONDS if self._epoch is not None else WAIT_SECONDS + OPEN_SECONDS
        if not self._lock.acquire(blocking=not young, timeout=-1 if young else wait):
            if young:
                return
            raise StoreUnavailable("another request is still reading the revocations")
        try:
            # What another thread has read meanwhile will do, if that began after this one came.
            if arrived >= self._due:
                self._read(monotonic())
        except StoreUnavailable:
            if not young:
                raise
        except ConfigurationError as error:
            # A password that was changed at the server: what is known is young all the same.
            if not young:
                raise
            self._outage.tell(error)
        finally:
            self._lock.release()

    def _read(self, now: float) -> None:
        feed = self._outage.ask(self._ask)
        if feed.epoch != self._epoch:
            if self._position is not None:
                # The position means nothing to a store that has begun anew.
                self._position = None
                self._forgot = True
                self._without_session_until = -inf
                feed = self._outage.ask(self._ask)
            # What is known of the epoch before denies until it expires, and that is safe.
            self._epoch = feed.epoch
            self._began = int(feed.began)
        self._position = feed.position
        self.longest = max(self._longest, feed.longest)
        if not self._forgot:
            self._without_session_until = feed.began + self.longest + REVOCATION_MARGIN
        self._add(feed.revocations)
        self._forget()
        self._read_at = now
        self._due = now + self._refresh

    def _ask(self) -> Feed:
        if self._epoch is None:
            self._store.open(self._clock(), self._longest)
        try:
            return self._store.feed(self._position)
        except StoreForgot:
            self._store.open(self._clock(), self._longest)
            return self._store.feed(None)

    def _add(self, revocations: Iterable[Revocation]) -> None:
        for kind, value, expires_at, not_before in revocations:
            if kind == "sid":
                self._sids.add(value, expires_at)
            elif kind == "jti":
                self._jtis.add(value, expires_at)
            else:
                self._not_before[value] = max(not_before, self._not_before.get(value, -1))
                self._subjects.add(value, expires_at)

    def _forget(self) -> None:
        now = self._clock()
        self._sids.forget(now)
        self._jtis.forget(now)
        for subject in self._subjects.forget(now):
            del self._not_before[subject]
