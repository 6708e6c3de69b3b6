"""Keys for people: a table, and dates in words."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from ..core.keys import Key
from ..core.ring import KeyState
from .table import columns, moment, printable

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
# Of two units the smaller says nothing any more.
_ENOUGH = 2


def duration(seconds: float) -> str:
    """Return a length of time in words: ``20 minutes``, ``1 day``."""
    whole = max(0, round(seconds))
    for name, length in _UNITS:
        count = whole // length
        if count >= _ENOUGH or (count == 1 and (whole % length == 0 or name == "second")):
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "0 seconds"


def in_words(key: Key, state: KeyState, now: float) -> str:
    """Return what happens to a key when."""
    if state == "retired":
        if key.verifies_until <= 0:
            return "all its tokens are refused"
        return f"its tokens are refused since {moment(key.verifies_until)}"
    parts = []
    if state == "published":
        parts.append(f"signs in {duration(key.signs_from - now)} ({moment(key.signs_from)})")
    elif key.signs_from > -inf and state == "signing":
        parts.append(f"signs since {moment(key.signs_from)}")
    if key.verifies_until < inf:
        left = duration(key.verifies_until - now)
        parts.append(f"verifies for {left} more (until {moment(key.verifies_until)})")
    return ", ".join(parts) or "no end set"


def table(rows: Iterable[tuple[str, str, str, str]]) -> str:
    """Return keys as a table."""
    titles = ("KID", "ALGORITHM", "STATE", "DATES")
    return columns([titles, *((printable(name), *rest) for name, *rest in rows)])
