"""``POST /auth/refresh``: a refresh token -> an access token, and the next refresh token."""

from __future__ import annotations

from typing import Any

from flask import Request, Response, jsonify

from ..sessions.errors import InvalidRefreshToken, RefreshTokenError
from ..sessions.refresh_token import RefreshToken, parse_refresh_token
from ..web.afterwards import afterwards
from ..web.context import current_request
from ..web.cookie_setting import answer_with_cookies
from ..web.cookies import Cookies
from ..web.csrf import name_of_session
from ..web.errors import JWTError, authorization_required
from ..web.origins import check_origin
from ..web.places import Places
from ..web.presented import csrf_value, wrong_csrf
from ..web.session_tokens import SessionTokens, refresh_session
from ..web.state import ApplicationState, current_state
from ..web.transport import not_stored
from .body import json_body, json_body_or_none

#: The JSON member with the token (:rfc:`6749` section 6).
REFRESH_TOKEN = "refresh_token"  # noqa: S105

# With these the session is over, and its cookies are of no use any more.
_OVER = frozenset({"session_ended", "session_expired", "refresh_token_reused"})


def answer_refresh() -> Response:
    """Exchange the refresh token in the body of this request, or the one in its cookie.

    :return: the answer of sign-in, with ``Cache-Control: no-store``.
    :raises JWTError: 400, the body has no refresh token; 401, it is refused; 403, it came in a
        cookie, and the CSRF value of its session did not come with it; 503, the session store does
        not answer.
    """
    state = current_state()
    places = state.places
    if places is not None and places.cookies is not None:
        return _answer_browser(state, places, places.cookies)
    token = refresh_token_in(json_body())
    if token is None:
        raise JWTError("Bad Request", f"The JSON has to have a {REFRESH_TOKEN}", 400)
    return not_stored(jsonify(refresh_session(state, token).body()))


def refresh_token_in(body: dict[str, Any]) -> str | None:
    """Return the refresh token in a body, or None.

    :raises JWTError: 400, it is no text.
    """
    token = body.get(REFRESH_TOKEN)
    if token is not None and not isinstance(token, str):
        raise JWTError("Bad Request", f"The {REFRESH_TOKEN} has to be a string", 400)
    return token


def refresh_tokens_in_cookies(this: Request, places: Places) -> list[tuple[str, RefreshToken]]:
    """Return the refresh tokens that a browser has sent, as they are and taken apart.

    :param this: the request.
    :param places: the application's.
    :return: none of them is checked; a sibling domain may have added some.
    """
    if places.cookies is None:
        return []
    found = []
    afterwards(this).saw_cookies = True
    for text in dict.fromkeys(this.cookies.getlist(places.cookies.names(this).refresh)):
        try:
            found.append((text, parse_refresh_token(text)))
        except RefreshTokenError:
            continue
    return found


def _answer_browser(state: ApplicationState, places: Places, cookies: Cookies) -> Response:
    this = current_request()
    body = json_body_or_none()
    token = None if body is None else refresh_token_in(body)
    if token is not None:
        # Whoever has the token itself needs no cookie, and is given none.
        return not_stored(jsonify(refresh_session(state, token).body()))
    check_origin(this, places.settings.origins)
    tokens = _refreshed(state, cookies, this, _of_this_page(state, places, cookies, this))
    todo = afterwards(this)
    todo.put, todo.no_store = tokens, True
    answer = answer_with_cookies(state, tokens.body(), tokens, hidden=True)
    return not_stored(jsonify(answer))


def _of_this_page(
    state: ApplicationState, places: Places, cookies: Cookies, this: Request
) -> list[str]:
    """Return the refresh tokens of the page's own session, the newest first.

    There are two where ``JWT_COOKIE_DOMAIN`` was set since the first; others may have been put
    beside them by a sibling domain.
    """
    found = refresh_tokens_in_cookies(this, places)
    if not found:
        raise authorization_required(state, state.settings.realm)
    value = csrf_value(this, places)
    mine = [
        (text, token)
        for text, token in found
        if cookies.csrf.fits(name_of_session(token.sid), value)
    ]
    if not mine:
        raise wrong_csrf(this, places)
    return [text for text, _ in sorted(mine, key=lambda one: one[1].counter, reverse=True)]


def _refreshed(
    state: ApplicationState, cookies: Cookies, this: Request, tokens: list[str]
) -> SessionTokens:
    *newer, last = tokens
    for token in newer:
        try:
            return _exchanged(state, cookies, this, token)
        except JWTError as error:
            # Forged ones are none. An old one is reuse, wherever it comes from.
            if error.error_code != InvalidRefreshToken.code:
                raise
    return _exchanged(state, cookies, this, last)


def _exchanged(
    state: ApplicationState, cookies: Cookies, this: Request, token: str
) -> SessionTokens:
    try:
        return refresh_session(state, token, cookies.check_access)
    except JWTError as error:
        afterwards(this).clear = error.error_code in _OVER
        raise
