"""What is found in a program: where, of what kind, and what to write instead."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal, Self

#: It works here, changes by ``--write``, or needs a decision.
Kind = Literal["works", "changes", "decide"]
#: What has a place in a file.
Node = ast.expr | ast.stmt | ast.alias


@dataclass(frozen=True, order=True)
class Finding:
    """One use, at a line and a column of its file, and what to write in its place."""

    line: int
    column: int
    kind: Kind
    what: str
    write: str = ""

    @classmethod
    def at(cls, node: Node, kind: Kind, what: str, write: str = "") -> Self:
        """Return what is found at a node of a syntax tree."""
        return cls(node.lineno, node.col_offset, kind, what, write)


def visible(text: str) -> str:
    """Return a text with everything escaped that a terminal would obey or could not show."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
