"""Tokens in cookies: how an answer sets them, renews them, and ends what they replace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from flask import Flask, Request, Response

from ..authentication.authenticator import verified_but_times
from ..authentication.context import (
    RequestState,
    current_request,
    request_state,
    request_state_or_none,
)
from ..authentication.cookies import Cookies, CookieWriter, restore_set_cookie
from ..authentication.csrf_tokens import CSRFTokens, session_binding
from ..authentication.origins import allow_origin
from ..authentication.sources import has_token_in_address
from ..core.claims import MAX_NUMERIC_DATE
from ..core.errors import TokenError
from ..current import AppState, cookies_of, current_state
from ..errors import ConfigurationError
from ..http import depends_on, not_stored
from ..sessions.errors import SessionEnded, StoreUnavailable
from ..sessions.refresh_tokens import parse_refresh_token
from ..sessions.service import SessionService
from .access_tokens import AccessToken
from .api import begun_session
from .session_tokens import SessionTokens, answered, extend_session, sessions_of

# What only cookies hold, in an answer to a browser.
_TOKENS = frozenset({"access_token", "refresh_token", "token_type"})


def body_beside_cookies(
    state: AppState,
    body: dict[str, Any],
    tokens: SessionTokens | str,
    *,
    hidden: bool = False,
) -> dict[str, Any]:
    """Return what is said in the body beside cookies with tokens, if there are any."""
    if state.places is None or state.cookies is None:
        return body
    if hidden or not state.places.in_bodies:
        body = {name: value for name, value in body.items() if name not in _TOKENS}
    return {**body, "csrf_token": _csrf_value(state, state.cookies.csrf, tokens)}


def _csrf_value(state: AppState, csrf: CSRFTokens, tokens: SessionTokens | str) -> str | None:
    if isinstance(tokens, SessionTokens):
        return csrf.create(session_binding(tokens.sid))
    name = csrf.binding_of(verified_but_times(state, tokens).claims)
    return None if name is None else csrf.create(name)


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
        request_state(this).cookie_session = sid, access_token
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
    if not cookies.refresh_rules:
        raise ConfigurationError(
            "app.config['JWT_REFRESH_URL_RULE'] and app.config['JWT_LOGOUT_URL_RULE'] are None: a "
            "refresh token in a cookie is for these paths alone"
        )
    try:
        sid = parse_refresh_token(refresh_token).sid
    except TokenError as error:
        raise ValueError(str(error)) from None
    age = _age_by_row(state, sid)
    writer = CookieWriter(cookies, this, response)
    writer.clear_legacy()
    writer.set_refresh(refresh_token, age)
    _put_csrf(writer, cookies, this, session_binding(sid), age)
    writer.write()
    _leave_to_application(this)


def unset_jwt_cookies(response: Response) -> None:
    """Delete the cookies of this application's tokens in the browser. It ends no session.

    :param response: the answer to this request.
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``.
    """
    this = current_request()
    writer = CookieWriter(cookies_of(current_state()), this, response)
    writer.clear()
    writer.write()
    _leave_to_application(this)


def put_tokens(
    state: AppState, this: Request, response: Response, tokens: SessionTokens | AccessToken
) -> None:
    """Put what a sign-in or a refresh gives into the cookies of its answer."""
    if isinstance(tokens, AccessToken):
        _put_access(state, this, response, tokens)
        return
    cookies, age = cookies_of(state), age_of(state, remember=tokens.remember)
    writer = CookieWriter(cookies, this, response)
    writer.clear_legacy()
    writer.set_access(tokens.access_token, age)
    writer.set_refresh(tokens.refresh_token, age)
    _put_csrf(writer, cookies, this, session_binding(tokens.sid), age)
    writer.write()


def age_of(state: AppState, *, remember: bool) -> int | None:
    """Return for how many seconds a browser keeps the cookies of a session.

    As long as the longest: which one has expired, or was silent for too long, is for the session's
    row to say. They have to be there for that, the access token too.
    """
    return int(sessions_of(state).lifetimes.absolute) if remember else None


def _leave_to_application(this: Request) -> None:
    # The application sets cookies itself: those of an answer of ours are not restored after that.
    state = request_state(this)
    state.app_handled, state.restore_cookies = True, False


def _put_access(state: AppState, this: Request, response: Response, token: str) -> str | None:
    """Put an access token into a cookie, and return its session, or None where it has none."""
    cookies = cookies_of(state)
    try:
        claims = verified_but_times(state, token).claims
    except TokenError as error:
        raise ValueError(f"the access token is none of ours: {error}") from None
    named = claims.get("sid") if state.sessions is not None else None
    sid = named if isinstance(named, str) else None
    age = _rest_of_life(state, claims) if sid is None else _age_by_row(state, sid)
    writer = CookieWriter(cookies, this, response)
    writer.clear_legacy()
    writer.set_access(token, age)
    _put_csrf(writer, cookies, this, cookies.csrf.binding_of(claims), age)
    writer.write()
    return sid


@answered
def _age_by_row(state: AppState, sid: str) -> int | None:
    begun = begun_session(sid)
    if begun is not None:
        return age_of(state, remember=begun.remember)
    sessions = sessions_of(state)
    session = sessions.live_session(sid)
    if session is None:
        raise SessionEnded(sid, "")
    return age_of(state, remember=sessions.lifetimes.is_remembered(session))


def _rest_of_life(state: AppState, claims: Mapping[str, Any]) -> int | None:
    exp = claims.get("exp")
    # A decode hook of the application's own may let in what never expires.
    if not isinstance(exp, int | float) or not exp <= MAX_NUMERIC_DATE:
        return None
    return max(0, int(exp - state.clock()))


def _put_csrf(
    writer: CookieWriter, cookies: Cookies, this: Request, name: str | None, age: int | None
) -> None:
    if name is not None:
        writer.set_csrf(cookies.csrf.create(name), age)
    # Said when the application is done with the answer.
    request_state(this).no_store = True


def renew(
    state: AppState,
    cookies: Cookies,
    this: Request,
    response: Response,
    claims: Mapping[str, Any],
) -> None:
    """Put a new access token into the cookie of an answer, if the old one will expire soon.

    The session's row is looked at: one that has ended meanwhile, by this very request perhaps, is
    not brought back; nor is a cookie that the application has just deleted or set itself. The
    refresh token stays as it is, and so does the CSRF value: where that is of another session,
    somebody else has signed in while this token was under way, and it is left to expire.
    """
    name = cookies.csrf.binding_of(claims)
    if name is None or not _is_due(state, cookies, claims) or cookies.are_in(response, this):
        return
    values = cookies.csrf_values(this)
    if values and not any(cookies.csrf.matches(name, value) for value in values):
        return
    try:
        renewed = extend_session(state, claims, cookies.check_access)
    except Exception:
        # A hook of the application's own, perhaps. This request has been served: to answer it with
        # an error would have the client send it again.
        state.logger.exception("An access token in a cookie could not be renewed")
        return
    if renewed is None:
        return
    token, remember = renewed
    age, value = age_of(state, remember=remember), cookies.csrf.create(name)
    writer = CookieWriter(cookies, this, response)
    writer.set_access(token, age)
    if value not in values:
        # It was made with a secret that will be retired, or is gone.
        writer.set_csrf(value, age)
    writer.write()
    request_state(this).no_store = True


def _is_due(state: AppState, cookies: Cookies, claims: Mapping[str, Any]) -> bool:
    before, exp = cookies.settings.auto_refresh, claims.get("exp")
    if before is None or not isinstance(exp, int | float):
        return False
    return exp - state.clock() < before


_LEFT = "The session that a browser had before its sign-in could not be ended"


def end_replaced(
    state: AppState,
    sessions: SessionService,
    cookies: Cookies,
    this: Request,
    response: Response,
    begun: tuple[str, str],
) -> None:
    """End the sessions whose access cookies a sign-in has replaced.

    It comes last: an answer that the application has taken the cookies off, or made anew without
    them, has signed nobody in. A failure is logged and no more, as the new session is complete: an
    error would leave it behind without its cookies.
    """
    sid, token = begun
    if not cookies.are_in(response, this, token):
        return
    try:
        for former in _former(state, cookies, this):
            if former != sid:
                sessions.end(former, "replaced")
    except StoreUnavailable:
        state.logger.error(_LEFT)
    except Exception:
        # A receiver of a signal, perhaps, or a hook that decodes.
        state.logger.exception(_LEFT)


def _former(state: AppState, cookies: Cookies, this: Request) -> Iterator[str]:
    # Only this host sets such a cookie, or a domain whose hosts are trusted. Its token may have
    # expired. The refresh cookie is never sent to a sign-in.
    for text in cookies.access_tokens(this):
        with suppress(TokenError):
            sid = verified_but_times(state, text).claims.get("sid")
            if isinstance(sid, str):
                yield sid


def finish(_app: Flask, response: Response, **_more: Any) -> None:
    """Set or delete cookies, and say who may keep, read and pass on an answer.

    A receiver of :data:`flask.request_finished`.
    """
    this = current_request()
    todo = request_state_or_none(this)
    state = _state(todo)
    if state is None or state.places is None:
        return
    places = state.places
    if todo is not None:
        _apply(todo, state, this, response)
    if has_token_in_address(this, places):
        # It goes nowhere: neither along with a link nor into a cache.
        response.headers["Referrer-Policy"] = "no-referrer"
        if not response.cache_control.no_store:
            response.cache_control.public = False
            response.cache_control.private = True
    if state.cookies is not None:
        allow_origin(this, response, places.settings.origins, places.settings.csrf_header)


def _state(todo: RequestState | None) -> AppState | None:
    try:
        return current_state()
    except ConfigurationError:
        if todo is not None:
            raise
        # An answer that has nothing to do with tokens. Whichever has says what is wrong.
        return None


def _apply(todo: RequestState, state: AppState, this: Request, response: Response) -> None:
    if todo.drop_cookies:
        # Flask's own session, too: all are for the page that has signed this browser in.
        del response.headers["Set-Cookie"]
    if state.cookies is not None:
        if todo.clear_cookies:
            writer = CookieWriter(state.cookies, this, response)
            writer.clear()
            writer.write()
        elif todo.restore_cookies and todo.set_cookies is not None:
            restore_set_cookie(todo.set_cookies.values(), response)
        elif todo.cookie_claims is not None and not todo.app_handled:
            renew(state, state.cookies, this, response, todo.cookie_claims)
        if todo.cookie_session is not None and state.sessions is not None:
            end_replaced(state, state.sessions, state.cookies, this, response, todo.cookie_session)
    if todo.vary_cookie:
        # CVE-2023-30861: a cache between must not hand one user's answer, or cookie, to the next.
        depends_on(response, "Cookie")
    if todo.is_private and "Cache-Control" not in response.headers:
        # A cache that does not heed Vary is to keep it for nobody else either.
        response.headers["Cache-Control"] = "private"
    if todo.no_store:
        not_stored(response)
