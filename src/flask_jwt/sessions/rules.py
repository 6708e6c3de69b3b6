"""What becomes of a refresh token that is presented: pure rules, no store and no clock."""

from __future__ import annotations

from enum import Enum, auto

from .session import Session


class Verdict(Enum):
    """What to do with a refresh token whose MAC is good."""

    #: It is the current one: make the next.
    ROTATE = auto()
    #: It is the one before, and so young that the answer may have been lost: give the current one.
    REPEAT = auto()
    #: It was exchanged before, or comes from a future that the store has lost: end the session.
    REUSED = auto()
    #: The session was ended.
    ENDED = auto()
    #: The session was not used for too long, or has come to its end.
    EXPIRED = auto()


def judge(session: Session, counter: int, now: float, grace: float) -> Verdict:
    """Judge a refresh token."""
    if session.ended_at is not None:
        return Verdict.ENDED
    if not session.is_live(now):
        return Verdict.EXPIRED
    if counter == session.counter:
        return Verdict.ROTATE
    # A clock may have been read before the rotation, or been set back since: no grace is none, and
    # some is no more.
    if counter == session.counter - 1 and grace and abs(now - session.rotated_at) < grace:
        return Verdict.REPEAT
    return Verdict.REUSED


def narrowed_scope(at_sign_in: object, now: object) -> str | list[str] | None:
    """Return the scope of a new access token: rotation never adds any (:rfc:`6749` section 6)."""
    granted = set(_names(at_sign_in))
    kept = [name for name in _names(now) if name in granted]
    return (kept if isinstance(now, list) else " ".join(kept)) or None


def _names(scope: object) -> list[str]:
    named = scope.split(" ") if isinstance(scope, str) else scope
    return [name for name in named if isinstance(name, str) and name] if type(named) is list else []
