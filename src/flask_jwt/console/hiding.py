"""Routes that are not there outside debug: nothing tells that there could be any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set

from flask.blueprints import BlueprintSetupState


class _MethodsInDebug(Set[str]):
    """The methods of a route: none outside debug, decided each time somebody looks."""

    def __init__(self, in_debug: Callable[[], bool], methods: Iterable[str]) -> None:
        self._in_debug = in_debug
        self._methods = frozenset(methods)

    def __contains__(self, method: object) -> bool:
        return self._in_debug() and method in self._methods

    def __iter__(self) -> Iterator[str]:
        return iter(self._methods if self._in_debug() else ())

    def __len__(self) -> int:
        return len(self._methods) if self._in_debug() else 0

    @classmethod
    def _from_iterable(cls, it: Iterable[str]) -> frozenset[str]:  # type: ignore[override]
        return frozenset(it)


def hide_outside_debug(state: BlueprintSetupState) -> None:
    """Have the routes of a blueprint match no request outside debug.

    A view that answers 404 is not enough: with another method the router itself would answer 405,
    and without the slash at the end it would redirect. And in production a route of the
    application's own, at the same path, is reached.
    """
    app = state.app
    mine = f"{state.name_prefix}.{state.name}.".lstrip(".")
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(mine):
            methods = _MethodsInDebug(lambda: app.debug, rule.methods or ())
            rule.methods = methods  # type: ignore[assignment]
