"""A URL -> the store that it names. A store's third-party parts are imported when it is used."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from ..core.clock import Clock
from ..sessions.store import SessionStore
from ..settings import ConfigurationError, refuse
from .memory import MemoryStore

_KEY = "app.config['JWT_SESSION_STORE']"
# Scheme -> the module of the store, and the extra that installs what it needs.
_KINDS = {
    "sqlite": (".sql", "sql"),
    "postgresql": (".sql", "postgresql"),
    "mariadb": (".sql", "mariadb"),
    "mysql": (".sql", "mariadb"),
    "redis": (".redis", "redis"),
    "rediss": (".redis", "redis"),
    "unix": (".redis", "redis"),
}
_SCHEMES = ", ".join(f"{one}://" for one in ("memory", *_KINDS))


def open_store(url: str, instance_path: str | Path, clock: Clock) -> SessionStore:
    """Return the store that a URL names. Nothing is connected yet.

    :param url: ``memory://``, ``sqlite:///path``, ``postgresql+psycopg://…``,
        ``mariadb+pymysql://…`` or ``redis://…``.
    :param instance_path: where a relative path of SQLite lies; the folder is made.
    :param clock: the application's, for the stores that have none of their own.
    :raises ConfigurationError: the URL is none of these, or a package is missing.
    """
    scheme = urlsplit(url).scheme.partition("+")[0]
    if scheme == "memory":
        return MemoryStore(clock)
    if scheme not in _KINDS:
        refuse("JWT_SESSION_STORE", f"a store, or the URL of one: {_SCHEMES}")
    module, extra = _KINDS[scheme]
    try:
        from_url: Callable[[str, Path, Clock], SessionStore] = import_module(
            module, __package__
        ).from_url
        return from_url(url, Path(instance_path), clock)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{_KEY} needs the package {error.name}: pip install 'flask-jwt-reborn[{extra}]'"
        ) from None
