"""Stores of sessions to be timed, each empty and gone afterwards."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from time import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine
from tests.support import stores

from flask_jwt import JWT, jwt_required
from flask_jwt.sessions import Session, SessionStore
from flask_jwt.sessions.refresh_tokens import new_sid

from .finding import Finding
from .processes import AbsentError

#: In the order of the tables.
STORES = ("memory", "SQLite", "PostgreSQL", "MariaDB", "Redis")
# The same in all processes of a run.
SECRET = os.environ.setdefault("BENCHMARKS_STORE_SECRET", token_hex(32))


@contextmanager
def empty_store(name: str) -> Iterator[str]:
    """Give the URL of an empty store, one of those above."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        try:
            url = stack.enter_context(stores.empty_store(name.lower(), Path(folder)))
        except (pytest.skip.Exception, pytest.fail.Exception) as error:
            raise AbsentError(f"{name} does not answer") from error
        yield url


def over_stores(
    finding: Finding,
    measure: Callable[[str, str], dict[str, float | None]],
    names: Sequence[str] = STORES,
) -> None:
    """Fill a table with a row of figures for each store, called with its name and its URL."""
    for name in names:
        with finding.attempt(name), empty_store(name) as url:
            finding.figures[name] = measure(name, url)


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
