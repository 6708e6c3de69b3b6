"""The page of public names: it lists what the public modules export, and nothing else."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text()
SECTIONS = dict(re.findall(r"(?ms)^## `(flask_jwt[\w.]*)`\n(.*?)(?=^## |\Z)", PAGE))


def exported_by(module: str) -> set[str]:
    """Return the names that a module hands out: imported ``as`` themselves, or assigned in it."""
    source = importlib.import_module(module).__file__
    assert source is not None
    names: set[str] = set()
    body = ast.parse(Path(source).read_text()).body
    # A package that may be missing is imported in one.
    tried = [inner for node in body if isinstance(node, ast.Try) for inner in node.body]
    for node in (*body, *tried):
        if isinstance(node, ast.ImportFrom):
            names.update(alias.name for alias in node.names if alias.asname == alias.name)
        elif isinstance(node, ast.Assign | ast.FunctionDef | ast.ClassDef):
            targets = node.targets if isinstance(node, ast.Assign) else [node]
            names.update(getattr(target, "id", getattr(target, "name", "_")) for target in targets)
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("module", SECTIONS)
def test_names(module: str) -> None:
    """The first column of a module's table has its public names; each can be imported."""
    rows = re.findall(r"(?m)^\| (`.*?) \|", SECTIONS[module])
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    # Signals are sent by the package alone.
    assert listed == exported_by(module) - {"send"}


def test_modules_named_in_passing() -> None:
    """Names of further public modules, which a sentence tells, can be imported from them."""
    found = re.findall(r"`(flask_jwt(?:\.\w+)+)` has ((?:`\w+`(?:, | and )?)+)", PAGE)

    assert len(found) == 7
    for module, names in found:
        for name in re.findall(r"`(\w+)`", names):
            assert hasattr(importlib.import_module(module), name)
