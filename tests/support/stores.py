"""The servers behind session stores, each test with an empty store of its own.

Where a server is not there, a test of it is skipped; with ``CI=true`` it fails.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import NoReturn
from urllib.parse import urlsplit

from redis import Redis
from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from .absent import absent

#: The stores that processes can share.
SHARED = ("sqlite", "postgresql", "mariadb", "redis")
#: The databases among them.
SQL = SHARED[:-1]
#: All of them.
KINDS = ("memory", *SHARED)
#: The password of the users that tests make.
USER_PASSWORD = "hunter2-of-the-store"

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
    """Make an empty store, give its URL, and delete it at the end."""
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
    """Have a store lose all that it has, tables included, while others use it."""
    if url.startswith("redis"):
        server, _, prefix = url.partition("?prefix=")
        with Redis.from_url(server) as client:
            for key in client.scan_iter(f"{prefix}:*", count=1000):
                client.delete(key)
        return
    with connected(url) as connection:
        for name in inspect(connection).get_table_names():
            connection.execute(text(f"DROP TABLE {name}"))


# What a server says that has no room, where it keeps no new sessions of a subject.
_REFUSALS = {
    "sqlite": (
        """CREATE TRIGGER refuse BEFORE INSERT ON flask_jwt_sessions WHEN NEW.subject = '{subject}'
        BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END""",
        "DROP TRIGGER refuse",
    ),
    "postgresql": (
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.subject = '{subject}' THEN
        RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END IF;
        RETURN NEW; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON flask_jwt_sessions
        FOR EACH ROW EXECUTE FUNCTION refuse()""",
        "DROP FUNCTION refuse CASCADE",
    ),
    "mariadb": (
        """CREATE TRIGGER refuse BEFORE INSERT ON flask_jwt_sessions FOR EACH ROW
        IF NEW.subject = '{subject}' THEN
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table is full';
        END IF""",
        "DROP TRIGGER refuse",
    ),
}


@contextmanager
def refusing(url: str, subject: str) -> Iterator[None]:
    """Have the server refuse what is to be kept of new sessions of a subject, and nothing else."""
    if url.startswith("redis"):
        server, _, prefix = url.partition("?prefix=")
        with Redis.from_url(server) as client:
            # Where an index is looked for, there is something else.
            client.set(f"{prefix}:subject:{{{subject}}}", "in the way")
            yield
            client.delete(f"{prefix}:subject:{{{subject}}}")
        return
    begin, end = _REFUSALS[make_url(url).get_backend_name()]
    with connected(url) as connection:
        connection.exec_driver_sql(begin.format(subject=subject))
        yield
        connection.exec_driver_sql(end)


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
    """Make an empty database, give its URL, and delete it at the end."""
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
        with engine.connect() as connection:
            _drop_database(connection, kind, name)
        engine.dispose()


def _drop_database(connection: Connection, kind: str, name: str) -> None:
    """Drop a database and close what is still connected to it: servers have room for few."""
    if kind == "postgresql":
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        return
    theirs = text("SELECT id FROM information_schema.processlist WHERE db = :name")
    for process in connection.scalars(theirs, {"name": name}).all():
        # It may have ended since.
        with suppress(OperationalError):
            connection.execute(text(f"KILL {process}"))
    connection.execute(text(f"DROP DATABASE {name}"))


@contextmanager
def a_user(url: str, *grants: str, limit: int = 0) -> Iterator[str]:
    """Make a user of a database server, who may do nothing unless told, and give the URL."""
    name = f"flask_jwt_{token_hex(4)}"
    is_postgresql = make_url(url).get_backend_name() == "postgresql"
    user = name if is_postgresql else f"'{name}'@'%'"
    making = f"CREATE USER {user} " + ("PASSWORD" if is_postgresql else "IDENTIFIED BY")
    limited = "CONNECTION LIMIT" if is_postgresql else "WITH MAX_USER_CONNECTIONS"
    with connected(url) as connection:
        connection.execute(
            text(f"{making} '{USER_PASSWORD}' {f'{limited} {limit}' if limit else ''}")
        )
        try:
            for grant in grants:
                connection.execute(text(f"GRANT {grant} TO {user}"))
            theirs = make_url(url).set(username=name, password=USER_PASSWORD)
            yield theirs.render_as_string(hide_password=False)
        finally:
            if is_postgresql:
                connection.execute(text(f"DROP OWNED BY {user}"))
            connection.execute(text(f"DROP USER {user}"))


def _no_server(kind: str, error: Exception) -> NoReturn:
    absent(f"no {kind} at {_SERVERS[kind][0]} or the usual address: {error}")
