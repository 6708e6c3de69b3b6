"""What 100,000 revocations add to a guarded request, and what they weigh."""

from __future__ import annotations

import gc
import tracemalloc
from time import time
from typing import Any

from flask_jwt.sessions import Revocation
from flask_jwt.sessions.circuit_breaker import CircuitBreaker
from flask_jwt.sessions.refresh_tokens import new_sid
from flask_jwt.sessions.revocations import RevocationCache
from flask_jwt.stores import open_store

from .finding import Finding
from .session_stores import application, over_stores, store_of
from .timing import Contestant, asking, run

REVOCATIONS = 100_000

_CHUNK = 2_000


def measure(finding: Finding, rounds: int) -> None:
    """Time hits with sessions and without, in turns, over every store."""
    finding.remark = "Both applications are sent the same token, and remember it."
    over_stores(finding, lambda name, url: _compare(url, rounds))


def measure_memory(finding: Finding, count: int) -> None:
    """Weigh what a worker knows."""
    store = open_store("memory://", "/", time)
    store.open(300.0)
    revoke_many(store, count)
    feed = store.feed(None)
    gc.collect()
    tracemalloc.start()
    # As a server sends them: texts of its own, which nobody else holds.
    copies = [one._replace(value=(one.value + "x")[:-1]) for one in feed.revocations]
    replica = RevocationCache(
        store,
        CircuitBreaker(lambda error: None),
        refresh=1.0,
        max_stale=1.0,
        max_lifetime=300.0,
        user_of=lambda claims: None,
        clock=time,
        warn=lambda line: None,
    )
    replica.add(copies)
    del copies
    gc.collect()
    finding.figures["replica"] = {"MB": tracemalloc.get_traced_memory()[0] / 1e6}
    tracemalloc.stop()


def revoke_many(store: Any, count: int) -> None:
    """Put revocations of sessions into a store."""
    until = time() + 3600
    for _ in range(0, count, _CHUNK):
        store.revoke([Revocation("sid", new_sid(), until) for _ in range(_CHUNK)])


def _compare(url: str, rounds: int) -> dict[str, float | None]:
    plain, _ = application(None)
    kept, kept_jwt = application(url)
    with kept.app_context():
        session = kept_jwt.sessions.start({"id": 1})
        # In pieces that each take less than the time limit of a call.
        revoke_many(store_of(kept), REVOCATIONS)
    # The same request: without sessions its token is one as any other.
    headers = {"Authorization": f"JWT {session.access_token}"}
    guarded = Contestant("guarded", asking(kept, "/kept", headers), asking(plain, "/kept", headers))
    run([guarded], rounds, seconds=60)
    base, more = guarded.base_microseconds, guarded.microseconds
    return {"without sessions, µs": base, "with, µs": base + more, "more, µs": more}
