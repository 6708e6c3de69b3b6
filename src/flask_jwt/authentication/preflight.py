"""OPTIONS that is answered in a view's place, by Flask or by ``cross_origin`` of Flask-CORS.

A browser's preflight request carries no credentials (Fetch standard, CORS-preflight fetch). What is
answered so is no view's, and stays open under each guard.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from flask import Flask, Request, Response
from werkzeug.routing import Rule

from ..app_state import current_application
from .request_state import current_request

# A decorated function has few layers; one that names itself as its own has no end of them.
MAX_LAYERS = 100


def is_answered_without_view() -> bool:
    """Tell whether the request at hand is OPTIONS, and no view is called for it."""
    request = current_request()
    if request.method != "OPTIONS" or request.url_rule is None:
        return False
    return answers_options(request.url_rule) or _cross_origin(request) is not None


def preflight_answer() -> Response | None:
    """Return what answers such a request; None where Flask does it later."""
    answer = _cross_origin(current_request())
    return None if answer is None else answer()


def answers_options(rule: Rule) -> bool:
    """Tell whether Flask itself answers OPTIONS at a rule."""
    return bool(getattr(rule, "provide_automatic_options", False))


def cross_origin_of(view: Any, app: Flask) -> Callable[[], Response] | None:
    """Return the wrapper of ``cross_origin`` in a view that answers OPTIONS itself, or None."""
    decorator = sys.modules.get("flask_cors.decorator")
    if decorator is None:
        return None
    code = next(inner_codes(decorator.cross_origin.__code__, "wrapped_function"), None)
    for layer in wrapped_by(view):
        if code is not None and getattr(layer, "__code__", None) is code:
            return layer if _is_automatic(layer, app) else None
    return None


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


def _cross_origin(request: Request) -> Callable[[], Response] | None:
    app = current_application()
    return cross_origin_of(app.view_functions.get(request.endpoint or ""), app)


def _is_automatic(wrapper: Any, app: Flask) -> bool:
    # As it decides itself: were it off, the wrapper would call the view.
    given = closed_over(wrapper).get("_options")
    settle = wrapper.__globals__.get("get_cors_options")
    if given is None or settle is None:
        return False
    return bool(getattr(settle(app, given), "automatic_options", False))
