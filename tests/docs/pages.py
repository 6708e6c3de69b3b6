"""The documentation, taken apart: its pages, their code blocks, tables and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.server import ROOT

#: Every page that is written by hand, and nothing that is built.
PAGES = [ROOT / "README.md", ROOT / "CHANGES.md", *sorted((ROOT / "docs").glob("*.md"))]

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\w+\.py)\n")
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_CELL = re.compile(r"(?<!\\)\|")


class Block(NamedTuple):
    """A fenced block of code."""

    language: str
    line: int
    text: str

    @property
    def file(self) -> str | None:
        """The name of the file that the first line says it is, or None."""
        found = _FILE.match(self.text)
        return None if found is None else found[1]


def name_of(page: Path) -> str:
    """Return the path of a page in the repository."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page, in order."""
    text = page.read_text()
    return [
        Block(found[1], text.count("\n", 0, found.start(2)) + 1, found[2])
        for found in _FENCE.finditer(text)
    ]


def links(page: Path) -> set[str]:
    """Return where a page links to, code blocks left out."""
    return set(_LINK.findall(_FENCE.sub("", page.read_text())))


def rows(page: Path) -> Iterator[list[str]]:
    """Yield the rows of the tables on a page, headings and rules included."""
    for line in page.read_text().splitlines():
        if line.startswith("|"):
            yield [cell.strip().replace("\\|", "|") for cell in _CELL.split(line)[1:-1]]


def matches(shown: str, real: str) -> bool:
    """Tell whether a text is what a page shows, where an ellipsis stands for anything."""
    parts = [re.escape(part) for part in shown.strip().split("…")]
    return re.fullmatch(".*".join(parts), real.strip(), re.DOTALL) is not None
