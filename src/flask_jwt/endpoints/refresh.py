"""The exchange of a refresh token, from a body or from this browser's cookies."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from flask import Response, jsonify

from ..app_state import AppState, current_state
from ..authentication.body import REFRESH_TOKEN, json_body, json_body_or_none, refresh_token_in
from ..authentication.cookies import Cookies
from ..authentication.errors import JWTError, answered, bad_request
from ..authentication.origins import check_origin
from ..authentication.request_state import current_request, request_state
from ..http import mark_no_store
from ..sessions.errors import (
    InvalidRefreshToken,
    RefreshTokenError,
    RefreshTokenReused,
    SessionEnded,
    SessionExpired,
)
from ..sessions.refresh_tokens import RefreshToken, parse_refresh_token
from ..tokens.browser import page_refresh_tokens
from ..tokens.response_cookies import deliver_to_browser
from ..tokens.session_tokens import SessionTokens, refresh_session

# With these the session is over, and its cookies are of no use any more.
_OVER = frozenset({SessionEnded.code, SessionExpired.code, RefreshTokenReused.code})


@answered
def refresh_view(**_values: object) -> Response:
    """Exchange the refresh token in the body of this request, or the one in its cookie."""
    state = current_state()
    cookies = state.cookies
    body = json_body() if cookies is None else json_body_or_none()
    text = None if body is None else refresh_token_in(body)
    if text is not None:
        # A client that has the token itself needs no cookie, and is given none.
        tokens = refresh_session(state, parse_refresh_token(text))
        return mark_no_store(jsonify(tokens.body()))
    if cookies is None:
        raise bad_request(f"The JSON has to have a {REFRESH_TOKEN}")
    request = current_request()
    check_origin(request, cookies.settings.origins)
    refresh_tokens = page_refresh_tokens(state, cookies, request)
    try:
        tokens = _exchanged(state, cookies, refresh_tokens)
    except (RefreshTokenError, JWTError) as error:
        # An identity hook of the application may say so, too.
        code = error.error_code if isinstance(error, JWTError) else error.code
        request_state(request).clear_cookies = code in _OVER
        raise
    return deliver_to_browser(state, cookies, tokens)


def _exchanged(
    state: AppState, cookies: Cookies, refresh_tokens: Sequence[RefreshToken]
) -> SessionTokens:
    *newer, last = refresh_tokens
    for token in newer:
        # A forged token is ignored. An old one is reuse, also if a sibling domain has set it.
        with suppress(InvalidRefreshToken):
            return refresh_session(state, token, cookies.check_access)
    return refresh_session(state, last, cookies.check_access)
