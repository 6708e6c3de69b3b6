"""Tables and numbers that read well in a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

#: Rows of cells, the head first.
Table = Sequence[Sequence[str]]

#: Stands where there is no figure.
ABSENT = "–"


def table(rows: Table) -> str:
    """Return a table, its first column aligned to the left and the others to the right."""
    widths = [max(3, *(len(row[column]) for row in rows)) for column in range(len(rows[0]))]
    ruler = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_row(row, widths) for row in [rows[0], ruler, *rows[1:]])


def bullets(sentences: Sequence[str]) -> str:
    """Return a list, one sentence a line."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


def number(value: float, small: int = 1) -> str:
    """Return a number with three digits or so."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{small if abs(value) < 10 else 1}f}"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return f"| {' | '.join([first, *rest])} |"
