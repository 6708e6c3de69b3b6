"""The protocol between the sessions and whatever keeps them."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Literal, NamedTuple, Protocol

from .session import NewSession, Session, Use

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
        """Keep a new session."""
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
