"""The body of an answer whose tokens are in cookies."""

from __future__ import annotations

from typing import Any

from .authenticate import verified_but_times
from .csrf import CSRFValues, name_of_session
from .session_tokens import SessionTokens
from .state import ApplicationState

# What only cookies hold, in an answer to a browser.
_TOKENS = frozenset({"access_token", "refresh_token", "token_type"})


def body_beside_cookies(
    state: ApplicationState,
    body: dict[str, Any],
    tokens: SessionTokens | str,
    *,
    hidden: bool = False,
) -> dict[str, Any]:
    """Return what is said in the body beside cookies with tokens, if there are any."""
    if state.places is None or state.cookies is None:
        return body
    if hidden or not state.places.in_bodies:
        body = {name: value for name, value in body.items() if name not in _TOKENS}
    return {**body, "csrf_token": _csrf_value(state, state.cookies.csrf, tokens)}


def _csrf_value(
    state: ApplicationState, csrf: CSRFValues, tokens: SessionTokens | str
) -> str | None:
    if isinstance(tokens, SessionTokens):
        return csrf.of(name_of_session(tokens.sid))
    name = csrf.name_of(verified_but_times(state, tokens).claims)
    return None if name is None else csrf.of(name)
