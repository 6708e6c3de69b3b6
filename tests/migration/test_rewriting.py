"""What ``--write`` does to a file: the names of modules change, and not a byte beside."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flask_jwt.migration.tree import NotReadError, SourceTree

from .conftest import Tree

# A statement, and what becomes of it.
PAIRS = [
    (f"{indent}from{blank}flask_jwt_extended{rest}", f"{indent}from{blank}flask_jwt.extended{rest}")
    for indent, blank, rest in [
        ("", " ", " import jwt_required"),
        (
            "",
            "\t",
            "\timport  get_jwt ,current_user as flask_jwt_extended # from flask_jwt_extended",
        ),
        ("", "  ", " import (  # flask_jwt_extended\n    get_jwt,\n\n    get_jti as own,\n)"),
        ("", " \\\n  ", " \\\n  import *"),
        ("if True:\n    x = 'é∀𝕏'; ", " ", " import get_jwt; y = 1"),
        ("try:\n\t", " ", ".exceptions import CSRFError\nexcept ImportError:\n\tpass"),
        ("def f():\n  ", " ", ".config import config"),
        ("'flask_jwt_extended is here' ; ", " ", " import(get_jwt)"),
    ]
]
PAIRS += [
    ("import flask_jwt_extended", "import flask_jwt.extended as flask_jwt_extended"),
    ("import os, flask_jwt_extended as f ,re", "import os, flask_jwt.extended as f ,re"),
    (
        "import flask_jwt_extended.exceptions",
        "import flask_jwt.extended.exceptions, flask_jwt.extended as flask_jwt_extended",
    ),
    ("import flask_jwt_extended.config as c", "import flask_jwt.extended.config as c"),
    ("# flask_jwt_extended\n\f", "# flask_jwt_extended\n\f"),
    ("'''import flask_jwt_extended\n'''", "'''import flask_jwt_extended\n'''"),
    ("print ( 'é' )  ", "print ( 'é' )  "),
]
UTF_8 = {"": "utf-8", "# -*- coding: utf-8 -*-\n": "utf-8", "\ufeff": "utf-8"}
LATIN = {"# coding: latin-1\n": "latin-1", "#!python\n# vim: fileencoding=cp1252\n": "cp1252"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    pairs=st.lists(st.sampled_from(PAIRS), max_size=5),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    head=st.sampled_from([*UTF_8, *LATIN]),
    at_end=st.sampled_from(["", "\n", "\n\n  \n"]),
)
def test_exact(
    tree: Tree, pairs: list[tuple[str, str]], newline: str, head: str, at_end: str
) -> None:
    """Layout, comments, line ends, byte order mark and encoding stay; a second run has no work."""
    encoding = {**UTF_8, **LATIN}[head]
    before, after = (
        (head + "\n".join(parts) + at_end).replace("\n", newline).encode(encoding, "replace")
        for parts in ([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    )

    assert tree.rewritten(before) == after
    assert tree.rewritten(after) == after
    assert all(one["kind"] != "changes" for one in tree.findings())


@pytest.mark.parametrize(
    "program",
    [
        "from flask_jwt_extended . exceptions import CSRFError\n",
        # Python reads a ligature as the two letters that it stands for.
        "import \ufb02ask_jwt_extended\n",
        "from \ufb02ask_jwt_extended import get_jwt\n",
    ],
)
def test_odd_spellings(tree: Tree, program: str) -> None:
    """A name that is spelt as nobody does is left alone, and is a decision."""
    ((line, kind, _, write),) = tree.of(program)

    assert (line, kind) == (1, "decide")
    assert write.startswith("write ")
    assert tree.rewritten(program) == program.encode()


def test_encoding_with_two_ways(tree: Tree) -> None:
    """A text that would not come back as it was is left alone, and is a decision."""
    program = b"# coding: iso-2022-jp\nimport flask_jwt_extended  # \x1b(B\n"
    ((line, kind, _, write),) = tree.of(program)

    assert (line, kind) == (2, "decide")
    assert "can't be written back" in write
    assert tree.rewritten(program) == program


def test_changed_meanwhile(tree: Tree) -> None:
    """A file that somebody changes while it is looked through is not overwritten."""
    tree.add({"app.py": "import flask_jwt_extended\n"})
    path = tree.root / "app.py"
    sources = SourceTree(tree.root)
    content = sources.read(path)

    path.write_text("import flask_jwt_extended as changed\n")

    with pytest.raises(NotReadError, match="it has changed since it was read"):
        sources.replace(path, content, b"import flask_jwt.extended as flask_jwt_extended\n")
    assert tree.contents() == {"app.py": b"import flask_jwt_extended as changed\n"}


def test_folder_swapped_meanwhile(tree: Tree, tmp_path: Path) -> None:
    """A folder that becomes a symlink to elsewhere leads to no write there."""
    program = b"import flask_jwt_extended\n"
    tree.add({"folder/app.py": program})
    sources = SourceTree(tree.root)
    path = tree.root / "folder" / "app.py"
    content = sources.read(path)

    (tree.root / "folder").rename(tmp_path / "elsewhere")
    (tree.root / "folder").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(NotReadError, match="it has changed since it was read"):
        sources.replace(path, content, b"import flask_jwt.extended as flask_jwt_extended\n")
    assert (tmp_path / "elsewhere" / "app.py").read_bytes() == program


@pytest.mark.parametrize("mode", [0o640, 0o755])
def test_mode(tree: Tree, mode: int) -> None:
    """A file keeps its mode, and nothing is left beside it."""
    tree.add({"app.py": "import flask_jwt_extended\n"})
    path = tree.root / "app.py"
    path.chmod(mode)

    tree.run("--write")

    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert list(tree.contents()) == ["app.py"]


def test_symlinks(tree: Tree, tmp_path: Path) -> None:
    """Nothing outside PATH is read or written through a symlink; each is a decision."""
    outside = tmp_path / "outside"
    outside.mkdir()
    shared = outside / "shared.py"
    shared.write_text("import flask_jwt_extended\n")
    tree.add({"app.py": "import flask_jwt_extended\n"})
    (tree.root / "shared.py").symlink_to(shared)
    (tree.root / "folder").symlink_to(outside)
    (tree.root / "again.py").symlink_to("app.py")
    (tree.root / "data").symlink_to("/dev/null")

    found = [(one["path"], one["kind"]) for one in tree.findings("--write")]

    assert sorted(found) == [("app.py", "changes"), ("folder", "decide"), ("shared.py", "decide")]
    assert shared.read_text() == "import flask_jwt_extended\n"
    assert (tree.root / "again.py").is_symlink()


def test_program_under_a_symlink(tree: Tree, tmp_path: Path) -> None:
    """PATH itself may be a symlink: somebody has named it."""
    tree.add({"app.py": "import flask_jwt_extended\n"})
    link = tmp_path / "link"
    link.symlink_to(tree.root)

    assert Tree(link).rewritten("import flask_jwt_extended as f\n") == (
        b"import flask_jwt.extended as f\n"
    )


def test_owner(tree: Tree) -> None:
    """A file that is written by root stays its owner's."""
    tree.add({"app.py": "import flask_jwt_extended\n"})
    path = tree.root / "app.py"
    owner = (1234, 1235) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    os.chown(path, *owner)

    tree.run("--write")

    assert (path.stat().st_uid, path.stat().st_gid) == owner
    assert b"flask_jwt.extended" in path.read_bytes()
