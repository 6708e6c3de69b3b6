"""The types that an application's checker sees, by files that are checked and never run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CHECKED = HERE / "checked"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a module of this Python from the root of the repository."""
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_mypy(pytestconfig: pytest.Config) -> None:
    """Mypy, strict, sees the types that are asserted and an error for each wrong use."""
    assert pytestconfig.cache is not None
    cache = pytestconfig.cache.mkdir("mypy")
    checked = run("mypy", "--strict", "--cache-dir", str(cache), str(CHECKED))

    files = len(list(CHECKED.glob("*.py")))
    assert checked.stdout == f"Success: no issues found in {files} source files\n"
    assert checked.returncode == 0


def test_pyright() -> None:
    """Pyright, strict, sees them too."""
    checked = run("pyright", "--project", str(HERE), "--pythonpath", sys.executable)

    assert "0 errors, 0 warnings" in checked.stdout, checked.stdout
    assert checked.returncode == 0
