"""The command: what is found in a source tree, file by file, and the imports rewritten."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from .findings import Finding, visible
from .program import Program, read_program, undecided
from .tree import Found, NotReadError, SourceTree

_WORDS = {"works": "works", "changes": "changes", "decide": "needs a decision"}


class Migration:
    """A walk through a source tree.

    :param root: the folder, or one file.
    :param write: whether the imports are rewritten in the files.
    """

    def __init__(self, root: Path, *, write: bool) -> None:
        self._tree = SourceTree(root)
        self._write = write
        #: How many findings there are of each kind.
        self.counts: Counter[str] = Counter()
        #: The files that were rewritten.
        self.written: list[str] = []

    def findings(self) -> Iterator[tuple[str, Finding]]:
        """Yield the path of a file, and what was found there, one by one."""
        for found in self._tree.files():
            shown = visible(self._tree.shown(found.path))
            for finding in self._program(found, shown).findings:
                self.counts[finding.kind] += 1
                yield shown, finding

    def summary(self) -> str:
        """Return a line that says how much there was of each kind."""
        counts = [f"{words}: {self.counts[kind]}" for kind, words in _WORDS.items()]
        return ", ".join([*counts, *([f"files written: {len(self.written)}"] * self._write)])

    def _program(self, found: Found, shown: str) -> Program:
        if found.reason is not None:
            return undecided(found.reason)
        try:
            content = self._tree.read(found.path)
        except NotReadError as error:
            return undecided(str(error))
        program = read_program(content.data)
        if not self._write or program.changed is None:
            return program
        try:
            self._tree.replace(found.path, content, program.changed)
        except NotReadError as error:
            return Program((*undecided(str(error)).findings, *program.findings))
        self.written.append(shown)
        return program


def _line(path: str, finding: Finding) -> str:
    arrow = f"  -> {finding.write}" if finding.write else ""
    return f"{path}:{finding.line}: {finding.kind:7}  {visible(finding.what + arrow)}"


def _as_json(found: Iterator[tuple[str, Finding]]) -> str:
    shown = [
        {
            "path": path,
            "line": finding.line,
            "kind": finding.kind,
            "what": finding.what,
            "write": finding.write,
        }
        for path, finding in found
    ]
    # ASCII, and without its one control: a terminal may be what shows it.
    return json.dumps(shown, indent=2).replace("\x7f", "\\u007f")


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--write", is_flag=True, help="Rewrite the imports in the files.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of JSON objects.")
def migrate(path: Path, *, write: bool, as_json: bool) -> None:
    """Find the uses of Flask-JWT and of Flask-JWT-Extended in the program at PATH.

    The program is read and never run. Each use has a line: it works as it is, its import changes,
    which --write does, or it needs a decision, as does what else of old programs no longer imports.
    What to write stands behind the arrow; where such a use works, it does so with a warning. The
    status is 1 where there is a decision to take, and 0 otherwise.

    Where the program does not load: python -m flask_jwt.migration PATH.
    """
    migration = Migration(path, write=write)
    if as_json:
        click.echo(_as_json(migration.findings()))
    else:
        for shown, finding in migration.findings():
            click.echo(_line(shown, finding))
    for shown in migration.written:
        click.echo(f"wrote {shown}", err=True)
    click.echo(migration.summary(), err=as_json)
    if migration.counts["decide"]:
        raise SystemExit(1)
