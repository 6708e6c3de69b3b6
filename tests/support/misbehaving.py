"""A server that does what a test says, byte by byte: what real ones do on their bad days."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from .tls import Certificate

_REQUEST_LIMIT = 65536
# Between two bytes of what drips, and how long a server is waited for at its end, in seconds.
_DRIP_SECONDS = 0.05
_JOIN_SECONDS = 5.0


class Visit:
    """One request: what was asked, and the connection to answer on."""

    def __init__(self, connection: socket.socket, head: bytes, rest: bytes, over: Event) -> None:
        self.connection = connection
        self.head = head.decode("latin-1")
        #: What has come of the body.
        self.rest = rest
        #: Set when the server ends: whoever waits goes on.
        self.over = over
        self.keeps_open = False

    @property
    def path(self) -> str:
        """What was asked for."""
        return self.head.split(" ", 2)[1]

    def header(self, name: str) -> str | None:
        """Return a header of the request, or None."""
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None

    def send(self, raw: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(raw)

    def drip(self, raw: bytes) -> None:
        """Send bytes one by one, each in time."""
        for place in range(len(raw)):
            if self.over.wait(_DRIP_SECONDS):
                return
            self.send(raw[place : place + 1])


#: What is done on a request.
Behaviour = Callable[[Visit], None]


class MisbehavingServer:
    """Answers each path as it is told; 404 where it is told nothing."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self._tls = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate.certificate, certificate.key)
        #: Path -> what is done there.
        self.on: dict[str, Behaviour] = {}
        #: The requests so far.
        self.visits: list[Visit] = []
        #: How many connections there were.
        self.connections = 0
        self._over = Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        """Return the paths that were asked for."""
        return [visit.path for visit in self.visits]

    def stop(self) -> None:
        """Close all connections, and accept no more."""
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in [*self._open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._thread.join(_JOIN_SECONDS)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        connection = plain
        # Whoever has had enough of it hangs up: that is what the tests are about.
        with contextlib.suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(plain, server_side=True)
            while self._answer(connection):
                pass
        self._open.discard(plain)
        connection.close()

    def _answer(self, connection: socket.socket) -> bool:
        raw = b""
        while b"\r\n\r\n" not in raw:
            part = connection.recv(_REQUEST_LIMIT)
            if not part:
                return False
            raw += part
        head, _, rest = raw.partition(b"\r\n\r\n")
        visit = Visit(connection, head, rest, self._over)
        self.visits.append(visit)
        self.react(visit)
        return visit.keeps_open

    def react(self, visit: Visit) -> None:
        """Do what a request is to be met with."""
        self.on.get(visit.path.partition("?")[0], answer(b"", 404))(visit)


@contextmanager
def misbehaving(certificate: Certificate | None = None) -> Generator[MisbehavingServer]:
    """Run a server for the length of a ``with`` block."""
    server = MisbehavingServer(certificate)
    try:
        yield server
    finally:
        server.stop()


def answer(value: Any, status: int = 200, *headers: str, keep: bool = True) -> Behaviour:
    """Answer with bytes, or with JSON, as HTTP asks; with ``keep`` the connection stays open."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return _answering(head(status, f"Content-Length: {len(body)}", *headers) + body, keep=keep)


def raw(data: bytes) -> Behaviour:
    """Send bytes, and close."""
    return _answering(data, keep=False)


def redirect(target: str, status: int = 302) -> Behaviour:
    """Send whoever asks elsewhere."""
    return answer(b"", status, f"Location: {target}")


def say_nothing(visit: Visit) -> None:
    """Take the request, and be silent."""
    visit.over.wait()


def close(visit: Visit) -> None:
    """Close the connection without an answer."""


def drip(data: bytes, before: bytes = b"") -> Behaviour:
    """Send the one at once, and the rest byte by byte."""

    def behave(visit: Visit) -> None:
        visit.send(before)
        visit.drip(data)

    return behave


def head(status: int, *headers: str) -> bytes:
    """Return the bytes of the head of an answer."""
    return "\r\n".join([f"HTTP/1.1 {status} Fine", *headers, "", ""]).encode("latin-1")


def chunked(body: bytes) -> bytes:
    """Return a body as one chunk and its end."""
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def _answering(data: bytes, *, keep: bool) -> Behaviour:
    def behave(visit: Visit) -> None:
        visit.keeps_open = keep
        visit.send(data)

    return behave
