"""The imports of a program: what each binds, what is wrong with it, and its rewriting."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .extended_names import FORMER_NAMES, NAMES, REEXPORTED, SUBMODULES
from .findings import Finding, Kind, Node
from .flask_jwt_names import IMPORTED, OWN, import_written, why_absent
from .framework_names import GONE, MOVED, extension_module, module_gone
from .source import Edit, Source

#: The package of Flask-JWT-Extended, and the module that takes its place.
EXTENDED = "flask_jwt_extended"
HERE = "flask_jwt.extended"
#: What to know before its parts are replaced, as tests do.
UNCALLED = "guards here call none of its parts, and what is patched there changes nothing"
_OURS = "flask_jwt"
_FROM = re.compile(r"from(?:[ \t\f]|\\(?:\r\n|\r|\n))+([\w.]+)(?=\s|\\|\()")
_ALL = NAMES | FORMER_NAMES.keys() | SUBMODULES.keys() | {"*"}
_ABSENCES = frozenset({"AttributeError", "Exception", "ImportError", "ModuleNotFoundError"})
# No name that is known here has more parts; a chain of attributes may have thousands.
_LONGEST = 4
_NAMED = re.compile(rf"{EXTENDED}(?:\.\w+)*")


def of_extended(dotted: str) -> str | None:
    """Return what Flask-JWT-Extended calls a name, its submodule left out; None for others."""
    for package in (EXTENDED, HERE):
        if dotted == package or dotted.startswith(f"{package}."):
            first, _, rest = dotted[len(package) + 1 :].partition(".")
            return rest if first in REEXPORTED else ".".join(filter(None, (first, rest)))
    return None


class Imports:
    """What a program imports of the packages that are known here.

    :param source: the program.
    :param tree: its syntax tree.
    """

    def __init__(self, source: Source, tree: ast.Module) -> None:
        self._source = source
        #: What local names stand for, with dots.
        self.bound: dict[str, str] = {}
        #: Whether it takes all names of ``flask_jwt.extended`` at once.
        self.has_star = False
        #: What there is to say of the imports.
        self.findings: list[Finding] = []
        #: What has them written as they have to be.
        self.edits: list[Edit] = []
        replaceable = _replaceable_imports(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                if id(node) not in replaceable or _is_of_packages(node.module):
                    self._read_from(node, node.module)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if id(node) not in replaceable or _is_of_packages(alias.name):
                        self._read_import(alias)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._read_text(node, node.value)

    def meaning(self, node: ast.expr) -> str | None:
        """Return what a name or an attribute stands for, with dots, if that was imported."""
        names: list[str] = []
        while isinstance(node, ast.Attribute) and len(names) < _LONGEST:
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.bound:
            return None
        return ".".join([self.bound[node.id], *reversed(names)])

    def _read_from(self, node: ast.ImportFrom, module: str) -> None:
        today = _module_of_today(module, [alias.name for alias in node.names])
        for alias in node.names:
            if alias.name == "*":
                self.bound.update({name: f"{today}.{name}" for name in _star(today)})
                self.has_star |= today == HERE
            else:
                self.bound[alias.asname or alias.name] = f"{today}.{alias.name}"
        if today != module:
            self._rewrite_from(node, module, today)
        elif _is_here(module):
            self._note(node, "works", f"from {module}")
        for alias in node.names:
            if today == _OURS and alias.name in IMPORTED:
                written = f"{import_written(alias.name)}: it comes with a DeprecationWarning"
                self._note(alias, "works", f"from {today} import {alias.name}", written)
            elif (write := _fault(today, alias.name)) is not None:
                self._note(alias, "decide", f"from {today} import {alias.name}", write)

    def _rewrite_from(self, node: ast.ImportFrom, module: str, today: str) -> None:
        start = self._source.offset(node.lineno, node.col_offset)
        found = _FROM.match(self._source.text, start)
        if found is None or found[1] != module:
            self._note(node, "decide", f"from {module}", f"write from {today}")
            return
        self._change(node, Edit(*found.span(1), today), f"from {module}", f"from {today}")

    def _read_import(self, alias: ast.alias) -> None:
        name = alias.name
        self.bound[alias.asname or name.partition(".")[0]] = (
            name if alias.asname else name.partition(".")[0]
        )
        write = module_gone(name)
        if write is not None:
            self._note(alias, "decide", f"import {name}", write)
        elif name == EXTENDED or name.startswith(f"{EXTENDED}."):
            self._rewrite_import(alias)
        elif _is_here(name):
            self._note(alias, "works", f"import {name}")

    def _rewrite_import(self, alias: ast.alias) -> None:
        name, here = alias.name, HERE + alias.name.removeprefix(EXTENDED)
        first = name.removeprefix(EXTENDED).partition(".")[2].partition(".")[0]
        if first and first not in SUBMODULES:
            self._note(alias, "decide", f"import {name}", f"write import {HERE}: {UNCALLED}")
            return
        # The name that the program goes on with; a submodule is imported as well.
        bound = "" if alias.asname else f"{HERE} as {EXTENDED}"
        today = ", ".join(filter(None, [here if alias.asname or first else "", bound]))
        start = self._source.offset(alias.lineno, alias.col_offset)
        end = start + len(name)
        if self._source.text[start:end] != name:
            self._note(alias, "decide", f"import {name}", f"write import {today}")
            return
        kept = f" as {alias.asname}" if alias.asname else ""
        edit = Edit(start, end, today)
        self._change(alias, edit, f"import {name}{kept}", f"import {today}{kept}")

    def _read_text(self, node: ast.Constant, text: str) -> None:
        if _NAMED.fullmatch(text):
            self._note(node, "decide", f"{text!r} in a string", f"write {HERE}: {UNCALLED}")

    def _change(self, node: ast.stmt | ast.alias, edit: Edit, what: str, write: str) -> None:
        if self._source.can_be_edited:
            self.edits.append(edit)
            self._note(node, "changes", what, write)
        else:
            self._note(node, "decide", what, f"write {write}: its encoding can't be written back")

    def _note(self, node: Node, kind: Kind, what: str, write: str = "") -> None:
        self.findings.append(Finding.at(node, kind, what, write))


def _replaceable_imports(tree: ast.Module) -> set[int]:
    """Return the imports that stand in for each other, where a program catches what fails."""
    return {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and any(map(_catches_absence, node.handlers))
        for part in (*node.body, *node.handlers)
        for inner in ast.walk(part)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }


def _catches_absence(handler: ast.ExceptHandler) -> bool:
    caught = () if handler.type is None else ast.walk(handler.type)
    names = {node.id for node in caught if isinstance(node, ast.Name)}
    return handler.type is None or not _ABSENCES.isdisjoint(names)


def _is_of_packages(module: str) -> bool:
    return _is_here(module) or of_extended(module) is not None


def _is_here(module: str) -> bool:
    return module in (_OURS, HERE) or module.startswith(f"{HERE}.")


def _module_of_today(module: str, names: list[str]) -> str:
    """Return the module that has today what a program imports from one: the same, or another."""
    module = extension_module(module) or module
    if module == EXTENDED or module.startswith(f"{EXTENDED}."):
        submodule = module.removeprefix(EXTENDED)[1:]
        if submodule in REEXPORTED and _ALL.issuperset(names):
            return HERE
        return HERE + module.removeprefix(EXTENDED) if submodule in ("", *SUBMODULES) else module
    moved = {MOVED.get(f"{module}.{name}") for name in names}
    only = moved.pop() if len(moved) == 1 else None
    return only or module


def _fault(module: str, name: str) -> str | None:
    """Return what to write where a module has no such name, or None where it has."""
    dotted = f"{module}.{name}"
    if module == _OURS:
        return why_absent(name)
    if of_extended(module) is not None:
        if module != HERE and not of_extended(module) and name in _ALL:
            return f"write from {HERE} import {name}"
        names = SUBMODULES.get(module.removeprefix(HERE)[1:], _ALL if module == HERE else ())
        return None if name == "*" or name in names else "flask_jwt.extended has no such name"
    if dotted in MOVED:
        return f"write from {MOVED[dotted]} import {name}"
    return GONE.get(dotted) or module_gone(module) or module_gone(dotted)


def _star(module: str) -> Iterator[str]:
    if module == HERE:
        yield from NAMES
    elif module == _OURS:
        yield from (name for name in OWN if not name.startswith("_"))
