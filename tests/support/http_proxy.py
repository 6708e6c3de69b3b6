"""An HTTP proxy on this machine, which leads every name to one server."""

from __future__ import annotations

import contextlib
import socket
from base64 import b64encode
from collections.abc import Generator
from contextlib import contextmanager
from threading import Thread

from .misbehaving import Behaviour, MisbehavingServer, Visit, answer

_JOIN_SECONDS = 5.0


class HTTPProxy(MisbehavingServer):
    """Forwards requests by http, and opens tunnels for https.

    :param port: where the server is that answers for every name.
    :param credentials: what ``user:password`` it asks for, or None.
    """

    def __init__(self, port: int, credentials: str | None = None) -> None:
        self._port = port
        #: What is done where the credentials are missing.
        self.refuse: Behaviour = answer(b"", 407, 'Proxy-Authenticate: Basic realm="proxy"')
        self._expected = None
        if credentials is not None:
            self._expected = f"Basic {b64encode(credentials.encode()).decode()}"
        super().__init__()

    def react(self, visit: Visit) -> None:
        """Let a request through, or open a tunnel."""
        if self._expected not in (None, visit.header("Proxy-Authorization")):
            self.refuse(visit)
            return
        with socket.create_connection(("127.0.0.1", self._port)) as server:
            if visit.head.startswith("CONNECT "):
                visit.send(b"HTTP/1.1 200 Open\r\n\r\n")
            else:
                head = visit.head.replace(visit.path, f"/{visit.path.split('/', 3)[3]}", 1)
                server.sendall(f"{head}\r\n\r\n".encode("latin-1") + visit.rest)
            back = Thread(target=_pass_on, args=(server, visit.connection), daemon=True)
            back.start()
            _pass_on(visit.connection, server)
            back.join(_JOIN_SECONDS)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextmanager
def http_proxy(port: int, credentials: str | None = None) -> Generator[HTTPProxy]:
    """Run a proxy for the length of a ``with`` block."""
    server = HTTPProxy(port, credentials)
    try:
        yield server
    finally:
        server.stop()
