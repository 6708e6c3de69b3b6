"""``POST /auth/logout``: the end of a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, current_app

from ..core.errors import TokenError
from ..web.authenticate import check_sender, credential, presented_tokens, verified_but_times
from ..web.context import current_request
from ..web.errors import JWTError, authorization_required
from ..web.presented import Presented
from ..web.session_ends import end_of_token, end_session
from ..web.session_tokens import answered, sessions_of
from ..web.state import ApplicationState, current_state
from .body import json_body_or_none, refresh_token_in
from .logout_of_browser import sign_out_browser

_BECAUSE = "logout"


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
    with answered(state):
        # Without sessions there is nothing to end but what a browser keeps.
        if state.sessions is not None and (refresh_token or access):
            _sign_out(state, refresh_token, access)
        elif state.cookies is not None:
            sign_out_browser(state, state.cookies, by_cookie, _BECAUSE)
        else:
            raise authorization_required(state, state.settings.realm)
    return current_app.response_class(status=204)


def _access(state: ApplicationState, *, needed: bool) -> Presented | None:
    realm = state.settings.realm
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


def _is_browsers(state: ApplicationState, access: Presented) -> bool:
    if access.place != "hook" or "HTTP_COOKIE" not in current_request().environ:
        return access.place == "cookies"
    # What a hook has found may be a cookie, and worth nothing.
    try:
        verified_but_times(state, access.tokens[0])
    except TokenError:
        return True
    return False


def _sign_out(state: ApplicationState, refresh_token: str | None, access: Presented | None) -> None:
    in_use = sessions_of(state)
    by_refresh = None if refresh_token is None else in_use.service.session_of(refresh_token).sid
    claims = None if access is None else _claims(state, access)
    if by_refresh is not None and claims is not None and claims.get("sid") != by_refresh:
        raise JWTError("Bad Request", "The two tokens belong to two sessions", 400)
    if claims is not None:
        end_of_token(in_use, claims, _BECAUSE)
    elif by_refresh is not None:
        end_session(in_use, by_refresh, _BECAUSE)


def _claims(state: ApplicationState, access: Presented) -> Mapping[str, Any]:
    verified = verified_but_times(state, access.tokens[0])
    if state.cookies is not None and access.place != "headers":
        check_sender(state.cookies, access.place, verified)
    return verified.claims
