"""Whether a Redis server that gives no answer is spoken to in the wrong way: with TLS, or without.

Neither is an error of its own: a server with TLS hangs up on a client without it, and one without
TLS waits for the rest of a command. So the other way is tried, with nothing that is secret.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from typing import Any

from redis import Redis, SSLConnection

from ..sessions.models import CALL_SECONDS

_WITHOUT_TLS = (
    "the server has no TLS at that port; correct the port or, in a network of your own, begin the "
    "URL with redis://"
)
_WITH_TLS = "the server has TLS alone at that port; begin the URL with rediss://"


def mend_of_port(client: Redis) -> str | None:
    """Return what mends the use of TLS, or None where that is not what is wrong."""
    pool = client.connection_pool
    arguments: Mapping[str, Any] = pool.connection_kwargs
    if "path" in arguments:
        return None
    address = (arguments.get("host", "localhost"), int(arguments.get("port", 6379)))
    try:
        with socket.create_connection(address, CALL_SECONDS) as plain:
            if issubclass(pool.connection_class, SSLConnection):
                return _WITHOUT_TLS if _answers_plainly(plain) else None
            return _WITH_TLS if _shakes_hands(plain) else None
    except (OSError, ValueError):
        return None


def _answers_plainly(connection: socket.socket) -> bool:
    connection.sendall(b"PING\r\n")
    # +PONG, or an error such as -NOAUTH.
    return connection.recv(1) in (b"+", b"-")


def _shakes_hands(connection: socket.socket) -> bool:
    context = ssl.create_default_context()
    # Nothing is said but hello: it does not matter to whom.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with context.wrap_socket(connection):
        return True
