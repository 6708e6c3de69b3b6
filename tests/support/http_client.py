"""An HTTP client that sends what it is told to, well formed or not."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterable
from http.client import HTTPResponse
from typing import Any, NamedTuple
from urllib.parse import urlencode

#: A header line; bytes are sent as they are, text as Latin-1.
Header = tuple[str | bytes, str | bytes]

_TIMEOUT = 20.0


class Answer(NamedTuple):
    """The answer to a request."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the value of the one header of a name, or None."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        if len(values) > 1:
            raise AssertionError(f"{len(values)} headers of the name {name}")
        return values[0] if values else None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The value that the body holds."""
        if self.header("Content-Type") != "application/json":
            raise AssertionError(f"not JSON, status {self.status}: {self.body[:200]!r}")
        return json.loads(self.body)


class Client:
    """Sends requests to a server on this machine, each on a connection of its own."""

    #: Whether to say that nothing more comes: servers of ASGI take that for a client that has gone.
    ends = True

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self._tls = tls

    def get(self, path: str, *headers: Header, token: str | None = None) -> Answer:
        """Send a GET request, with a token in the scheme of Flask-JWT if one is given."""
        return self.request("GET", path, [*headers, *_credentials(token)])

    def post(self, path: str, value: Any, *headers: Header, token: str | None = None) -> Answer:
        """Send a value as JSON."""
        kind = ("Content-Type", "application/json")
        body = json.dumps(value).encode()
        return self.request("POST", path, [kind, *headers, *_credentials(token)], body)

    def post_form(self, path: str, values: dict[str, str]) -> Answer:
        """Send a form."""
        kind = ("Content-Type", "application/x-www-form-urlencoded")
        return self.request("POST", path, [kind], urlencode(values).encode())

    def request(
        self,
        method: str,
        path: str,
        headers: Iterable[Header] = (),
        body: bytes | None = None,
        *,
        announced: int | None = None,
    ) -> Answer:
        """Send a request with a body of a known length."""
        length: list[Header] = []
        if body is not None:
            length = [("Content-Length", str(len(body) if announced is None else announced))]
        return self.raw(method, _message(method, path, [*headers, *length], body or b""))

    def request_chunked(
        self, path: str, headers: Iterable[Header], chunks: Iterable[bytes]
    ) -> Answer:
        """Send a POST request whose body has no announced length."""
        body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
        coding: Header = ("Transfer-Encoding", "chunked")
        return self.raw("POST", _message("POST", path, [*headers, coding], body))

    def raw(self, method: str, message: bytes) -> Answer:
        """Send bytes, and read the answer."""
        with self._connect() as connection:
            try:
                connection.sendall(message)
                # TLS has no end of one direction alone.
                if self.ends and self._tls is None:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                # A server may answer and close before it has read the whole.
                pass
            response = HTTPResponse(connection, method=method)
            response.begin()
            return Answer(response.status, response.getheaders(), response.read())

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), _TIMEOUT)
        return connection if self._tls is None else self._tls.wrap_socket(connection)


def _message(method: str, path: str, headers: Iterable[Header], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1".encode()]
    for name, value in [("Host", "127.0.0.1"), ("Connection", "close"), *headers]:
        lines.append(_line(name) + b": " + _line(value))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _line(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


def _credentials(token: str | None) -> list[Header]:
    return [] if token is None else [("Authorization", f"JWT {token}")]
