"""``POST /auth/refresh``: a refresh token -> an access token, and the next refresh token."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from ..web.errors import JWTError
from ..web.session_tokens import refresh_session
from ..web.state import current_state
from .body import json_body, not_stored

#: The JSON member with the token (:rfc:`6749` section 6).
REFRESH_TOKEN = "refresh_token"  # noqa: S105


def answer_refresh() -> Response:
    """Exchange the refresh token in the body of this request.

    :return: the answer of sign-in, with ``Cache-Control: no-store``.
    :raises JWTError: 400, the body has no refresh token; 401, it is refused; 503, the session store
        does not answer.
    """
    token = refresh_token_in(json_body())
    if token is None:
        raise JWTError("Bad Request", f"The JSON has to have a {REFRESH_TOKEN}", 400)
    return not_stored(jsonify(refresh_session(current_state(), token).body()))


def refresh_token_in(body: dict[str, Any]) -> str | None:
    """Return the refresh token in a body, or None.

    :raises JWTError: 400, it is no text.
    """
    token = body.get(REFRESH_TOKEN)
    if token is not None and not isinstance(token, str):
        raise JWTError("Bad Request", f"The {REFRESH_TOKEN} has to be a string", 400)
    return token
