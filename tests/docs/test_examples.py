"""Each page of the documentation, run from top to bottom."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.secret import secret
from tests.support.server import ROOT

from .pages import PAGES, Block, blocks, matches, name_of

SECRET = secret("test_examples")
RUN = [page for page in PAGES if any(block.language == "python" for block in blocks(page))]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module for the blocks of a page, in a folder of its own that can be imported from."""
    for name in [name for name in os.environ if name.startswith("FLASK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FLASK_SECRET_KEY", SECRET)
    # A copy: what a page sets in the environment is gone after it.
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    module = ModuleType("page")
    module.__file__ = str(tmp_path / "page.py")
    monkeypatch.setitem(sys.modules, "page", module)
    yield module
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_page(
    page: Path, module: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every example runs, its assertions hold, and it prints what the page says it prints."""
    for block in blocks(page):
        if block.language == "python":
            capsys.readouterr()
            run_python(block, page, module)
        elif block.language == "output":
            printed = capsys.readouterr().out
            assert matches(block.text, printed), f"{name_of(page)}:{block.line}: {printed}"
        elif block.language == "sh":
            run_shell(block)
    if any(tmp_path.glob("test_*.py")):
        run_pytest(tmp_path)


def run_python(block: Block, page: Path, module: ModuleType) -> None:
    """Run a block; one that is a file is written, and one for pytest is left to pytest."""
    if block.file is not None:
        Path(block.file).write_text(block.text)
    if block.file is None or not block.file.startswith(("test_", "conftest")):
        # Empty lines in front, so that a traceback names the line of the page.
        source = "\n" * (block.line - 1) + block.text
        exec(compile(source, str(page), "exec"), module.__dict__)


def run_shell(block: Block) -> None:
    """Run the commands of a block, each of which has to succeed."""
    if "openssl" in block.text and shutil.which("openssl") is None:
        assert "CI" not in os.environ, "openssl has to be there"
        pytest.skip("openssl is not installed: the commands of this page were not run")
    # The commands of the environment that the tests run in, activated or not.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["sh", "-euc", block.text], capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    assert run.returncode == 0, run.stderr


def run_pytest(folder: Path) -> None:
    """Run the tests that a page shows."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert " passed" in run.stdout


def test_every_page_with_code_is_run() -> None:
    """The pages that have to show how it is done do so."""
    pages = "configuration console core deployment errors hooks keys quickstart security sessions"
    named = {f"docs/{page}.md" for page in [*pages.split(), "openapi", "testing"]}

    assert {name_of(page) for page in RUN} >= {"README.md", *named}
