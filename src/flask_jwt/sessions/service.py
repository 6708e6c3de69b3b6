"""What becomes of a refresh token that is presented: pure rules, no store and no clock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import Enum, auto
from functools import partial
from itertools import repeat
from time import monotonic
from typing import Any, NamedTuple, ParamSpec, TypeVar

from ..core.clock import Clock
from ..errors import ConfigurationError, refuse
from .circuit_breaker import Outage
from .errors import (
    InvalidRefreshToken,
    RefreshTokenReused,
    SessionEnded,
    SessionExpired,
    StoreBusy,
    StoreForgot,
    StoreUnavailable,
)
from .models import (
    MAX_LEEWAY,
    MOST_ENDED,
    REVOCATION_MARGIN,
    Lifetimes,
    NewSession,
    Reading,
    Revocation,
    Session,
    SessionStore,
    Use,
    bounded,
    revoked_until,
    subject_key,
)
from .refresh_tokens import RefreshSecrets, RefreshToken, SessionKeys, is_sid, parse_refresh_token
from .revocations import RevocationReplica
from .settings import SessionSettings


class Verdict(Enum):
    """What to do with a refresh token whose MAC is good."""

    #: It is the current one: make the next.
    ROTATE = auto()
    #: It is the one before, and so young that the answer may have been lost: give the current one.
    REPEAT = auto()
    #: It was exchanged before, or comes from a future that the store has lost: end the session.
    REUSED = auto()
    #: The session was ended.
    ENDED = auto()
    #: The session was not used for too long, or has come to its end.
    EXPIRED = auto()


def judge(session: Session, counter: int, now: float, grace: float) -> Verdict:
    """Judge a refresh token."""
    if session.ended_at is not None:
        return Verdict.ENDED
    if not session.is_live(now):
        return Verdict.EXPIRED
    if counter == session.counter:
        return Verdict.ROTATE
    # A clock may have been read before the rotation, or been set back since: no grace is none, and
    # some is no more.
    if counter == session.counter - 1 and grace and abs(now - session.rotated_at) < grace:
        return Verdict.REPEAT
    return Verdict.REUSED


def narrowed_scope(at_sign_in: object, now: object) -> str | list[str] | None:
    """Return the scope of a new access token: rotation never adds any (:rfc:`6749` section 6)."""
    granted = set(_names(at_sign_in))
    kept = [name for name in _names(now) if name in granted]
    return (kept if isinstance(now, list) else " ".join(kept)) or None


def _names(scope: object) -> list[str]:
    named = scope.split(" ") if isinstance(scope, str) else scope
    return [name for name in named if isinstance(name, str) and name] if type(named) is list else []


P = ParamSpec("P")
T = TypeVar("T")

# Each round that is lost was won by another refresh of the same session.
_MOST_ROUNDS = 16
#: How often a process deletes what nobody needs any more, in seconds.
PRUNE_SECONDS = 60.0
#: How many rows it deletes then, at most.
PRUNE_ROWS = 200
#: How many sessions are listed in one go, at most.
MOST_LISTED = 100
#: How many batches a sign-in ends of an account that has far too many sessions; the next goes on.
MOST_BATCHES = 5


class Renewed(NamedTuple):
    """What a refresh gives.

    :param session: the session, as it was read before.
    :param access: the new access token, as the application's hooks have made it.
    :param refresh_token: the refresh token that is current now.
    :param repeated: whether it was given before, and the answer may have been lost.
    """

    session: Session
    access: Any
    refresh_token: str
    repeated: bool

    def __repr__(self) -> str:
        return f"<Renewed {self.session!r}>"


#: Makes an access token for a session: returns it with its ``exp``, or None if its user is gone.
Renew = Callable[[Session], tuple[Any, float] | None]


class SessionService:
    """Begins, refreshes and ends sessions."""

    def __init__(
        self,
        store: SessionStore,
        outage: Outage,
        replica: RevocationReplica,
        secrets: RefreshSecrets,
        lifetimes: Lifetimes,
        clock: Clock,
        per_user: int,
    ) -> None:
        self._store = store
        self._outage = outage
        self._replica = replica
        self._secrets = secrets
        self._lifetimes = lifetimes
        self._clock = clock
        self._per_user = per_user
        self._prune_due = monotonic() + PRUNE_SECONDS

    def start(self, make: Callable[[], tuple[NewSession, T]]) -> tuple[str, NewSession, T]:
        """Keep a new session, and return its refresh token."""
        self._replica.look_now()
        session, access = make()
        try:
            self._outage.ask(self._store.insert, session)
        except StoreForgot:
            self._replica.begin_anew()
            session, access = make()
            self._ask(self._store.insert, session)
        self._prune_now_and_then()
        return self._secrets.of(session.salt).make(session.sid, 0), session, access

    def refresh(self, text: str, renew: Renew, address: str | None, agent: str | None) -> Renewed:
        """Exchange a refresh token."""
        token = parse_refresh_token(text)
        made: tuple[Any, float] | None = None
        for _ in range(_MOST_ROUNDS):
            session, keys, verdict = self._judge(token)
            if made is None:
                made = renew(session)
            if made is None:
                raise self._ended(session, "unknown user")
            access, until = made
            use = Use(until, address, agent)
            repeated = verdict is Verdict.REPEAT
            move = self._store.repeat if repeated else self._store.rotate
            # Whoever loses against another refresh, or a sign-out, is judged anew.
            if self._ask(move, session.sid, session.counter, use):
                counter = session.counter + (0 if repeated else 1)
                current = keys.make(session.sid, counter)
                self._prune_now_and_then()
                return Renewed(session, access, current, repeated)
        raise StoreBusy("the session is being refreshed too often")

    def live_session(self, sid: str) -> Session | None:
        """Return a session, or None where it is not there, has expired or has ended."""
        reading = self._ask(self._store.read, sid) if is_sid(sid) else None
        if reading is None or not reading.session.is_live(reading.now):
            return None
        return None if self._replica.names(sid) else reading.session

    def extend(self, sid: str, use: Use) -> bool:
        """Note an access token that was made without a refresh."""
        return self._ask(self._store.extend, sid, use)

    def session_of(self, text: str) -> Session:
        """Return the session of a refresh token, in any state and at any age of the token."""
        return self._read(parse_refresh_token(text))[0].session

    def _judge(self, token: RefreshToken) -> tuple[Session, SessionKeys, Verdict]:
        (session, now), keys = self._read(token)
        verdict = judge(session, token.counter, now, self._lifetimes.grace)
        if verdict is Verdict.EXPIRED:
            raise SessionExpired
        if verdict is Verdict.ENDED:
            self._replica.look_soon()
            raise SessionEnded(session.sid, session.subject)
        if self._replica.names(session.sid):
            # Whoever was ending it got no further than its access tokens.
            raise self._ended(session, "ended")
        if verdict is Verdict.REUSED:
            # Of many at once one has ended it, and tells.
            if not self.end(session.sid, "reuse"):
                raise SessionEnded(session.sid, session.subject)
            raise RefreshTokenReused(session.sid, session.subject, session.address)
        return session, keys, verdict

    def _ended(self, session: Session, because: str) -> SessionEnded:
        ended_now = because if self.end(session.sid, because) else None
        return SessionEnded(session.sid, session.subject, ended_now=ended_now)

    def _read(self, token: RefreshToken) -> tuple[Reading, SessionKeys]:
        reading = self._ask(self._store.read, token.sid)
        if reading is None:
            raise InvalidRefreshToken
        keys = self._secrets.of(reading.session.salt)
        keys.check(token)
        return reading, keys

    def end(self, sid: str, because: str) -> bool:
        """End a session."""
        # No database is asked for what none of them has.
        if not is_sid(sid):
            return False
        if self._applied(self._store.end, sid, because, REVOCATION_MARGIN):
            return True
        self._replica.look_soon()
        return False

    def end_own(self, sid: str, subject: str, because: str) -> bool:
        """End a session, if it is a live one of a subject's."""
        if not is_sid(sid):
            return False
        reading = self._ask(self._store.read, sid)
        if reading is None or reading.session.subject != subject:
            return False
        if not reading.session.is_live(reading.now):
            # Perhaps by an end whose answer was lost.
            self._replica.look_soon()
            return False
        return self.end(sid, because)

    def end_all(self, subject: str, except_sid: str | None, because: str) -> Iterator[str]:
        """End the sessions of a subject, and revoke its tokens that have no session."""
        # Only the store knows how long the tokens live that others have made.
        self._replica.begin()
        if self._replica.takes_tokens_without_session:
            now = self._clock()
            until = now + self._replica.longest + REVOCATION_MARGIN
            # First of all: it stays, should the store fail halfway.
            self.revoke([Revocation("subject", subject, until, now)])
        yield from self._end_batches(subject, except_sid, because, 0, repeat(None))
        self._replica.look_soon()

    def end_surplus(self, subject: str, except_sid: str, because: str) -> Iterator[str]:
        """End the oldest sessions of a subject that has more than it may have."""
        batches, newest = range(MOST_BATCHES), self._per_user
        with suppress(StoreUnavailable):
            yield from self._end_batches(subject, except_sid, because, newest, batches)

    def _end_batches(
        self,
        subject: str,
        except_sid: str | None,
        because: str,
        newest: int,
        batches: Iterable[object],
    ) -> Iterator[str]:
        end = self._store.end_batch
        for _ in batches:
            ended = self._applied(end, subject, except_sid, because, REVOCATION_MARGIN, newest)
            yield from (one.value for one in ended)
            # Who signs in meanwhile, again and again, does not keep this from coming to its end.
            if len(ended) < MOST_ENDED:
                return

    def sessions_of(self, subject: str, most: int, after: Session | None = None) -> list[Session]:
        """Return live sessions of a subject, the newest first."""
        return self._ask(self._store.sessions_of, subject, most, after)

    def own_session(self, sid: str, subject: str) -> Session | None:
        """Return a session of a subject's, live or not, or None where it is none."""
        reading = self._ask(self._store.read, sid) if is_sid(sid) else None
        if reading is None or reading.session.subject != subject:
            return None
        return reading.session

    def revoke_token(self, claims: Mapping[str, Any]) -> None:
        """Revoke one access token, and not its session."""
        jti = claims.get("jti")
        if not isinstance(jti, str):
            raise ValueError("the token has no jti")
        self._revoke_once(Revocation("jti", bounded(jti), revoked_until(claims)))

    def revoke_session(self, sid: str, claims: Mapping[str, Any]) -> None:
        """Revoke the access tokens of a session whose row is gone."""
        self._revoke_once(Revocation("sid", bounded(sid), revoked_until(claims)))

    def revoke(self, revocations: Sequence[Revocation]) -> None:
        """Keep revocations, and apply them in this process at once."""
        self._ask(self._store.revoke, revocations)
        self._replica.add(revocations)

    def _revoke_once(self, revocation: Revocation) -> None:
        # Whoever sends a token again and again makes one row, and none where it has expired.
        if not self._replica.has_revoked(revocation):
            self.revoke([revocation])

    def prune(self, most: int = PRUNE_ROWS) -> int:
        """Delete sessions and revocations that nobody needs any more."""
        return self._ask(self._store.prune, most)

    def _prune_now_and_then(self) -> None:
        now = monotonic()
        if now < self._prune_due:
            return
        self._prune_due = now + PRUNE_SECONDS
        try:
            if self.prune() >= PRUNE_ROWS:
                self._prune_due = now + 1
        except StoreUnavailable:
            # What was asked for is done. The rows can wait.
            pass
        except ConfigurationError as error:
            # A user who may not delete, for example: the same, and the log says so.
            self._outage.tell(error)

    def _applied(
        self, call: Callable[P, list[Revocation]], *args: P.args, **kwargs: P.kwargs
    ) -> list[Revocation]:
        revocations = self._ask(call, *args, **kwargs)
        self._replica.add(revocations)
        return revocations

    def _ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        self._replica.begin()
        try:
            return self._outage.ask(call, *args, **kwargs)
        except StoreForgot:
            # Emptied while it runs: what was in it is gone, and what is done now is kept.
            self._replica.begin_anew()
        try:
            return self._outage.ask(call, *args, **kwargs)
        except StoreForgot as error:
            raise StoreBusy("the session store does not keep what it is given") from error


class SessionsInUse:
    """What the request path asks about sessions."""

    def __init__(
        self,
        store: SessionStore,
        settings: SessionSettings,
        secrets: Sequence[bytes],
        subject: Callable[[Mapping[str, Any]], Any],
        clock: Clock,
        logger: logging.Logger,
        *,
        access: float,
        leeway: float,
    ) -> None:
        if leeway > MAX_LEEWAY:
            refuse("JWT_LEEWAY", f"{MAX_LEEWAY:.0f} seconds at most where there are sessions")
        self._subject = subject
        self.lifetimes = Lifetimes(
            access=access,
            idle=settings.idle,
            whole=settings.lifetime,
            short=settings.short_lifetime,
            grace=settings.grace,
        )
        outage = Outage(partial(logger.error, "%s"))
        self._replica = RevocationReplica(
            store,
            outage,
            refresh=settings.revocation_refresh,
            max_stale=settings.revocation_max_stale,
            longest=access,
            subject_of=self.subject_or_none,
            clock=clock,
            warn=partial(logger.warning, "%s"),
        )
        #: Raises where the claims of a verified token were revoked; see
        #: :meth:`.RevocationReplica.check`.
        self.admit = self._replica.check
        #: Tells whether a session is known to have ended.
        self.is_revoked = self._replica.names
        self.service = SessionService(
            store,
            outage,
            self._replica,
            RefreshSecrets(secrets),
            self.lifetimes,
            clock,
            settings.per_user,
        )

    def subject_of(self, claims: Mapping[str, Any]) -> str:
        """Return the key of the subject of claims."""
        named = self._subject(claims)
        try:
            return subject_key(named)
        except ValueError as error:
            raise ConfigurationError(
                "the claims name no user for a session: they have neither 'identity' nor 'sub' "
                f"({error}). Give JWT(…, subject=…) a function that finds the user in them"
            ) from None

    def is_subject(
        self, subject: str, claims: Mapping[str, Any], before: Mapping[str, Any]
    ) -> bool:
        """Tell whether claims name the subject of a session."""
        named, known = self._subject(claims), self._subject(before)
        # What is plainly the same needs no key to be made.
        if named is not None and type(named) is type(known) and type(named) in (int, str):
            return bool(named == known)
        return self.subject_of(claims) == subject

    def subject_or_none(self, claims: Mapping[str, Any]) -> str | None:
        """Return the key of the subject of claims, or None where nothing names one."""
        named = self._subject(claims)
        try:
            return subject_key(named)
        except ValueError:
            return None
