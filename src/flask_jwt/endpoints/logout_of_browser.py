"""Sign-out of a browser, whose tokens are in cookies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from flask import Request

from ..core.errors import TokenError
from ..sessions.errors import InvalidRefreshToken
from ..web.afterwards import afterwards
from ..web.authenticate import verified_but_times
from ..web.context import current_request
from ..web.cookies import Cookies
from ..web.csrf import name_of_session
from ..web.origins import check_origin
from ..web.places import Places
from ..web.presented import csrf_value, wrong_csrf
from ..web.session_ends import end_of_token, end_session
from ..web.session_tokens import sessions_of
from ..web.state import ApplicationState
from .refresh import refresh_tokens_in_cookies

_BECAUSE = "logout"


def sign_out_browser(state: ApplicationState, places: Places, cookies: Cookies) -> None:
    """End the session of the page that has sent this request, and have its cookies deleted.

    :param state: the application's.
    :param places: its places.
    :param cookies: its cookies.
    :raises JWTError: 403, the request comes from a page of another origin, or without the CSRF
        value of a session whose tokens are in its cookies.
    :raises StoreUnavailable: the store does not answer.
    """
    this = current_request()
    check_origin(this, places.settings.origins)
    refreshes = _refreshes(places, this)
    accesses = _accesses(state, cookies, this)
    names = refreshes.keys() | accesses.keys()
    if names:
        # Others than the page's own session are let alone, whoever has put them there.
        name = _name_of_page(places, cookies, this, names)
        _end(state, refreshes.get(name, []), accesses.get(name))
    # With tokens that are none any more, a browser has nothing to lose but its cookies.
    afterwards(this).clear = True


def _refreshes(places: Places, this: Request) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text, token in refresh_tokens_in_cookies(this, places):
        found.setdefault(name_of_session(token.sid), []).append(text)
    return found


def _accesses(
    state: ApplicationState, cookies: Cookies, this: Request
) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for text in this.cookies.getlist(cookies.names(this).access):
        try:
            claims = verified_but_times(state, text).claims
        except TokenError:
            continue
        name = cookies.csrf.name_of(claims)
        if name is not None:
            found[name] = claims
    return found


def _name_of_page(places: Places, cookies: Cookies, this: Request, names: Iterable[str]) -> str:
    value = csrf_value(this, places)
    for name in names:
        if cookies.csrf.fits(name, value):
            return name
    raise wrong_csrf(this, places)


def _end(
    state: ApplicationState, refresh_tokens: Iterable[str], claims: Mapping[str, Any] | None
) -> None:
    if state.sessions is None:
        return
    in_use = sessions_of(state)
    if claims is not None:
        end_of_token(in_use, claims, _BECAUSE)
        return
    for text in refresh_tokens:
        # A row may be gone, and a token forged: then there is nothing to end.
        with suppress(InvalidRefreshToken):
            end_session(in_use, in_use.service.session_of(text).sid, _BECAUSE)
