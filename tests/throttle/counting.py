"""What keeps counts of attempts, each of them empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine

from flask_jwt.stores.sql_engine import engine_of
from flask_jwt.throttle.attempts import MOST_KEYS, AttemptCounts
from flask_jwt.throttle.counts import open_counts
from flask_jwt.users.attempt_counts import SQLCounts
from flask_jwt.users.attempt_tables import ATTEMPTS
from tests.support.redis_server import own_redis
from tests.support.stores import SQL, empty_store

KEY, MARK = "account:Zm9vYmFy", "void:Zm9vYmFy"
NOW = 1_800_000_000.25
#: Those that processes can share.
SHARED = ("redis", *SQL)
#: All of them.
KINDS = ("memory", *SHARED)


@contextmanager
def empty_place(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of a place that keeps nothing yet."""
    if kind == "redis":
        with own_redis(folder) as server:
            yield server.url
        return
    with empty_store(kind, folder) as url:
        yield url


def counts_at(url: str) -> AttemptCounts:
    """Return what keeps counts at a URL."""
    if url.startswith(("redis", "memory")):
        return open_counts(url)
    return sql_counts(url)


def sql_counts(url: str, most: int = MOST_KEYS) -> SQLCounts:
    """Return what keeps counts in a database, by an engine of ours."""
    return SQLCounts(engine_of(url, Path(), ATTEMPTS), most)


def sql_counts_of_application(url: str) -> SQLCounts:
    """Return what keeps counts in a database, by an engine of an application's."""
    return SQLCounts(lambda: create_engine(url))


def is_counted(counts: AttemptCounts) -> bool:
    """Tell whether a wait follows upon an attempt."""
    return [counts.begin(KEY, 1, NOW) for _ in range(2)] == [0, 1]


def each_call(counts: AttemptCounts) -> list[Callable[[], object]]:
    """Return all that can be asked of what keeps counts."""
    return [
        lambda: counts.begin(KEY, 1, NOW),
        lambda: counts.give_back(KEY, 2, NOW),
        lambda: counts.clear(KEY),
        lambda: counts.mark(MARK, NOW, 10),
        lambda: counts.marked(MARK),
    ]
