"""The house: what imports what, and what a file may be called."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "src" / "flask_jwt"

# The rooms, floor by floor from the ground: each imports itself and the floors below it.
FLOORS = (
    {"core", "errors", "hooks", "http", "signals", "user_names"},
    {"migration", "requirements", "settings"},
    {"app_state"},
    {"keys"},
    {"issuers", "sessions"},
    {"authentication", "stores"},
    {"authorization", "throttle", "tokens", "user_directory"},
    {"endpoints", "openapi", "users"},
    {"all_settings"},
    {"route_config"},
    {"build", "secret_warning"},
    {"cli", "console", "former_names"},
    {"extension"},
    {"extended"},
    {"testing", "__init__"},
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
NOT_IN_CORE = {"flask", "werkzeug", "sqlalchemy", "redis", "click", "blinker"}
# Imports inside functions, each with its reason.
LAZY = {
    ("core/keys.py", "asymmetric"): "cryptography takes 24 ms; a shared secret needs none",
    ("stores/sql_engine.py", "postgresql"): "psycopg is there only for PostgreSQL",
    ("issuers/opening.py", "http_client"): "httpcore is there only with the extra issuers",
    ("testing/fake_issuer.py", "core.asymmetric"): "see core/keys.py",
    ("users/foreign_hashes.py", "bcrypt"): "it is there only where bcrypt hashes are brought",
    ("keys/rotation.py", "core.asymmetric"): "see core/keys.py",
    ("cli/keys.py", "core.asymmetric"): "see core/keys.py",
    (
        "extended/key_objects.py",
        "cryptography.hazmat.primitives",
    ): "only who has key objects has it",
    ("hooks.py", "asgiref.sync"): "it comes with flask[async], and only coroutines need it",
}
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "handler", "common"}
# Flask-JWT-Extended's own: programs import from it.
GIVEN_NAMES = {"extended/utils.py"}


def modules() -> list[Path]:
    """Return every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def dotted(path: Path) -> tuple[str, ...]:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """Yield what a module imports: ("flask_jwt", room, …) for our own, (name, …) for the rest."""
    package = path.relative_to(PACKAGE).parent.parts
    tree = ast.parse(path.read_text())
    for_types = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        # The ground holds what it does not know: app_state.py imports the rooms as types alone.
        if id(node) in for_types and path.name == "app_state.py":
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            named = tuple(node.module.split(".")) if node.module else ()
            if node.level:
                named = ("flask_jwt", *package[: len(package) - node.level + 1], *named)
            for alias in node.names:
                yield (*named, alias.name)


def exists(parts: tuple[str, ...]) -> Path | None:
    """Return the file of a module of ours that an import names, if there is one."""
    for length in range(len(parts), 0, -1):
        base = PACKAGE.joinpath(*parts[:length])
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


def test_imports_go_one_way() -> None:
    """A room imports only rooms of the floors below it, and the roof is imported by nobody."""
    for path in modules():
        mine = dotted(path)[0]
        assert mine in FLOOR_OF, f"a new room {mine} needs its floor"
        for parts in imports(path):
            if parts[0] == "flask_jwt" and len(parts) > 1 and parts[1] != mine:
                assert FLOOR_OF[parts[1]] < FLOOR_OF[mine], f"{path} imports {'.'.join(parts)}"


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
    """No module is longer than 600 lines, and none has a name that says nothing."""
    for path in modules():
        assert len(path.read_text().splitlines()) <= 600, path
        assert path.stem not in FORBIDDEN_NAMES or str(path.relative_to(PACKAGE)) in GIVEN_NAMES
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
