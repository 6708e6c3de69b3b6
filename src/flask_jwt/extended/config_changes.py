"""Whether ``app.config`` has changed, which is asked at each use.

To compare a hundred values takes longer than all else that a guard does. The configuration is made
to note that it was written to, and lists in it, which it knows nothing of, are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import lru_cache, wraps
from typing import Any, TypeVar

from flask import Config

from ..all_settings import ROUTE_KEYS
from .settings import EXTENDED_DEFAULTS

T = TypeVar("T")

# What decides beside our own keys: how strict the rules for secrets are, and Flask's secrets.
_FLASKS = {"DEBUG", "TESTING", "SECRET_KEY", "SECRET_KEY_FALLBACKS"}
_WRITING = (
    *("__delitem__", "__ior__", "__setitem__", "clear"),
    *("pop", "popitem", "setdefault", "update"),
)
_LISTS = (list, set, dict)


def watch(config: Any, publish: Callable[[], T]) -> Callable[[], T | None]:
    """Return what calls ``publish`` where a value of ours is another than now.

    The keys that decide a route are left out: they are read once.
    """
    # Before the values are read: a write in between is looked at again.
    known = _last_write(config)
    ours = _ours(config)
    if known is None:
        return lambda: None if _ours(config) == ours else publish()
    lists = tuple(value for key, value in list(config.items()) if _is_list(key, value))
    as_read = tuple(value for key, value in ours.items() if _is_list(key, value))

    def revisit() -> T | None:
        nonlocal known
        if config.last_write is known and lists == as_read:
            return None
        written = config.last_write
        if _ours(config) != ours:
            return publish()
        # Somebody else's value was written, or the same once more.
        known = written
        return None

    return revisit


def _last_write(config: Any) -> object:
    """Return what stands for the last write to a configuration, which notes each from now on.

    It is None for a mapping of the application's own, which can't be made to note anything.
    """
    if not isinstance(config, Config):
        return None
    noting: Any = config
    if not hasattr(noting, "last_write"):
        noting.last_write = object()
        kind: Any = type(noting)
        noting.__class__ = _noting(kind)
    return noting.last_write


def _is_ours(key: str) -> bool:
    # Where tokens are decides a route of this package, and none of theirs.
    is_read_anew = key in EXTENDED_DEFAULTS or key not in ROUTE_KEYS
    return key in _FLASKS or (key.startswith("JWT_") and is_read_anew)


def _is_list(key: str, value: Any) -> bool:
    # Those of this package's own keys are written anew, as everywhere.
    return isinstance(value, _LISTS) and key in EXTENDED_DEFAULTS


def _ours(config: dict[str, Any]) -> dict[str, Any]:
    """Return our values, with a copy of what programs append to."""
    return {
        key: copy(value) if isinstance(value, _LISTS) else value
        for key, value in list(config.items())
        if _is_ours(key)
    }


@lru_cache
def _noting(kind: type[Any]) -> type[Any]:
    """Return a class of configurations that is as another, and notes when it was written to."""
    members = {name: _then_noting(getattr(kind, name)) for name in _WRITING}
    return type(kind.__name__, (kind,), {"__module__": kind.__module__, **members})


def _then_noting(write: Callable[..., T]) -> Callable[..., T]:
    @wraps(write)
    def call(config: Any, *values: Any, **named: Any) -> T:
        try:
            return write(config, *values, **named)
        finally:
            # After it, so that who has read before it looks again; no count, which threads lose.
            config.last_write = object()

    return call
