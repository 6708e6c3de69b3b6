"""Sign-out, by a token in the header or body, or by this browser's cookies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Request, Response, current_app

from ..app_state import AppState, cookies_of, current_state
from ..authentication.authenticator import FoundCredentials
from ..authentication.body import refresh_token_or_none
from ..authentication.cookies import Cookies, cookie_values
from ..authentication.errors import JWTError, answered, bad_request, completed, missing_token
from ..authentication.origins import check_origin
from ..authentication.request_state import request_state
from ..core.errors import TokenError
from ..http import current_request
from ..sessions.errors import UnrevocableToken
from ..sessions.refresh_tokens import parse_refresh_token
from ..sessions.service import LOGOUT, SessionService
from ..tokens.request_cookies import page_session
from ..tokens.session_tokens import sessions_of


@completed
def logout_view(**_values: object) -> Response:
    """End the session of the refresh token in the body, or of the access token of this request.

    Either may be old: a client that was silent for an hour can still sign out.
    """
    state, refresh_token = current_state(), refresh_token_or_none()
    access: FoundCredentials | None = None
    try:
        access = state.authenticator.find(current_request())
    except JWTError as error:
        # The header, where it is all there is, refuses credentials of a foreign scheme: beside a
        # refresh token they are no token. Beside other sources it passes them over itself.
        is_header = state.authenticator.only_source is not None
        if refresh_token is None or not is_header or error.error_code != "authorization_required":
            raise
    if not refresh_token and access is None:
        raise missing_token()
    _end_named(state, refresh_token, access)
    return current_app.response_class(status=204)


@completed
def browser_logout_view(**_values: object) -> Response:
    """Sign out like :func:`logout_view`, or by the cookies of this browser, which are deleted."""
    state, request = current_state(), current_request()
    cookies, refresh_token = cookies_of(state), refresh_token_or_none()
    access, by_cookie = state.authenticator.find(request), list[str]()
    if access is not None and _is_browsers(state, request, access):
        # Tokens in cookies have rules of their own: there may be several, and old ones.
        by_cookie, access = cookie_values(request, cookies.profile(request).access), None
    # Without sessions there is nothing to end but the cookies that a browser keeps.
    if state.sessions is not None and (refresh_token or access):
        _end_named(state, refresh_token, access)
    else:
        _leave(state, cookies, request, by_cookie)
    return current_app.response_class(status=204)


def _is_browsers(state: AppState, request: Request, access: FoundCredentials) -> bool:
    source, tokens, _ = access
    if source.name != "hook" or "HTTP_COOKIE" not in request.environ:
        return source.name == "cookies"
    # The hook may have returned the token of a cookie. Where that is refused, the sign-out is one
    # by cookie, which deletes it.
    try:
        state.authenticator.verify_ignoring_expiry(tokens[0])
    except TokenError:
        return True
    return False


@answered
def _leave(
    state: AppState, cookies: Cookies, request: Request, access_tokens: Sequence[str]
) -> None:
    """End the session of the page that asks, and no other page's, and have the cookies deleted."""
    check_origin(request, cookies.settings.origins)
    sid, claims = page_session(state, cookies, request, access_tokens)
    if state.sessions is not None:
        _end(state.sessions, sid, claims)
    # Without any good token, a browser has only its cookies to lose.
    request_state(request).clear_cookies = True


@answered
def _end_named(state: AppState, refresh_token: str | None, access: FoundCredentials | None) -> None:
    """End the session that a refresh token and an access token name, or one of them."""
    sessions, sid, claims = sessions_of(state), None, None
    if refresh_token is not None:
        token = parse_refresh_token(refresh_token)
        sessions.check_token(token)
        sid = token.sid
    if access is not None:
        source, tokens, _ = access
        verified = state.authenticator.verify_ignoring_expiry(tokens[0])
        for check in state.authenticator.request_checks:
            check(current_request(), source, verified)
        claims = verified.claims
        if sid is not None and claims.get("sid") != sid:
            raise bad_request("The two tokens belong to two sessions")
    _end(sessions, sid, claims)


def _end(sessions: SessionService, sid: str | None, claims: Mapping[str, Any] | None) -> None:
    if claims is not None:
        try:
            sessions.end_by_claims(claims, LOGOUT)
        except UnrevocableToken:
            raise bad_request("The token belongs to no session") from None
    elif sid is not None:
        sessions.end(sid, LOGOUT)
