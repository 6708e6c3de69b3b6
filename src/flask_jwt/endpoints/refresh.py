"""The exchange of a refresh token, from a body or from this browser's cookies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from operator import attrgetter
from typing import Any

from flask import Request, Response, jsonify

from ..authentication.authenticator import verified_but_times
from ..authentication.body import REFRESH_TOKEN, json_body, json_body_or_none, refresh_token_in
from ..authentication.context import current_request, request_state
from ..authentication.cookies import Cookies
from ..authentication.csrf import csrf_value, wrong_csrf
from ..authentication.csrf_tokens import session_binding
from ..authentication.errors import JWTError, authorization_required
from ..authentication.origins import check_origin
from ..core.errors import TokenError
from ..current import AppState, current_state
from ..http import not_stored
from ..sessions.errors import (
    InvalidRefreshToken,
    RefreshTokenReused,
    SessionEnded,
    SessionExpired,
)
from ..sessions.refresh_tokens import RefreshToken, parse_refresh_token
from ..tokens.delivery import body_beside_cookies, put_tokens
from ..tokens.session_tokens import SessionTokens, answered, refresh_session

# With these the session is over, and its cookies are of no use any more.
_OVER = (SessionEnded, SessionExpired, RefreshTokenReused)


def refresh_browser(state: AppState, cookies: Cookies) -> Response:
    """Exchange the refresh token in a cookie of this request."""
    this = current_request()
    check_origin(this, cookies.settings.origins)
    tokens = _refreshed(state, cookies, this, _of_this_page(state, cookies, this))
    answer = jsonify(body_beside_cookies(state, tokens.body(), tokens, hidden=True))
    put_tokens(state, this, answer, tokens)
    request_state(this).restore_cookies = True
    return answer


def refresh_tokens_in(cookies: Cookies, this: Request) -> list[RefreshToken]:
    """Return the refresh tokens that a browser has sent."""
    found = []
    for text in cookies.refresh_tokens(this):
        with suppress(InvalidRefreshToken):
            found.append(parse_refresh_token(text))
    return found


def _of_this_page(state: AppState, cookies: Cookies, this: Request) -> list[RefreshToken]:
    """Return the refresh tokens of the page's own session, the newest first.

    There are two where ``JWT_COOKIE_DOMAIN`` was set since the first; others may have been put
    beside them by a sibling domain.
    """
    found = refresh_tokens_in(cookies, this)
    if not found:
        raise authorization_required(state, state.realm)
    value = csrf_value(this, cookies)
    mine = [
        (token, name)
        for token in found
        if cookies.csrf.matches(name := session_binding(token.sid), value)
    ]
    if not mine:
        raise wrong_csrf(this, cookies)
    # A value is that of one session.
    name = mine[0][1]
    if not is_of_this_host(cookies, this, name):
        tokens = cookies.access_tokens(this)
        if name not in claims_by_session(state, cookies, tokens):
            raise authorization_required(state, state.realm)
    return sorted((token for token, _ in mine), key=attrgetter("counter"), reverse=True)


def is_of_this_host(cookies: Cookies, this: Request, session_name: str) -> bool:
    """Tell whether the CSRF cookie says that a session was begun by this host.

    A refresh token can't be in a cookie that only this host sets: its path stands against that. A
    sibling domain may have put its own there, and a CSRF value with it. The other cookies of the
    session tell: where this one does not, an access token can (:func:`claims_by_session`).
    """
    if not cookies.names(this).host_only:
        # For a domain, whose hosts are trusted, or in debug.
        return True
    return any(cookies.csrf.matches(session_name, value) for value in cookies.csrf_values(this))


def claims_by_session(
    state: AppState, cookies: Cookies, access_tokens: Iterable[str]
) -> dict[str, Mapping[str, Any]]:
    """Return the claims of those access tokens that are ours, by what CSRF values are bound to."""
    found: dict[str, Mapping[str, Any]] = {}
    for text in access_tokens:
        with suppress(TokenError):
            claims = verified_but_times(state, text).claims
            name = cookies.csrf.binding_of(claims)
            if name is not None:
                found[name] = claims
    return found


def _refreshed(
    state: AppState, cookies: Cookies, this: Request, tokens: list[RefreshToken]
) -> SessionTokens:
    *newer, last = tokens
    for token in newer:
        # A forged one is passed over. An old one is reuse, wherever it comes from.
        with suppress(InvalidRefreshToken):
            return _exchanged(state, cookies, this, token)
    return _exchanged(state, cookies, this, last)


def _exchanged(
    state: AppState, cookies: Cookies, this: Request, token: RefreshToken
) -> SessionTokens:
    try:
        return refresh_session(state, token, cookies.check_access)
    except _OVER:
        request_state(this).clear_cookies = True
        raise


@answered
def answer_refresh(**_values: object) -> Response:
    """Exchange the refresh token in the body of this request, or the one in its cookie."""
    state = current_state()
    cookies = state.cookies
    body = json_body() if cookies is None else json_body_or_none()
    token = None if body is None else refresh_token_in(body)
    if token is not None:
        # Whoever has the token itself needs no cookie, and is given none.
        return not_stored(jsonify(refresh_session(state, parse_refresh_token(token)).body()))
    if cookies is None:
        raise JWTError("Bad Request", f"The JSON has to have a {REFRESH_TOKEN}", 400)
    return refresh_browser(state, cookies)
