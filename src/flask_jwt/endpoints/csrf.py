"""``GET /auth/csrf``: the CSRF value of a session, for pages that can't read its cookie."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, jsonify

from ..app_state import cookies_of, current_state
from ..authentication.authenticator import Authenticator
from ..authentication.cookies import Cookies
from ..authentication.csrf import value_in_cookie
from ..authentication.errors import answered, completed, missing_token, several_users
from ..authentication.request_state import request_state
from ..core.errors import TokenError
from ..http import current_request


@completed
def csrf_view(**_values: object) -> Response:
    """Answer with the value to send back in what changes something.

    A page that was open for hours asks for it before it refreshes: the access token may have
    expired. Where its key was retired meanwhile, or it is gone, the cookie with the value tells.
    """
    state = current_state()
    cookies, request = cookies_of(state), current_request()
    credentials = state.authenticator.find(request)
    request_state(request).no_store = True
    value = _value(state.authenticator, cookies, () if credentials is None else credentials[1])
    return jsonify({"csrf_token": value})


@answered
def _value(authenticator: Authenticator, cookies: Cookies, tokens: Sequence[str]) -> str | None:
    bindings: set[str | None] = set()
    fault: TokenError | None = None
    if len(tokens) > 1:
        # Expired and revoked tokens are ignored where there is a good one.
        tokens = [token for token in tokens if authenticator.verify_or_none(token)] or tokens
    for token in tokens:
        try:
            claims = authenticator.verify_ignoring_expiry(token).claims
            bindings.add(cookies.csrf.binding_of(claims))
        except TokenError as error:
            fault = error
    if len(bindings) > 1:
        raise several_users()
    if bindings:
        binding = bindings.pop()
        return None if binding is None else cookies.csrf.create(binding)
    value = value_in_cookie(cookies, current_request())
    if value is None:
        raise missing_token() if fault is None else fault
    return value
