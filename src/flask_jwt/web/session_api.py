"""``jwt.sessions``: sessions for applications with endpoints and scripts of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ..core.verifier import VerifiedToken
from ..sessions.service import MOST_LISTED
from ..sessions.session import Session
from ..sessions.store import MAX_METHODS, MAX_REASON
from ..sessions.subject import subject_key
from .session_ends import end_all_sessions, end_session
from .session_tokens import SessionTokens, answered, refresh_session, sessions_of, start_session
from .state import current_state
from .tokens import Wishes


class Sessions:
    """The sessions of the application at hand.

    A subject is what the ``identity`` claim holds (or ``sub``, or what ``JWT(…, subject=…)`` finds
    in the claims): the user's id, as a rule. ``1`` and ``"1"`` are two subjects.

    Every method raises :exc:`~flask_jwt.ConfigurationError` where there is no session store, and
    :class:`~flask_jwt.JWTError` with status 503 where the store does not answer.
    """

    __slots__ = ()

    def start(
        self,
        identity: Any,
        *,
        remember: bool = True,
        claims: Mapping[str, Any] | None = None,
        expires: timedelta | float | None = None,
        methods: Sequence[str] = (),
    ) -> SessionTokens:
        """Begin a session, as sign-in does.

        :param identity: the authenticated object, as for :func:`~flask_jwt.create_access_token`.
        :param remember: False gives it the short life of ``JWT_SESSION_SHORT_LIFETIME_DELTA``.
        :param claims: further claims for all access tokens of the session.
        :param expires: after how long the first access token expires: a timedelta, or seconds.
        :param methods: how the user authenticated, in the words of :rfc:`8176`: ``["pwd"]``. ASCII
            without spaces, 190 characters in all.
        :raises ClaimsError: the claims can't be put into a token, or are set already.
        :raises ValueError: the methods are no such words.
        """
        _check_methods(methods)
        return start_session(
            current_state(),
            identity,
            remember=remember,
            wishes=Wishes.of(claims, expires),
            methods=methods,
        )

    def refresh(self, token: str) -> SessionTokens:
        """Exchange a refresh token.

        :param token: the refresh token.
        :raises JWTError: 401, it is refused; ``error_code`` says why.
        """
        return refresh_session(current_state(), token)

    def end(self, sid: str, *, because: str = "ended") -> bool:
        """End one session; its access tokens are refused from now on.

        :param sid: the session.
        :param because: why, for the signal and the row: at most 64 ASCII characters.
        :return: whether it went on until now.
        :raises ValueError: the reason is longer, or not ASCII.
        """
        _check_reason(because)
        state = current_state()
        in_use = sessions_of(state)
        with answered(state):
            return end_session(in_use, sid, because)

    def end_all(
        self, subject: Any, except_sid: str | None = None, *, because: str = "ended"
    ) -> int:
        """End all sessions of a user: after a change of password, for example.

        :param subject: the user.
        :param except_sid: a session that goes on: ``current_token.claims["sid"]``.
        :param because: why, for the signal and the rows: at most 64 ASCII characters.
        :return: how many were ended.
        :raises ValueError: the subject is None, or no JSON value; the reason is longer, or not
            ASCII.
        """
        _check_reason(because)
        state = current_state()
        in_use = sessions_of(state)
        key = subject_key(subject)
        with answered(state):
            return end_all_sessions(in_use, key, except_sid, because)

    def list(
        self, subject: Any, *, after: Session | None = None, limit: int = MOST_LISTED
    ) -> list[Session]:
        """Return live sessions of a user, the newest first, a page at a time.

        :param subject: the user.
        :param after: the last session of the page before; None begins.
        :param limit: how many at most: 1 to 100. A page with fewer is the last.
        :raises ValueError: the subject is None, or no JSON value; the limit is another number, or
            ``after`` a session of another user.
        """
        if not 1 <= limit <= MOST_LISTED:
            raise ValueError(f"a page has 1 to {MOST_LISTED} sessions")
        state = current_state()
        in_use = sessions_of(state)
        key = subject_key(subject)
        if after is not None and after.subject != key:
            raise ValueError("after is a session of another user")
        with answered(state):
            return in_use.service.sessions_of(key, limit, after)

    def revoke(self, token: VerifiedToken | Mapping[str, Any]) -> None:
        """Revoke one access token, and leave its session alone.

        :param token: ``current_token``, or the claims of a token.
        :raises ValueError: it has no ``jti``, or no ``exp``.
        """
        state = current_state()
        in_use = sessions_of(state)
        claims = token if isinstance(token, Mapping) else token.claims
        with answered(state):
            in_use.service.revoke_token(claims)


def _check_reason(because: str) -> None:
    if not (because.isascii() and because.isprintable() and len(because) <= MAX_REASON):
        raise ValueError(f"a reason is printable ASCII, {MAX_REASON} characters at most")


def _check_methods(methods: Sequence[str]) -> None:
    words = " ".join(methods)
    if isinstance(methods, str) or words.split() != list(methods) or not words.isascii():
        raise ValueError("methods are a list of ASCII words, such as ['pwd', 'otp']")
    if len(words) > MAX_METHODS or not words.isprintable():
        raise ValueError(f"methods are printable, {MAX_METHODS} characters at most in all")
