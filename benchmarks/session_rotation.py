"""Rotations of refresh tokens, beside the bare statements of the same driver."""

from __future__ import annotations

import sqlite3
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.resources import files
from time import perf_counter, time
from typing import Any

import psycopg
from flask import Flask
from redis import Redis
from sqlalchemy import make_url

from flask_jwt import JWT
from flask_jwt.sessions import Session, Use

from .finding import Finding
from .processes import ProcessError
from .session_stores import STORES, application, empty_store, fill, over_stores, store_of

MANY = (10_000, 1_000_000)

_COLUMNS = ", ".join(Session._fields)
_READ = f"SELECT {_COLUMNS} FROM flask_jwt_sessions WHERE sid = {{0}}"
_MOVE = (
    "UPDATE flask_jwt_sessions SET counter = counter + 1, rotated_at = {0}, used_at = {0}, "
    "idle_until = {0}, access_until = {0}, address = {0}, user_agent = {0} "
    "WHERE sid = {0} AND counter = {0}"
)
Rotate = Callable[[], object]
# It has no types.
pymysql: Any = import_module("pymysql")


def measure(finding: Finding, rounds: int, names: Sequence[str] = STORES) -> None:
    """Time ``jwt.sessions.refresh`` and the bare statements, in turns."""
    finding.remark = (
        "The bare statements read the row and move its counter on, on one connection that commits "
        "by itself; of the store in memory, its own two methods. A refresh also checks the MAC, "
        "asks the hooks, signs an access token and makes the next refresh token."
    )
    over_stores(finding, lambda name, url: _race(name, url, rounds), names)


def measure_many(finding: Finding, rounds: int) -> None:
    """Time rotations in a table of ten thousand sessions, and of a million."""
    finding.remark = "Each rotation is of another session, chosen from all over the table."
    for name in ("SQLite", "PostgreSQL"):
        with finding.attempt(name):
            costs = {}
            for count in MANY:
                with empty_store(name) as url:
                    costs[f"{count:,} sessions, µs"] = _among(url, count, rounds)
            few, many = costs.values()
            finding.figures[name] = {**costs, "times": many / few}


def _race(name: str, url: str, rounds: int) -> dict[str, float | None]:
    app, jwt = application(url)
    bare_rates, our_rates = [], []
    with app.app_context(), _bare(name, url, app, jwt) as bare:
        ours = _ours(jwt)
        for rotate in (bare, ours):
            _rate(rotate)
        for _ in range(rounds):
            bare_rates.append(_rate(bare))
            our_rates.append(_rate(ours))
    bare_rate, our_rate = map(statistics.median, (bare_rates, our_rates))
    share = our_rate / bare_rate
    return {
        "bare statements, 1/s": bare_rate,
        "jwt.sessions.refresh, 1/s": our_rate,
        "share": share,
    }


def _rate(rotate: Rotate) -> float:
    start = perf_counter()
    for _ in range(100):
        rotate()
    return 100 / (perf_counter() - start)


def _ours(jwt: JWT) -> Rotate:
    token = jwt.sessions.start({"id": 1}).refresh_token

    def rotate() -> None:
        nonlocal token
        token = jwt.sessions.refresh(token).refresh_token

    return rotate


@contextmanager
def _bare(name: str, url: str, app: Flask, jwt: JWT) -> Iterator[Rotate]:
    sid = jwt.sessions.start({"id": 2}).sid
    if name == "memory":
        yield _of_store(app, sid)
    elif name == "Redis":
        with Redis.from_url(url.partition("?")[0]) as client:
            yield _of_redis(client, sid, url.partition("prefix=")[2])
    else:
        connection, mark = _connection(name, url)
        yield _of_database(connection.cursor(), mark, sid)
        connection.close()


def _connection(name: str, url: str) -> tuple[Any, str]:
    parts = make_url(url)
    if name == "SQLite":
        connection = sqlite3.connect(parts.database or "", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection, "?"
    place: dict[str, Any] = {"host": parts.host, "port": parts.port, "user": parts.username}
    if parts.password:
        place["password"] = parts.password
    if name == "PostgreSQL":
        return psycopg.connect(dbname=parts.database, autocommit=True, **place), "%s"
    return pymysql.connect(database=parts.database, autocommit=True, **place), "%s"


def _of_database(cursor: Any, mark: str, sid: str) -> Rotate:
    read, move = _READ.format(mark), _MOVE.format(mark)

    def rotate() -> None:
        cursor.execute(read, (sid,))
        row = cursor.fetchall()[0]
        now = time()
        cursor.execute(move, (now, now, now + 1e6, now + 300, None, None, sid, row[2]))
        if cursor.rowcount != 1:
            raise ProcessError("a bare rotation was lost")

    return rotate


def _of_redis(client: Any, sid: str, prefix: str) -> Rotate:
    # The server may have begun a moment ago, and have none of them.
    folder = files("flask_jwt.stores") / "lua"
    read, move = (
        client.script_load((folder / f"{name}.lua").read_text()) for name in ("read", "move")
    )
    key = f"{prefix}:session:{{{sid}}}"

    def rotate() -> None:
        _, row = client.evalsha(read, 1, key, *Session._fields)
        until = str(round((time() + 300) * 1e6))
        client.evalsha(move, 1, key, row[2], "rotate", until, "", "", "3600000000")

    return rotate


def _of_store(app: Flask, sid: str) -> Rotate:
    store = store_of(app)

    def rotate() -> None:
        reading = store.read(sid)
        if reading is None:
            raise ProcessError("a session is gone")
        store.rotate(sid, reading.session.counter, Use(time() + 300, None, None))

    return rotate


def _among(url: str, count: int, rounds: int) -> float:
    app, jwt = application(url)
    with app.app_context():
        jwt.sessions.start({"id": 1})
        sids = fill(url, count)
        store = store_of(app)
        picked = sids[:: max(1, count // (100 * rounds))][: 100 * rounds]
        costs = []
        for begin in range(0, len(picked), 100):
            start = perf_counter()
            for sid in picked[begin : begin + 100]:
                store.rotate(sid, 0, Use(time() + 300, None, None))
            costs.append((perf_counter() - start) / 100 * 1e6)
    return statistics.median(costs)
