"""The clock: a callable that gives seconds since 1970; and such a time as text."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

#: Gives seconds since 1970-01-01T00:00:00Z, leap seconds not counted (a NumericDate, RFC 7519).
Clock = Callable[[], float]


def system_clock() -> float:
    """Return the machine's time in seconds since 1970.

    ``time.time`` is looked up at each call, so that tools which freeze it in tests are obeyed.
    """
    return time.time()


def iso_utc(moment: datetime | None) -> str | None:
    """Return a moment in UTC: ``2026-11-23T21:30:05Z``. As in claims, one without a zone is UTC."""
    if moment is None:
        return None
    known = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return known.isoformat(timespec="seconds").replace("+00:00", "Z")


def format_utc(seconds: float) -> str:
    """Return a time in UTC: ``2026-11-23 21:30:05 UTC``."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
