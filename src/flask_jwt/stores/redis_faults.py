"""What an error of Redis means: another attempt, or which error of the store.

Two faults raise no error of their own: a server with TLS hangs up on a client without it, and one
without TLS waits for the rest of a command. So the other way is tried, with nothing that is secret.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from typing import Any, NoReturn

from redis import Redis, SSLConnection
from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    AuthorizationError,
    BusyLoadingError,
    InvalidResponse,
    MovedError,
    NoPermissionError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from ..sessions.errors import StoreBusy, StoreCrowded, StoreUnavailable
from ..sessions.models import CALL_SECONDS
from .faults import KEY, misconfigured, tls_mend, translating

_USER = (
    "the server refuses the user or the password, or wants one; set those that it knows "
    "(redis://user:password@host)"
)
_PERMISSION = (
    "the user lacks a permission at the server: ACL SETUSER … ~flask_jwt:* +@read +@write "
    "+@scripting +time (where ?prefix= is set, that is the name of the keys)"
)
_CLUSTER = (
    "the server is one node of a cluster, which has only a part of the keys; use a server that "
    "keeps them all"
)
_DATABASE = "the server has no database of the number at the end of the URL"
_COMMANDS = "the server lacks a command that is needed; use Redis 7, Valkey, or later ones"
_PROTOCOL = "what answers at the address is no Redis server; correct the port"

_MENDS: tuple[tuple[type[RedisError], str], ...] = (
    (AuthenticationError, _USER),
    (AuthenticationWrongNumberOfArgsError, _USER),
    (AuthorizationError, _USER),
    (NoPermissionError, _PERMISSION),
    (MovedError, _CLUSTER),
    (InvalidResponse, _PROTOCOL),
)
# By words, where redis-py has one class for many: most servers say no more than ERR.
_WORDS = {
    "ACL failure in script": _PERMISSION,
    # So redis-py 5 leaves it.
    "MOVED ": _CLUSTER,
    "can't run this command": _PERMISSION,
    "DB index is out of range": _DATABASE,
    "unknown command": _COMMANDS,
    "Unknown Redis command": _COMMANDS,
    "Unsupported option": _COMMANDS,
}
# redis-py takes some answers for lost connections, and its own full pool as well.
_ANSWERS = (ResponseError, AuthenticationError, AuthorizationError, BusyLoadingError)
_FULL_POOL = ("No connection available", "Too many connections")
_FULL_SERVER = "max number of clients reached"


_WITHOUT_TLS = (
    "the server has no TLS at that port; correct the port or, in a network of your own, begin the "
    "URL with redis://"
)
_WITH_TLS = "the server has TLS alone at that port; begin the URL with rediss://"


def mend_of_port(client: Redis) -> str | None:
    """Return what mends the use of TLS, or None where that is not the fault."""
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
    # The certificate is not checked: only the handshake is made, and nothing secret is sent.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with context.wrap_socket(connection):
        return True


def _is_answer(error: RedisError) -> bool:
    # Then another attempt is of no use: the server has refused, or was not asked.
    if isinstance(error, _ANSWERS) or _is_full_pool(error):
        return True
    return str(error).startswith(_FULL_SERVER)


def translate(error: RedisError, key: str = KEY, store: str = "session store") -> NoReturn:
    """Raise what an error means to the caller of a store.

    The key that configures the store, and what it is called, are named in the error.
    """
    mend = _mend_of(error)
    if mend is not None:
        # Without what the server says of users and keys.
        raise misconfigured(mend, key) from None
    text = str(error)[:200]
    if _is_full_pool(error):
        raise StoreCrowded(f"all connections of the {store} are in use") from error
    if _is_answer(error):
        raise StoreBusy(f"the {store} refused: {text}") from error
    raise StoreUnavailable(f"the {store} does not answer: {text}") from error


def is_lost(error: RedisError) -> bool:
    """Tell whether a connection was lost: after a restart, those of the pool are dead."""
    return isinstance(error, RedisConnectionError) and not _is_answer(error)


#: Have the failure of a call raise an error of the store.
single_attempt = translating(RedisError, translate)
#: The same of a call that may be made twice.
retrying = translating(RedisError, translate, is_lost)


def _is_full_pool(error: RedisError) -> bool:
    return str(error).startswith(_FULL_POOL)


def _mend_of(error: RedisError) -> str | None:
    for kind, mend in _MENDS:
        if isinstance(error, kind):
            return mend
    if isinstance(error, ResponseError):
        text = str(error)
        return next((mend for words, mend in _WORDS.items() if words in text), None)
    return tls_mend(error)
