"""What keeps counts of attempts, each of them empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask_jwt.throttle.attempts import AttemptCounts
from flask_jwt.throttle.counts import open_counts
from tests.support.redis_server import own_redis

#: Those that processes can share, by what opens them.
SHARED = ("redis",)
#: All of them.
KINDS = ("memory", *SHARED)


@contextmanager
def empty_place(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of a place that keeps nothing yet."""
    if kind == "memory":
        yield "memory://"
        return
    with own_redis(folder) as server:
        yield server.url


def counts_at(url: str) -> AttemptCounts:
    """Return what keeps counts at a URL."""
    return open_counts(url)
