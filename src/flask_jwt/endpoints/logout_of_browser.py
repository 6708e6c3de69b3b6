"""Sign-out of a browser, whose tokens are in cookies."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from typing import Any

from flask import Request

from ..sessions.errors import InvalidRefreshToken
from ..web.afterwards import afterwards
from ..web.context import current_request
from ..web.cookies import Cookies
from ..web.csrf import name_of_session
from ..web.csrf_check import csrf_value, csrf_value_or_none, wrong_csrf
from ..web.origins import check_origin
from ..web.session_ends import end_of_token, end_session
from ..web.state import ApplicationState
from .refresh_of_browser import claims_by_session, is_of_this_host, refresh_tokens_in


def sign_out_browser(
    state: ApplicationState, cookies: Cookies, access_tokens: Iterable[str], because: str
) -> None:
    """End the session of the page that has sent this request, and have its cookies deleted."""
    this = current_request()
    check_origin(this, cookies.settings.origins)
    accesses = claims_by_session(state, cookies, access_tokens)
    refreshes = _refreshes(state, cookies, this, accesses)
    names = refreshes.keys() | accesses.keys()
    if names:
        # Others than the page's own session are let alone, whoever has put them there.
        name = _name_of_page(cookies, this, names)
        _end(state, refreshes.get(name), accesses.get(name), because)
    # With tokens that are none any more, a browser has nothing to lose but its cookies.
    afterwards(this).clear = True


def _refreshes(
    state: ApplicationState, cookies: Cookies, this: Request, accesses: Container[str]
) -> dict[str, str]:
    """Return the sessions of the good refresh tokens, by what CSRF values are bound to."""
    found: dict[str, str] = {}
    if state.sessions is None:
        return found
    value = csrf_value_or_none(this, cookies) or ""
    for text, token in refresh_tokens_in(cookies, this):
        name = name_of_session(token.sid)
        # Of a sibling domain's no value is asked for; should it have come, that session may end.
        if name not in found and (
            cookies.csrf.fits(name, value)
            or name in accesses
            or is_of_this_host(cookies, this, name)
        ):
            # A row may be gone, and a token forged: then there is nothing to end.
            with suppress(InvalidRefreshToken):
                found[name] = state.sessions.service.session_of(text).sid
    return found


def _name_of_page(cookies: Cookies, this: Request, names: Iterable[str]) -> str:
    value = csrf_value(this, cookies)
    for name in names:
        if cookies.csrf.fits(name, value):
            return name
    raise wrong_csrf(this, cookies)


def _end(
    state: ApplicationState, sid: str | None, claims: Mapping[str, Any] | None, because: str
) -> None:
    if state.sessions is None:
        return
    if claims is not None:
        end_of_token(state.sessions, claims, because)
    elif sid is not None:
        end_session(state.sessions, sid, because)
