"""Tokens in cookies: how an answer sets them, renews them, and ends what they replace."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import Flask, Request, Response, jsonify

from ..app_state import AppState, current_state
from ..authentication.cookies import (
    NO_TOKENS,
    Cookies,
    CookieTokens,
    cookie_values,
    put_cookies,
    restore_set_cookie,
    sets_cookie,
)
from ..authentication.csrf import session_binding
from ..authentication.errors import answered
from ..authentication.request_state import RequestState, request_state, request_state_or_none
from ..core.claims import MAX_NUMERIC_DATE
from ..core.errors import TokenError
from ..errors import ConfigurationError
from ..http import current_request, mark_no_store, vary_on
from ..sessions.errors import SessionEnded, StoreUnavailable
from .session_tokens import SessionTokens, extend_session, request_session, sessions_of


def deliver_to_browser(
    cookies: Cookies, request: Request, in_cookies: CookieTokens, expires_in: int | None
) -> Response:
    """Answer a browser with new tokens: none is in the body, although others may hold tokens."""
    response = jsonify({"expires_in": expires_in, "csrf_token": in_cookies.csrf_value})
    known = request_state(request)
    put_cookies(cookies, known, request, response, in_cookies)
    known.restore_cookies = True
    return response


def session_cookies(cookies: Cookies, tokens: SessionTokens) -> CookieTokens:
    """Return the cookies for the tokens of a session."""
    csrf_value = cookies.csrf.create(session_binding(tokens.sid))
    max_age = cookies.session_age if tokens.remember else None
    return CookieTokens(tokens.access_token, tokens.refresh_token, csrf_value, tokens.sid, max_age)


def access_cookies(state: AppState, cookies: Cookies, access_token: str) -> CookieTokens:
    """Return the cookies for an access token alone, of a session or without any."""
    claims = own_claims(state, access_token)
    sid = claims.get("sid") if state.sessions is not None else None
    if isinstance(sid, str):
        max_age = max_age_by_row(state, cookies, sid)
    else:
        rest = _rest_of_life(state, claims)
        sid, max_age = None, None if rest is None else max(0, int(rest))
    return CookieTokens(access_token, None, cookies.csrf.value_for(claims), sid, max_age)


def access_csrf_value(state: AppState, cookies: Cookies, access_token: str) -> str | None:
    """Return the CSRF value for an access token alone, without a look at its session's row."""
    return cookies.csrf.value_for(own_claims(state, access_token))


def own_claims(state: AppState, access_token: str) -> Mapping[str, Any]:
    """Return the claims of an access token that was just made."""
    try:
        return state.authenticator.verify_ignoring_expiry(access_token).claims
    except TokenError as error:
        raise ValueError(f"the access token is none of ours: {error}") from None


@answered
def max_age_by_row(state: AppState, cookies: Cookies, sid: str) -> int | None:
    """Return for how many seconds a browser keeps the cookies of a session."""
    begun = request_session()
    if begun is not None and begun.tokens.sid == sid:
        return cookies.session_age if begun.tokens.remember else None
    sessions = sessions_of(state)
    session = sessions.live_session(sid)
    if session is None:
        raise SessionEnded(sid, "")
    return cookies.session_age if sessions.lifetimes.is_remembered(session) else None


def _rest_of_life(state: AppState, claims: Mapping[str, Any]) -> float | None:
    exp = claims.get("exp")
    # A decode hook of the application's own may accept a token that never expires.
    if not isinstance(exp, int | float) or not exp <= MAX_NUMERIC_DATE:
        return None
    return exp - state.clock()


def _renew(
    state: AppState,
    cookies: Cookies,
    known: RequestState,
    request: Request,
    response: Response,
    claims: Mapping[str, Any],
) -> None:
    """Put a new access token into the cookie of an answer, unless its session has ended."""
    csrf, binding = cookies.csrf, cookies.csrf.binding_of(claims)
    profile = cookies.profile(request)
    # A cookie that the application has just deleted or set itself is left to it.
    if binding is None or sets_cookie(response, profile.access):
        return
    values = cookie_values(request, profile.csrf)
    # Another user has signed in while this token was under way: it is left to expire.
    if values and not any(csrf.matches(binding, value) for value in values):
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
    max_age, value = cookies.session_age if remember else None, csrf.create(binding)
    # The browser's was made with a former secret, or is gone.
    csrf_value = None if value in values else value
    tokens = CookieTokens(token, None, csrf_value, None, max_age)
    put_cookies(cookies, known, request, response, tokens, clear_legacy=False)


_NOT_ENDED = "The session that a browser had before its sign-in could not be ended"


def _end_replaced(
    state: AppState, cookies: Cookies, request: Request, response: Response, begun: tuple[str, str]
) -> None:
    """End the sessions whose access cookies a sign-in has replaced; a failure is only logged.

    An error would leave the new session behind without its cookies.
    """
    sessions, (sid, token) = state.sessions, begun
    name = cookies.profile(request).access
    # An answer that the application has taken the cookies off has signed nobody in.
    if sessions is None or not sets_cookie(response, name, token):
        return
    try:
        # Only this host sets such a cookie, or a domain whose hosts are trusted. Its token may have
        # expired. The refresh cookie is never sent to a sign-in.
        for text in cookie_values(request, name):
            with suppress(TokenError):
                replaced = state.authenticator.verify_ignoring_expiry(text).claims.get("sid")
                if isinstance(replaced, str) and replaced != sid:
                    sessions.end(replaced, "replaced")
    except StoreUnavailable:
        state.logger.error(_NOT_ENDED)
    except Exception:
        # A hook of the application's own that decodes, perhaps.
        state.logger.exception(_NOT_ENDED)


def process_response(_app: Flask, response: Response, **_more: Any) -> None:
    """Set or delete cookies, and say who may keep, read and pass on an answer."""
    request = current_request()
    known = request_state_or_none(request)
    try:
        state = current_state()
    except ConfigurationError:
        if known is not None:
            raise
        # This request has nothing to do with tokens: the error is raised in one that has.
        return
    if known is not None:
        if state.cookies is not None:
            _apply_cookies(state, state.cookies, known, request, response)
        if known.vary_cookie:
            # CVE-2023-30861: a cache between must not hand one user's answer, or cookie, to the
            # next.
            vary_on(response, "Cookie")
        if known.is_private and "Cache-Control" not in response.headers:
            # For caches that do not heed Vary.
            response.headers["Cache-Control"] = "private"
        if known.no_store:
            mark_no_store(response)
    for step in state.response_steps:
        step(request, response)


def _apply_cookies(
    state: AppState, cookies: Cookies, known: RequestState, request: Request, response: Response
) -> None:
    if known.drop_cookies:
        # Flask's own session, too: they would be set for a page of another origin.
        del response.headers["Set-Cookie"]
    if known.clear_cookies:
        put_cookies(cookies, known, request, response, NO_TOKENS)
    elif known.restore_cookies and known.set_cookies is not None:
        restore_set_cookie(known.set_cookies.values(), response)
    elif cookies.settings.auto_refresh is not None and not known.app_handled:
        claims = known.cookie_claims or {}
        rest = _rest_of_life(state, claims)
        if rest is not None and rest < cookies.settings.auto_refresh:
            _renew(state, cookies, known, request, response, claims)
    if known.cookie_session is not None:
        _end_replaced(state, cookies, request, response, known.cookie_session)
