"""What commands show: columns of text, and times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines of text, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    # The last one is as wide as it is.
    widths[-1] = 0
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def moment(seconds: float) -> str:
    """Return a time in UTC: ``2026-11-23 21:30:05 UTC``."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def printable(name: str) -> str:
    """Return a name as a terminal may show it: what others wrote can hold anything."""
    return name if name.isprintable() else ascii(name)
