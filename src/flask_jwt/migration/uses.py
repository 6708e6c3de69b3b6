"""What a program does with the names it has imported, and with the objects made by them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .extended_names import (
    FORMER_ARGUMENTS,
    FORMER_LOADERS,
    FORMER_NAMES,
    LOADERS,
    NAMES,
    TAKES_BOTH,
    TAKING_BOTH,
    TAKING_LESS,
)
from .findings import Finding
from .flask_jwt_names import IMPORTED, OWN, hook_of_today, import_written, is_hook, why_absent
from .framework_names import GONE, GONE_ATTRIBUTES, MOVED, UNREAD_ATTRIBUTES, module_gone
from .imports import UNCALLED, Imports, of_extended

_DEPRECATED = "{} (deprecated)"
_BOTH = 2
_MAKERS = ("create_access_token", "create_refresh_token")


class Uses:
    """The uses in one program.

    :param tree: its syntax tree.
    :param imports: what it imports.
    """

    def __init__(self, tree: ast.Module, imports: Imports) -> None:
        self._tree = tree
        self._imports = imports
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        self._called = {id(call.func) for call in calls}
        # The decorators of functions that are called with more than they take.
        self._overcalled = {
            id(decorator)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _takes_too_little(node)
            for decorator in node.decorator_list
        }
        # The names that a JWT was given.
        self._instances = {
            target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and self._makes_jwt(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def findings(self) -> Iterator[Finding]:
        """Yield what there is to say of each."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                yield from self._of_name(node)
            elif isinstance(node, ast.Attribute):
                yield from self._of_name(node)
                yield from self._of_attribute(node)
            elif isinstance(node, ast.Call):
                yield from self._of_call(node)

    def _makes_jwt(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call):
            return False
        return self._imports.meaning(node.func) == "flask_jwt.JWT"

    def _of_name(self, node: ast.Name | ast.Attribute) -> Iterator[Finding]:
        dotted = self._imports.meaning(node)
        if dotted is None:
            if isinstance(node, ast.Name) and self._imports.has_star and node.id in FORMER_NAMES:
                by_name = f"write from flask_jwt.extended import {node.id}"
                yield Finding.at(node, "decide", node.id, f"{by_name}: * brings none of version 3")
            return
        if (name := of_extended(dotted)) is not None:
            yield from self._of_extended(node, name)
            return
        module, _, name = dotted.rpartition(".")
        if module == "flask_jwt":
            yield from self._of_flask_jwt(node, name)
        elif isinstance(node, ast.Attribute) and "." in dotted:
            write = f"write {MOVED[dotted]}.{name}" if dotted in MOVED else GONE.get(dotted)
            if write is None and module_gone(module) is None:
                write = module_gone(dotted)
            if write is not None:
                yield Finding.at(node, "decide", dotted, write)

    def _of_extended(self, node: ast.Name | ast.Attribute, name: str) -> Iterator[Finding]:
        if not isinstance(node.ctx, ast.Load):
            yield Finding.at(node, "decide", f"{name} is replaced", f"write otherwise: {UNCALLED}")
        elif name in FORMER_NAMES:
            yield Finding.at(node, "works", _DEPRECATED.format(name), FORMER_NAMES[name])
        elif name == "jwt_required" and id(node) not in self._called:
            yield Finding.at(
                node, "works", _DEPRECATED.format(name), "jwt_required(), with parentheses"
            )
        elif name in NAMES:
            yield Finding.at(node, "works", name)

    def _of_flask_jwt(self, node: ast.Name | ast.Attribute, name: str) -> Iterator[Finding]:
        if name in OWN:
            yield Finding.at(node, "works", name)
        elif isinstance(node, ast.Attribute):
            # Of names that were imported one by one, the import says it.
            if name in IMPORTED:
                yield Finding.at(node, "works", f"flask_jwt.{name}", import_written(name))
            elif (why := why_absent(name)) is not None:
                yield Finding.at(node, "decide", f"flask_jwt.{name}", why)

    def _of_attribute(self, node: ast.Attribute) -> Iterator[Finding]:
        name = node.attr
        if (today := FORMER_LOADERS.get(name)) is not None:
            write = f"{today}, {TAKES_BOTH}" if today in TAKING_BOTH else today
            yield Finding.at(node, "works", _DEPRECATED.format(name), write)
        elif name in TAKING_BOTH and id(node) in self._overcalled:
            if name in TAKING_LESS:
                yield Finding.at(node, "works", _DEPRECATED.format(name), f"{name}, {TAKES_BOTH}")
            else:
                yield Finding.at(node, "decide", name, f"write it {TAKES_BOTH}")
        elif name in LOADERS:
            yield Finding.at(node, "works", name)
        elif name in GONE_ATTRIBUTES:
            yield Finding.at(node, "decide", name, GONE_ATTRIBUTES[name])
        elif name in UNREAD_ATTRIBUTES and isinstance(node.ctx, ast.Store):
            yield Finding.at(node, "decide", name, UNREAD_ATTRIBUTES[name])
        elif self._is_jwt(node.value):
            if (today := hook_of_today(name)) is not None:
                yield Finding.at(node, "decide", name, f"write {today}")
            elif is_hook(name):
                yield Finding.at(node, "works", name)

    def _is_jwt(self, node: ast.expr) -> bool:
        """Tell whether this is a JWT, or is called so: many a program makes it in another file."""
        if isinstance(node, ast.Attribute):
            return "jwt" in node.attr.lower()
        return isinstance(node, ast.Name) and (
            node.id in self._instances or "jwt" in node.id.lower()
        )

    def _of_call(self, node: ast.Call) -> Iterator[Finding]:
        dotted = self._imports.meaning(node.func)
        name = None if dotted is None else of_extended(dotted)
        if name not in _MAKERS:
            return
        for keyword in node.keywords:
            argument, value = keyword.arg, keyword.value
            if argument in FORMER_ARGUMENTS:
                what = _DEPRECATED.format(f"{name}({argument}=…)")
                yield Finding.at(value, "works", what, f"{FORMER_ARGUMENTS[argument]}=")
            elif (
                argument == "expires_delta"
                and isinstance(value, ast.Constant)
                and value.value is False
            ):
                yield Finding.at(
                    value,
                    "works",
                    "expires_delta=False",
                    "a timedelta: who steals it has it forever",
                )


def _takes_too_little(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a function takes fewer than two arguments."""
    arguments = node.args
    return not arguments.vararg and len([*arguments.posonlyargs, *arguments.args]) < _BOTH
