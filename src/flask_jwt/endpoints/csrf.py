"""``GET /auth/csrf``: the CSRF value of a session, for pages that can't read its cookie."""

from __future__ import annotations

from flask import Response, jsonify

from ..core.errors import TokenError
from ..web.afterwards import afterwards
from ..web.authenticate import presented_tokens
from ..web.context import current_request
from ..web.cookie_setting import browser_places, csrf_token_of
from ..web.errors import authorization_required, invalid_token
from ..web.state import current_state
from ..web.transport import not_stored


def answer_csrf() -> Response:
    """Answer with the value to send back in what changes something.

    A page that was open for hours asks for it before it refreshes: the access token, whose
    signature has to be good, may have expired.

    :return: ``{"csrf_token": …}``; null where the token has neither ``sid`` nor ``jti``.
    :raises JWTError: 401, there is no access token, or one that is none of ours.
    """
    state = current_state()
    found = presented_tokens(browser_places(state)[0], state, state.settings.realm)
    if found is None:
        raise authorization_required(state, state.settings.realm)
    afterwards(current_request()).saw_cookies = True
    try:
        value = csrf_token_of(state, found.token)
    except TokenError as error:
        raise invalid_token(state, state.settings.realm, error) from error
    return not_stored(jsonify({"csrf_token": value}))
