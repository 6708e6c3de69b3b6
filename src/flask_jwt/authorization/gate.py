"""The gate: at the first request, each view gets before it what it does not see to itself.

A view that needs nothing stays as it is: neither an open one nor a capability that is off costs a
request anything. A function before each request would cost it a microsecond, half of it Flask's,
and would run before those that open the connections which identity hooks use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn, Self
from weakref import ref

from flask import Flask

from ..app_state import current_application
from ..authentication.guards import enclosed
from ..core.per_process import PerProcess, new_lock
from ..errors import ConfigurationError
from ..http import current_request
from .declarations import Declarations
from .route_audit import APPLICATIONS, DECLARATIONS, Protection, RouteAudit, methods_of_rule
from .view_layers import ENCLOSED, original

_View = Callable[..., Any]
_MAX_METHODS = 64


def watch(app: Flask, declared: Declarations) -> None:
    """Have an application's views looked at before its first request, by what is declared."""
    gate = APPLICATIONS.get(app)
    if gate is None:
        gate = APPLICATIONS[app] = Gate(app)
        gate.close()
    declarations: list[Declarations] = app.extensions.setdefault(DECLARATIONS, [])
    if declared not in declarations:
        declarations.append(declared)
    declared.on_change.add(gate)


def look_again(app: Flask) -> None:
    """Have the views looked at again before the next request: a setting has changed."""
    gate = APPLICATIONS.get(app)
    if gate is not None:
        gate.close()


class Gate:
    """What stands before the views of one application."""

    def __init__(self, app: Flask) -> None:
        self._app = ref(app)
        self._lock = PerProcess(new_lock)
        self._is_closed = False

    def close(self) -> None:
        """Let no request pass before the views were looked at."""
        app = self._app()
        with self._lock.take():
            if app is None or self._is_closed:
                return
            self._is_closed = True
            functions = app.before_request_funcs
            # A list that requests are going through is left as it is: none of them misses a step.
            functions[None] = [open_gate, *functions.get(None, ())]

    def open(self, app: Flask) -> None:
        """Look at the views, and give each the guards that it needs; then let requests pass."""
        with self._lock.take():
            if not self._is_closed:
                return
            audit = RouteAudit(app)
            audit.note_guarded()
            warnings = list(audit.warnings())
            _enclose_views(app, audit)
            self._is_closed = False
            functions = app.before_request_funcs
            functions[None] = [one for one in functions[None] if one is not open_gate]
        # The lock is released: a log handler may call into this package again.
        for line in warnings:
            app.logger.warning("%s", line)


def open_gate() -> None:
    """Open the gate of the application at hand: a function before its first request alone."""
    app = current_application()
    gate = APPLICATIONS.get(app)
    if gate is not None:
        gate.open(app)


def _enclose_views(app: Flask, audit: RouteAudit) -> None:
    views = app.view_functions
    methods: dict[str, set[str]] = {endpoint: set() for endpoint in views}
    for rule in app.url_map.iter_rules():
        methods.setdefault(rule.endpoint, set()).update(methods_of_rule(rule))
    for endpoint, view in list(views.items()):
        # A rule that comes later may bring the other methods of a class.
        known = methods[endpoint] | audit.layers(view, "GET").methods | {"GET", "HEAD"}
        needs = {method: audit.of_endpoint(endpoint, method) for method in known}
        given = _with_needs(endpoint, original(view), needs)
        if given is not view:
            dict.__setitem__(views, endpoint, given)
    if audit.protects_all or audit.guards_blueprints:
        if not isinstance(views, _Views):
            app.view_functions = _Views(views)
    elif isinstance(views, _Views):
        app.view_functions = dict(views)


class _Views(dict[str, _View]):
    """The views of an application: one that comes later is decided about when it is called."""

    def __setitem__(self, endpoint: str, view: _View) -> None:
        super().__setitem__(endpoint, _with_needs(endpoint, original(view), None))

    def setdefault(self, endpoint: str, view: Any = None) -> Any:
        if endpoint not in self:
            self[endpoint] = view
        return self[endpoint]

    def update(self, *others: Any, **more: Any) -> None:
        for endpoint, view in dict(*others, **more).items():
            self[endpoint] = view

    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]
        self.update(other)
        return self


def _with_needs(endpoint: str, view: _View, needs: Mapping[str, Protection] | None) -> _View:
    """Return a view that is reached where its needs are met; itself where it has none."""
    if needs is not None and not any(need.missing or need.fault for need in needs.values()):
        return view
    alike = {(need.missing, need.fault): need for need in (needs or {}).values()}
    if len(alike) == 1:
        (need,) = alike.values()
        enter = _entrance(need)
    else:
        enter = _entrance_by_method(endpoint, needs or {})
    given = enclosed(view, enter)
    ENCLOSED.add(given)
    return given


def _entrance_by_method(endpoint: str, needs: Mapping[str, Protection]) -> Callable[[], object]:
    entrances = {method: _entrance(need) for method, need in needs.items()}

    def enter() -> None:
        method = current_request().method
        entrance = entrances.get(method)
        if entrance is None:
            need = RouteAudit(current_application()).of_endpoint(endpoint, method)
            entrance = _entrance(need)
            # A rule without methods takes whatever a client thinks of.
            if len(entrances) < _MAX_METHODS:
                entrances[method] = entrance
        entrance()

    return enter


def _entrance(need: Protection) -> Callable[[], object]:
    if need.fault is not None:
        return partial(_answer_nothing, need.fault)
    return bool if need.missing is None else need.missing.entrance()


def _answer_nothing(fault: str) -> NoReturn:
    raise ConfigurationError(fault)
