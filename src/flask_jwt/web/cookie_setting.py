"""Tokens -> cookies of an answer, and three functions for endpoints of an application's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Request, Response

from ..core.claims import MAX_NUMERIC_DATE
from ..core.errors import TokenError
from ..sessions.errors import SessionEnded
from ..sessions.refresh_token import parse_refresh_token
from ..settings import ConfigurationError
from .afterwards import afterwards
from .authenticate import verified_but_times
from .context import current_request
from .cookies import Cookies
from .csrf import name_of_session
from .issuing import begun_session
from .session_tokens import SessionTokens, answered, sessions_of
from .state import ApplicationState, cookies_of, current_state
from .tokens import AccessToken


def set_access_cookies(response: Response, access_token: str) -> None:
    """Put an access token into the cookies of an answer, with the CSRF value of its session.

    A browser keeps them as long as the session may last, or until it is closed, where the session
    was begun with ``remember=False``; without sessions, until the token expires. Another session
    whose access token the request has in its cookie ends, as this one takes its place.

    :param response: the answer to this request.
    :param access_token: of :func:`~flask_jwt.create_access_token`.
    :raises ClaimsError: the token is too long for a cookie.
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``.
    :raises JWTError: 401, its session has ended; 503, the session store does not answer.
    :raises ValueError: the token is none of this application's.
    """
    this = current_request()
    sid = _put_access(current_state(), this, response, access_token)
    if sid is not None:
        afterwards(this).begun = sid, access_token
    _leave_to_application(this)


def set_refresh_cookies(response: Response, refresh_token: str) -> None:
    """Put a refresh token into the cookies of an answer; see :func:`set_access_cookies`.

    :param response: the answer to this request.
    :param refresh_token: of :func:`~flask_jwt.create_refresh_token`.
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``, there is no session
        store, or there are no paths that take a refresh token.
    :raises JWTError: 401, its session has ended; 503, the session store does not answer.
    :raises ValueError: the text is no refresh token.
    """
    state, this = current_state(), current_request()
    cookies = cookies_of(state)
    sessions_of(state)
    if not cookies.hold_refresh_tokens:
        raise ConfigurationError(
            "app.config['JWT_REFRESH_URL_RULE'] and app.config['JWT_LOGOUT_URL_RULE'] are None: a "
            "refresh token in a cookie is for these paths alone"
        )
    try:
        sid = parse_refresh_token(refresh_token).sid
    except TokenError as error:
        raise ValueError(str(error)) from None
    age = _age_by_row(state, sid)
    cookies.clear_former(response, this)
    cookies.set_refresh(response, this, refresh_token, age)
    _put_csrf(cookies, this, response, name_of_session(sid), age)
    _leave_to_application(this)


def unset_jwt_cookies(response: Response) -> None:
    """Delete the cookies of this application's tokens in the browser. It ends no session.

    :param response: the answer to this request.
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``.
    """
    this = current_request()
    cookies_of(current_state()).clear(response, this)
    _leave_to_application(this)


def put_tokens(
    state: ApplicationState, this: Request, response: Response, tokens: SessionTokens | AccessToken
) -> None:
    """Put what a sign-in or a refresh gives into the cookies of its answer."""
    if isinstance(tokens, AccessToken):
        _put_access(state, this, response, tokens)
        return
    cookies, age = cookies_of(state), age_of(state, remember=tokens.remember)
    cookies.clear_former(response, this)
    cookies.set_access(response, this, tokens.access_token, age)
    cookies.set_refresh(response, this, tokens.refresh_token, age)
    _put_csrf(cookies, this, response, name_of_session(tokens.sid), age)


def age_of(state: ApplicationState, *, remember: bool) -> int | None:
    """Return for how many seconds a browser keeps the cookies of a session.

    As long as the longest: which one has expired, or was silent for too long, is for the session's
    row to say. They have to be there for that, the access token too.
    """
    return int(sessions_of(state).lifetimes.whole) if remember else None


def _leave_to_application(this: Request) -> None:
    # Nothing is put back behind its back, should it come to this after an answer of ours.
    todo = afterwards(this)
    todo.decided, todo.set_cookies = True, ()


def _put_access(
    state: ApplicationState, this: Request, response: Response, token: str
) -> str | None:
    """Put an access token into a cookie, and return its session, or None where it has none."""
    cookies = cookies_of(state)
    try:
        claims = verified_but_times(state, token).claims
    except TokenError as error:
        raise ValueError(f"the access token is none of ours: {error}") from None
    named = claims.get("sid") if state.sessions is not None else None
    sid = named if isinstance(named, str) else None
    age = _rest_of_life(state, claims) if sid is None else _age_by_row(state, sid)
    cookies.clear_former(response, this)
    cookies.set_access(response, this, token, age)
    _put_csrf(cookies, this, response, cookies.csrf.name_of(claims), age)
    return sid


def _age_by_row(state: ApplicationState, sid: str) -> int | None:
    begun = begun_session(sid)
    if begun is not None:
        return age_of(state, remember=begun.remember)
    in_use = sessions_of(state)
    with answered(state):
        session = in_use.service.live_session(sid)
        if session is None:
            raise SessionEnded(sid, "")
    return age_of(state, remember=in_use.lifetimes.is_remembered(session))


def _rest_of_life(state: ApplicationState, claims: Mapping[str, Any]) -> int | None:
    exp = claims.get("exp")
    # A decode hook of the application's own may let in what never expires.
    if not isinstance(exp, int | float) or not exp <= MAX_NUMERIC_DATE:
        return None
    return max(0, int(exp - state.clock()))


def _put_csrf(
    cookies: Cookies, this: Request, response: Response, name: str | None, age: int | None
) -> None:
    if name is not None:
        cookies.set_csrf(response, this, cookies.csrf.of(name), age)
    # Said when the application is done with the answer.
    afterwards(this).no_store = True
