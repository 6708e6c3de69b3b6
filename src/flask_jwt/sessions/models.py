"""Sessions and revocations as records, their lifetimes, and the protocol of stores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Mapping, Sequence
from random import uniform
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

from ..core.compact_jws import encode_base64url
from .errors import UnrevocableToken


class Use(NamedTuple):
    """A use of a session: a sign-in or a refresh.

    :param access_until: the ``exp`` of the access token that was made for it.
    :param address: from where it came, or None.
    :param user_agent: by which program, or None.
    """

    access_until: float
    address: str | None
    user_agent: str | None


class NewSession(NamedTuple):
    """A session that begins. Its times are the store's to set.

    :param sid: its name.
    :param subject: the key of whose it is; see :func:`.subject_key`.
    :param salt: random bytes for its refresh tokens, as hexadecimal digits.
    :param idle_span: after how many seconds without a refresh it expires.
    :param life_span: after how many seconds it expires in any case.
    :param claims: what the application's hooks said of the user at sign-in.
    :param added: further claims for each access token of the session.
    :param methods: how the user authenticated (:rfc:`8176`).
    :param use: the sign-in.
    """

    sid: str
    subject: str
    salt: str
    idle_span: float
    life_span: float
    claims: Mapping[str, Any]
    added: Mapping[str, Any]
    methods: tuple[str, ...]
    use: Use

    def __repr__(self) -> str:
        return f"<NewSession {self.sid} of {self.subject}>"


class Session(NamedTuple):
    """A session as its store has it. Times are seconds since 1970 by the store's clock.

    :param sid: its name, which its access tokens carry.
    :param subject: the key of whose it is.
    :param counter: how many refresh tokens were made before the current one.
    :param salt: random bytes for its refresh tokens, as hexadecimal digits.
    :param began_at: when the user signed in.
    :param rotated_at: when the current refresh token was made.
    :param used_at: when it was last refreshed.
    :param idle_span: after how many seconds without a refresh it expires.
    :param idle_until: when that is.
    :param expires_at: when it expires in any case.
    :param access_until: the latest ``exp`` of its access tokens, by the application's clock.
    :param claims: what the application's hooks said of the user at sign-in.
    :param added: further claims for each access token of the session.
    :param methods: how the user authenticated (:rfc:`8176`).
    :param address: from where it was last used, or None.
    :param user_agent: by which program it was last used, or None.
    :param ended_at: when it was ended, or None.
    :param ended_because: why it was ended, or None.
    """

    sid: str
    subject: str
    counter: int
    salt: str
    began_at: float
    rotated_at: float
    used_at: float
    idle_span: float
    idle_until: float
    expires_at: float
    access_until: float
    claims: Mapping[str, Any]
    added: Mapping[str, Any]
    methods: tuple[str, ...]
    address: str | None
    user_agent: str | None
    ended_at: float | None
    ended_because: str | None

    def is_live(self, now: float) -> bool:
        """Tell whether it can be refreshed.

        :param now: seconds since 1970 by the store's clock.
        """
        return self.ended_at is None and now < self.idle_until and now < self.expires_at

    def __repr__(self) -> str:
        return f"<Session {self.sid} of {self.subject}>"


#: The longest leeway that there may be with sessions. A revocation is kept for as long after the
#: ``exp`` of what it denies, whatever the leeway is: a longer one, configured later, must not bring
#: back what has been signed out.
MAX_LEEWAY = 300.0
#: How long a revocation is kept after the ``exp`` of what it denies: 60 seconds are for clocks that
#: differ.
REVOCATION_MARGIN = MAX_LEEWAY + 60.0
# A number of seconds since 1970 that every store can keep.
_LATEST = 2**53
# Sessions that began together do not end together.
_LEAST_OF_A_SPAN = 0.95


class Lifetimes(NamedTuple):
    """Durations in seconds, as they are configured."""

    access: float
    idle: float
    absolute: float
    #: The absolute one where the user did not ask to be remembered.
    short_lived: float
    grace: float

    def is_remembered(self, session: Session) -> bool:
        """Tell whether the user of a session asked to be remembered."""
        return session.expires_at - session.began_at > self.short_lived

    def jittered(self, *, remember: bool) -> tuple[float, float]:
        """Return the idle span and the whole span of one session: up to 5 % less, at random."""
        absolute = self.absolute if remember else self.short_lived
        jitter = uniform(_LEAST_OF_A_SPAN, 1)  # noqa: S311
        return min(self.idle, absolute) * jitter, absolute * jitter


def revoked_until(claims: Mapping[str, Any]) -> float:
    """Return until when the revocation of a token is kept: seconds since 1970."""
    exp: Any = claims.get("exp")
    # A decode hook of the application's own may return any type.
    if type(exp) not in (int, float) or not 0 <= exp < _LATEST:
        raise UnrevocableToken("the token has no exp")
    return float(exp) + REVOCATION_MARGIN


#: The longest key of a subject, in ASCII characters: databases put it into an index.
MAX_SUBJECT_KEY = 191


def subject_key(subject: Any) -> str:
    """Return the key of a subject: its canonical JSON, or a hash of that where it is long.

    JSON keeps types apart: ``1``, ``"1"`` and ``true`` are three subjects.

    :param subject: what the ``identity`` claim holds (or ``sub``, or whatever the application says
        names the user).
    :return: at most 191 ASCII characters.
    :raises ValueError: it is None, or can't be written as JSON.
    """
    if subject is None:
        raise ValueError("None is nobody: a session needs a subject")
    try:
        text = json.dumps(
            subject, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_as_text
        )
    except (TypeError, RecursionError) as error:
        raise ValueError(f"a subject has to be JSON: {error}") from None
    return index_key(text)


def index_key(text: str) -> str:
    """Return a text of ASCII that is short enough for an index, or a hash in its place."""
    if text.isascii() and text.isprintable() and len(text) <= MAX_SUBJECT_KEY:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return "sha256-" + encode_base64url(digest).decode()


def _as_text(value: Any) -> str:
    # As the signer writes it into the claim.
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


#: How long a call to a store may take, in seconds.
CALL_SECONDS = 1
#: How long :meth:`SessionStore.open` may take where many open an empty store at once, in seconds.
OPEN_SECONDS = 3
#: The longest name of a program that is kept, in characters.
MAX_USER_AGENT = 255
#: The longest reason for an end, in ASCII characters.
MAX_REASON = 64
#: The longest list of authentication methods, in ASCII characters with a space between two.
MAX_METHODS = 191
#: The longest address, in ASCII characters.
MAX_ADDRESS = 64

#: For how many seconds a store keeps what has expired, at least: a clock that jumps ahead by less,
#: and back, brings back nothing that was revoked.
KEPT_SECONDS = 7200

#: How many sessions are ended in one step.
MOST_ENDED = 200

#: What a revocation names.
Kind = Literal["sid", "jti", "subject"]


class Revocation(NamedTuple):
    """Access tokens that are refused before they expire.

    :param kind: what ``value`` names.
    :param value: a session, a token's ``jti``, or the key of a subject.
    :param expires_at: when the last token that it denies has expired: seconds since 1970 by the
        application's clock.
    :param not_before: for a subject: tokens with an ``iat`` up to this second are denied; else 0.
    """

    kind: Kind
    value: str
    expires_at: float
    not_before: float = 0.0


class Reading(NamedTuple):
    """A session, and the store's time when it was read.

    :param session: the session.
    :param now: seconds since 1970.
    """

    session: Session
    now: float


class Feed(NamedTuple):
    """The revocations after a position.

    :param epoch: another one each time that the store has lost its memory.
    :param began: since when the store remembers: seconds since 1970 by its own clock.
    :param now: what that clock says; earlier than the beginning where it was set back since.
    :param longest: the longest life of an access token that was ever configured, in seconds.
    :param position: where to go on; only the store knows what it means.
    :param revocations: what came after the position that was asked for.
    """

    epoch: str
    began: float
    now: float
    longest: float
    position: object
    revocations: Sequence[Revocation]

    @property
    def age(self) -> float:
        """For how many seconds the store remembers; negative where its clock was set back."""
        return self.now - self.began


class SessionStore(Protocol):
    """Keeps sessions and revocations. Safe for threads; each call is one atomic step.

    Facts about rows (when a session began, was rotated, has expired) are decided by the store's own
    clock. A call that is not answered within a second raises
    :exc:`~flask_jwt.sessions.StoreUnavailable`, and for a second none is made; one that is answered
    with a refusal raises its child :exc:`~flask_jwt.sessions.StoreBusy`, which harms that call
    alone; and where no waiting helps, it is a :exc:`~flask_jwt.ConfigurationError`. A call that may
    have been carried out in part may be repeated. One that finds the store without its memory may
    raise :exc:`~flask_jwt.sessions.StoreForgot`, and is repeated after :meth:`open`.

    A process may fork at any moment, without a word to Python. A store notices it by itself: before
    it takes a connection or a lock it compares ``os.getpid()`` with the process that made them, and
    makes its own where they differ. What is the parent's is neither used nor closed.
    :class:`flask_jwt.testing.SessionStoreContract` tests an implementation.
    """

    #: The names of sessions that the store knows to be all there are, or None where others may know
    #: more: then an access token of another session is refused.
    issued: Container[str] | None = None

    def open(self, longest: float) -> float:
        """Make what is missing: tables, and the epoch. May be called at any time, by many at once.

        Where others make the same at the same time, they are waited for, or it is tried again, for
        :data:`OPEN_SECONDS`.

        A memory that begins in the future, because the store's clock was set back, begins now.

        :param longest: the longest life of an access token, in seconds; the greatest one is kept.
        :return: by how many seconds the beginning was moved back: 0 as a rule.
        """
        ...

    def insert(self, session: NewSession) -> None:
        """Keep a new session; one whose name is there already stays as it is."""
        ...

    def read(self, sid: str) -> Reading | None:
        """Return a session, live or not, or None."""
        ...

    def rotate(self, sid: str, counter: int, use: Use) -> bool:
        """Move the counter on by one: the one compare-and-swap.

        :param sid: the session.
        :param counter: what the counter has to be.
        :param use: raises ``access_until``; the address and program are kept.
        :return: whether it was done. It is not where the counter differs, or the session is not
            live.
        """
        ...

    def repeat(self, sid: str, counter: int, use: Use) -> bool:
        """Note an access token that was made for the token before the current one.

        :param sid: the session.
        :param counter: what the counter has to be; it stays, and so do the time of the rotation and
            the idle expiry.
        :param use: raises ``access_until``.
        :return: whether it was done, as with :meth:`rotate`.
        """
        ...

    def extend(self, sid: str, use: Use) -> bool:
        """Note an access token that was made without a refresh, and put the idle expiry off.

        :param sid: the session. Neither its counter nor the time of its rotation moves.
        :param use: raises ``access_until``; the address and program are kept.
        :return: whether it was done. It is not where the session is not live.
        """
        ...

    def end(self, sid: str, because: str, margin: float) -> list[Revocation]:
        """End a session, and revoke its access tokens, in one step that commits by itself.

        :param sid: the session.
        :param because: why.
        :param margin: for how many seconds after ``access_until`` the revocation lives.
        :return: the revocation; nothing where the session had ended before, or is not known.
        """
        ...

    def end_batch(
        self, subject: str, except_sid: str | None, because: str, margin: float, newest: int
    ) -> list[Revocation]:
        """End sessions of a subject, :data:`MOST_ENDED` at most, as :meth:`end` does.

        To be called again until fewer are returned, which says that none was left. What was
        interrupted is gone on with.

        :param subject: the subject's key.
        :param except_sid: one that goes on, or None.
        :param newest: how many live ones go on, the newest; 0 ends those that have expired, too.
        :return: their revocations.
        """
        ...

    def sessions_of(self, subject: str, most: int, after: Session | None) -> list[Session]:
        """Return live sessions of a subject, the newest first: the latest ``began_at``.

        Of two that began at the same time, the order is the store's; it is always the same.

        :param subject: the subject's key.
        :param most: how many at most.
        :param after: the last one of the page before, whatever has become of it; None begins.
        """
        ...

    def revoke(self, revocations: Sequence[Revocation]) -> None:
        """Keep revocations, in a step that commits by itself."""
        ...

    def feed(self, position: object | None) -> Feed:
        """Return the revocations that were committed after a position; none is ever missed.

        :param position: of an earlier feed of the same epoch; None begins at the beginning.
        :raises StoreForgot: the store has no epoch: :meth:`open` it.
        """
        ...

    def prune(self, most: int) -> int:
        """Delete sessions and revocations whose last access token has expired long ago.

        That is :data:`KEPT_SECONDS` at least, by the store's clock, which may be ahead.

        :param most: how many rows of each at most.
        :return: how many were deleted.
        """
        ...
