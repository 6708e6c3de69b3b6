"""What protects each route: the one rule that decides at run time, and that the audits print."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, reduce
from inspect import findsource, getsourcefile, isclass, isfunction, unwrap
from operator import and_
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakSet

from flask import Flask
from werkzeug.routing import Rule

from ..authentication.guards import GIVEN_GUARDS, PUBLIC, Guard, both_declared
from ..authentication.preflight import options_answer
from ..settings.unknown import misspellings
from .declarations import OWN_BLUEPRINTS, OWN_VIEWS, Declarations
from .settings import AuthorizationSettings
from .view_layers import ViewLayers, guard_of, is_static, view_layers

#: Where ``app.extensions`` has what each JWT of an application declares; nearly always it has one.
DECLARATIONS = "jwt_declarations"
#: The applications that have a JWT, and the gate of each.
APPLICATIONS: WeakKeyDictionary[Flask, Any] = WeakKeyDictionary()
# The functions that stand below a guard at an endpoint of any of them, also of one that is gone: an
# application may be made with guards, and another one of the same views without.
_BELOW_GUARDS: WeakSet[Any] = WeakSet()
# What a rule that names no methods is asked for; it takes whatever a client sends.
_ALL_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


@dataclass(frozen=True, slots=True)
class Protection:
    """What a request with one method meets before a view."""

    #: All that it has to satisfy, as one guard; None where there is none.
    guard: Guard | None = None
    #: Of that, what the view does not see to itself.
    missing: Guard | None = field(default=None, compare=False)
    #: Why the view is open by declaration: a few words.
    opened_by: str | None = None
    #: Why the view answers no request: a configuration error.
    fault: str | None = None

    @property
    def requires(self) -> str | None:
        """What the guard requires, as it is written; None without a guard."""
        return None if self.guard is None else self.guard.shown()

    @property
    def shown(self) -> str:
        """What it requires or why it is open, in a few words."""
        if self.fault is not None:
            return f"unprotected: {self.fault}"
        if self.opened_by is not None:
            return f"public ({self.opened_by})"
        return self.requires or "unprotected"


_AUTOMATIC = Protection(opened_by="the automatic answer")


class Route(NamedTuple):
    """A rule, and what protects it for some of its methods."""

    rule: str
    methods: list[str]
    endpoint: str
    protection: Protection


def audit(app: Flask) -> list[Route]:
    """Return what protects each rule of an application, in the order of its rules.

    HEAD is named where it is protected otherwise than GET, and OPTIONS where a view answers it.
    """
    looked_at = RouteAudit(app)
    return [found for rule in app.url_map.iter_rules() for found in looked_at.of_rule(rule)]


def unprotected(app: Flask) -> list[Route]:
    """Return the routes that are neither guarded nor declared open."""
    return [
        route
        for route in audit(app)
        if route.protection.guard is None and route.protection.opened_by is None
    ]


class RouteAudit:
    """A look at the routes of one application, as they are now."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._declarations: Sequence[Declarations] = app.extensions.get(DECLARATIONS, ())
        self.protects_all = bool(self._declarations) and (
            AuthorizationSettings.read(app.config).protect_all
        )
        self._known_layers: dict[tuple[int, str | None], tuple[Any, ViewLayers]] = {}

    @property
    def guards_blueprints(self) -> bool:
        """Whether a blueprint is guarded by declaration."""
        return any(declared.guards for declared in self._declarations)

    def layers(self, view: Any, method: str) -> ViewLayers:
        """Return the layers of a view for a method; each view is looked at once."""
        key: tuple[int, str | None] = id(view), method
        # Of a function they are the same for each method.
        found = self._known_layers.get(key) or self._known_layers.get((id(view), None))
        if found is None:
            layers = view_layers(view, method)
            if layers.view_class is None:
                key = id(view), None
            # The view is kept with its layers: an id is another object's when the first is gone.
            found = self._known_layers[key] = view, layers
        return found[1]

    def of_rule(self, rule: Rule) -> Iterator[Route]:
        """Yield what protects a rule, for the methods that have that in common."""
        if rule.build_only or rule.redirect_to is not None:
            # No view is called for it.
            return
        found: dict[Protection, list[str]] = {}
        for method in sorted(methods_of_rule(rule)):
            protection = self.protection(rule, method)
            if protection is not _AUTOMATIC:
                found.setdefault(protection, []).append(method)
        for protection, alike in found.items():
            shown = [name for name in alike if name != "HEAD" or "GET" not in alike]
            yield Route(rule.rule, shown, rule.endpoint, protection)

    def protection(self, rule: Rule, method: str) -> Protection:
        """Return what protects a rule for one method."""
        if method == "OPTIONS" and options_answer(self._app, rule) is not None:
            return _AUTOMATIC
        return self.of_endpoint(rule.endpoint, method)

    def of_endpoint(self, endpoint: str, method: str) -> Protection:
        """Return what protects an endpoint for a method that its view answers."""
        layers = self.layers(self._app.view_functions.get(endpoint), method)
        view = layers.outer[0]
        conflict = _conflict(layers)
        if conflict is not None:
            return Protection(fault=conflict)
        met = [*self._guards_before(endpoint), *layers.guards]
        missing: list[Guard] = []
        if method == "HEAD" and not any(map(_is_marked, layers.own)):
            # Whichever function answers it, the view runs as it does for GET. That its class is
            # public opens no method with a guard.
            missing += self.layers(view, "GET").guards
        declared, stopped_by = self._declared(endpoint)
        opened_by = self._opened_by(endpoint, view, layers)
        if opened_by is None:
            fault = self._fault(endpoint, layers, [*met, *declared])
            if fault is not None and stopped_by is None:
                return Protection(fault=fault)
            missing += declared
            if not declared:
                opened_by = stopped_by or ("static files" if is_static(self._app, view) else None)
        if opened_by is None and not met and not missing and self.protects_all:
            missing.append(Guard())
        missing = [guard for guard in missing if not _is_met(guard, met)]
        guard = combined([*met, *missing])
        return Protection(guard, combined(missing), None if guard else opened_by)

    def warnings(self) -> Iterator[str]:
        """Yield what the log says of views without their guard, and of names that fit nothing."""
        if self._declarations and not self.protects_all:
            # The other keys are read where a token is; an open application may never see one.
            yield from misspellings(self._app.config, "JWT_PROTECT_ALL")
        told: set[tuple[str, int]] = set()
        for endpoint, method, layers in self._views():
            for layer in _lost(layers):
                key = endpoint, id(layer)
                if key in told or layer not in self._below_guards:
                    continue
                told.add(key)
                found = self.of_endpoint(endpoint, method)
                others = [] if found.guard is None else [found.guard]
                is_met = all(_is_met(guard, others) for guard in GIVEN_GUARDS[layer])
                if found.opened_by is None and not is_met:
                    yield (
                        f"{_place(layer)}: {_name(layer)} has a guard at another endpoint, and "
                        f"none at {endpoint!r}; jwt.exempt({endpoint!r}) says that this is meant"
                    )
        for declared in self._declarations:
            for endpoint in sorted(declared.endpoints - self._app.view_functions.keys()):
                yield f"jwt.exempt({endpoint!r}) opens nothing: there is no such endpoint"

    def _guards_before(self, endpoint: str) -> Iterator[Guard]:
        """Yield the guards that are functions before each request.

        Where nobody has to have a token, they protect nothing: they serve the views that ask who
        has sent a request.
        """
        for name in (None, *_names_around(endpoint)):
            for function in self._app.before_request_funcs.get(name, ()):
                guard = guard_of(function)
                if guard is not None and not guard.optional:
                    yield guard

    def _declared(self, endpoint: str) -> tuple[list[Guard], str | None]:
        """Return the guards of the blueprints around a view, out to the first that is open."""
        guards: list[Guard] = []
        for name in _names_around(endpoint):
            blueprint = self._app.blueprints.get(name)
            if blueprint is None:
                continue
            if blueprint in OWN_BLUEPRINTS:
                return guards, "of Flask-JWT"
            own = [
                guard
                for declared in self._declarations
                for guard in declared.guards.get(blueprint, ())
            ]
            # Of several extensions one may guard what another one opens.
            if not own and any(
                blueprint in declared.open_blueprints for declared in self._declarations
            ):
                return guards, "exempt"
            guards += own
        return guards, None

    def _opened_by(self, endpoint: str, view: Any, layers: ViewLayers) -> str | None:
        if self._is_public(layers):
            return "@public"
        if any(
            endpoint in declared.endpoints
            or declared.opens(view)
            or declared.opens(layers.view_class)
            for declared in self._declarations
        ):
            return "exempt"
        return "of Flask-JWT" if isfunction(view) and view in OWN_VIEWS else None

    def _is_public(self, layers: ViewLayers) -> bool:
        return any(map(_is_marked, (layers.registered, layers.view_class, *layers.own)))

    def _fault(self, endpoint: str, layers: ViewLayers, others: Sequence[Guard]) -> str | None:
        for layer in _lost(layers):
            if layer in self._below_guards:
                continue
            if all(_is_met(guard, others) for guard in GIVEN_GUARDS[layer]):
                continue
            return (
                f"{_place(layer)}: {_name(layer)} has a guard, and endpoint {endpoint!r} has it "
                "without: write @jwt_required below @app.route, or register what jwt_required "
                f"returned; jwt.exempt({endpoint!r}) says that it is to be open"
            )
        return None

    def note_guarded(self) -> None:
        """Note which functions stand below a guard."""
        for _, _, layers in self._views():
            _BELOW_GUARDS.update(filter(_was_guarded, layers.below_guards()))

    def _views(self) -> Iterator[tuple[str, str, ViewLayers]]:
        """Yield the endpoint and each method of each rule, and the layers of its view."""
        for rule in self._app.url_map.iter_rules():
            view = self._app.view_functions.get(rule.endpoint)
            for method in sorted(methods_of_rule(rule)):
                yield rule.endpoint, method, self.layers(view, method)

    @cached_property
    def _below_guards(self) -> WeakSet[Any]:
        """The functions that stand below a guard at some endpoint of any application."""
        for reference in APPLICATIONS.keyrefs():
            app = reference()
            if app is not None:
                RouteAudit(app).note_guarded()
        return _BELOW_GUARDS


def methods_of_rule(rule: Rule) -> Collection[str]:
    """Return the methods that a rule takes."""
    return _ALL_METHODS if rule.methods is None else rule.methods


def combined(guards: Sequence[Guard]) -> Guard | None:
    """Return several guards as one, which requires what all of them do."""
    if len(guards) < 2:
        return guards[0] if guards else None
    required = dict.fromkeys(guard.requires for guard in guards if guard.requires is not None)
    realm = next((guard.realm for guard in guards if guard.realm is not None), None)
    # A guard that insists on a token leaves nothing of those that do not.
    kinds = {guard.optional for guard in guards}
    optional: Any = min(kinds, key=(False, True, "lenient").index)
    return Guard(realm, reduce(and_, required) if required else None, optional)


def _names_around(endpoint: str) -> Iterator[str]:
    """Yield the names that the blueprints around a view may have, the innermost first."""
    name = endpoint.rpartition(".")[0]
    while name:
        yield name
        name = name.rpartition(".")[0]


def _conflict(layers: ViewLayers) -> str | None:
    """Tell of a view that has a guard, and is public further in or as a class."""
    public = [layer for layer in layers.below_guards() if _is_marked(layer)]
    if layers.view_class in PUBLIC and any(map(guard_of, layers.outer)):
        public.append(layers.view_class)
    if not public:
        return None
    return f"{_place(public[0])}: {both_declared(_name(public[0]))}"


def _is_marked(layer: Any) -> bool:
    return (isfunction(layer) or isclass(layer)) and layer in PUBLIC


def _lost(layers: ViewLayers) -> Iterator[Any]:
    """Yield the functions that were given a guard, where no guard is left.

    What a class inherits is not among them: another class may have given it a guard.
    """
    if not layers.guards:
        yield from filter(_was_guarded, (*layers.outer, *layers.own))


def _was_guarded(layer: Any) -> bool:
    return isinstance(layer, Hashable) and layer in GIVEN_GUARDS


def _is_met(guard: Guard, others: Sequence[Guard]) -> bool:
    """Tell whether other guards require all that one does."""
    strict = [other for other in others if not other.optional]
    if guard.optional:
        return bool(others)
    if guard.requires is None:
        return bool(strict)
    return any(other.requires == guard.requires for other in strict)


def _name(layer: Any) -> str:
    return getattr(layer, "__qualname__", None) or type(layer).__qualname__


def _place(layer: Any) -> str:
    """Return the file and the line of a function, without its decorators, or of a class."""
    code = getattr(unwrap(layer), "__code__", None)
    if code is not None:
        return f"{code.co_filename}:{code.co_firstlineno}"
    with suppress(TypeError, OSError):
        return f"{getsourcefile(layer)}:{findsource(layer)[1] + 1}"
    return str(getattr(layer, "__module__", None))
