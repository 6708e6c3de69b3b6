"""The keys of an issuer: fetched once for everybody, renewed ahead of time, kept over an outage.

Who has a key that can be used never waits. One load is under way at a time in a process: the first
one, and one on behalf of an unknown ``kid``, run in the thread of the request that has asked first,
while others with the same need wait for its end. Renewals run in a thread of their own.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from math import inf
from threading import Event, Thread
from time import monotonic
from typing import NamedTuple, Protocol

from ..core.clock import Clock
from ..core.key_ring import KeyRing
from ..core.per_process import PerProcess, new_lock
from ..core.verifier import Verifier
from .errors import FetchError, IssuerUnavailable

#: How long keys are kept where the issuer does not say, and the bounds of what it may say, in
#: seconds.
LIFETIME = 300.0
MIN_LIFETIME = 30.0
MAX_LIFETIME = 86_400.0
#: How long no load is made on behalf of unknown keys after one that was, in seconds.
COOLDOWN = 30.0
#: How long after a failed renewal the next one is tried, and how long after a failed load without
#: which nothing goes on, in seconds.
RETRY = 30.0
URGENT_RETRY = 5.0
#: How long the load of another thread is waited for, in seconds: a little more than one may take.
MAX_WAIT = 4.0

# Which part of their lifetime keys are used before they are renewed; up to a twentieth less, so
# that workers don't ask all at once.
_RENEWED_AFTER = 0.8
_JITTER = 0.05
_BACK = "they can be fetched again"
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})")
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:store|cache)")


class LoadedSet(NamedTuple):
    """What a load has brought.

    :param ring: the keys that can be used.
    :param lifetime: how long they may be used without another look, in seconds.
    :param notes: what the log shall say of the others.
    :param content: stands for the text of the set: while it is the same, verified tokens stay so.
    """

    ring: KeyRing
    lifetime: float
    notes: tuple[str, ...] = ()
    content: bytes = b""


class KeysInUse:
    """Keys, what verifies with them, and until when. Not to be changed once made."""

    __slots__ = ("content", "due", "loaded_at", "ring", "stale_at", "verifier")

    def __init__(self, loaded: LoadedSet, verifier: Verifier, now: float, max_stale: float) -> None:
        self.ring = loaded.ring
        self.content = loaded.content
        self.verifier = verifier
        #: By the monotonic clock: when they are renewed, and when they are good no more.
        part = _RENEWED_AFTER * (1 - _JITTER * random.random())  # noqa: S311
        self.due = now + loaded.lifetime * part
        self.stale_at = now + loaded.lifetime + max_stale
        self.loaded_at = now


class KeysState(NamedTuple):
    """What is known of an issuer's keys, for an operator."""

    keys: KeysInUse | None
    #: Seconds since they were fetched, and until they are renewed; None without any.
    age: float | None
    due_in: float | None
    #: What the last load has failed of; None where it has not.
    error: str | None


class Events(Protocol):
    """Hears what happens to the keys of issuers; never while a lock is held."""

    def fetched(self, issuer: str, keys: int, notes: tuple[str, ...]) -> None:
        """Keys were fetched."""
        ...

    def failed(self, issuer: str, error: str) -> None:
        """They could not be fetched."""
        ...

    def stale(self, issuer: str, age: float) -> None:
        """They are too old to be used on."""
        ...


class _Loads:
    """The load that is under way in one process, if there is one."""

    __slots__ = ("cool_until", "end", "lock")

    def __init__(self) -> None:
        self.lock = new_lock()
        #: Set when the load is over.
        self.end: Event | None = None
        #: Before this moment nothing is loaded again for unknown keys. A child counts anew: what
        #: its parent has claimed and not loaded yet never comes to it.
        self.cool_until = -inf


class RemoteKeys:
    """The keys of one issuer, as this process knows them."""

    def __init__(
        self,
        issuer: str,
        load: Callable[[], LoadedSet],
        make_verifier: Callable[[KeyRing], Verifier],
        *,
        max_stale: float,
        events: Events,
        timer: Clock = monotonic,
    ) -> None:
        self._issuer = issuer
        self._load = load
        self._make_verifier = make_verifier
        self._max_stale = max_stale
        self._events = events
        #: The clock by which keys are due.
        self.timer = timer
        # Neither a lock nor a load of the parent's is waited for after a fork.
        self._loads = PerProcess(_Loads)
        #: What was loaded last; whether it is still to be used, current() tells.
        self.in_use: KeysInUse | None = None
        self._error: str | None = None
        self._is_stale = False
        # Before this moment nothing is loaded again for any other need.
        self._retry_at = -inf

    def current(self) -> KeysInUse:
        """Return the keys to verify with; raise :exc:`.IssuerUnavailable` where there are none."""
        keys = self.in_use
        if keys is not None:
            now = self.timer()
            if now < keys.due:
                return keys
            if now < keys.stale_at:
                self._renew(now)
                return self.in_use or keys
        return self._load_urgently()

    def newer_than(self, seen: KeysInUse) -> KeysInUse | None:
        """Return newer keys than those that do not know a token's key, or None.

        It waits for one load at most. Where the last one has failed, or does not end, nobody can
        tell whether the issuer has such a key: :exc:`.IssuerUnavailable`.
        """
        loads, now, end, is_over = self._loads.take(), self.timer(), None, True
        with loads.lock:
            joined = loads.end
            if self.in_use is not seen:
                return self.in_use
            if joined is None and now >= loads.cool_until:
                # Claimed before the load, so that a slow or failed one counts, too.
                loads.cool_until = now + COOLDOWN
                end = loads.end = Event()
        if end is not None:
            self._run(end)
        elif joined is not None:
            is_over = joined.wait(MAX_WAIT)
        newer = self.in_use
        if newer is not seen:
            return newer
        if self._error is not None or not is_over:
            raise IssuerUnavailable
        return None

    def load_now(self) -> LoadedSet:
        """Load the keys, for an operator who asks; raise :exc:`.FetchError`."""
        loaded = self._load()
        self._publish(loaded)
        return loaded

    def state(self) -> KeysState:
        """Return what is known."""
        keys, now = self.in_use, self.timer()
        if keys is None:
            return KeysState(None, None, None, self._error)
        return KeysState(keys, now - keys.loaded_at, keys.due - now, self._error)

    def _renew(self, now: float) -> None:
        """Have the keys loaded by another thread, unless that is under way or has just failed."""
        end = self._begin(now)
        if end is None:
            return
        try:
            Thread(target=self._run, args=(end,), name="flask-jwt-keys", daemon=True).start()
        except RuntimeError:
            # What is there is good; the next attempt is a retry.
            fault = "no thread can be started"
            self._note(fault)
            self._finish(end)
            self._events.failed(self._issuer, fault)

    def _load_urgently(self) -> KeysInUse:
        """Load the keys without which nothing goes on, or wait for who does."""
        now = self.timer()
        loads = self._loads.take()
        end = self._begin(now)
        if end is not None:
            self._run(end)
        else:
            under_way = loads.end
            if under_way is not None:
                under_way.wait(MAX_WAIT)
        keys = self.in_use
        if keys is not None and self.timer() < keys.stale_at:
            return keys
        if keys is not None and not self._is_stale:
            self._is_stale = True
            self._events.stale(self._issuer, self.timer() - keys.loaded_at)
        raise IssuerUnavailable

    def _begin(self, now: float) -> Event | None:
        """Take the one load of this process, or return None where none is to be made."""
        loads = self._loads.take()
        with loads.lock:
            keys = self.in_use
            if loads.end is not None or now < self._retry_at:
                return None
            if keys is not None and now < keys.due:
                return None
            loads.end = Event()
            return loads.end

    def _run(self, end: Event) -> None:
        """Load the keys, and tell whoever waits and whoever listens."""
        fault, loaded, was_away = None, None, self._error is not None
        try:
            loaded = self._publish(self._load())
        except FetchError as error:
            fault = str(error)
        except Exception as error:
            # A fault of this package, whose text may quote anything.
            fault = f"{type(error).__name__} while they were read"
        finally:
            if loaded is None:
                self._note(fault or "it was cut short")
            # A worker that is told to stop while it loads leaves nobody waiting.
            self._finish(end)
        if fault is not None:
            self._events.failed(self._issuer, fault)
        elif loaded is not None:
            # Who has read of the fault in the log is told of its end there.
            notes = (_BACK, *loaded.notes) if was_away else loaded.notes
            self._events.fetched(self._issuer, len(loaded.ring.keys), notes)

    def _publish(self, loaded: LoadedSet) -> LoadedSet:
        """Put loaded keys to use; return them, without notes that the log has already."""
        now, former = self.timer(), self.in_use
        if former is not None and loaded.content and former.content == loaded.content:
            loaded, verifier = loaded._replace(ring=former.ring, notes=()), former.verifier
        else:
            verifier = self._make_verifier(loaded.ring)
        self._error, self._is_stale = None, False
        self.in_use = KeysInUse(loaded, verifier, now, self._max_stale)
        return loaded

    def _note(self, fault: str) -> None:
        keys, now = self.in_use, self.timer()
        is_urgent = keys is None or now >= keys.stale_at
        self._retry_at = now + (URGENT_RETRY if is_urgent else RETRY)
        self._error = fault

    def _finish(self, end: Event) -> None:
        loads = self._loads.take()
        with loads.lock:
            if loads.end is end:
                loads.end = None
        end.set()


def lifetime_of(headers: Mapping[str, str]) -> float:
    """Return how long keys may be kept by the headers of their answer, in seconds."""
    control, age = headers.get("cache-control", "").lower(), headers.get("age", "")
    if _NOT_KEPT.search(control):
        return MIN_LIFETIME
    told = _MAX_AGE.search(control)
    if told is None:
        return LIFETIME
    # A cache between has kept them for a while already (RFC 9111 section 4.2.3).
    left = float(told[1]) - (float(age[:9]) if age.isascii() and age.isdecimal() else 0)
    return min(max(left, MIN_LIFETIME), MAX_LIFETIME)
