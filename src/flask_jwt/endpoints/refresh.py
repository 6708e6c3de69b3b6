"""The exchange of a refresh token, from a body or from this browser's cookies."""

from __future__ import annotations

from contextlib import suppress

from flask import Response, jsonify

from ..app_state import cookies_of, current_state
from ..authentication.body import REFRESH_TOKEN, json_body, refresh_token_in, refresh_token_or_none
from ..authentication.errors import JWTError, answered, bad_request
from ..authentication.origins import check_origin
from ..authentication.request_state import request_state
from ..http import current_request, mark_no_store
from ..sessions.errors import (
    InvalidRefreshToken,
    RefreshTokenError,
    RefreshTokenReused,
    SessionEnded,
    SessionExpired,
)
from ..sessions.refresh_tokens import parse_refresh_token
from ..tokens.request_cookies import page_refresh_tokens
from ..tokens.response_cookies import deliver_to_browser, session_cookies
from ..tokens.session_tokens import refresh_session

# With these the session is over, and its cookies are of no use any more.
_OVER = frozenset({SessionEnded.code, SessionExpired.code, RefreshTokenReused.code})


@answered
def refresh_view(**_values: object) -> Response:
    """Exchange the refresh token in the body of this request."""
    text = refresh_token_in(json_body())
    if text is None:
        raise bad_request(f"The JSON has to have a {REFRESH_TOKEN}")
    return _in_body(text)


@answered
def browser_refresh_view(**_values: object) -> Response:
    """Exchange the refresh token in the body of this request, or the one in its cookie."""
    text = refresh_token_or_none()
    if text is not None:
        # A client that has the token itself needs no cookie, and is given none.
        return _in_body(text)
    state, request = current_state(), current_request()
    cookies = cookies_of(state)
    check_origin(request, cookies.settings.origins)
    *newer, last = page_refresh_tokens(state, cookies, request)
    try:
        for token in newer:
            # A forged token is ignored. An old one is reuse, also if a sibling domain has set it.
            with suppress(InvalidRefreshToken):
                tokens = refresh_session(state, token, cookies.check_access)
                break
        else:
            tokens = refresh_session(state, last, cookies.check_access)
    except (RefreshTokenError, JWTError) as error:
        # An identity hook of the application may say so, too.
        code = error.error_code if isinstance(error, JWTError) else error.code
        request_state(request).clear_cookies = code in _OVER
        raise
    return deliver_to_browser(cookies, request, session_cookies(cookies, tokens), tokens.expires_in)


def _in_body(text: str) -> Response:
    tokens = refresh_session(current_state(), parse_refresh_token(text))
    return mark_no_store(jsonify(tokens.body()))
