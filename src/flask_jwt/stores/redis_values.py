"""Sessions and revocations as Redis keeps them: as text, times in microseconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..sessions.session import Session
from ..sessions.store import Revocation

#: In a second.
MICROSECONDS = 1_000_000

_TIMES = (
    *("began_at", "rotated_at", "used_at"),
    *("idle_span", "idle_until", "expires_at", "access_until"),
)


def micro(seconds: float) -> str:
    """Return a time, or a duration, as it is kept: in microseconds."""
    return str(round(seconds * MICROSECONDS))


def seconds_of(text: bytes | str) -> float:
    """Return the seconds that are kept as microseconds."""
    return int(text) / MICROSECONDS


def session_of(row: Sequence[bytes]) -> Session:
    """Return the session whose fields are kept so.

    :param row: the values, in the order of the fields.
    """
    values: dict[str, Any] = {
        name: text.decode() for name, text in zip(Session._fields, row, strict=True)
    }
    for name in _TIMES:
        values[name] = seconds_of(values[name])
    values["counter"] = int(values["counter"])
    for name in ("claims", "added"):
        values[name] = json.loads(values[name])
    values["methods"] = tuple(values["methods"].split())
    for name in ("address", "user_agent", "ended_because"):
        values[name] = values[name] or None
    values["ended_at"] = seconds_of(values["ended_at"]) if values["ended_at"] else None
    return Session(**values)


def revocation_of(fields: Sequence[bytes]) -> Revocation:
    """Return the revocation of an entry of the stream.

    :param fields: names and values, in turns.
    """
    named = dict(zip(fields[::2], fields[1::2], strict=True))
    kind: Any = named[b"kind"].decode()
    return Revocation(
        kind,
        named[b"value"].decode(),
        seconds_of(named[b"expires_at"]),
        seconds_of(named[b"not_before"]),
    )
