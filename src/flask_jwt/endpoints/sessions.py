"""``/auth/sessions``: where a user is signed in, and the end of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, jsonify

from ..app_state import current_state
from ..authentication.authenticator import authenticate_own
from ..authentication.body import query_of
from ..authentication.errors import JWTError, answered, bad_request
from ..authentication.request_state import current_token, request_state
from ..http import current_request, mark_no_store
from ..sessions.models import Session
from ..sessions.service import MAX_LISTED, SessionService
from ..tokens.session_tokens import sessions_of

_REASON = "ended by the user"


def _for_caller(view: Callable[..., Response]) -> Callable[..., Response]:
    """Call a view with the sessions, and with the subject and session of the user who asks."""
    view = answered(view)

    @wraps(view)
    def call(**values: Any) -> Response:
        authenticate_own()
        sessions, claims = sessions_of(current_state()), current_token.claims
        return view(sessions, sessions.subject_of(claims), claims.get("sid"), **values)

    return call


@_for_caller
def sessions_view(
    sessions: SessionService, subject: str, own_sid: object, /, **_values: object
) -> Response:
    """Answer with live sessions of the user who asks, the newest first.

    A page has 100, or ``?limit=``; ``?after=`` takes the ``next`` of the page before.
    """
    limit, after = _limit(), query_of(current_request()).get("after")
    last = None if after is None else sessions.own_session(after, subject)
    if after is not None and last is None:
        raise bad_request("after has to be the next of another page")
    page = sessions.sessions_of(subject, limit + 1, last)
    following = {"next": page[limit - 1].sid} if len(page) > limit else {}
    shown = [shown_session(session, own_sid) for session in page[:limit]]
    return mark_no_store(jsonify({"sessions": shown, **following}))


@_for_caller
def end_session_view(
    sessions: SessionService, subject: str, own_sid: object, /, sid: str, **_values: object
) -> Response:
    """End one session of the user who asks."""
    if not sessions.end_own(sid, subject, _REASON):
        raise JWTError("Not Found", "There is no such session", 404)
    if sid == own_sid:
        _leave_browser()
    return current_app.response_class(status=204)


@_for_caller
def end_sessions_view(
    sessions: SessionService, subject: str, own_sid: Any, /, **_values: object
) -> Response:
    """End all other sessions of the user who asks; with ``?all=1`` the one that asks too."""
    every = query_of(current_request()).get("all", "0")
    if every not in ("0", "1"):
        raise bad_request("all has to be 0 or 1")
    keep = None if every == "1" else own_sid
    sessions.end_all(subject, keep, _REASON)
    if keep is None:
        _leave_browser()
    return current_app.response_class(status=204)


def _leave_browser() -> None:
    # The session that asks has ended: that is a sign-out, cookies included.
    state = request_state(current_request())
    state.clear_cookies = state.cookie_claims is not None


def _limit() -> int:
    text = query_of(current_request()).get("limit", str(MAX_LISTED))
    # int() is not given a long run of digits.
    if len(text) <= len(str(MAX_LISTED)) and text.isascii() and text.isdecimal():
        limit = int(text)
        if 1 <= limit <= MAX_LISTED:
            return limit
    raise bad_request(f"limit has to be a number from 1 to {MAX_LISTED}")


def shown_session(session: Session, own_sid: object) -> dict[str, Any]:
    """Return what the user of a session is told of it."""
    return {
        "sid": session.sid,
        "began_at": int(session.began_at),
        "used_at": int(session.used_at),
        "expires_at": int(min(session.idle_until, session.expires_at)),
        "address": session.address,
        "user_agent": session.user_agent,
        "this": session.sid == own_sid,
    }
