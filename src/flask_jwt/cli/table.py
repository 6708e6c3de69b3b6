"""Columns of text, as the commands show them."""

from __future__ import annotations

from collections.abc import Sequence


class Columns:
    """Rows that come in parts, of which none is kept: columns never get narrower."""

    def __init__(self) -> None:
        self._widths: list[int] = []

    def lines(self, rows: Sequence[Sequence[str]]) -> str:
        """Return rows as lines of text, each column as wide as its widest cell so far."""
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        # The last column is not padded.
        widths[-1] = 0
        self._widths = list(map(max, widths, self._widths or widths))
        return "\n".join("  ".join(map(str.ljust, row, self._widths)).rstrip() for row in rows)


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines of text, each column as wide as its widest cell."""
    return Columns().lines(rows)
