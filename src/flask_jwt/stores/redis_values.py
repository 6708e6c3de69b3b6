"""Sessions and revocations as Redis keeps them: as text, times in microseconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..sessions.models import Revocation, Session

#: In a second.
MICROSECONDS = 1_000_000


def micro(seconds: float) -> str:
    """Return a time, or a duration, as it is kept: in microseconds."""
    return str(round(seconds * MICROSECONDS))


def seconds_of(text: bytes | str) -> float:
    """Return the seconds that are kept as microseconds."""
    return int(text) / MICROSECONDS


def session_of(row: Sequence[bytes]) -> Session:
    """Return the session whose fields are kept so."""
    # In the order of its fields; the seven in the middle are times.
    sid, subject, counter, salt, *times, claims, added, methods, address, agent, ended, because = [
        text.decode() for text in row
    ]
    return Session._make(
        (
            *(sid, subject, int(counter), salt),
            *[seconds_of(one) for one in times],
            *(json.loads(claims), json.loads(added), tuple(methods.split())),
            *(address or None, agent or None),
            *(seconds_of(ended) if ended else None, because or None),
        )
    )


def revocation_of(fields: Sequence[bytes]) -> Revocation:
    """Return the revocation of an entry of the stream."""
    named = dict(zip(fields[::2], fields[1::2], strict=True))
    kind: Any = named[b"kind"].decode()
    return Revocation(
        kind,
        named[b"value"].decode(),
        seconds_of(named[b"expires_at"]),
        seconds_of(named[b"not_before"]),
    )
