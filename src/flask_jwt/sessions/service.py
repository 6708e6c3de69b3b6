"""What happens to sessions: they begin, are refreshed, and end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from time import monotonic
from typing import Any, NamedTuple

from ..core.clock import Clock
from ..core.secret_ring import SecretRing
from ..errors import ConfigurationError
from .circuit_breaker import CircuitBreaker
from .errors import (
    FORGETS,
    InvalidRefreshToken,
    RefreshTokenReused,
    SessionEnded,
    SessionExpired,
    StoreBusy,
    StoreForgot,
    StoreUnavailable,
    UnrevocableToken,
)
from .models import (
    MOST_ENDED,
    REVOCATION_MARGIN,
    Lifetimes,
    NewSession,
    Reading,
    Revocation,
    Session,
    SessionStore,
    Use,
    index_key,
    revoked_until,
    subject_key,
)
from .refresh_tokens import (
    RefreshDecision,
    RefreshToken,
    is_sid,
    make_refresh_token,
    parse_refresh_token,
    refresh_decision,
    session_ring,
)
from .revocations import RevocationCache


class PendingRefresh(NamedTuple):
    """A refresh token that may be exchanged, before its session is moved on."""

    token: RefreshToken
    session: Session
    ring: SecretRing
    decision: RefreshDecision

    def __repr__(self) -> str:
        return f"<PendingRefresh of {self.session!r}>"


#: Called with the name of a signal, and with its fields by keyword.
OnEvent = Callable[..., None]

# Each round that is lost was won by another refresh of the same session.
_MAX_ROUNDS = 16
_CONTENDED = "the session is being refreshed too often"
#: How often a process deletes sessions and revocations that have expired, in seconds.
PRUNE_SECONDS = 60.0
#: How many rows it deletes then, at most.
PRUNE_ROWS = 200
#: How many sessions are listed in one go, at most.
MAX_LISTED = 100
#: How many batches a sign-in ends of an account that has far too many sessions; the next goes on.
MAX_BATCHES = 5
#: Why a session ends whose user signs out.
LOGOUT = "logout"
# Why a session ends whose user has signed in too often.
_LIMIT = "limit"


class SessionService:
    """Begins, refreshes, lists and ends the sessions of one application."""

    def __init__(
        self,
        store: SessionStore,
        breaker: CircuitBreaker,
        revocations: RevocationCache,
        lifetimes: Lifetimes,
        clock: Clock,
        *,
        secrets: Sequence[bytes],
        per_user: int,
        user_of: Callable[[Mapping[str, Any]], Any],
        on_event: OnEvent,
        forget_devices: Callable[[str], None] | None = None,
    ) -> None:
        self._store = store
        self._breaker = breaker
        self._revocations = revocations
        self._secrets = secrets
        self.lifetimes = lifetimes
        self._clock = clock
        self._per_user = per_user
        self._user_of = user_of
        self._on_event = on_event
        # Makes strangers of the browsers in which a subject has signed in before.
        self._forget_devices = forget_devices
        self._prune_due = monotonic() + PRUNE_SECONDS
        self._call = revocations.call
        #: Raises where the claims of a verified token were revoked.
        self.check_revoked = revocations.check
        #: Learns of a loss of the store's memory, before an access token is made for a session.
        self.begin_start = partial(revocations.catch_up, at_once=True)

    def subject_of(self, claims: Mapping[str, Any]) -> str:
        """Return the key of the subject of claims."""
        try:
            return subject_key(self._user_of(claims))
        except ValueError as error:
            raise ConfigurationError(
                "the claims name no user for a session: they have neither 'identity' nor 'sub' "
                f"({error}). Give JWT(…, subject=…) a function that finds the user in them"
            ) from None

    def is_subject(
        self, subject: str, claims: Mapping[str, Any], former: Mapping[str, Any]
    ) -> bool:
        """Tell whether claims name the subject of a session."""
        user, former_user = self._user_of(claims), self._user_of(former)
        # Two numbers or two texts are compared as they are: a key takes longer to make.
        if user is not None and type(user) is type(former_user) and type(user) in (int, str):
            return bool(user == former_user)
        return self.subject_of(claims) == subject

    def start(self, session: NewSession) -> str | None:
        """Keep a new session, and return its refresh token.

        None says that the store had lost its memory and was opened anew: the access token, which is
        older than that, would be refused, and has to be made again.
        """
        try:
            self._breaker.call(self._store.insert, session)
        except StoreForgot:
            self._revocations.reopen()
            return None
        if monotonic() >= self._prune_due:
            self._prune_now()
        sid, subject = session.sid, session.subject
        ended: list[str] = []
        with suppress(StoreUnavailable):
            # The oldest ones of a user that has more than there may be.
            self._end_batches(ended, subject, sid, _LIMIT, self._per_user, MAX_BATCHES)
        self._on_event("session-started", sid=sid, subject=subject)
        for older in ended:
            self._tell_of_end(older, subject, _LIMIT)
        return make_refresh_token(session_ring(self._secrets, session.salt), sid, 0)

    def adopt(self, session: NewSession) -> str:
        """Return the first refresh token of a session that something older stands for.

        It begins where the store does not know its name, and is what it is otherwise.
        """
        if self._find(session.sid) is None and self.start(session) is None:
            raise StoreBusy(FORGETS)
        return make_refresh_token(session_ring(self._secrets, session.salt), session.sid, 0)

    def begin_refresh(self, token: RefreshToken, address: str | None) -> PendingRefresh:
        """Decide whether a refresh token may be exchanged; :meth:`commit_refresh` does it."""
        (session, now), ring = self._read(token)
        sid, subject = session.sid, session.subject
        decision = refresh_decision(session, token.counter, now, self.lifetimes.grace)
        if decision == "expired":
            raise SessionExpired
        if decision == "ended":
            self._revocations.invalidate()
            raise SessionEnded(sid, subject)
        if self._revocations.is_revoked(sid):
            # A concurrent end wrote the revocation, and was cut short before the row.
            raise self.end_refused(session, "ended")
        if decision == "reused":
            # Of many at once one ends the session, and tells of it.
            if not self._end(sid, "reuse"):
                raise SessionEnded(sid, subject)
            last = session.address
            fields = {"sid": sid, "subject": subject, "address": address, "last_address": last}
            self._on_event("refresh-token-reused", **fields)
            self._tell_of_end(sid, subject, "reuse")
            if self._forget_devices is not None:
                # The session has ended: that is the answer, whatever becomes of the devices.
                with suppress(StoreUnavailable):
                    self._forget_devices(subject)
            raise RefreshTokenReused(sid, subject, last)
        return PendingRefresh(token, session, ring, decision)

    def commit_refresh(self, pending: PendingRefresh, use: Use) -> str:
        """Move the session of a refresh on, and return its current refresh token."""
        for _ in range(_MAX_ROUNDS):
            token, session, ring, decision = pending
            sid, counter = session.sid, session.counter
            repeats = decision == "repeat"
            move = self._store.repeat if repeats else self._store.rotate
            if self._call(move, sid, counter, use):
                if monotonic() >= self._prune_due:
                    self._prune_now()
                fields: dict[str, Any] = {"sid": sid, "subject": session.subject}
                if repeats:
                    fields |= {"address": use.address, "last_address": session.address}
                self._on_event("refresh-repeated" if repeats else "session-refreshed", **fields)
                return make_refresh_token(ring, sid, counter if repeats else counter + 1)
            # It lost against another refresh, or against a sign-out.
            pending = self.begin_refresh(token, use.address)
        raise StoreBusy(_CONTENDED)

    def rotate(self, sid: str, use: Use) -> str:
        """Move a live session on without its refresh token, and return the one that replaces it."""
        for _ in range(_MAX_ROUNDS):
            session = self.live_session(sid)
            if session is None:
                raise SessionEnded(sid, "")
            # It may lose against a refresh, whose token is then the one that is replaced.
            if self._call(self._store.rotate, sid, session.counter, use):
                self._on_event("session-refreshed", sid=sid, subject=session.subject)
                ring = session_ring(self._secrets, session.salt)
                return make_refresh_token(ring, sid, session.counter + 1)
        raise StoreBusy(_CONTENDED)

    def end_refused(self, session: Session, reason: str) -> SessionEnded:
        """End a session that can't be refreshed, and return the error that says so."""
        sid, subject = session.sid, session.subject
        ended = self.end(sid, reason, subject=subject)
        return SessionEnded(sid, subject, ended_now=reason if ended else None)

    def live_session(self, sid: str) -> Session | None:
        """Return a session, or None where it is not there, has expired or has ended."""
        reading = self._find(sid)
        if reading is None or not reading.session.is_live(reading.now):
            return None
        return None if self._revocations.is_revoked(sid) else reading.session

    def extend(self, sid: str, use: Use) -> bool:
        """Note an access token that was made without a refresh."""
        return self._call(self._store.extend, sid, use)

    def check_token(self, token: RefreshToken) -> None:
        """Check the MAC of a refresh token of any age, whose session may be in any state."""
        self._read(token)

    def has_made(self, text: str) -> bool:
        """Tell whether a text is a refresh token of ours, of any age, whose session is known."""
        try:
            self.check_token(parse_refresh_token(text))
        except InvalidRefreshToken:
            return False
        return True

    def session_of_token(self, token: RefreshToken) -> Session | None:
        """Return the session of a refresh token of any age, unless it was ended against its will.

        It may have expired, and its user may have signed out. Nothing rotates, ends or is told.
        """
        session = self._read(token)[0].session
        if session.ended_at is None:
            return None if self._revocations.is_revoked(session.sid) else session
        return session if session.ended_because == LOGOUT else None

    def sessions_of(self, subject: str, limit: int, after: Session | None = None) -> list[Session]:
        """Return live sessions of a subject, the newest first."""
        return self._call(self._store.sessions_of, subject, limit, after)

    def own_session(self, sid: str, subject: str) -> Session | None:
        """Return a session of a subject's, live or not, or None where it is none."""
        reading = self._find(sid)
        return reading.session if reading and reading.session.subject == subject else None

    def end(self, sid: str, reason: str, *, subject: str | None = None) -> bool:
        """End a session, and tell of it, with its subject where that is known."""
        ended = self._end(sid, reason)
        if ended:
            self._tell_of_end(sid, subject, reason)
        return ended

    def end_own(self, sid: str, subject: str, reason: str) -> bool:
        """End a session, if it is a live one of a subject's."""
        reading = self._find(sid)
        if reading is None or reading.session.subject != subject:
            return False
        if not reading.session.is_live(reading.now):
            # It may have been ended by a call whose answer was lost.
            self._revocations.invalidate()
            return False
        return self.end(sid, reason, subject=subject)

    def end_all(self, subject: str, except_sid: str | None, reason: str) -> list[str]:
        """End the sessions of a subject, and revoke its tokens that have no session."""
        # Only the store knows how long the tokens live that other processes have made.
        self._revocations.open()
        now, until = self._clock(), self._revocations.without_session_until
        if now < until:
            # Before the sessions: should the store fail halfway, the tokens are revoked already.
            self._revoke(Revocation("subject", subject, until, now))
        ended: list[str] = []
        try:
            self._end_batches(ended, subject, except_sid, reason)
            self._revocations.invalidate()
        finally:
            # The sessions that were ended before the store failed are told of, too.
            for sid in ended:
                self._tell_of_end(sid, subject, reason)
        if self._forget_devices is not None:
            self._forget_devices(subject)
        return ended

    def end_by_claims(self, claims: Mapping[str, Any], reason: str) -> None:
        """End the session of an access token; a token that has none is revoked itself."""
        sid = claims.get("sid")
        if sid is None:
            self.revoke_token(claims)
        elif not isinstance(sid, str):
            raise UnrevocableToken("the token has a sid that is no text")
        elif not self.end(sid, reason) and not self._revocations.is_revoked(index_key(sid)):
            # The row is gone, and this token may be good still.
            self._revoke(Revocation("sid", index_key(sid), revoked_until(claims)))

    def revoke_token(self, claims: Mapping[str, Any]) -> None:
        """Revoke one access token, and not its session."""
        jti = claims.get("jti")
        if not isinstance(jti, str):
            raise UnrevocableToken("the token has no jti")
        self._revoke(Revocation("jti", index_key(jti), revoked_until(claims)))

    def prune(self, limit: int = PRUNE_ROWS) -> int:
        """Delete sessions and revocations that have expired."""
        return self._call(self._store.prune, limit)

    def _find(self, sid: str) -> Reading | None:
        # No database is asked for a name that it can't have.
        return self._call(self._store.read, sid) if is_sid(sid) else None

    def _read(self, token: RefreshToken) -> tuple[Reading, SecretRing]:
        reading = self._call(self._store.read, token.sid)
        if reading is None:
            raise InvalidRefreshToken
        ring = session_ring(self._secrets, reading.session.salt)
        if not ring.matches(token.signed, token.mac):
            raise InvalidRefreshToken
        return reading, ring

    def _end(self, sid: str, reason: str) -> bool:
        if not is_sid(sid):
            return False
        revocations = self._call(self._store.end, sid, reason, REVOCATION_MARGIN)
        if revocations:
            self._revocations.add(revocations)
            return True
        self._revocations.invalidate()
        return False

    def _end_batches(
        self,
        ended: list[str],
        subject: str,
        except_sid: str | None,
        reason: str,
        newest: int = 0,
        most: int | None = None,
    ) -> None:
        """End sessions of a subject in batches, all of them unless told otherwise."""
        for _ in count() if most is None else range(most):
            batch = self._call(
                self._store.end_batch, subject, except_sid, reason, REVOCATION_MARGIN, newest
            )
            if batch:
                self._revocations.add(batch)
                ended += [revocation.value for revocation in batch]
            # A full batch may be the last one; a user who signs in again and again meanwhile does
            # not fill the next.
            if len(batch) < MOST_ENDED:
                return

    def _revoke(self, revocation: Revocation) -> None:
        """Keep a revocation, and apply it in this process at once."""
        # A token that is sent again and again makes one row, and none where it has expired.
        if revocation.kind == "subject" or not self._revocations.covers(revocation):
            self._call(self._store.revoke, [revocation])
            self._revocations.add([revocation])

    def _prune_now(self) -> None:
        now = monotonic()
        self._prune_due = now + PRUNE_SECONDS
        try:
            if self.prune() >= PRUNE_ROWS:
                self._prune_due = now + 1
        except StoreUnavailable:
            # The request has been carried out; the rows can wait.
            pass
        except ConfigurationError as error:
            # A database user who may not delete, for example: the rows wait, and the log says so.
            self._breaker.log_now_and_then(error)

    def _tell_of_end(self, sid: str, subject: str | None, reason: str) -> None:
        self._on_event("session-ended", sid=sid, subject=subject, because=reason)
