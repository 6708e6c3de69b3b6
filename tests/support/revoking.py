"""Processes that revoke, and processes that have to know of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from multiprocessing.connection import Connection
from time import time
from typing import Any

from flask_jwt.core.clock import system_clock
from flask_jwt.sessions import Revocation, RevokedToken, SessionStore, StoreUnavailable
from flask_jwt.sessions.circuit_breaker import CircuitBreaker
from flask_jwt.sessions.revocations import RevocationCache
from flask_jwt.stores import open_store

_MOST_AT_ONCE = 40


def store_of(url: str) -> SessionStore:
    """Return a store that this process alone has."""
    return open_store(url, "/", system_clock)


def replica_of(store: SessionStore, max_stale: float = 0.0) -> RevocationCache:
    """Return a replica that asks the store at each check: the bound is nothing, unless told."""
    return RevocationCache(
        store,
        CircuitBreaker(lambda error: None),
        refresh=0.0,
        max_stale=max_stale,
        max_lifetime=300.0,
        user_of=lambda claims: None,
        clock=time,
        warn=lambda line: None,
    )


def revoke_many(url: str, writer: int, count: int, acknowledged: Connection) -> None:
    """Revoke sessions in batches of random sizes, and tell which ones the store has taken."""
    store, dice = store_of(url), random.Random(writer)
    store.open(300.0)
    done = 0
    while done < count:
        size = min(dice.randint(1, _MOST_AT_ONCE), count - done)
        names = [f"{writer}-{number}" for number in range(done, done + size)]
        _keep(store, [Revocation("sid", name, time() + 1000) for name in names])
        acknowledged.send(names)
        done += size
    acknowledged.send(None)


def _keep(store: SessionStore, revocations: list[Revocation]) -> None:
    while True:
        try:
            store.revoke(revocations)
        except StoreUnavailable:
            # Others held the row that counts for too long. A repetition does no harm.
            continue
        return


def know_all(url: str, told: Connection, missed: Connection) -> None:
    """Check at once whether each name that is told is refused."""
    replica, let_in = replica_of(store_of(url)), []
    while (names := told.recv()) is not None:
        # The first check reads the feed: what it knows then decides about the others too.
        if not is_refused(replica, {"sid": names[0], "iat": time()}):
            let_in.append(names[0])
        let_in += [name for name in names[1:] if not replica.is_revoked(name)]
    missed.send(let_in)


def is_refused(replica: RevocationCache, claims: Mapping[str, Any]) -> bool:
    """Tell whether a token is refused because it was revoked."""
    try:
        replica.check(claims)
    except RevokedToken:
        return True
    return False
