"""``create_access_token`` and ``create_refresh_token``: tokens for an application's own endpoints.

With sessions, the two of them called in one request for one user give the tokens of one session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Request, has_request_context

from .context import current_request
from .session_tokens import SessionTokens, sessions_of, sign_again, start_session
from .state import ApplicationState, Extension, current_state
from .tokens import NO_WISHES, Wishes, make_token

# The session that this request has begun, on the request object.
_ATTRIBUTE = "flask_jwt_started"


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
    wishes = Wishes.of(claims, expires)
    if state.sessions is None:
        if remember is not None:
            sessions_of(state)
        return str(make_token(state, identity, wishes))
    started = _unclaimed(state, identity, "access", remember)
    if started is None:
        started = _start(state, identity, wishes, remember)
    elif wishes is not NO_WISHES:
        started.handed_out.add("access")
        return str(sign_again(state, identity, wishes, started.tokens))
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
        started = _start(state, identity, Wishes.of(claims, None), remember)
    started.handed_out.add("refresh")
    return started.tokens.refresh_token


def remember_started(state: ApplicationState, identity: Any, tokens: SessionTokens) -> _Started:
    """Note a session that sign-in has begun: its refresh token is there for a hook to ask for."""
    started = _Started(state.extension, identity, tokens)
    if has_request_context():
        setattr(current_request(), _ATTRIBUTE, started)
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
    state: ApplicationState, identity: Any, wishes: Wishes, remember: bool | None
) -> _Started:
    tokens = start_session(state, identity, wishes=wishes, remember=remember is not False)
    return remember_started(state, identity, tokens)


def _unclaimed(
    state: ApplicationState, identity: Any, which: str, remember: bool | None
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
    found: _Started | None = getattr(this, _ATTRIBUTE, None)
    return found
