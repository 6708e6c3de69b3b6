"""``/auth/sessions``: where a user is signed in, and the end of it."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify, request

from ..sessions.refresh_token import is_sid
from ..sessions.session import Session
from ..signals import session_ended
from ..web.authenticate import authenticate
from ..web.context import current_token
from ..web.errors import JWTError
from ..web.session_tokens import answered, current_application, sessions_of
from ..web.sessions_in_use import SessionsInUse
from ..web.state import current_state
from .body import not_stored

_BECAUSE = "ended by the user"


def answer_sessions() -> Response:
    """Answer with the live sessions of whoever asks, the newest first.

    :raises JWTError: 401, there is no good token; 503, the session store does not answer.
    """
    in_use, claims = _asked()
    with answered(current_state()):
        found = in_use.service.sessions_of(in_use.subject_of(claims))
    shown = [_shown(session, claims.get("sid")) for session in found]
    return not_stored(jsonify({"sessions": shown}))


def end_session(sid: str) -> Response:
    """End one session of whoever asks.

    :param sid: the session.
    :raises JWTError: 401, there is no good token; 404, there is no such session of theirs; 503, the
        session store does not answer.
    """
    in_use, claims = _asked()
    subject = in_use.subject_of(claims)
    with answered(current_state()):
        if not is_sid(sid) or not in_use.service.end_own(sid, subject, _BECAUSE):
            raise JWTError("Not Found", "There is no such session", 404)
    _tell(sid, subject)
    return current_app.response_class(status=204)


def end_sessions() -> Response:
    """End all other sessions of whoever asks; with ``?all=1`` the one that asks too.

    :raises JWTError: 400, ``all`` is neither 0 nor 1; 401, there is no good token; 503, the session
        store does not answer.
    """
    in_use, claims = _asked()
    every = request.args.get("all", "0")
    if every not in ("0", "1"):
        raise JWTError("Bad Request", "all has to be 0 or 1", 400)
    subject = in_use.subject_of(claims)
    keep = None if every == "1" else claims.get("sid")
    with answered(current_state()):
        ended = in_use.service.end_all(subject, keep, _BECAUSE)
    for sid in ended:
        _tell(sid, subject)
    return current_app.response_class(status=204)


def _asked() -> tuple[SessionsInUse, Any]:
    authenticate()
    return sessions_of(current_state()), current_token.claims


def _tell(sid: str, subject: str) -> None:
    session_ended.send(current_application(), sid=sid, subject=subject, because=_BECAUSE)


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
