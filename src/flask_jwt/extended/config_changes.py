"""Whether ``app.config`` has changed, which is asked at each use and costs a microsecond."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, TypeVar

from ..all_settings import ROUTE_KEYS
from .settings import EXTENDED_DEFAULTS

# What decides beside our own keys: how strict the rules for secrets are, and Flask's secrets.
_FLASKS = {"DEBUG", "TESTING", "SECRET_KEY", "SECRET_KEY_FALLBACKS"}
T = TypeVar("T")
Ordered = tuple[list[Any], str]


def _is_ours(key: str) -> bool:
    # Where tokens are decides a route of this package, and none of theirs.
    is_read_anew = key in EXTENDED_DEFAULTS or key not in ROUTE_KEYS
    return key in _FLASKS or (key.startswith("JWT_") and is_read_anew)


def _ours(config: dict[str, Any]) -> dict[str, Any]:
    return {key: _kept(config[key]) for key in list(config) if _is_ours(key)}


def _kept(value: Any) -> Any:
    """Return a copy of what programs append to."""
    return copy(value) if isinstance(value, list | set | dict) else value


def _ordered(config: dict[str, Any], ours: dict[str, Any]) -> Ordered:
    # What was added since is the last: with it, the values say which keys there are.
    return [ours.get(key, config.get(key)) for key in list(config)], next(reversed(config))


def watch(config: dict[str, Any], publish: Callable[[], T]) -> Callable[[], T | None]:
    """Return what calls ``publish`` where a value of ours is another than now.

    The keys that decide a route are left out: they are read once.
    """
    ours = _ours(config)
    known = _ordered(config, ours)
    values_now = config.values()

    def revisit() -> T | None:
        nonlocal known
        values, last = known
        # No key is looked up, and values that are the same object are not compared.
        if [*values_now] == values and next(reversed(config)) == last:
            return None
        if _ours(config) != ours:
            return publish()
        # Somebody else's value is another.
        known = _ordered(config, ours)
        return None

    return revisit
