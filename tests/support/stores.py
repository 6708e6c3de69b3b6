"""The servers behind session stores, each test with an empty store of its own.

Where a server is not there, a test of it is skipped; with ``CI=true`` it fails.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import NoReturn
from urllib.parse import urlsplit

from redis import Redis
from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from .absent import absent

#: The stores that processes can share.
SHARED = ("sqlite", "postgresql", "mariadb", "redis")
#: The databases among them.
SQL = SHARED[:-1]
#: All of them.
KINDS = ("memory", *SHARED)

_SERVERS = {
    "postgresql": (
        "FLASK_JWT_TEST_POSTGRES_URL",
        "postgresql+psycopg://postgres@127.0.0.1:5432/test",
    ),
    "mariadb": ("FLASK_JWT_TEST_MARIADB_URL", "mariadb+pymysql://root@127.0.0.1:3306/test"),
    "redis": ("FLASK_JWT_TEST_REDIS_URL", "redis://127.0.0.1:6379"),
}
_SECONDS = 5


def server_url(kind: str) -> str:
    """Return the URL of a server that the environment names, or of the usual one here."""
    variable, usual = _SERVERS[kind]
    return os.environ.get(variable, usual)


def address_of(url: str) -> tuple[str, int]:
    """Return the host and the port in a URL."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


@contextmanager
def empty_store(kind: str, folder: Path) -> Iterator[str]:
    """Make an empty store, give its URL, and delete it at the end.

    :param kind: one of ``KINDS``.
    :param folder: for SQLite's file.
    """
    if kind == "memory":
        yield "memory://"
        return
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'sessions.db'}"
        return
    making = _empty_redis() if kind == "redis" else empty_database(kind)
    with making as url:
        yield url


def empty(url: str) -> None:
    """Have a store lose all that it has, tables included, while others use it.

    :param url: of a store that processes can share.
    """
    if url.startswith("redis"):
        server, _, prefix = url.partition("?prefix=")
        with Redis.from_url(server) as client:
            for key in client.scan_iter(f"{prefix}:*", count=1000):
                client.delete(key)
        return
    with connected(url) as connection:
        for name in inspect(connection).get_table_names():
            connection.execute(text(f"DROP TABLE {name}"))


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Give a connection of somebody else's to a database; each statement commits by itself."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _empty_redis() -> Iterator[str]:
    url = server_url("redis")
    client = Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
    try:
        client.ping()
    except Exception as error:
        _no_server("redis", error)
    finally:
        client.close()
    ours = f"{url}?prefix=test-{token_hex(8)}"
    try:
        yield ours
    finally:
        empty(ours)


@contextmanager
def empty_database(kind: str, options: str = "") -> Iterator[str]:
    """Make an empty database, give its URL, and delete it at the end.

    :param kind: "postgresql" or "mariadb".
    :param options: of CREATE DATABASE.
    """
    url = make_url(server_url(kind))
    timeout = {"connect_timeout": _SECONDS}
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args=timeout)
    name = f"flask_jwt_{token_hex(8)}"
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} {options}"))
    except SQLAlchemyError as error:
        _no_server(kind, error)
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        force = " WITH (FORCE)" if kind == "postgresql" else ""
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}{force}"))
        engine.dispose()


def _no_server(kind: str, error: Exception) -> NoReturn:
    absent(f"no {kind} at {_SERVERS[kind][0]} or the usual address: {error}")
