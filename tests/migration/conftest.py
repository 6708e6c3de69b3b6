"""A source tree, and the command that reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.support.app import make_app


class Tree:
    """Files in a folder, of which an operator asks what works."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, files: Mapping[str, str | bytes]) -> None:
        """Write files, with the folders that they are in."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def run(self, *arguments: str) -> Result:
        """Run ``flask jwt migrate``; whatever it says, it never fails by an exception."""
        arguments = ("jwt", "migrate", str(self.root), *arguments)
        result = make_app().test_cli_runner().invoke(args=arguments)
        assert isinstance(result.exception, SystemExit | None), result.exception
        assert result.exit_code in (0, 1)
        return result

    def findings(self, *arguments: str) -> list[dict[str, Any]]:
        """Return what the command finds, as JSON tells it."""
        result = self.run("--json", *arguments)
        found: list[dict[str, Any]] = json.loads(result.stdout)
        assert result.exit_code == any(one["kind"] == "decide" for one in found)
        return found

    def of(self, program: str | bytes) -> list[tuple[int, str, str, str]]:
        """Return what is found in a program of one file: line, kind, what, what to write."""
        self.add({"app.py": program})
        return [
            (one["line"], one["kind"], one["what"], one["write"])
            for one in self.findings()
            if one["path"] == "app.py"
        ]

    def rewritten(self, program: str | bytes) -> bytes:
        """Return a program of one file as ``--write`` leaves it."""
        self.add({"app.py": program})
        self.run("--write")
        return (self.root / "app.py").read_bytes()

    def contents(self) -> dict[str, bytes]:
        """Return all files that there are, and what is in them."""
        return {str(path.relative_to(self.root)): path.read_bytes() for path in self._files()}

    def _files(self) -> Iterator[Path]:
        return (path for path in sorted(self.root.rglob("*")) if path.is_file())


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """An empty source tree."""
    root = tmp_path / "program"
    root.mkdir()
    return Tree(root)
