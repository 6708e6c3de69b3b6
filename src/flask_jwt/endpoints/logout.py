"""``POST /auth/logout``: the end of a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Response, current_app

from ..web.authenticate import credential, verified_expired
from ..web.errors import JWTError, authorization_required
from ..web.session_ends import end_session
from ..web.session_tokens import answered, sessions_of
from ..web.sessions_in_use import SessionsInUse
from ..web.state import ApplicationState, current_state
from .body import json_body_or_none
from .refresh import refresh_token_in

_BECAUSE = "logout"


def answer_logout() -> Response:
    """End the session of the refresh token in the body, or of the access token of this request.

    Either may be old: whoever was silent for an hour can still sign out.

    :return: an empty answer, 204, also where the session had ended before.
    :raises JWTError: 400, there are two tokens of two sessions, or one of none; 401, there is no
        token, or one that is none of ours; 503, the session store does not answer.
    """
    state = current_state()
    in_use = sessions_of(state)
    with answered(state):
        by_refresh = _session_in_body(in_use)
        claims = _claims_in_header(state)
        if by_refresh is None and claims is None:
            raise authorization_required(state, state.settings.realm)
        sid = by_refresh if claims is None else claims.get("sid")
        if by_refresh is not None and by_refresh != sid:
            raise JWTError("Bad Request", "The two tokens belong to two sessions", 400)
        if sid is not None:
            _end(in_use, sid, claims)
        else:
            _revoke(in_use.service.revoke_token, claims or {})
    return current_app.response_class(status=204)


def _session_in_body(in_use: SessionsInUse) -> str | None:
    # A body is not asked for: an access token in the header will do.
    body = json_body_or_none()
    token = None if body is None else refresh_token_in(body)
    return None if token is None else in_use.service.session_of(token).sid


def _claims_in_header(state: ApplicationState) -> Mapping[str, Any] | None:
    token = credential(state, state.settings.realm)
    return None if token is None else verified_expired(state, token).claims


def _end(in_use: SessionsInUse, sid: Any, claims: Mapping[str, Any] | None) -> None:
    if not isinstance(sid, str):
        raise JWTError("Bad Request", "The token belongs to no session", 400)
    if not end_session(in_use, sid, _BECAUSE) and claims and not in_use.is_revoked(sid):
        # The row is gone, and this token may be good still.
        _revoke(partial(in_use.service.revoke_session, sid), claims)


def _revoke(how: Callable[[Mapping[str, Any]], None], claims: Mapping[str, Any]) -> None:
    try:
        how(claims)
    except ValueError:
        raise JWTError("Bad Request", "The token belongs to no session", 400) from None
