"""Stores that go away and come back."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from sqlalchemy import make_url

from .absent import absent
from .proxy import proxy
from .server import wait_for
from .stores import address_of, empty_store


class Outage:
    """A store that can be stopped and started.

    :param url: of the store.
    :param stop: makes it go away.
    :param start: brings it back.
    """

    def __init__(self, url: str, stop: Callable[[], None], start: Callable[[], None]) -> None:
        self.url, self.stop, self.start = url, stop, start


@contextmanager
def redis_of_our_own(folder: Path) -> Iterator[Outage]:
    """A server that is killed and started again, and writes what it acknowledges to a disk.

    :param folder: where it writes.
    """
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        absent("no redis-server here that could be killed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running: list[subprocess.Popen[bytes]] = []
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    command += ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]

    def answers() -> bool:
        try:
            with Redis(port=port) as client:
                return bool(client.ping())
        except Exception:
            return False

    def start() -> None:
        running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        wait_for(answers, "Redis")

    def stop() -> None:
        running[-1].kill()
        running[-1].wait()

    start()
    yield Outage(f"redis://127.0.0.1:{port}", stop, start)
    stop()


@contextmanager
def behind_a_proxy(kind: str, folder: Path) -> Iterator[Outage]:
    """A store whose connections can be cut.

    :param kind: see :func:`~tests.support.stores.empty_store`.
    :param folder: the same.
    """
    with empty_store(kind, folder) as url, proxy(*address_of(url)) as between:
        through = make_url(url).set(host="127.0.0.1", port=between.port)
        yield Outage(through.render_as_string(hide_password=False), between.cut, between.mend)
