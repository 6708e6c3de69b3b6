"""One file of a program: all that is found in it, and its text with the imports rewritten."""

from __future__ import annotations

from dataclasses import dataclass

from .configuration import findings_of_settings
from .findings import Finding
from .imports import Imports
from .source import NotPythonError, Source
from .uses import Uses


@dataclass(frozen=True, slots=True, repr=False)
class Program:
    """What was found in a file, by line, and its bytes after the changes, or None for none."""

    findings: tuple[Finding, ...]
    changed: bytes | None = None


def read_program(content: bytes) -> Program:
    """Look through a file, by its syntax tree; never run it.

    :param content: its bytes.
    """
    try:
        source = Source(content)
        tree = source.tree()
    except NotPythonError as error:
        return undecided(str(error), error.line)
    imports = Imports(source, tree)
    found = {*imports.findings, *Uses(tree, imports).findings(), *findings_of_settings(tree)}
    if not imports.edits:
        return Program(tuple(sorted(found)))
    changed = source.edited(imports.edits)
    try:
        Source(changed).tree()
    except NotPythonError as error:
        return undecided(f"rewritten, it would not parse: {error}", error.line)
    return Program(tuple(sorted(found)), changed)


def undecided(reason: str, line: int = 1) -> Program:
    """Return what is found in a file that can't be looked through."""
    return Program((Finding(line, 0, "decide", "the file", reason),))
