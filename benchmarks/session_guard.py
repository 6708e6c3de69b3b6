"""What 100,000 revocations add to a guarded request, and what they weigh."""

from __future__ import annotations

import gc
import statistics
import tracemalloc
from time import time
from typing import Any

from flask_jwt.sessions import Revocation
from flask_jwt.sessions.circuit_breaker import CircuitBreaker
from flask_jwt.sessions.refresh_tokens import new_sid
from flask_jwt.sessions.revocations import RevocationCache
from flask_jwt.stores import open_store

from .finding import Attempts, Finding
from .measure import without_collector
from .session_stores import STORES, application, empty_store, store_of
from .turns import asking, turn

TITLE = "A guarded request with sessions and 100,000 live revocations"
MEMORY_TITLE = "Memory of 100,000 revocations in a worker"
REVOCATIONS = 100_000

_CHUNK = 2_000


def measure(rounds: int) -> Finding:
    """Time hits with sessions and without, in turns, over every store."""
    rows = [["", "without sessions, µs", "with, µs", "more, µs"]]
    figures: dict[str, dict[str, Any]] = {}
    attempts = Attempts()
    for name in STORES:
        with attempts.of(name), empty_store(name) as url:
            plain, more = _compare(url, rounds)
            rows.append([name, f"{plain:.1f}", f"{plain + more:.1f}", f"{more:.2f}"])
            figures[name] = {"plain_microseconds": plain, "more_microseconds": more}
    remark = (
        "Both applications are sent the same token, and remember it. Medians of turns of 50 "
        "requests."
    )
    return attempts.finding("session_guard", TITLE, rows, remark, figures)


def measure_memory() -> Finding:
    """Weigh what a worker knows."""
    store = open_store("memory://", "/", time)
    store.open(300.0)
    revoke_many(store, REVOCATIONS)
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
    megabytes = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    rows = [["", "MB"], ["replica", f"{megabytes:.1f}"]]
    return Finding(
        "session_memory", MEMORY_TITLE, rows, figures={"replica": {"megabytes": megabytes}}
    )


def revoke_many(store: Any, count: int) -> None:
    """Put revocations of sessions into a store."""
    until = time() + 3600
    for _ in range(0, count, _CHUNK):
        store.revoke([Revocation("sid", new_sid(), until) for _ in range(_CHUNK)])


def _compare(url: str, rounds: int) -> tuple[float, float]:
    plain, _ = application(None)
    kept, kept_jwt = application(url)
    with kept.app_context():
        session = kept_jwt.sessions.start({"id": 1})
        # In pieces that each take less than the time limit of a call.
        revoke_many(store_of(kept), REVOCATIONS)
    # The same request: without sessions its token is one as any other.
    headers = {"Authorization": f"JWT {session.access_token}"}
    ask_plain, ask_kept = (asking(app, "/kept", headers) for app in (plain, kept))
    for ask in (ask_plain, ask_kept):
        turn(ask)
    bases, differences = [], []
    with without_collector():
        for _ in range(rounds):
            base, with_sessions = turn(ask_plain), turn(ask_kept)
            with_sessions = min(with_sessions, turn(ask_kept))
            base = min(base, turn(ask_plain))
            bases.append(base)
            differences.append(with_sessions - base)
    return statistics.median(bases), statistics.median(differences)
