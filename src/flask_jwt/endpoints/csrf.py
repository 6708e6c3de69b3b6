"""``GET /auth/csrf``: the CSRF value of a session, for pages that can't read its cookie."""

from __future__ import annotations

import re

from flask import Request, Response, jsonify

from ..core.errors import TokenError
from ..web.afterwards import afterwards
from ..web.authenticate import presented_tokens, verified_but_times
from ..web.context import current_request
from ..web.cookie_setting import cookies_of
from ..web.cookies import Cookies
from ..web.errors import JWTError, authorization_required, invalid_token
from ..web.state import ApplicationState, current_state
from ..web.transport import not_stored

# What an HMAC-SHA256 is in base64url.
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")


def answer_csrf() -> Response:
    """Answer with the value to send back in what changes something.

    A page that was open for hours asks for it before it refreshes: the access token may have
    expired. Where its key was retired meanwhile, or it is gone, the cookie with the value tells.

    :return: ``{"csrf_token": …}``; null where the token has neither ``sid`` nor ``jti``.
    :raises JWTError: 401, nobody is signed in; 400, several are.
    """
    state = current_state()
    cookies, this = cookies_of(state), current_request()
    found = None
    if state.places is not None:
        found = presented_tokens(state.places, state, state.settings.realm)
    todo = afterwards(this)
    todo.saw_cookies = todo.no_store = True
    value = _value(state, cookies, () if found is None else found.tokens)
    return not_stored(jsonify({"csrf_token": value}))


def _value(state: ApplicationState, cookies: Cookies, tokens: tuple[str, ...]) -> str | None:
    csrf = cookies.csrf
    names: set[str | None] = set()
    fault: TokenError | None = None
    for text in tokens:
        try:
            names.add(csrf.name_of(verified_but_times(state, text).claims))
        except TokenError as error:
            fault = error
    if len(names) > 1:
        raise JWTError(
            "Bad Request",
            "The request contains good tokens of two users or sessions",
            400,
            error_code="several_tokens",
        )
    if names:
        name = names.pop()
        return None if name is None else csrf.of(name)
    value = _in_cookie(cookies, current_request())
    if value is not None:
        return value
    realm = state.settings.realm
    if fault is None:
        raise authorization_required(state, realm)
    raise invalid_token(state, realm, fault) from fault


def _in_cookie(cookies: Cookies, this: Request) -> str | None:
    # Whoever may have put it there: one that is not the session's own opens nothing.
    value = this.cookies.get(cookies.names(this).csrf, "")
    return value if _VALUE.fullmatch(value) else None
