"""What becomes of a refresh token that is presented: pure rules, no store and no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum, auto
from typing import Any

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
    """Judge a refresh token.

    :param session: its session, as just read.
    :param counter: the token's counter.
    :param now: seconds since 1970 by the store's clock.
    :param grace: for how many seconds after a rotation the token before is forgiven.
    """
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
    """Return the scope of a new access token: rotation never adds any (:rfc:`6749` section 6).

    :param at_sign_in: the ``scope`` claim of the session: names with spaces between them
        (:rfc:`8693` section 4.2), or a list of names.
    :param now: the ``scope`` claim that the application gives the new token.
    :return: the names that are in both, in the form of ``now``; None where there is none.
    """
    granted = set(_names(at_sign_in))
    kept = [name for name in _names(now) if name in granted]
    return (kept if isinstance(now, list) else " ".join(kept)) or None


def is_no_wider(now: Mapping[str, Any], before: Mapping[str, Any], known: Iterable[str]) -> bool:
    """Tell whether an access token allows no more than the one that it takes the place of.

    A program can have made that one to allow less than its session does: for a minute, for one
    purpose, for fewer scopes. It is left to expire.

    :param now: the claims of the new one.
    :param before: the claims of the one before.
    :param known: further claims that the session's tokens may have, or not.
    """
    if not before.keys() <= {*now, *known}:
        return False
    if "scope" in before and narrowed_scope(before["scope"], now.get("scope")) != now.get("scope"):
        return False
    # A second for clocks that were rounded.
    return _life(now) <= _life(before) + 1


def _life(claims: Mapping[str, Any]) -> float:
    exp, iat = claims.get("exp"), claims.get("iat")
    if not isinstance(exp, int | float) or not isinstance(iat, int | float):
        # A decode hook of the application's own has left it out.
        return 0
    return exp - iat


def _names(scope: object) -> list[str]:
    named = scope.split(" ") if isinstance(scope, str) else scope
    return [name for name in named if isinstance(name, str) and name] if type(named) is list else []
