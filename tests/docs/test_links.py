"""Where the documentation points to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.server import ROOT

from .pages import PAGES, links, name_of

# A file of Python in a folder; pages call those of the package by their rooms.
_FILE = re.compile(r"`((?:\w+/)+\w+\.py)`")
_FOLDERS = (ROOT, ROOT / "src" / "flask_jwt")


def anchors(page: Path) -> set[str]:
    """Return what can stand behind the # in a link to a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links(page: Path) -> None:
    """Each relative link leads to a file that is there, and to a heading that it has."""
    for link in links(page):
        if "://" not in link:
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.is_file(), link
            assert target.is_relative_to(ROOT), link
            assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files(page: Path) -> None:
    """Each file of the repository that a page names is there."""
    for name in _FILE.findall(page.read_text()):
        assert any((folder / name).is_file() for folder in _FOLDERS), name
