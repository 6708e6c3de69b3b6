"""What an application declares of its views: which are open, and which blueprints are guarded."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isclass, isfunction, ismethod
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, WeakMethod, WeakSet, ref

from flask.sansio.blueprints import Blueprint
from flask.sansio.scaffold import Scaffold

from ..authentication.guards import GUARDS, PUBLIC, Guard, both_declared, guard_of_arguments
from ..errors import ConfigurationError

V = TypeVar("V", bound=Callable[..., Any])

#: What this package serves itself, and looks after itself: its views, and whole blueprints.
OWN_VIEWS: WeakSet[Callable[..., Any]] = WeakSet()
OWN_BLUEPRINTS: WeakSet[Blueprint] = WeakSet()


def public(view: V) -> V:
    """Declare a view open where ``JWT_PROTECT_ALL`` or ``jwt.protect`` would ask for a token.

    Written above or below ``@app.get``, on a function, a class-based view, or one method of such a
    class. It counts for this function or class alone: neither what wraps it nor what inherits from
    it is open, and a guard further in still asks for its token.

    :param view: the function or class.
    :return: the same one.
    :raises ConfigurationError: it has a guard.
    :raises TypeError: it is neither a function nor a class; of others' views,
        :meth:`JWT.exempt <flask_jwt.JWT.exempt>` opens one.
    """
    given: Any = view
    if not isfunction(given) and not isclass(given):
        raise TypeError(
            f"public declares a function or a class open, not a {type(view).__name__}: use "
            "jwt.exempt for views of others"
        )
    if isfunction(given) and given in GUARDS:
        raise ConfigurationError(both_declared(given.__qualname__))
    PUBLIC.add(view)
    return view


class Declarations:
    """The views and blueprints that one extension opens or guards. It speaks of none by name."""

    def __init__(self) -> None:
        #: The endpoints that are open.
        self.endpoints: set[str] = set()
        #: The blueprints that are open.
        self.open_blueprints: WeakSet[Blueprint] = WeakSet()
        #: What blueprints are guarded by: all of it is required.
        self.guards: WeakKeyDictionary[Blueprint, list[Guard]] = WeakKeyDictionary()
        #: Called after each change.
        self.on_change: WeakSet[Any] = WeakSet()
        # Views that are open. The references are weak: a view may lead to an application, which
        # is freed although a JWT for several lives on.
        self._views: list[ref[Any]] = []

    def exempt(self, opened: Any) -> None:
        """Declare a view, a blueprint or an endpoint open."""
        if isinstance(opened, Blueprint):
            if opened in self.guards:
                raise ConfigurationError(f"the blueprint {opened.name!r} is protected already")
            self.open_blueprints.add(opened)
        elif isinstance(opened, str):
            self.endpoints.add(opened)
        elif isinstance(opened, Scaffold) or not callable(opened):
            # An application can be called, too.
            raise TypeError(
                f"a view, a blueprint or the name of an endpoint is exempt, not {opened!r}"
            )
        elif isfunction(opened) and opened in GUARDS:
            raise ConfigurationError(f"{opened.__qualname__} has a guard, and can't be exempt")
        elif not self.opens(opened):
            # A bound method is another object at each look, equal to the last.
            self._views.append(WeakMethod(opened) if ismethod(opened) else ref(opened))
        self._changed()

    def protect(self, blueprint: Any, requires: Any) -> None:
        """Guard all views of a blueprint."""
        if not isinstance(blueprint, Blueprint):
            raise TypeError(f"a blueprint is protected, not a {type(blueprint).__name__}")
        guard = guard_of_arguments(requires=requires)
        if blueprint in self.open_blueprints:
            raise ConfigurationError(f"the blueprint {blueprint.name!r} is exempt already")
        guards = self.guards.setdefault(blueprint, [])
        if guard not in guards:
            guards.append(guard)
            self._changed()

    def opens(self, view: Any) -> bool:
        """Tell whether a view was declared open."""
        known = [reference() for reference in self._views]
        return view is not None and any(
            one is view or (ismethod(one) and ismethod(view) and one == view) for one in known
        )

    def _changed(self) -> None:
        for gate in tuple(self.on_change):
            gate.close()
