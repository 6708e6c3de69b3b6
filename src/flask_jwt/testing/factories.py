"""Sessions to test a store with, threads and child processes."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from secrets import token_hex
from threading import Barrier
from typing import Any, TypeVar

from ..sessions.models import (
    NewSession,
    Reading,
    Revocation,
    Session,
    SessionStore,
    Use,
    subject_key,
)
from ..sessions.refresh_tokens import new_sid

T = TypeVar("T")

MARGIN = 70.0
LONGEST = 300.0
LONG_AGO = -5 * 3600.0
# A child process that waits for what only its parent has is ended.
_CHILD_SECONDS = 30


def new_session(**fields: Any) -> NewSession:
    """Return a session that begins, of "ann" unless told."""
    new = NewSession(
        sid=new_sid(),
        subject=subject_key("ann"),
        salt=token_hex(16),
        idle_span=1000.0,
        life_span=5000.0,
        claims={"identity": "ann"},
        added={},
        methods=(),
        use=make_use(),
    )
    return new._replace(**fields)


def begin(store: SessionStore, **fields: Any) -> NewSession:
    """Insert a session of :func:`new_session`, and return it."""
    new = new_session(**fields)
    store.insert(new)
    return new


def make_use(until: float = 4_000_000_000.25) -> Use:
    """Return a use of a session."""
    return Use(until, "203.0.113.9", "a browser")


def future_time(store: SessionStore) -> float:
    """Return a time to come by the store's own clock, whatever that says."""
    probe = begin(store)
    return round(reading_of(store, probe.sid).now + 1000, 3)


def reading_of(store: SessionStore, sid: str) -> Reading:
    """Read a session that has to be there."""
    reading = store.read(sid)
    assert reading is not None, "a session that was inserted can't be read"
    assert isinstance(reading.session, Session)
    return reading


def listed(store: SessionStore, subject: str) -> list[str]:
    """Return the names of the live sessions of a subject, the newest first, page by page."""
    sessions: list[Session] = []
    while page := store.sessions_of(subject, 3, sessions[-1] if sessions else None):
        sessions += page
    return [session.sid for session in sessions]


def values_of(revocations: Any) -> list[str]:
    """Return what revocations name."""
    return [revocation.value for revocation in revocations]


def rounded(revocations: Any) -> list[Revocation]:
    """Return revocations with times that a store need not keep more exactly."""
    return [
        revocation._replace(
            expires_at=round(revocation.expires_at, 2), not_before=round(revocation.not_before, 2)
        )
        for revocation in revocations
    ]


def run_concurrently(count: int, work: Callable[[int], T]) -> list[T]:
    """Do something in many threads at the same moment, and return the results."""
    barrier = Barrier(count)

    def run(place: int) -> T:
        barrier.wait()
        return work(place)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


@contextmanager
def in_child(work: Callable[[], object]) -> Generator[None]:
    """Do something in a child process, beside what is done here.

    The fork is one in C, as servers do it: no hook of Python's is called.
    """
    interval = sys.getswitchinterval()
    # A child in which another thread has asked for the interpreter would wait for it for ever: that
    # thread is the parent's alone. Threads that wait from now on don't ask.
    sys.setswitchinterval(_CHILD_SECONDS)
    try:
        time.sleep(interval)
        child: int = ctypes.PyDLL(None).fork()
        if child == 0:
            sys.setswitchinterval(interval)
            os._exit(_status_of(work))
    finally:
        sys.setswitchinterval(interval)
    try:
        yield
    finally:
        status = os.waitpid(child, 0)[1]
    assert status == 0, "it went wrong in a child process"


def _status_of(work: Callable[[], object]) -> int:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_CHILD_SECONDS)
    try:
        work()
    except BaseException:
        traceback.print_exc()
        return 1
    return 0
