"""Where sessions live: in memory, in a database, or in Redis. A URL names the store.

A store's third-party parts are imported when it is used.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ..core.clock import Clock
from ..errors import ConfigurationError
from ..sessions.models import SessionStore
from .faults import KEY, misconfigured
from .memory import MemoryStore

# Scheme -> the module of the store, and the extra that installs what it needs.
_KINDS = {
    "sqlite": (".sql", "sql"),
    "postgresql+psycopg": (".sql", "postgresql"),
    "mariadb+pymysql": (".sql", "mariadb"),
    "mysql+pymysql": (".sql", "mariadb"),
    "redis": (".redis", "redis"),
    "rediss": (".redis", "redis"),
    "unix": (".redis", "redis"),
}
# The names that providers and other packages use. Another driver is replaced by ours, which has the
# time limits, where ours takes its options.
_SPELLINGS = {
    **{scheme: scheme for scheme in ("memory", *_KINDS)},
    **dict.fromkeys(("sqlite3", "sqlite+pysqlite"), "sqlite"),
    **{
        f"{database}{driver}": "postgresql+psycopg"
        for database in ("postgresql", "postgres")
        for driver in ("", "+psycopg", "+psycopg2")
    },
    **dict.fromkeys(("mariadb", "mariadb+mysqldb"), "mariadb+pymysql"),
    **dict.fromkeys(("mysql", "mysql+mysqldb"), "mysql+pymysql"),
    **dict.fromkeys(("valkey", "redis+tcp"), "redis"),
    **dict.fromkeys(("valkeys", "redis+ssl", "redis+tls"), "rediss"),
    **dict.fromkeys(("redis+socket", "redis+unix"), "unix"),
}
#: Scheme -> the extra that installs what it needs.
EXTRAS = {scheme: extra for scheme, (_, extra) in _KINDS.items()}
_ASYNCHRONOUS = {"aiosqlite", "asyncpg", "psycopg_async", "aiomysql", "asyncmy", "aioodbc"}


def open_store(url: str, instance_path: str | Path, clock: Clock) -> SessionStore:
    """Return the store that a URL names. Nothing is connected yet.

    :param url: ``memory://``, ``sqlite:///path``, ``postgresql://…``, ``mariadb://…`` or
        ``redis://…``; other spellings of these are taken too.
    :param instance_path: where a relative path of SQLite lies; the folder is made.
    :param clock: the application's, for the stores that have none of their own.
    :raises ConfigurationError: the URL is none of these, a package is missing, or a folder or file
        can't be made.
    """
    scheme, rest = spelled(url)
    if scheme is None:
        raise misconfigured(_unknown(url.strip().partition("://")[0].lower()))
    if scheme == "memory":
        return MemoryStore(clock)
    module, extra = _KINDS[scheme]
    try:
        from_url: Callable[[str, Path, Clock], SessionStore] = import_module(
            module, __package__
        ).from_url
        return from_url(f"{scheme}://{rest}", Path(instance_path), clock)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{KEY} needs the package {error.name}: pip install 'flask-jwt-reborn[{extra}]'"
        ) from None
    except ImportError:
        # psycopg loads libpq, which psycopg[binary] brings along, or the system has.
        raise misconfigured(
            "the driver can't load its library libpq; pip install 'psycopg[binary]'"
        ) from None


def spelled(url: str) -> tuple[str | None, str]:
    """Return the scheme of a URL as the drivers have it, None where it is not known, and the rest.

    :param url: in any spelling.
    """
    given, separator, rest = url.strip().partition("://")
    return _SPELLINGS.get(given.lower()) if separator else None, rest


def _unknown(given: str) -> str:
    """Name the scheme that is nearest, and not the text: it may be a secret in the wrong place."""
    database, _, driver = given.partition("+")
    spelling = database
    if database not in _SPELLINGS:
        spelling = difflib.get_close_matches(given, _SPELLINGS, 1, 0)[0]
    schemes = ", ".join(f"{scheme}://" for scheme in ("memory", *_KINDS))
    fault = "it begins with no scheme that is known"
    if driver in _ASYNCHRONOUS:
        fault = "it names an asynchronous driver, and sessions are kept through one that is not"
    return f"{fault}; the nearest is {_SPELLINGS[spelling]}:// (there are {schemes})"
