"""What a registered view calls, layer by layer: decorators, classes, and the methods of classes.

A layer counts where it is certain that the one above calls it and nothing else in its place, as far
as that can be told: ``functools.wraps`` alone proves nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from inspect import isclass, isfunction, ismethod
from types import FunctionType
from typing import Any
from weakref import WeakSet

from flask import Blueprint, Flask
from flask.views import MethodView, View

from ..authentication.guards import GUARDS, Guard
from ..authentication.preflight import MAX_LAYERS, closed_over, inner_codes, wrapped_by

#: What the gate has made of views. Which view it was stands in it alone: a view may lead to its
#: application, which nothing here keeps.
ENCLOSED: WeakSet[Callable[..., Any]] = WeakSet()

_AS_VIEW = tuple(inner_codes(View.as_view.__code__, "view"))
_APP_STATIC = tuple(
    code
    for code in inner_codes(Flask.__init__.__code__, "<lambda>")
    if "send_static_file" in code.co_names
)
# Their resources hand a request to its method through method_decorators.
_RESOURCES = ("flask_restful", "flask_restx")


def original(view: Any) -> Any:
    """Return a view as the application has registered it."""
    is_enclosed = isfunction(view) and view in ENCLOSED
    return getattr(view, "__wrapped__", None) if is_enclosed else view


def unproxied(view: Any) -> Any:
    """Return what a proxy stands for that passes for a function and equals it, as wrapt's do.

    Monitoring registers such in the place of each view.
    """
    for _ in range(MAX_LAYERS):
        wrapped = getattr(view, "__wrapped__", None)
        if type(view) is FunctionType or not isfunction(view) or wrapped is None or view != wrapped:
            break
        view = wrapped
    return view


def guard_of(layer: Any) -> Guard | None:
    """Return the guard that one layer is."""
    # A proxy for a function passes for one, and may have no weak reference.
    return GUARDS[layer] if isfunction(layer) and layer in GUARDS else None


def layers_of(view: Any) -> Iterator[Any]:
    """Yield a function, and what it calls, as far as that is certain."""
    for _ in range(MAX_LAYERS):
        view = unproxied(view)
        yield view
        view = _below(view)
        if view is None:
            return


def _below(layer: Any) -> Any:
    if ismethod(layer):
        return layer.__func__
    if type(layer) is partial:
        return layer.func
    wrapped = getattr(layer, "__wrapped__", None)
    if wrapped is None:
        return None
    held = _held(layer)
    return wrapped if any(value is wrapped for value in held) and not _chooses(held) else None


def _held(layer: Any) -> Sequence[Any]:
    """Return what a layer has, and so can call."""
    if not isfunction(layer):
        # Of a callable object, what it keeps beside the mark; functools.cache keeps nothing else,
        # and answers a second request itself.
        kept = vars(layer) if hasattr(layer, "__dict__") else {}
        return [value for name, value in kept.items() if name != "__wrapped__"]
    named = [layer.__globals__.get(name) for name in layer.__code__.co_names]
    defaults = [*(layer.__defaults__ or ()), *(layer.__kwdefaults__ or {}).values()]
    return [*closed_over(layer).values(), *named, *defaults]


def _chooses(held: Sequence[Any]) -> bool:
    """Tell whether a layer has a function both with its guard and without, and so either."""
    return any(
        value is beneath
        for guarded in filter(guard_of, held)
        for beneath in wrapped_by(getattr(guarded, "__wrapped__", None))
        for value in held
    )


@dataclass(frozen=True, slots=True)
class ViewLayers:
    """The layers of a view for one method."""

    #: From the registered function down to the class, or to the function that answers.
    outer: Sequence[Any]
    #: The class of a class-based view.
    view_class: type | None = None
    #: From ``dispatch_request`` of the class down to the function that answers.
    inner: Sequence[Any] = ()
    #: Those among them that the class itself defines, and does not inherit.
    own: Sequence[Any] = ()

    @property
    def functions(self) -> Sequence[Any]:
        """All functions, the first one called first."""
        return (*self.outer, *self.inner)

    @property
    def methods(self) -> frozenset[str]:
        """The methods that its class has functions for."""
        return frozenset(getattr(self.view_class, "methods", None) or ())

    @property
    def guards(self) -> list[Guard]:
        """The guards among them."""
        return [guard for guard in map(guard_of, self.functions) if guard is not None]

    def below_guards(self) -> Iterator[Any]:
        """Yield the functions that a guard stands before."""
        is_below = False
        for layer in self.functions:
            if is_below:
                yield layer
            is_below = is_below or guard_of(layer) is not None

    @property
    def registered(self) -> Any:
        """The function that the application has registered, without what its framework adds."""
        first = self.outer[0]
        return self.outer[1] if _is_of_openapi3(first) and len(self.outer) > 1 else first


def _is_of_openapi3(function: Any) -> bool:
    # Its app.get registers a wrapper, and returns what it was given.
    return (
        isfunction(function)
        and function.__code__.co_name == "view_func"
        and function.__globals__.get("__name__") == "flask_openapi3.scaffold"
    )


def view_layers(view: Any, method: str) -> ViewLayers:
    """Return the layers that a request with a method passes in a registered view."""
    outer = tuple(layers_of(original(view)))
    view_class = _class_of(outer[-1])
    if view_class is None:
        return ViewLayers(outer)
    dispatch = getattr(view_class, "dispatch_request", None)
    inner = list(layers_of(dispatch))
    answering: list[Any] = []
    if inner[-1] is MethodView.dispatch_request:
        answering = _method_layers(view_class, method, None)
    elif any(inner[-1] is resource for resource in _resource_dispatches()):
        decorators = getattr(view_class, "method_decorators", ())
        answering = _method_layers(view_class, method, decorators)
    inner += answering
    defined = list(view_class.__dict__.values())
    own = tuple(layer for layer in inner if any(layer is value for value in defined))
    return ViewLayers(outer, view_class, tuple(inner), own)


def _class_of(function: Any) -> type | None:
    """Return the class that ``as_view`` has made a function of."""
    if not isfunction(function) or not any(function.__code__ is code for code in _AS_VIEW):
        return None
    around = closed_over(function)
    # One instance for all requests, or a new one each time, of the class that the view names then.
    found = type(around["self"]) if "self" in around else around["view"].view_class
    return found if isclass(found) else None


def _resource_dispatches() -> Iterator[Any]:
    for name in _RESOURCES:
        module = sys.modules.get(name)
        if module is not None:
            yield module.Resource.dispatch_request


def _method_layers(view_class: type, method: str, decorators: Any) -> list[Any]:
    function = getattr(view_class, method.lower(), None)
    if function is None and method == "HEAD":
        function = getattr(view_class, "get", None)
    if function is None:
        return []
    if decorators is None:
        return list(layers_of(function))
    chosen = decorators.get(method.lower(), ()) if isinstance(decorators, Mapping) else decorators
    return list(_decorated(function, chosen))


def _decorated(function: Any, decorators: Any) -> Iterator[Any]:
    """Yield the layers that the decorators of a resource put before a method at each request."""

    # Not the method itself: what a decorator notes of a function belongs to no view.
    @wraps(function)
    def stand_in(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    decorated: Any = stand_in
    try:
        for decorator in decorators:
            decorated = decorator(decorated)
    except Exception:
        # A decorator that needs a request: what it makes can't be told.
        return iter(())
    return (layer for layer in layers_of(decorated) if layer is not stand_in)


def is_static(app: Flask, view: Any) -> bool:
    """Tell whether a view is the one that Flask serves static files with, and not one like it."""
    owner: Any
    if ismethod(view):
        owner = view.__self__
    elif isfunction(view) and any(view.__code__ is code for code in _APP_STATIC):
        owner = closed_over(view)["self_ref"]()
    else:
        return False
    kind: type[Flask | Blueprint] = Flask if owner is app else Blueprint
    if kind is Blueprint and not any(owner is known for known in app.blueprints.values()):
        return False
    # An application may have written one of its own, which it may guard inside.
    served = owner.send_static_file
    if getattr(served, "__func__", None) is not kind.send_static_file:
        return False
    return isfunction(view) or view.__func__ is kind.send_static_file
