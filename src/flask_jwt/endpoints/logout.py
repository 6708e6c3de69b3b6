"""Sign-out, by a token in the header or body, or by this browser's cookies."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from flask import Request, Response, current_app

from ..authentication.authenticator import (
    check_sender,
    credential,
    presented_tokens,
    verified_but_times,
)
from ..authentication.body import json_body_or_none, refresh_token_in
from ..authentication.context import current_request, request_state
from ..authentication.cookies import Cookies
from ..authentication.csrf import csrf_value, csrf_value_or_none, wrong_csrf
from ..authentication.csrf_tokens import session_binding
from ..authentication.errors import JWTError, authorization_required
from ..authentication.origins import check_origin
from ..authentication.sources import Presented
from ..core.errors import TokenError
from ..current import AppState, current_state
from ..sessions.errors import InvalidRefreshToken, UnrevocableToken
from ..sessions.refresh_tokens import parse_refresh_token
from ..sessions.service import SessionService
from ..tokens.session_tokens import answered, sessions_of
from .refresh import claims_by_session, is_of_this_host, refresh_tokens_in

_REASON = "logout"


@answered
def sign_out_browser(state: AppState, cookies: Cookies, access_tokens: Iterable[str]) -> None:
    """End the session of the page that has sent this request, and have its cookies deleted."""
    this = current_request()
    check_origin(this, cookies.settings.origins)
    accesses = claims_by_session(state, cookies, access_tokens)
    refreshes = _refreshes(state, cookies, this, accesses)
    names = refreshes.keys() | accesses.keys()
    if names:
        # Others than the page's own session are let alone, whoever has put them there.
        name = _name_of_page(cookies, this, names)
        _end(state, refreshes.get(name), accesses.get(name))
    # With tokens that are none any more, a browser has nothing to lose but its cookies.
    request_state(this).clear_cookies = True


def _refreshes(
    state: AppState, cookies: Cookies, this: Request, accesses: Container[str]
) -> dict[str, str]:
    """Return the sessions of the good refresh tokens, by what CSRF values are bound to."""
    found: dict[str, str] = {}
    if state.sessions is None:
        return found
    value = csrf_value_or_none(this, cookies) or ""
    for token in refresh_tokens_in(cookies, this):
        name = session_binding(token.sid)
        # Of a sibling domain's no value is asked for; should it have come, that session may end.
        if name not in found and (
            cookies.csrf.matches(name, value)
            or name in accesses
            or is_of_this_host(cookies, this, name)
        ):
            # A row may be gone, and a token forged: then there is nothing to end.
            with suppress(InvalidRefreshToken):
                state.sessions.check_token(token)
                found[name] = token.sid
    return found


def _name_of_page(cookies: Cookies, this: Request, names: Iterable[str]) -> str:
    value = csrf_value(this, cookies)
    for name in names:
        if cookies.csrf.matches(name, value):
            return name
    raise wrong_csrf(this, cookies)


def _end(state: AppState, sid: str | None, claims: Mapping[str, Any] | None) -> None:
    if state.sessions is None:
        return
    if claims is not None:
        _end_by_claims(state.sessions, claims)
    elif sid is not None:
        state.sessions.end(sid, _REASON)


def answer_logout(**_values: object) -> Response:
    """End the session of the refresh token in the body, or of the access token of this request.

    Either may be old: whoever was silent for an hour can still sign out. A browser that has sent
    neither signs out of the session of its cookies, which are deleted.
    """
    state = current_state()
    body = json_body_or_none()
    refresh_token = None if body is None else refresh_token_in(body)
    access = _access(state, needed=refresh_token is None)
    by_cookie: Sequence[str] = ()
    if access is not None and state.cookies is not None and _is_browsers(state, access):
        # What is in cookies has rules of its own: there may be several, and old ones.
        is_hooks = access.place == "hook"
        by_cookie = state.cookies.access_tokens(current_request()) if is_hooks else access.tokens
        access = None
    # Without sessions there is nothing to end but what a browser keeps.
    if state.sessions is not None and (refresh_token or access):
        _sign_out(state, refresh_token, access)
    elif state.cookies is not None:
        sign_out_browser(state, state.cookies, by_cookie)
    else:
        raise authorization_required(state, state.realm)
    return current_app.response_class(status=204)


def _access(state: AppState, *, needed: bool) -> Presented | None:
    realm = state.realm
    if state.places is None:
        try:
            token = credential(current_request(), state, realm)
        except JWTError as error:
            # Of a foreign scheme: beside a refresh token it counts for none.
            if needed or error.error_code != "authorization_required":
                raise
            return None
        return None if token is None else Presented((token,), "headers", ())
    return presented_tokens(state.places, state, realm)


def _is_browsers(state: AppState, access: Presented) -> bool:
    if access.place != "hook" or "HTTP_COOKIE" not in current_request().environ:
        return access.place == "cookies"
    # What a hook has found may be a cookie, and worth nothing.
    try:
        verified_but_times(state, access.tokens[0])
    except TokenError:
        return True
    return False


@answered
def _sign_out(state: AppState, refresh_token: str | None, access: Presented | None) -> None:
    sessions = sessions_of(state)
    by_refresh = None
    if refresh_token is not None:
        token = parse_refresh_token(refresh_token)
        sessions.check_token(token)
        by_refresh = token.sid
    claims = None if access is None else _claims(state, access)
    if by_refresh is not None and claims is not None and claims.get("sid") != by_refresh:
        raise JWTError("Bad Request", "The two tokens belong to two sessions", 400)
    if claims is not None:
        _end_by_claims(sessions, claims)
    elif by_refresh is not None:
        sessions.end(by_refresh, _REASON)


def _end_by_claims(sessions: SessionService, claims: Mapping[str, Any]) -> None:
    try:
        sessions.end_by_claims(claims, _REASON)
    except UnrevocableToken:
        raise JWTError("Bad Request", "The token belongs to no session", 400) from None


def _claims(state: AppState, access: Presented) -> Mapping[str, Any]:
    verified = verified_but_times(state, access.tokens[0])
    if state.cookies is not None and access.place != "headers":
        check_sender(state.cookies, access.place, verified)
    return verified.claims
