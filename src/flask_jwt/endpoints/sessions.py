"""``/auth/sessions``: where a user is signed in, and the end of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Response, current_app, jsonify

from ..authentication.authenticator import authenticate
from ..authentication.body import query_of
from ..authentication.context import current_request, current_token, request_state
from ..authentication.errors import JWTError
from ..current import AppState, current_state
from ..http import not_stored
from ..sessions.models import Session
from ..sessions.service import MOST_LISTED, SessionsInUse
from ..tokens.session_tokens import answered, end_all_sessions, end_session, sessions_of

_BECAUSE = "ended by the user"


def answer_sessions(**_values: object) -> Response:
    """Answer with live sessions of whoever asks, the newest first.

    A page has 100, or ``?limit=``; ``?after=`` takes the ``next`` of the page before.
    """
    asked = _asked()
    limit, after = _limit(), query_of(current_request()).get("after")
    service = asked.in_use.service
    with answered(asked.state):
        last = None if after is None else service.own_session(after, asked.subject)
        if after is not None and last is None:
            raise JWTError("Bad Request", "after has to be the next of another page", 400)
        found = service.sessions_of(asked.subject, limit + 1, last)
    page, more = found[:limit], len(found) > limit
    shown = [_shown(session, asked.claims.get("sid")) for session in page]
    following = {"next": page[-1].sid} if more else {}
    return not_stored(jsonify({"sessions": shown, **following}))


def answer_end(sid: str, **_values: object) -> Response:
    """End one session of whoever asks."""
    asked = _asked()
    with answered(asked.state):
        if not end_session(asked.in_use, sid, _BECAUSE, subject=asked.subject):
            raise JWTError("Not Found", "There is no such session", 404)
    if sid == asked.claims.get("sid"):
        _leave_browser()
    return current_app.response_class(status=204)


def answer_end_all(**_values: object) -> Response:
    """End all other sessions of whoever asks; with ``?all=1`` the one that asks too."""
    asked = _asked()
    every = query_of(current_request()).get("all", "0")
    if every not in ("0", "1"):
        raise JWTError("Bad Request", "all has to be 0 or 1", 400)
    keep = None if every == "1" else asked.claims.get("sid")
    with answered(asked.state):
        end_all_sessions(asked.in_use, asked.subject, keep, _BECAUSE)
    if keep is None:
        _leave_browser()
    return current_app.response_class(status=204)


def _leave_browser() -> None:
    # The session that asks has ended: that is a sign-out, cookies included.
    state = request_state(current_request())
    state.clear_cookies = state.cookie_claims is not None


class _Asked(NamedTuple):
    """Who asks about their sessions."""

    state: AppState
    in_use: SessionsInUse
    claims: Mapping[str, Any]
    subject: str

    def __repr__(self) -> str:
        return f"<_Asked by {self.subject}>"


def _asked() -> _Asked:
    authenticate()
    state = current_state()
    in_use, claims = sessions_of(state), current_token.claims
    return _Asked(state, in_use, claims, in_use.subject_of(claims))


def _limit() -> int:
    text = query_of(current_request()).get("limit", str(MOST_LISTED))
    # A long run of digits is no number that anybody has to read.
    if len(text) <= len(str(MOST_LISTED)) and text.isascii() and text.isdecimal():
        limit = int(text)
        if 1 <= limit <= MOST_LISTED:
            return limit
    raise JWTError("Bad Request", f"limit has to be a number from 1 to {MOST_LISTED}", 400)


def _shown(session: Session, this: object) -> dict[str, Any]:
    return {
        "sid": session.sid,
        "began_at": int(session.began_at),
        "used_at": int(session.used_at),
        "expires_at": int(min(session.idle_until, session.expires_at)),
        "address": session.address,
        "user_agent": session.user_agent,
        "this": session.sid == this,
    }
