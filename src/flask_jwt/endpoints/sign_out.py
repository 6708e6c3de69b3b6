"""Sign-out, by a token in the header or body, or by this browser's cookies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, current_app

from ..app_state import AppState, current_state
from ..authentication.authenticator import FoundCredentials
from ..authentication.body import json_body_or_none, refresh_token_in
from ..authentication.errors import JWTError, answered, bad_request, completed, missing_token
from ..authentication.origins import check_origin
from ..authentication.request_state import current_request, request_state
from ..core.errors import TokenError
from ..sessions.errors import UnrevocableToken
from ..sessions.refresh_tokens import parse_refresh_token
from ..tokens.browser import page_session
from ..tokens.session_tokens import sessions_of

_REASON = "logout"
# A session by its refresh token, and by the claims of its access token.
_Named = tuple[str | None, Mapping[str, Any] | None]


@completed
def logout_view(**_values: object) -> Response:
    """End the session of the refresh token in the body, or of the access token of this request.

    Either may be old: a client that was silent for an hour can still sign out. A browser that has
    sent neither signs out of the session of its cookies, which are deleted.
    """
    state = current_state()
    body = json_body_or_none()
    refresh_token = None if body is None else refresh_token_in(body)
    access = _access(state, needed=refresh_token is None)
    by_cookie: Sequence[str] = ()
    if access is not None and state.cookies is not None and _is_browsers(state, access):
        # Tokens in cookies have rules of their own: there may be several, and old ones.
        source, by_cookie, _ = access
        if source.name == "hook":
            by_cookie = state.cookies.access_tokens(current_request())
        access = None
    _sign_out(state, refresh_token, access, by_cookie)
    return current_app.response_class(status=204)


@answered
def _sign_out(
    state: AppState,
    refresh_token: str | None,
    access: FoundCredentials | None,
    by_cookie: Sequence[str],
) -> None:
    cookies, request = state.cookies, current_request()
    # Without sessions there is nothing to end but the cookies that a browser keeps.
    if state.sessions is not None and (refresh_token or access):
        _end(state, _named_by_tokens(state, refresh_token, access))
    elif cookies is not None:
        check_origin(request, cookies.settings.origins)
        # Sessions of other pages go on, although their cookies came along.
        _end(state, page_session(state, cookies, request, by_cookie))
        # Without any good token, a browser has only its cookies to lose.
        request_state(request).clear_cookies = True
    else:
        raise missing_token()


def _end(state: AppState, named: _Named) -> None:
    sid, claims = named
    if state.sessions is None:
        return
    if claims is None:
        if sid is not None:
            state.sessions.end(sid, _REASON)
        return
    try:
        state.sessions.end_by_claims(claims, _REASON)
    except UnrevocableToken:
        raise bad_request("The token belongs to no session") from None


def _named_by_tokens(
    state: AppState, refresh_token: str | None, access: FoundCredentials | None
) -> _Named:
    sessions, sid = sessions_of(state), None
    if refresh_token is not None:
        token = parse_refresh_token(refresh_token)
        sessions.check_token(token)
        sid = token.sid
    claims = None if access is None else _claims(state, access)
    if sid is not None and claims is not None and claims.get("sid") != sid:
        raise bad_request("The two tokens belong to two sessions")
    return sid, claims


def _access(state: AppState, *, needed: bool) -> FoundCredentials | None:
    try:
        return state.authenticator.find(current_request())
    except JWTError as error:
        # The header, where it is all there is, refuses credentials of a foreign scheme: beside a
        # refresh token they are no token. Beside other sources it passes them over itself.
        is_header = state.authenticator.only_source is not None
        if needed or not is_header or error.error_code != "authorization_required":
            raise
        return None


def _is_browsers(state: AppState, access: FoundCredentials) -> bool:
    source, tokens, _ = access
    if source.name != "hook" or "HTTP_COOKIE" not in current_request().environ:
        return source.name == "cookies"
    # The hook may have returned the token of a cookie. Where that is refused, the sign-out is one
    # by cookie, which deletes it.
    try:
        state.authenticator.verify_ignoring_expiry(tokens[0])
    except TokenError:
        return True
    return False


def _claims(state: AppState, access: FoundCredentials) -> Mapping[str, Any]:
    source, tokens, _ = access
    verified = state.authenticator.verify_ignoring_expiry(tokens[0])
    for check in state.authenticator.request_checks:
        check(current_request(), source, verified)
    return verified.claims
