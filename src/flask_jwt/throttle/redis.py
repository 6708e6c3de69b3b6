"""Counts of attempts in Redis or Valkey, through the storages of ``limits``.

Each step is one Lua script, or one command, on a single key: a cluster carries it out wherever that
key lies. A count has its time to live, which is what bounds them; a server that evicts keys, or is
emptied, forgets counts early.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from typing import Any, NamedTuple
from weakref import finalize

from limits.errors import ConfigurationError as LimitsError
from limits.storage import storage_from_string
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException, RedisError
from redis.retry import Retry

from ..core.per_process import PerProcess
from ..sessions.models import CALL_SECONDS
from ..stores.faults import OPTION, misconfigured, translating
from ..stores.redis_faults import is_lost, translate
from .attempts import DOUBLINGS, FORGOTTEN_SECONDS, LONGEST_WAIT

KEY = "app.config['JWT_THROTTLE_STORAGE']"
#: Begins the names of all keys.
PREFIX = "flask_jwt:attempts:"

_SCRIPT = (files("flask_jwt.throttle") / "lua" / "attempts.lua").read_text()
_RULE = (FORGOTTEN_SECONDS, LONGEST_WAIT, DOUBLINGS)
_TIME_LIMITS = {"socket_timeout": CALL_SECONDS, "socket_connect_timeout": CALL_SECONDS}

_NO_URL = (
    "it is no URL of a Redis server, or lacks a part of one (redis+cluster://host:port, "
    "redis+sentinel://host:port,host:port/service)"
)

_translate = partial(translate, key=KEY, store="storage of the throttle")
# For what may have been carried out although no answer came, and is not to be done twice.
_single_attempt = translating(RedisError, _translate)
# An attempt that is counted twice is on the safe side.
_retrying = translating(RedisError, _translate, is_lost)


class _Connections(NamedTuple):
    """What one process has opened."""

    client: Any
    script: Callable[..., bytes | str]

    def __repr__(self) -> str:
        # A client shows what it was made with.
        return "<_Connections>"


class RedisCounts:
    """Keeps counts in Redis or Valkey, which processes and machines can share.

    Nothing is connected before the first call; a forked process opens connections of its own.

    :param url: of a server, of sentinels or of a cluster, as ``limits`` has them.
    """

    def __init__(self, url: str) -> None:
        opened: dict[int, Any] = {}
        self._of_process = PerProcess(partial(_open, url, opened))
        # An application that is thrown away leaves no connections.
        finalize(self, _close, opened)

    @_retrying
    def begin(self, key: str, free: int, now: float) -> float:
        """Count an attempt; see :class:`.AttemptCounts`."""
        return float(self._step(key, "begin", free, repr(float(now)), *_RULE))

    @_single_attempt
    def give_back(self, key: str, free: int, began: float) -> None:
        """Take one attempt off."""
        self._step(key, "give_back", free, repr(float(began)), *_RULE)

    @_retrying
    def clear(self, key: str) -> None:
        """Forget a count."""
        self._of_process.take().client.delete(PREFIX + key)

    @_retrying
    def mark(self, key: str, now: float, seconds: float) -> None:
        """Note a moment under a key."""
        self._step(key, "mark", repr(float(now)), round(seconds * 1000))

    @_retrying
    def marked(self, key: str) -> float | None:
        """Return that moment, or None."""
        moment = self._of_process.take().client.hget(PREFIX + key, "last_at")
        return None if moment is None else float(moment)

    def _step(self, key: str, *values: object) -> bytes | str:
        return self._of_process.take().script([PREFIX + key], values)


def _open(url: str, opened: dict[int, Any]) -> _Connections:
    storage = opened[os.getpid()] = _storage(url)
    client = storage.get_connection()
    if hasattr(client, "connection_pool"):
        # It is not connected: only now are its options looked at.
        try:
            client.connection_pool.make_connection()
        except (TypeError, ValueError):
            raise misconfigured(OPTION, KEY) from None
    return _Connections(client, client.register_script(_SCRIPT))


def _close(opened: dict[int, Any]) -> None:
    # Those of a parent process are left to it.
    storage = opened.get(os.getpid())
    if storage is not None:
        sentinels = storage.sentinel.sentinels if hasattr(storage, "sentinel") else []
        for client in (storage.get_connection(), *sentinels):
            client.close()


def _storage(url: str) -> Any:
    options: dict[str, Any] = {**_TIME_LIMITS, "retry": _no_retry()}
    if "+sentinel://" in url:
        # The connections to sentinels take no other options.
        options["sentinel_kwargs"] = {**_TIME_LIMITS, "retry": _no_retry()}
    try:
        return storage_from_string(url, **options)
    except (LimitsError, ValueError):
        # Without their own words, which quote the URL: it may hold a password.
        raise misconfigured(_NO_URL, KEY) from None
    except (RedisClusterException, IndexError) as error:
        # It is none of the errors of Redis; redis-py 5.0 finds no node where no slot has one.
        raise RedisConnectionError(str(error)) from error


def _no_retry() -> Retry:
    # What may be done twice is known here, and for how long a sign-in waits.
    return Retry(NoBackoff(), 0)
