"""``GET /auth/csrf``: the CSRF value of a session, for pages that can't read its cookie."""

from __future__ import annotations

from flask import Response, jsonify

from ..authentication.authenticator import admitted_or_none, presented_tokens, verified_but_times
from ..authentication.context import current_request, request_state
from ..authentication.cookies import Cookies
from ..authentication.csrf import value_in_cookie
from ..authentication.errors import authorization_required, invalid_token, several_users
from ..core.errors import TokenError
from ..current import AppState, cookies_of, current_state


def csrf_view(**_values: object) -> Response:
    """Answer with the value to send back in what changes something.

    A page that was open for hours asks for it before it refreshes: the access token may have
    expired. Where its key was retired meanwhile, or it is gone, the cookie with the value tells.
    """
    state = current_state()
    cookies = cookies_of(state)
    found = None
    if state.places is not None:
        found = presented_tokens(state.places, state, state.realm)
    request_state(current_request()).no_store = True
    value = _value(state, cookies, () if found is None else found.tokens)
    return jsonify({"csrf_token": value})


def _value(state: AppState, cookies: Cookies, tokens: tuple[str, ...]) -> str | None:
    csrf = cookies.csrf
    names: set[str | None] = set()
    fault: TokenError | None = None
    for text in _living(state, tokens):
        try:
            names.add(csrf.binding_of(verified_but_times(state, text).claims))
        except TokenError as error:
            fault = error
    if len(names) > 1:
        raise several_users(state, state.realm)
    if names:
        name = names.pop()
        return None if name is None else csrf.create(name)
    value = value_in_cookie(cookies, current_request())
    if value is not None:
        return value
    realm = state.realm
    if fault is None:
        raise authorization_required(state, realm)
    raise invalid_token(state, realm, fault) from fault


def _living(state: AppState, tokens: tuple[str, ...]) -> tuple[str, ...]:
    # Beside a good one, one that has expired or was revoked says nothing.
    if len(tokens) < 2:
        return tokens
    realm = state.realm
    return tuple(one for one in tokens if admitted_or_none(state, realm, one)) or tokens
