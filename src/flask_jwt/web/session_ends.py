"""The end of sessions, and the signal of each: one way for endpoints, commands and programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..signals import send, session_ended
from .errors import JWTError
from .sessions_in_use import SessionsInUse
from .state import current_application


def end_session(
    in_use: SessionsInUse, sid: str, because: str, *, subject: str | None = None
) -> bool:
    """End a session."""
    if subject is None:
        ended = in_use.service.end(sid, because)
    else:
        ended = in_use.service.end_own(sid, subject, because)
    if ended:
        tell_of_end(sid, subject, because)
    return ended


def end_of_token(in_use: SessionsInUse, claims: Mapping[str, Any], because: str) -> None:
    """End the session of an access token; one that has none is revoked itself."""
    sid = claims.get("sid")
    if sid is None:
        _revoke(in_use.service.revoke_token, claims)
    elif not isinstance(sid, str):
        raise _of_no_session()
    elif not end_session(in_use, sid, because) and not in_use.is_revoked(sid):
        # The row is gone, and this token may be good still.
        _revoke(partial(in_use.service.revoke_session, sid), claims)


def _revoke(how: Callable[[Mapping[str, Any]], None], claims: Mapping[str, Any]) -> None:
    try:
        how(claims)
    except ValueError:
        raise _of_no_session() from None


def _of_no_session() -> JWTError:
    return JWTError("Bad Request", "The token belongs to no session", 400)


def end_all_sessions(
    in_use: SessionsInUse, subject: str, except_sid: str | None, because: str
) -> int:
    """End the sessions of a subject."""
    ended: list[str] = []
    try:
        # All of them first: whoever is told may raise.
        ended.extend(in_use.service.end_all(subject, except_sid, because))
    finally:
        # Where the store fails halfway, of those that it has ended.
        for sid in ended:
            tell_of_end(sid, subject, because)
    return len(ended)


def tell_of_end(sid: str, subject: str | None, because: str) -> None:
    """Send the signal that a session has ended."""
    send(session_ended, current_application(), sid=sid, subject=subject, because=because)
