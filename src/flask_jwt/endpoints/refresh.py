"""``POST /auth/refresh``: a refresh token -> an access token, and the next refresh token."""

from __future__ import annotations

from flask import Response, jsonify

from ..web.errors import JWTError
from ..web.session_tokens import refresh_session
from ..web.state import current_state
from ..web.transport import not_stored
from .body import REFRESH_TOKEN, json_body, json_body_or_none, refresh_token_in
from .refresh_of_browser import refresh_browser


def answer_refresh(**_values: object) -> Response:
    """Exchange the refresh token in the body of this request, or the one in its cookie."""
    state = current_state()
    cookies = state.cookies
    body = json_body() if cookies is None else json_body_or_none()
    token = None if body is None else refresh_token_in(body)
    if token is not None:
        # Whoever has the token itself needs no cookie, and is given none.
        return not_stored(jsonify(refresh_session(state, token).body()))
    if cookies is None:
        raise JWTError("Bad Request", f"The JSON has to have a {REFRESH_TOKEN}", 400)
    return refresh_browser(state, cookies)
