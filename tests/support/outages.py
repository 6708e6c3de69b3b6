"""Stores that go away and come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from .proxy import proxy
from .redis_server import own_redis
from .stores import address_of, empty_store


class Outage:
    """A store that can be stopped and started."""

    def __init__(self, url: str, stop: Callable[[], None], start: Callable[[], None]) -> None:
        self.url, self.stop, self.start = url, stop, start


@contextmanager
def redis_of_our_own(folder: Path) -> Iterator[Outage]:
    """A server that is killed and started again, and writes what it acknowledges to a disk."""
    with own_redis(folder, "--appendonly", "yes", "--appendfsync", "always") as server:
        yield Outage(server.url, server.stop, server.start)


@contextmanager
def behind_a_proxy(kind: str, folder: Path) -> Iterator[Outage]:
    """A store whose connections can be cut."""
    with empty_store(kind, folder) as url, proxy(*address_of(url)) as between:
        through = make_url(url).set(host="127.0.0.1", port=between.port)
        yield Outage(through.render_as_string(hide_password=False), between.cut, between.mend)
