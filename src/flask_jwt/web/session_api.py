"""``jwt.sessions``: sessions for applications with endpoints and scripts of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ..core.verifier import VerifiedToken
from ..sessions.session import Session
from ..sessions.subject import subject_key
from ..signals import session_ended
from .session_tokens import (
    SessionTokens,
    answered,
    current_application,
    refresh_session,
    sessions_of,
    start_session,
)
from .state import current_state
from .tokens import NO_WISHES, Wishes


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
        :param expires: after how long the first access token expires.
        :param methods: how the user authenticated, in the words of :rfc:`8176`: ``["pwd"]``.
        :raises ClaimsError: the claims can't be put into a token, or are set already.
        """
        wishes = NO_WISHES
        if claims or expires is not None:
            wishes = Wishes(dict(claims or {}), expires)
        return start_session(
            current_state(), identity, remember=remember, wishes=wishes, methods=methods
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
        """
        state = current_state()
        in_use = sessions_of(state)
        with answered(state):
            ended = in_use.service.end(sid, because)
        if ended:
            session_ended.send(current_application(), sid=sid, subject=None, because=because)
        return ended

    def end_all(
        self, subject: Any, except_sid: str | None = None, *, because: str = "ended"
    ) -> int:
        """End all sessions of a user: after a change of password, for example.

        :param subject: the user.
        :param except_sid: a session that goes on: ``current_token.claims["sid"]``.
        :param because: why, for the signal and the rows: at most 64 ASCII characters.
        :return: how many were ended.
        :raises ValueError: the subject is None, or no JSON value.
        """
        state = current_state()
        in_use = sessions_of(state)
        key = subject_key(subject)
        with answered(state):
            ended = in_use.service.end_all(key, except_sid, because)
        for sid in ended:
            session_ended.send(current_application(), sid=sid, subject=key, because=because)
        return len(ended)

    def list(self, subject: Any) -> list[Session]:
        """Return the live sessions of a user, the newest first.

        :param subject: the user.
        :raises ValueError: the subject is None, or no JSON value.
        """
        state = current_state()
        in_use = sessions_of(state)
        key = subject_key(subject)
        with answered(state):
            return in_use.service.sessions_of(key)

    def revoke(self, token: VerifiedToken | Mapping[str, Any]) -> None:
        """Revoke one access token, and leave its session alone.

        :param token: ``current_token``, or the claims of a token.
        :raises ValueError: it has no ``jti``.
        """
        state = current_state()
        in_use = sessions_of(state)
        claims = token if isinstance(token, Mapping) else token.claims
        with answered(state):
            in_use.service.revoke_token(claims)
