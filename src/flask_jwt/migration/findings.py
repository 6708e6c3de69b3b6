"""What is found in a program: where, of what kind, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: It works here, changes by ``--write``, or needs a decision.
Kind = Literal["works", "changes", "decide"]


@dataclass(frozen=True, order=True)
class Finding:
    """One use, at a line and a column of its file, and what to write in its place."""

    line: int
    column: int
    kind: Kind
    what: str
    write: str = ""


def visible(text: str) -> str:
    """Return a text with everything escaped that a terminal would obey or could not show."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
