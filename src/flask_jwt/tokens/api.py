"""Tokens and sessions for an application's own endpoints and scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Request, has_request_context

from ..authentication.context import current_request, request_state, request_state_or_none
from ..core.verifier import VerifiedToken
from ..current import AppState, Extension, current_state
from ..sessions.models import MAX_METHODS, MAX_REASON, Session, subject_key
from ..sessions.refresh_tokens import parse_refresh_token
from ..sessions.service import MAX_LISTED
from .access_tokens import PLAIN, TokenRequest, make_token
from .session_tokens import (
    SessionTokens,
    answered,
    refresh_session,
    sessions_of,
    sign_again,
    start_session,
)


@dataclass(slots=True)
class _Started:
    """A session that this request has begun.

    :param extension: the JWT that it belongs to.
    :param identity: the authenticated object that it was begun for.
    :param tokens: its tokens.
    :param handed_out: which of them the application has.
    """

    extension: Extension
    identity: Any = field(repr=False)
    tokens: SessionTokens
    handed_out: set[str] = field(default_factory=set)


def create_access_token(
    identity: Any,
    *,
    claims: Mapping[str, Any] | None = None,
    expires: timedelta | float | None = None,
    remember: bool | None = None,
) -> str:
    """Make an access token, as sign-in does. With a session store it begins a session.

    :param identity: the authenticated object: one with an ``id`` attribute, a mapping with an
        ``"id"``, or whatever the application's own payload hook knows.
    :param claims: further claims. With sessions, later access tokens have them too.
    :param expires: after how long it expires: a timedelta, or seconds. None is what the payload
        hook says, ``JWT_EXPIRATION_DELTA`` unless replaced; with sessions nothing may be longer.
    :param remember: False begins a session with the short life of
        ``JWT_SESSION_SHORT_LIFETIME_DELTA``, whose cookies a browser forgets when it is closed.
        None is True, or what the session has begun with.
    :return: the compact JWS.
    :raises ClaimsError: the claims can't be put into a token, or are set already.
    :raises ConfigurationError: the configuration is at fault, or there are no sessions to remember.
    :raises JWTError: 503, the session store does not answer.
    :raises ValueError: this request has begun the session with another choice.
    :raises RuntimeError: the payload hook left out a claim of ``JWT_REQUIRED_CLAIMS``, or there is
        no application context.
    """
    state = current_state()
    request = TokenRequest.of(claims, expires)
    if state.sessions is None:
        if remember is not None:
            sessions_of(state)
        return str(make_token(state, identity, request))
    started = _unclaimed(state, identity, "access", remember)
    if started is None:
        started = _start(state, identity, request, remember)
    elif request is not PLAIN:
        started.handed_out.add("access")
        return str(sign_again(state, identity, request, started.tokens))
    started.handed_out.add("access")
    return str(started.tokens.access_token)


def create_refresh_token(
    identity: Any, *, claims: Mapping[str, Any] | None = None, remember: bool | None = None
) -> str:
    """Make a refresh token: of the session that this request has begun, or of a new one.

    :param identity: the authenticated object, as for :func:`create_access_token`.
    :param claims: further claims for the access tokens of a session that begins now.
    :param remember: see :func:`create_access_token`.
    :return: the token, which is no JWT.
    :raises ClaimsError: the claims can't be put into a token, or are set already.
    :raises ConfigurationError: there is no session store, or the configuration is at fault.
    :raises JWTError: 503, the session store does not answer.
    :raises ValueError: this request has begun the session with another choice.
    :raises RuntimeError: see :func:`create_access_token`.
    """
    state = current_state()
    sessions_of(state)
    started = _unclaimed(state, identity, "refresh", remember)
    if started is None:
        started = _start(state, identity, TokenRequest.of(claims, None), remember)
    started.handed_out.add("refresh")
    return started.tokens.refresh_token


def remember_started(state: AppState, identity: Any, tokens: SessionTokens) -> _Started:
    """Note a session that sign-in has begun: its refresh token is there for a hook to ask for."""
    started = _Started(state.extension, identity, tokens)
    if has_request_context():
        request_state(current_request()).session = started
    return started


def started_with(access_token: str) -> SessionTokens | None:
    """Return the tokens that this request has begun a session with, or None."""
    started = _started(current_request())
    if started is None or started.tokens.access_token != access_token:
        return None
    return started.tokens


def begun_session(sid: str) -> SessionTokens | None:
    """Return the tokens of a session, if this request has begun it."""
    started = _started(current_request()) if has_request_context() else None
    return None if started is None or started.tokens.sid != sid else started.tokens


def _start(
    state: AppState, identity: Any, request: TokenRequest, remember: bool | None
) -> _Started:
    tokens = start_session(state, identity, request=request, remember=remember is not False)
    return remember_started(state, identity, tokens)


def _unclaimed(
    state: AppState, identity: Any, which: str, remember: bool | None
) -> _Started | None:
    if not has_request_context():
        return None
    started = _started(current_request())
    if (
        started is None
        or started.extension is not state.extension
        or not (started.identity is identity or started.identity == identity)
        or which in started.handed_out
    ):
        return None
    if remember not in (None, started.tokens.remember):
        raise ValueError(f"this request has begun the session with remember={not remember}")
    return started


def _started(this: Request) -> _Started | None:
    state = request_state_or_none(this)
    started: _Started | None = None if state is None else state.session
    return started


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
            request=TokenRequest.of(claims, expires),
            methods=methods,
        )

    @answered
    def refresh(self, token: str) -> SessionTokens:
        """Exchange a refresh token.

        :param token: the refresh token.
        :raises JWTError: 401, it is refused; ``error_code`` says why.
        """
        state = current_state()
        sessions_of(state)
        return refresh_session(state, parse_refresh_token(token))

    @answered
    def end(self, sid: str, *, because: str = "ended") -> bool:
        """End one session; its access tokens are refused from now on.

        :param sid: the session.
        :param because: why, for the signal and the row: at most 64 ASCII characters.
        :return: whether it went on until now.
        :raises ValueError: the reason is longer, or not ASCII.
        """
        _check_reason(because)
        return sessions_of(current_state()).end(sid, because)

    @answered
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
        sessions = sessions_of(current_state())
        return len(sessions.end_all(subject_key(subject), except_sid, because))

    @answered
    def list(
        self, subject: Any, *, after: Session | None = None, limit: int = MAX_LISTED
    ) -> list[Session]:
        """Return live sessions of a user, the newest first, a page at a time.

        :param subject: the user.
        :param after: the last session of the page before; None begins.
        :param limit: how many at most: 1 to 100. A page with fewer is the last.
        :raises ValueError: the subject is None, or no JSON value; the limit is another number, or
            ``after`` a session of another user.
        """
        if not 1 <= limit <= MAX_LISTED:
            raise ValueError(f"a page has 1 to {MAX_LISTED} sessions")
        sessions, key = sessions_of(current_state()), subject_key(subject)
        if after is not None and after.subject != key:
            raise ValueError("after is a session of another user")
        return sessions.sessions_of(key, limit, after)

    @answered
    def revoke(self, token: VerifiedToken | Mapping[str, Any]) -> None:
        """Revoke one access token, and leave its session alone.

        :param token: ``current_token``, or the claims of a token.
        :raises ValueError: it has no ``jti``, or no ``exp``.
        """
        claims = token if isinstance(token, Mapping) else token.claims
        sessions_of(current_state()).revoke_token(claims)


def _check_reason(because: str) -> None:
    if not (because.isascii() and because.isprintable() and len(because) <= MAX_REASON):
        raise ValueError(f"a reason is printable ASCII, {MAX_REASON} characters at most")


def _check_methods(methods: Sequence[str]) -> None:
    words = " ".join(methods)
    if isinstance(methods, str) or words.split() != list(methods) or not words.isascii():
        raise ValueError("methods are a list of ASCII words, such as ['pwd', 'otp']")
    if len(words) > MAX_METHODS or not words.isprintable():
        raise ValueError(f"methods are printable, {MAX_METHODS} characters at most in all")
