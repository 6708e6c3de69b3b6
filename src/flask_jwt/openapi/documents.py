"""A document with what the guards of an application require, filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cached_property
from itertools import product
from typing import Any

from flask import Flask

from ..app_state import AppState, current_state
from ..authentication.guards import Guard
from ..authorization.route_audit import RouteAudit
from ..http import SAFE_METHODS
from ..requirements.combined import Requirement
from ..requirements.leaves import Role, Scope
from .alternatives import Grants, alternatives_of, names_of, shared_by
from .dialect import Dialect, Part
from .paths import RulesByPath
from .responses import add_responses
from .schemes import Place, add_places, unsaid_place

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_TICKS = re.compile("`+")


def secured(document: Mapping[str, Any], app: Flask) -> dict[str, Any]:
    """Return a finished document with what the guards of an application require.

    Security schemes are added, and each operation whose view is guarded gets its ``security``, the
    statuses that the guard can answer with, and what is required in its description. What the
    document says itself stays: a guard is one more condition. An operation without a view, or whose
    view has no guard, stays as it is.

    :param document: Swagger 2.0, or OpenAPI 3.0 or 3.1, as a mapping; it is not changed.
    :param app: the application, complete: all its views are registered.
    :return: the new document. Alternatives (``|``) are alternatives of ``security``. Scopes and
        roles stand in the arrays in 3.1, elsewhere in ``x-required-scopes`` and
        ``x-required-roles``.
    :raises ConfigurationError: the application has no JWT, or its configuration is at fault.
    """
    result: Part = deepcopy(dict(document))
    with app.app_context():
        writer = _Writer(result, app, current_state())
        for item, operation, path, method in _operations(result):
            guard = writer.guard(item, path, method)
            if guard is not None:
                writer.write(operation, guard, method)
    _drop_empty_schemes(result)
    return result


def _drop_empty_schemes(document: Part) -> None:
    # flask-openapi3 writes null for none, which is not valid.
    components = document.get("components") or {}
    if components.get("securitySchemes", document) is None:
        del components["securitySchemes"]


def _operations(document: Part) -> Iterator[tuple[Part, Part, str, str]]:
    for path, item in (document.get("paths") or {}).items():
        if isinstance(item, dict):
            for name, operation in item.items():
                if name in _METHODS and isinstance(operation, dict):
                    yield item, operation, path, name.upper()


class _Writer:
    """Writes what guards require into one document."""

    def __init__(self, document: Part, app: Flask, state: AppState) -> None:
        self._document, self._state = document, state
        self._dialect = Dialect(document)
        self._rules, self._audit = RulesByPath(app), RouteAudit(app)

    @cached_property
    def _places(self) -> Sequence[Place]:
        # A document without a guarded view has no schemes of ours.
        return add_places(self._dialect, self._state)

    def guard(self, item: Part, path: str, method: str) -> Guard | None:
        """Return the guard of a path and a method: of several, the one that requires most."""
        rules = self._rules.find(self._document, item, path, method)
        guards = [self._audit.protection(rule, method).guard for rule in rules]
        return max(guards, key=_strictness, default=None)

    def write(self, operation: Part, guard: Guard, method: str) -> None:
        """Write what a guard requires into an operation."""
        alternatives = alternatives_of(guard.requires)
        if not self._dialect.names_roles:
            for kind, key in ((Scope, "x-required-scopes"), (Role, "x-required-roles")):
                names = names_of(kind, shared_by(alternatives))
                if names:
                    operation[key] = names
        if self._places:
            required = list(self._required(alternatives, method))
            if guard.optional:
                required.append({})
            operation["security"] = self._joined(operation, required)
        else:
            _add_description(operation, f"A token is expected {unsaid_place(self._state)}.")
        if guard.requires is not None:
            _add_description(operation, f"Requires {_code(guard.requires)}.")
        add_responses(operation, self._dialect, self._state, guard, method)

    def _required(self, alternatives: Sequence[Grants], method: str) -> Iterator[Part]:
        said = alternatives if self._dialect.names_roles else [frozenset[Scope | Role]()]
        for first, *more in self._places:
            also: Part = {scheme: [] for scheme in more if method not in SAFE_METHODS}
            for grants in said:
                yield {first: names_of(Scope, grants) + names_of(Role, grants), **also}

    def _joined(self, operation: Part, required: list[Part]) -> list[Part]:
        """Return requirements of ours together with those that a document has of its own."""
        own = operation.get("security", self._document.get("security")) or [{}]
        ours = {scheme for part in required for scheme in part}
        others = [{name: part[name] for name in part if name not in ours} for part in own]
        joined = [{**other, **part} for part, other in product(required, others)]
        return [part for place, part in enumerate(joined) if part not in joined[:place]]


def _strictness(guard: Guard | None) -> int:
    if guard is None:
        return 0
    return 1 if guard.optional else 2 if guard.requires is None else 3


def _add_description(operation: Part, sentence: str) -> None:
    text = operation.get("description") or ""
    if sentence not in text:
        operation["description"] = f"{text}\n\n{sentence}" if text else sentence


def _code(requirement: Requirement) -> str:
    """Return a requirement as code of CommonMark, which the names in it can't end."""
    text = repr(requirement)
    fence = "`" * (1 + max(map(len, _TICKS.findall(text)), default=0))
    return f"{fence}{text}{fence}" if fence == "`" else f"{fence} {text} {fence}"
