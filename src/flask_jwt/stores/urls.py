"""The URLs that name a place, in the spellings of drivers, providers and other packages."""

from __future__ import annotations

import difflib

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
#: Scheme -> the module of the store.
MODULES = {scheme: module for scheme, (module, _) in _KINDS.items()}
#: Scheme -> the extra that installs what it needs.
EXTRAS = {scheme: extra for scheme, (_, extra) in _KINDS.items()}
_ASYNCHRONOUS = {"aiosqlite", "asyncpg", "psycopg_async", "aiomysql", "asyncmy", "aioodbc"}


def spelled(url: str) -> tuple[str | None, str]:
    """Return the scheme of a URL as the drivers have it, None where it is not known, and the rest.

    :param url: in any spelling.
    """
    given, separator, rest = url.strip().partition("://")
    return _SPELLINGS.get(given.lower()) if separator else None, rest


def unknown(given: str) -> str:
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
