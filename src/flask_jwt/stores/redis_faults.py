"""What an error of Redis says: the server has answered, or it needs mending, or neither."""

from __future__ import annotations

from typing import NoReturn

from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    AuthorizationError,
    BusyLoadingError,
    InvalidResponse,
    MaxConnectionsError,
    MovedError,
    NoPermissionError,
    RedisError,
    ResponseError,
)

from ..sessions.errors import StoreBusy, StoreCrowded, StoreUnavailable
from .faults import misconfigured, tls_mend

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
_COMMANDS = "the server lacks a command that sessions need; use Redis 7, Valkey, or later ones"
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
_FULL_POOL = "No connection available"
_FULL_SERVER = "max number of clients reached"


def is_answer(error: RedisError) -> bool:
    """Tell whether another attempt is of no use: the server has answered, or was not asked."""
    if isinstance(error, _ANSWERS) or _is_full_pool(error):
        return True
    return str(error).startswith(_FULL_SERVER)


def refuse(error: RedisError) -> NoReturn:
    """Raise what an error means to the caller of a store."""
    mend = _mend_of(error)
    if mend is not None:
        # Without what the server says of users and keys.
        raise misconfigured(mend) from None
    text = str(error)[:200]
    if _is_full_pool(error):
        raise StoreCrowded("all connections of the session store are in use") from error
    if is_answer(error):
        raise StoreBusy(f"the session store refused: {text}") from error
    raise StoreUnavailable(f"the session store does not answer: {text}") from error


def _is_full_pool(error: RedisError) -> bool:
    return isinstance(error, MaxConnectionsError) or str(error).startswith(_FULL_POOL)


def _mend_of(error: RedisError) -> str | None:
    for kind, mend in _MENDS:
        if isinstance(error, kind):
            return mend
    if isinstance(error, ResponseError):
        text = str(error)
        return next((mend for words, mend in _WORDS.items() if words in text), None)
    return tls_mend(error)
