"""The house: what imports what, and what a file may be called."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "flask_jwt"

# Rooms from the ground up: each may import itself and what stands before it.
ORDER = [
    "core",
    "settings",
    "issuers",
    "sessions",
    "stores",
    "web",
    "endpoints",
    "cli",
    "former_names",
    "extension",
    "console",
]
# browserconfig, keyconfig, routeconfig, secretconfig and sessionconfig read the configuration for
# cookies, the key ring, routes and sessions, as settings does for the rest; keyfile knows the file
# that it names, and hosts what a host is.
# Signals are sent by the web; unknownkeys knows the keys of others.
SAME_FLOOR = {
    "browserconfig": "settings",
    "hosts": "settings",
    "keyconfig": "settings",
    "keyfile": "settings",
    "routeconfig": "settings",
    "secretconfig": "settings",
    "sessionconfig": "settings",
    "signals": "settings",
    "unknownkeys": "settings",
}
OUTERMOST = {"__init__", "testing"}
NOT_IN_CORE = {"flask", "werkzeug", "sqlalchemy", "redis", "click", "blinker"}
# Imports inside functions, each with its reason.
LAZY = {
    ("core/keys.py", "asymmetric"): "cryptography takes 24 ms; a shared secret needs none",
    ("cli/__init__.py", "check"): "the same",
    ("cli/__init__.py", "keys"): "the bodies of commands are imported when one runs",
    ("cli/__init__.py", "sessions"): "the same",
    ("stores/sql_engine.py", "postgresql"): "psycopg is there only for PostgreSQL",
    ("cli/key_entries.py", "core.asymmetric"): "see core/keys.py",
    ("cli/keys.py", "core.asymmetric"): "see core/keys.py",
    ("web/waiting.py", "asgiref.sync"): "it comes with flask[async], and only coroutines need it",
}
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "handler", "common"}


def modules() -> list[Path]:
    """Return every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def dotted(path: Path) -> tuple[str, ...]:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """Yield what a module imports: ("flask_jwt", room, …) for our own, (name, …) for the rest."""
    package = path.relative_to(PACKAGE).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            named = tuple(node.module.split(".")) if node.module else ()
            if node.level:
                named = ("flask_jwt", *package[: len(package) - node.level + 1], *named)
            for alias in node.names:
                yield (*named, alias.name)


def room(parts: tuple[str, ...]) -> str:
    return SAME_FLOOR.get(parts[0], parts[0])


def exists(parts: tuple[str, ...]) -> Path | None:
    """Return the file of a module of ours that an import names, if there is one."""
    for length in range(len(parts), 0, -1):
        base = PACKAGE.joinpath(*parts[:length])
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    """A room imports only rooms below it."""
    mine = room(dotted(path))
    if mine in OUTERMOST:
        return
    assert mine in ORDER, f"a new room {mine} needs its place in the order"
    for parts in imports(path):
        if parts[0] == "flask_jwt" and len(parts) > 1:
            theirs = room(parts[1:])
            assert theirs in ORDER[: ORDER.index(mine) + 1], f"{path.name} imports {parts}"


def test_core_reaches_no_framework() -> None:
    """Neither the core nor anything it imports knows Flask, Werkzeug or a store."""
    seen: set[Path] = set()
    waiting = sorted((PACKAGE / "core").glob("*.py"))
    while waiting:
        path = waiting.pop()
        seen.add(path)
        for parts in imports(path):
            assert parts[0] not in NOT_IN_CORE, f"{path.name} imports {parts[0]}"
            reached = exists(parts[1:]) if parts[0] == "flask_jwt" else None
            if reached is not None and reached not in seen:
                waiting.append(reached)
    assert len(seen) > 5


def inner_imports(path: Path) -> Iterator[str]:
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom):
                    yield node.module or ""
                elif isinstance(node, ast.Import):
                    yield node.names[0].name


def test_imports_stand_at_the_top() -> None:
    """Only the optional backends that are named here are imported inside a function."""
    found = {
        (str(path.relative_to(PACKAGE)), name) for path in modules() for name in inner_imports(path)
    }

    assert found == set(LAZY)


def test_files_are_one_concept_each() -> None:
    """No module is longer than 400 lines, and none has a name that says nothing."""
    for path in modules():
        assert len(path.read_text().splitlines()) <= 400, path
        assert path.stem not in FORBIDDEN_NAMES
        assert not FORBIDDEN_NAMES & set(path.relative_to(PACKAGE).parts)


def loaded_by(statement: str) -> set[str]:
    program = f"import flask, sys; before = set(sys.modules)\n{statement}\n"
    program += "print(*(set(sys.modules) - before))"
    run = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return {name.partition(".")[0] for name in run.stdout.split()}


def test_import_is_light() -> None:
    """Importing the package, and making a key of a secret, loads no PyJWT and no cryptography."""
    secret = "import os; from flask_jwt.core import Key; Key.from_secret(os.urandom(32))"

    for statement in ("import flask_jwt", secret):
        assert not loaded_by(statement) & {"jwt", "cryptography", "asgiref", "asyncio"}
