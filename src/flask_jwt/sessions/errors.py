"""What can be wrong with a refresh token, with a session, or with the store."""

from __future__ import annotations

from ..core.errors import TokenError


class RevokedToken(TokenError):
    """The access token was revoked before its time."""

    code = "revoked_token"

    def __init__(self) -> None:
        super().__init__("Token has been revoked")


class RefreshTokenError(TokenError):
    """A refresh token is refused (:rfc:`6749` section 5.2, ``invalid_grant``)."""

    code = "invalid_refresh_token"


class InvalidRefreshToken(RefreshTokenError):
    """The text is no refresh token of ours, or its session is not known."""

    def __init__(self) -> None:
        super().__init__("Refresh token is invalid")


class SessionExpired(RefreshTokenError):
    """The session was not used for too long, or has come to its end."""

    code = "session_expired"

    def __init__(self) -> None:
        super().__init__("Session has expired")


class SessionEnded(RefreshTokenError):
    """The session was ended, or is ended by this very refresh.

    :param ended_now: why, where it went on until now; None where it had ended before.
    :param sid: the session.
    :param subject: the key of its subject.
    """

    code = "session_ended"

    def __init__(self, sid: str, subject: str, *, ended_now: str | None = None) -> None:
        super().__init__("Session has ended")
        self.sid = sid
        self.subject = subject
        self.ended_now = ended_now


class RefreshTokenReused(RefreshTokenError):
    """The token was exchanged before, so two parties have it: the session has ended.

    :param sid: the session.
    :param subject: the key of its subject.
    :param last_address: from where the session was used before, or None.
    """

    code = "refresh_token_reused"

    def __init__(self, sid: str, subject: str, last_address: str | None) -> None:
        super().__init__("Refresh token was used before")
        self.sid = sid
        self.subject = subject
        self.last_address = last_address


class UnrevocableToken(ValueError):
    """No revocation can name an access token: it has neither ``sid`` nor ``jti``, or no ``exp``."""


class StoreUnavailable(RuntimeError):
    """The store can't be asked at the moment: nothing that it has to confirm may be let in."""


class StoreBusy(StoreUnavailable):
    """The store works, and has refused this call: it is full, or others held the rows too long.

    Others may go on asking it. A store that has not answered is a :exc:`StoreUnavailable` alone.
    """


#: What is said of a store that is empty again and again.
FORGETS = "the session store does not keep what it is given"


class StoreForgot(RuntimeError):
    """The store is empty, and was not opened since: its memory is gone."""


class StoreCrowded(StoreBusy):
    """All connections of this process are in use: whether the store works is not known."""
