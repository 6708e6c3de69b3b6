"""Stores of sessions to be timed, each empty and gone afterwards."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from time import time
from typing import Any

from flask import Flask
from redis import Redis
from sqlalchemy import create_engine, make_url, text

from flask_jwt import JWT, jwt_required
from flask_jwt.sessions import Session, SessionStore
from flask_jwt.sessions.refresh_tokens import new_sid

from .processes import AbsentError

#: In the order of the tables.
STORES = ("memory", "SQLite", "PostgreSQL", "MariaDB", "Redis")
# The same in all processes of a run.
SECRET = os.environ.setdefault("BENCHMARKS_STORE_SECRET", token_hex(32))

_SERVERS = {
    "PostgreSQL": (
        "FLASK_JWT_TEST_POSTGRES_URL",
        "postgresql+psycopg://postgres@127.0.0.1:5432/test",
    ),
    "MariaDB": ("FLASK_JWT_TEST_MARIADB_URL", "mariadb+pymysql://root@127.0.0.1:3306/test"),
    "Redis": ("FLASK_JWT_TEST_REDIS_URL", "redis://127.0.0.1:6379"),
}


@contextmanager
def empty_store(name: str) -> Iterator[str]:
    """Give the URL of an empty store."""
    with ExitStack() as stack:
        if name == "memory":
            yield "memory://"
            return
        if name == "SQLite":
            folder = stack.enter_context(TemporaryDirectory())
            yield f"sqlite:///{Path(folder) / 'sessions.db'}"
            return
        try:
            url = stack.enter_context(_redis() if name == "Redis" else _database(name))
        except Exception as error:
            raise AbsentError(f"{name} does not answer") from error
        yield url


def application(url: str | None) -> tuple[Flask, JWT]:
    """Make an application with one guarded view."""
    app = Flask("sessions")
    app.debug = app.testing = False
    app.config.update(SECRET_KEY=SECRET, JWT_SESSION_STORE=url)
    jwt = JWT(app, None, lambda claims: {"id": claims["identity"]})
    app.add_url_rule("/kept", "kept", jwt_required()(lambda: "kept"))
    return app, jwt


def store_of(app: Flask) -> SessionStore:
    """Return the store of an application that has been used."""
    jwt: Any = app.extensions["jwt"]
    store: SessionStore = jwt.route_configs[app].store("/", lambda: 0.0)
    return store


def fill(
    url: str, count: int, subject: str | None = None, ended_at: float | None = None
) -> list[str]:
    """Insert sessions into a database faster than one by one."""
    engine = create_engine(url)
    now = time()
    sids = [new_sid() for _ in range(count)]
    names = [*Session._fields, "purge_hour"]
    mark = "?" if engine.dialect.name == "sqlite" else "%s"
    words = (
        f"INSERT INTO flask_jwt_sessions ({', '.join(names)}) "
        f"VALUES ({', '.join([mark] * len(names))})"
    )
    hour, claims, salt = int((now + 1e6) // 3600), json.dumps({"identity": 1}), token_hex(16)
    rest = [now, now, 1e6, now + 1e6, now + 2e6, now + 300, claims, "{}", "", None, None]
    rest += [ended_at, None if ended_at is None else "filled", hour]
    raw = engine.raw_connection()
    cursor = raw.cursor()
    for begin in range(0, count, 10_000):
        some = enumerate(sids[begin : begin + 10_000], begin)
        rows = [
            [sid, subject or str(place), 0, salt, now - 0.001 * (count - place), *rest]
            for place, sid in some
        ]
        cursor.executemany(words, rows)
    raw.commit()
    raw.close()
    engine.dispose()
    return sids


def _server(name: str) -> str:
    variable, usual = _SERVERS[name]
    return os.environ.get(variable, usual)


@contextmanager
def _redis() -> Iterator[str]:
    url, prefix = _server("Redis"), f"bench-{token_hex(6)}"
    client = Redis.from_url(url, socket_connect_timeout=3)
    client.ping()
    try:
        yield f"{url}?prefix={prefix}"
    finally:
        for key in client.scan_iter(f"{prefix}:*", count=1000):
            client.delete(key)
        client.close()


@contextmanager
def _database(name: str) -> Iterator[str]:
    url = make_url(_server(name))
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    database = f"flask_jwt_bench_{token_hex(6)}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {database}"))
    try:
        yield url.set(database=database).render_as_string(hide_password=False)
    finally:
        force = " WITH (FORCE)" if name == "PostgreSQL" else ""
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {database}{force}"))
        engine.dispose()
