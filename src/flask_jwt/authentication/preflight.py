"""OPTIONS that is answered in a view's place, by Flask or by ``cross_origin`` of Flask-CORS.

A browser's preflight request carries no credentials (Fetch standard, CORS-preflight fetch). What is
answered so is no view's, and stays open under each guard.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from flask import Flask, Response
from werkzeug.routing import Rule

from ..app_state import current_application
from ..http import current_request

#: What is called in a view's place; None is Flask's answer, later on.
OptionsAnswer = Callable[[], Response | None]

# A decorated function has few layers; one that names itself as its own has no end of them.
MAX_LAYERS = 100


def preflight_answer() -> OptionsAnswer | None:
    """Return what answers the request at hand in a view's place; None where a view is called."""
    request = current_request()
    if request.method != "OPTIONS" or request.url_rule is None:
        return None
    return options_answer(current_application(), request.url_rule)


def options_answer(app: Flask, rule: Rule) -> OptionsAnswer | None:
    """Return what answers OPTIONS at a rule in its view's place; None where its view is called."""
    decorator = sys.modules.get("flask_cors.decorator")
    if decorator is not None:
        code = next(inner_codes(decorator.cross_origin.__code__, "wrapped_function"), None)
        for layer in wrapped_by(app.view_functions.get(rule.endpoint)):
            if code is not None and getattr(layer, "__code__", None) is code:
                if _is_automatic(layer, app):
                    answer: OptionsAnswer = layer
                    return answer
                break
    return _flask_does if getattr(rule, "provide_automatic_options", False) else None


def _flask_does() -> None:
    """Leave a request to Flask."""


def wrapped_by(view: Any) -> Iterator[Any]:
    """Yield a function, and what it and each further one says that it wraps."""
    for _ in range(MAX_LAYERS):
        if view is None:
            return
        yield view
        view = getattr(view, "__wrapped__", None)


def inner_codes(code: CodeType, name: str) -> Iterator[CodeType]:
    """Yield the code of the functions of a name that are made in another."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name == name:
                yield constant
            yield from inner_codes(constant, name)


def closed_over(function: Any) -> dict[str, Any]:
    """Return what a function has of the functions around it, by name."""
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            # It is not filled yet.
            continue
    return found


def _is_automatic(wrapper: Any, app: Flask) -> bool:
    # As it decides itself: were it off, the wrapper would call the view.
    given = closed_over(wrapper).get("_options")
    settle = wrapper.__globals__.get("get_cors_options")
    if given is None or settle is None:
        return False
    return bool(getattr(settle(app, given), "automatic_options", False))
