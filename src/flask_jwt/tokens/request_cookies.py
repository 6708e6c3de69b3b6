"""The tokens of this browser: those cookies that belong to the page which has sent a request.

A browser may send cookies of several sessions: of one that it had before, or of one that a sibling
domain has put there. The CSRF value of the page says which session is the page's own.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from operator import attrgetter
from typing import Any

from flask import Request

from ..app_state import AppState
from ..authentication.cookies import CookieProfile, Cookies, cookie_values
from ..authentication.csrf import csrf_value, csrf_value_or_none, session_binding, wrong_csrf
from ..authentication.errors import missing_token
from ..core.errors import TokenError
from ..sessions.errors import InvalidRefreshToken
from ..sessions.refresh_tokens import RefreshToken, parse_refresh_token


def page_refresh_tokens(state: AppState, cookies: Cookies, request: Request) -> list[RefreshToken]:
    """Return the refresh tokens of the page's own session, the newest first."""
    profile = cookies.profile(request)
    tokens = _refresh_tokens(request, profile)
    if not tokens:
        raise missing_token()
    value = csrf_value(request, cookies)
    # A value is that of one session, which has two where JWT_COOKIE_DOMAIN was set since the first.
    # A sibling domain may have put others beside them.
    binding, own = "", []
    for token in tokens:
        binding_of_token = session_binding(token.sid)
        if cookies.csrf.matches(binding_of_token, value):
            binding = binding_of_token
            own.append(token)
    if not own:
        raise wrong_csrf(request, cookies)
    if not _set_by_this_host(cookies, request, profile, binding, value):
        claims = claims_by_csrf_binding(state, cookies, cookie_values(request, profile.access))
        if binding not in claims:
            raise missing_token()
    return sorted(own, key=attrgetter("counter"), reverse=True)


def page_session(
    state: AppState, cookies: Cookies, request: Request, access_tokens: Iterable[str]
) -> tuple[str | None, Mapping[str, Any] | None]:
    """Return the page's own session, by its refresh token and by the claims of its access token.

    They may have expired. Both are None where the browser has sent no good token at all.
    """
    claims = claims_by_csrf_binding(state, cookies, access_tokens)
    sids = _sids_by_csrf_binding(state, cookies, request, claims)
    bindings = sids.keys() | claims.keys()
    if not bindings:
        return None, None
    value = csrf_value(request, cookies)
    for binding in bindings:
        if cookies.csrf.matches(binding, value):
            return sids.get(binding), claims.get(binding)
    raise wrong_csrf(request, cookies)


def claims_by_csrf_binding(
    state: AppState, cookies: Cookies, access_tokens: Iterable[str]
) -> dict[str, Mapping[str, Any]]:
    """Return the claims of those access tokens that are ours, by what CSRF values are bound to."""
    claims_by_binding: dict[str, Mapping[str, Any]] = {}
    for text in access_tokens:
        with suppress(TokenError):
            claims = state.authenticator.verify_ignoring_expiry(text).claims
            binding = cookies.csrf.binding_of(claims)
            if binding is not None:
                claims_by_binding[binding] = claims
    return claims_by_binding


def _sids_by_csrf_binding(
    state: AppState, cookies: Cookies, request: Request, access_bindings: Container[str]
) -> dict[str, str]:
    """Return the sessions of the good refresh tokens, by what CSRF values are bound to."""
    sids: dict[str, str] = {}
    if state.sessions is None:
        return sids
    value, profile = csrf_value_or_none(request, cookies) or "", cookies.profile(request)
    for token in _refresh_tokens(request, profile):
        binding = session_binding(token.sid)
        # No page is asked for the value of a session that a sibling domain may have put there; a
        # page that has it may end that session.
        if binding not in sids and (
            cookies.csrf.matches(binding, value)
            or binding in access_bindings
            or _set_by_this_host(cookies, request, profile, binding)
        ):
            # A forged token, or one whose row is gone, names nothing that could be ended.
            with suppress(InvalidRefreshToken):
                state.sessions.check_token(token)
                sids[binding] = token.sid
    return sids


def _refresh_tokens(request: Request, profile: CookieProfile) -> list[RefreshToken]:
    tokens = []
    for text in cookie_values(request, profile.refresh, longest_path=True):
        with suppress(InvalidRefreshToken):
            tokens.append(parse_refresh_token(text))
    return tokens


def _set_by_this_host(
    cookies: Cookies, request: Request, profile: CookieProfile, binding: str, known_value: str = ""
) -> bool:
    """Tell whether the CSRF cookie says that a session was begun by this host.

    A refresh token can't be in a cookie that only this host sets: its path stands against that. A
    sibling domain may have put its own there, and a CSRF value with it. The other cookies of the
    session tell: where the CSRF cookie does not, an access token can.
    """
    if not profile.host_only:
        # For a domain, whose hosts are trusted, or in debug.
        return True
    values = cookie_values(request, profile.csrf)
    # A value that is known to be the session's needs no second HMAC.
    return known_value in values or any(cookies.csrf.matches(binding, value) for value in values)
