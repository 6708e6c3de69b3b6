"""A Redis of a test's own, which can be filled, locked up and killed without harm to others."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

from .absent import absent
from .server import wait_for


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class RedisServer:
    """A server on a port of its own."""

    def __init__(self, folder: Path, options: Sequence[str]) -> None:
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            absent("no redis-server that a test could start")
        self.program = program
        self.folder = folder
        self.port = free_port()
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1"]
        self._command += ["--dir", str(folder), "--save", "", *options]
        self._running: list[subprocess.Popen[bytes]] = []
        self.start()

    @property
    def url(self) -> str:
        """The address, for a client without TLS, user and password."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._running.append(subprocess.Popen(self._command, stdout=subprocess.DEVNULL))
        wait_for(self._answers, "Redis")

    def stop(self) -> None:
        """Kill it."""
        self._running[-1].kill()
        self._running[-1].wait()

    def client(self) -> Redis:
        """Return a client of the one who runs it."""
        return Redis(port=self.port)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except Exception:
            return False


@contextmanager
def own_redis(folder: Path, *options: str) -> Iterator[RedisServer]:
    """Run a server, and end it."""
    server = RedisServer(folder, options)
    try:
        yield server
    finally:
        server.stop()
