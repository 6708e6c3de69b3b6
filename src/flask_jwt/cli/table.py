"""Columns of text and lines of JSON, as the commands show them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

#: Has a command print JSON: its argument is ``as_json``.
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, in one line.")


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


def line_of_json(fields: dict[str, Any]) -> str:
    """Return an object as one line of JSON."""
    # ASCII, and without its one control: a terminal may be what shows it.
    return json.dumps(fields, default=str).replace("\x7f", "\\u007f")
