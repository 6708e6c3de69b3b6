"""The names of Flask-JWT-Extended, and what each is called with."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import flask_jwt_extended
import pytest

# Nothing in them is for programs.
INTERNAL = {"default_callbacks", "internal_utils", "tokens", "utils.current_user_context_processor"}
MODULES = ["", *(f".{module.name}" for module in pkgutil.iter_modules(flask_jwt_extended.__path__))]

Parameter = tuple[str, Any, Any]


def own_names(module: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a module has made itself, or what the package offers."""
    for name, value in vars(module).items():
        made_in = getattr(value, "__module__", "")
        offered = module is flask_jwt_extended and made_in.startswith(module.__name__)
        if not name.startswith("_") and (offered or made_in == module.__name__):
            yield name, value


def parameters(function: Any) -> list[Parameter]:
    """Return what a function takes."""
    found = inspect.signature(function).parameters.values()
    return [(one.name, one.kind, one.default) for one in found]


def takes_the_same(ours: Any, theirs: Any) -> bool:
    """Tell whether all that may be given to one function may be given to the other."""
    wanted = parameters(theirs)
    more = parameters(ours)[len(wanted) :]
    return parameters(ours)[: len(wanted)] == wanted and all(
        kind is inspect.Parameter.KEYWORD_ONLY for _, kind, _ in more
    )


@pytest.mark.parametrize("module", [name for name in MODULES if name[1:] not in INTERNAL])
def test_names(module: str) -> None:
    """Each public name is there, and each function takes what it took, with the same defaults."""
    theirs = importlib.import_module(f"flask_jwt_extended{module}")
    ours = importlib.import_module(f"flask_jwt.extended{module}")

    for name, value in own_names(theirs):
        if f"{module[1:]}.{name}" in INTERNAL:
            continue
        assert hasattr(ours, name), name
        if inspect.isfunction(value):
            assert takes_the_same(getattr(ours, name), value), name


def test_methods_of_the_manager() -> None:
    """``JWTManager`` has its loaders, which take the same."""
    ours = importlib.import_module("flask_jwt.extended").JWTManager

    for name, value in vars(flask_jwt_extended.JWTManager).items():
        if name == "__init__" or not name.startswith("_"):
            assert takes_the_same(getattr(ours, name), value), name


def test_star() -> None:
    """``import *`` takes the functions, and no module that a program may have one of its own of."""
    taken: dict[str, Any] = {}
    exec("from flask_jwt.extended import *", taken)
    del taken["__builtins__"]

    functions = {name for name, _ in own_names(flask_jwt_extended)}
    assert taken.keys() == functions | {"current_user"}


def test_version() -> None:
    """A program that asks for the version is told whose names these are."""
    assert importlib.import_module("flask_jwt.extended").__version__ == "4.7.4"
