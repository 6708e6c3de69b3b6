"""Source trees that nobody would write: each is a line that says so, and never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flask_jwt.migration.tree import MAX_FILE_BYTES
from tests.support.another_user import another_user, open_folder

from .conftest import Tree

NO_PYTHON: dict[str, tuple[str | bytes, int]] = {
    "Python 2": ("x = 1\nprint x\n", 2),
    "an exception of Python 2": ("try: pass\nexcept E, e: pass\n", 2),
    "a null byte": ("x = '\0'\n", 1),
    "not UTF-8": (b"x = 1\ny = '\xe9'\n", 2),
    "an unknown encoding": ("# coding: klingon\n", 1),
    "an encoding that is no text": ("# coding: hex\n", 1),
    "an encoding that costs": ("# coding: punycode\n" + "a" * 10000 + "-é", 1),
    "EBCDIC": ("# coding: cp037\nimport os\n", 1),
    "UTF-7": ("# coding: utf-7\nimport os\n", 1),
    "UTF-16": ("import flask_jwt_extended".encode("utf-16"), 1),
    "parentheses": ("(" * 50_000, 1),
    "lists": ("[" * 100_000 + "]" * 100_000, 1),
    "signs": ("-" * 200_000 + "1", 1),
    "attributes": ("a" + ".b" * 200_000, 1),
    "sums": ("1" + "+1" * 200_000, 1),
    "calls": ("a" + "()" * 200_000, 1),
    "blocks": ("".join(f"{' ' * depth}if a:\n" for depth in range(200)) + " " * 200 + "b\n", 101),
}


@pytest.mark.parametrize("name", NO_PYTHON)
def test_no_python(tree: Tree, name: str) -> None:
    """A file that Python 3 does not read is one decision, at its line; the others are read."""
    program, expected = NO_PYTHON[name]
    tree.add({"other.py": "import flask_jwt_extended\n"})

    ((line, kind, what, write),) = tree.of(program)

    assert (kind, what) == ("decide", "the file")
    assert write.startswith(("it is ", "its encoding"))
    assert line == expected
    assert {one["kind"] for one in tree.findings()} == {"decide", "changes"}


def test_deep_but_readable(tree: Tree) -> None:
    """What Python reads is looked through, however deep it is."""
    deep = "x = " + "a" + ".b" * 500 + "\n"
    found = tree.of(f"{deep}from flask_jwt_extended import get_jwt\n")

    assert [row[:2] for row in found] == [(2, "changes")]


def test_long_line(tree: Tree) -> None:
    """A line may have as many imports as somebody likes."""
    program = "'é'; " + "import flask_jwt_extended as e; " * 20_000

    rewritten = tree.rewritten(program)

    assert rewritten == program.replace("flask_jwt_extended", "flask_jwt.extended").encode()


def test_long_file(tree: Tree) -> None:
    """A file that is longer than people write is not read."""
    tree.add({"long.py": "import flask_jwt_extended\n#" + "x" * MAX_FILE_BYTES})

    ((one),) = tree.findings("--write")

    assert (one["kind"], one["path"]) == ("decide", "long.py")
    assert "longer" in one["write"]


def test_loops(tree: Tree) -> None:
    """Symlinks in a circle end nothing."""
    tree.add({"app.py": "import flask_jwt\n", "folder/module.py": "import flask_jwt\n"})
    (tree.root / "folder" / "up").symlink_to("..")
    (tree.root / "self.py").symlink_to("self.py")
    (tree.root / "one").symlink_to("two")
    (tree.root / "two").symlink_to("one")

    assert [one["path"] for one in tree.findings()] == ["app.py", "folder/module.py"]


def test_pipes(tree: Tree) -> None:
    """A pipe that is called like a program holds nothing up."""
    os.mkfifo(tree.root / "pipe.py")

    ((one),) = tree.findings()

    assert (one["kind"], one["write"]) == ("decide", "it is no regular file")


def test_unreadable() -> None:
    """A file that can't be read is a decision; this one not even by root."""
    assert Tree(Path("/proc/self/mem")).findings() == [
        {
            "path": "mem",
            "line": 1,
            "kind": "decide",
            "what": "the file",
            "write": "it can't be read: Input/output error",
        }
    ]


def test_permissions() -> None:
    """What may not be read or written is a decision, and stays as it is."""
    program = "import flask_jwt_extended\n"
    with open_folder() as folder:
        tree = Tree(folder)
        tree.add(dict.fromkeys(["app.py", "hidden/app.py", "own.py", "kept/app.py"], program))
        (folder / "own.py").chmod(0)
        (folder / "hidden").chmod(0)
        (folder / "kept").chmod(0o555)
        folder.chmod(0o555)
        with another_user():
            found = tree.findings("--write")
            again = tree.run("--write")
        folder.chmod(0o755)
        (folder / "own.py").chmod(0o644)
        (folder / "hidden").chmod(0o755)
        (folder / "kept").chmod(0o755)

        assert set(tree.contents().values()) == {program.encode()}

    denied = {one["path"]: one["write"] for one in found if one["kind"] == "decide"}
    assert denied == {
        "app.py": "it can't be written: Permission denied",
        "hidden": "it can't be read: Permission denied",
        "kept/app.py": "it can't be written: Permission denied",
        "own.py": "it can't be read: Permission denied",
    }
    assert (again.exit_code, again.stderr) == (1, "")
    assert again.stdout.endswith("files written: 0\n")


def test_folder_within_folders(tree: Tree) -> None:
    """A folder too deep to be named is a decision."""
    # Made from within: no path that a system takes leads there.
    make = "import os\nfor _ in range(20):\n    os.mkdir('d' * 250)\n    os.chdir('d' * 250)\n"
    subprocess.run([sys.executable, "-c", make], cwd=tree.root, check=True)

    ((one),) = tree.findings()

    assert (one["kind"], one["write"]) == ("decide", "it can't be read: File name too long")


def test_names_that_speak_to_terminals(tree: Tree) -> None:
    """A path with controls is shown escaped, on one line."""
    tree.add({"a\x1b[2J\nb\u202e.py": "import flask_jwt_extended\n"})
    with (tree.root / os.fsdecode(b"\xff\x7f.py")).open("w") as file:
        file.write("import flask_jwt_extended\n")

    result = tree.run("--write")

    assert result.stdout.splitlines()[:2] == [
        r"a\x1b[2J\nb\u202e.py:1: changes  import flask_jwt_extended  -> "
        "import flask_jwt.extended as flask_jwt_extended",
        r"\udcff\x7f.py:1: changes  import flask_jwt_extended  -> "
        "import flask_jwt.extended as flask_jwt_extended",
    ]
    assert result.stderr == "wrote a\\x1b[2J\\nb\\u202e.py\nwrote \\udcff\\x7f.py\n"
    assert "\x7f" not in tree.run("--json").stdout
