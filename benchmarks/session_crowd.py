"""A user with very many sessions beside one with a hundred: what grows with their number."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from secrets import token_hex
from time import perf_counter, time

from flask_jwt.sessions import NewSession, SessionStore, Use
from flask_jwt.sessions.models import MOST_ENDED, subject_key
from flask_jwt.sessions.refresh_tokens import new_sid

from .finding import Finding
from .session_stores import application, fill, over_stores, store_of

CROWD = 20_000

_LIMIT = 100
_MARGIN = 360.0
# 100 live sessions; 100 live ones and very many that have ended; very many live ones.
_FEW, _PAST, _LIVE = map(subject_key, ("few", "past", "live"))


def measure(finding: Finding, rounds: int) -> None:
    """Time a page of the list, a sign-in at the limit, and the end of a batch."""
    finding.remark = (
        "The times are those of the user with many: a list and an end where all of them are live, "
        "a sign-in, which ends the oldest of 100, where all others have ended."
    )
    over_stores(finding, lambda name, url: _measured(url, rounds))


def _measured(url: str, rounds: int) -> dict[str, float | None]:
    app, jwt = application(url)
    with app.app_context():
        jwt.sessions.start({"id": 1})
        store = store_of(app)
        _crowd(store, url, _PAST, CROWD, ended=True)
        for subject, count in ((_FEW, _LIMIT), (_PAST, _LIMIT), (_LIVE, CROWD)):
            _crowd(store, url, subject, count, ended=False)
        lists, ins = ([_each(rounds, store, work, whose) for whose in pair] for work, pair in _WORK)
        ends = []
        for _ in range(3):
            store.end_batch(_FEW, None, "bench", _MARGIN, 0)
            _crowd(store, url, _FEW, MOST_ENDED, ended=False)
            ends.append([_each(1, store, _end, whose) for whose in (_FEW, _LIVE)])
    few, many = map(statistics.median, zip(*ends, strict=True))
    pairs = {"list 100": lists, "sign in": ins, f"end {MOST_ENDED}": (few, many)}
    figures: dict[str, float | None] = {}
    for kind, (few, many) in pairs.items():
        figures.update({f"{kind}, µs": few, f"{kind}, times": many / few})
    return figures


def _each(
    rounds: int, store: SessionStore, work: Callable[[SessionStore, str], None], subject: str
) -> float:
    costs = []
    for _ in range(rounds):
        start = perf_counter()
        work(store, subject)
        costs.append((perf_counter() - start) * 1e6)
    return statistics.median(costs)


def _list(store: SessionStore, subject: str) -> None:
    store.sessions_of(subject, _LIMIT, None)


def _sign_in(store: SessionStore, subject: str) -> None:
    new = _new(subject)
    store.insert(new)
    store.end_batch(subject, new.sid, "limit", _MARGIN, _LIMIT)


def _end(store: SessionStore, subject: str) -> None:
    store.end_batch(subject, None, "bench", _MARGIN, 0)


_WORK = ((_list, (_FEW, _LIVE)), (_sign_in, (_FEW, _PAST)))


def _crowd(store: SessionStore, url: str, subject: str, count: int, *, ended: bool) -> None:
    if not url.startswith(("memory", "redis")):
        fill(url, count, subject, time() if ended else None)
        return
    for _ in range(count):
        store.insert(_new(subject))
    while ended and store.end_batch(subject, None, "bench", _MARGIN, 0):
        pass


def _new(subject: str) -> NewSession:
    use = Use(time() + 300, None, None)
    return NewSession(new_sid(), subject, token_hex(16), 1e6, 2e6, {"identity": 1}, {}, (), use)
