"""``flask jwt migrate``: its lines, its status, and the same where no application loads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Tree


def test_lines(tree: Tree) -> None:
    """Each use is a line: place, kind, what it is, and what to write; the last one counts."""
    tree.add(
        {
            "views.py": "from flask_jwt import jwt_required, verify_jwt\n@jwt_required()\n"
            "def view(): ...\n",
            "later/models.py": "from flask_jwt_extended import get_jwt\n",
        }
    )

    result = tree.run()

    assert result.stdout.splitlines() == [
        "views.py:1: works    from flask_jwt",
        "views.py:1: decide   from flask_jwt import verify_jwt  -> flask_jwt has no verify_jwt "
        "since its version 0.3: write _jwt_required(), or @jwt_required() on the view",
        "views.py:2: works    jwt_required",
        "later/models.py:1: changes  from flask_jwt_extended  -> from flask_jwt.extended",
        "works: 2, changes: 1, needs a decision: 1",
    ]
    assert result.exit_code == 1


def test_status(tree: Tree) -> None:
    """The status is 0 where there is nothing to decide: nothing found, or what works or changes."""
    assert (tree.run().exit_code, tree.run("--json").stdout) == (0, "[]\n")
    tree.add({"app.py": "from flask_jwt_extended import JWTManager\n"})
    assert tree.run().exit_code == 0
    assert tree.run("--write").exit_code == 0


def test_json(tree: Tree) -> None:
    """``--json`` prints a list alone; how many there are goes where errors go."""
    tree.add({"app.py": "import flask_jwt\n"})

    result = tree.run("--json")

    assert json.loads(result.stdout) == [
        {"path": "app.py", "line": 1, "kind": "works", "what": "import flask_jwt", "write": ""}
    ]
    assert result.stderr == "works: 1, changes: 0, needs a decision: 0\n"


def test_one_file(tree: Tree) -> None:
    """PATH may be one file."""
    tree.add({"app.py": "from flask_jwt_extended import get_jwt\n", "other.py": "import flask_jwt"})
    tree.root /= "app.py"

    assert [one["path"] for one in tree.findings()] == ["app.py"]
    tree.run("--write")
    assert tree.root.read_text() == "from flask_jwt.extended import get_jwt\n"


def test_no_application(tree: Tree, tmp_path: Path) -> None:
    """``python -m flask_jwt.migration`` is the same where the program does not load."""
    tree.add({"app.py": "from flask.ext.jwt import JWT\nraise SystemExit('it is never run')\n"})
    command = [sys.executable, "-m", "flask_jwt.migration", str(tree.root)]

    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)

    assert run.stdout == tree.run().stdout
    assert run.stdout.startswith("app.py:1: changes  from flask.ext.jwt  -> from flask_jwt\n")
    command[-1] = str(tmp_path / "absent")
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 2
    assert run.stderr.startswith("Usage: python -m flask_jwt.migration ")


@pytest.mark.parametrize(
    "folder",
    [".git", ".venv", "node_modules/tool", "__pycache__", "lib/site-packages", "venv", "ENV"],
)
def test_folders_of_others(tree: Tree, folder: str) -> None:
    """Version control, environments and installed packages are not of the program."""
    tree.add(
        {
            f"{folder}/module.py": "import flask_jwt_extended\n",
            "venv/pyvenv.cfg": "",
            # Environments of old had no such file.
            "ENV/bin/activate": "",
            "other.txt": "import flask_jwt_extended\n",
        }
    )

    assert tree.findings() == []
