"""When the keys of an issuer are loaded, who waits for it, and how long they are used."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread
from typing import Any

import pytest

from flask_jwt.core import Key, KeyRing, Verifier
from flask_jwt.core.algorithms import ALGORITHMS
from flask_jwt.core.asymmetric import generate_jwk
from flask_jwt.issuers import remote_keys
from flask_jwt.issuers.errors import FetchError, IssuerUnavailable
from flask_jwt.issuers.remote_keys import KeysInUse, LoadedSet, RemoteKeys, lifetime_of

HOUR = 3600.0


def ring() -> KeyRing:
    """Return a ring with a key that no other has."""
    return KeyRing(None, [Key.from_jwk(generate_jwk(ALGORITHMS["EdDSA"])).only_verifying()])


class Issuer:
    """An issuer whose answers the test chooses, and a clock that stands still."""

    def __init__(self, max_stale: float = HOUR) -> None:
        self.now = 1000.0
        self.loads = 0
        self.fault: BaseException | None = None
        #: What a load waits for, and tells that it has begun.
        self.gate: Event | None = None
        self.has_begun = Event()
        self.lifetime = 300.0
        self.content: bytes | None = None
        self.events: list[str] = []
        self._lock = Lock()
        self.keys = RemoteKeys(
            "https://id.example",
            self.load,
            Verifier,
            max_stale=max_stale,
            events=self,
            timer=lambda: self.now,
        )

    def load(self) -> LoadedSet:
        with self._lock:
            self.loads += 1
        self.has_begun.set()
        if self.gate is not None:
            assert self.gate.wait(10)
        if self.fault is not None:
            raise self.fault
        content = os.urandom(8) if self.content is None else self.content
        return LoadedSet(ring(), self.lifetime, ("one is not used",), content)

    def fetched(self, issuer: str, keys: int, notes: tuple[str, ...]) -> None:
        self.events.append(f"fetched {keys}{' noted' if notes else ''}")

    def failed(self, issuer: str, error: str) -> None:
        self.events.append(f"failed: {error}")

    def stale(self, issuer: str, age: float) -> None:
        self.events.append(f"stale after {age:.0f}")

    def newer_than(self, seen: KeysInUse) -> KeysInUse | str | None:
        """Ask for newer keys; return "503" where nobody can tell."""
        try:
            return self.keys.newer_than(seen)
        except IssuerUnavailable:
            return "503"

    def is_usable(self) -> bool:
        """Tell whether requests with a known key can be answered."""
        try:
            self.keys.current()
        except IssuerUnavailable:
            return False
        return True

    def settle(self) -> None:
        """Wait until the load that is under way is over."""
        loads = self.keys._loads.take()
        while loads.end is not None:
            loads.end.wait(10)


def test_an_unknown_kid_of_64_threads_is_one_load() -> None:
    """All wait for the same one; then there is none for half a minute, and then one again."""
    issuer = Issuer()
    seen = issuer.keys.current()
    issuer.gate = Event()
    issuer.has_begun.clear()

    with ThreadPoolExecutor(64) as pool:
        waiting = [pool.submit(issuer.newer_than, seen) for _ in range(64)]
        assert issuer.has_begun.wait(10)
        issuer.gate.set()
        newer = {one.result() for one in waiting}

    (keys,) = newer
    assert isinstance(keys, KeysInUse)
    assert keys is issuer.keys.current()
    assert issuer.loads == 2
    for seconds, loads in ((29.9, 2), (30, 3), (31, 3), (60, 4)):
        issuer.now = 1000 + seconds
        issuer.newer_than(issuer.keys.current())
        assert issuer.loads == loads, seconds


def test_a_load_that_fails_counts_too() -> None:
    """The half minute begins before the load; nobody can tell then whether there is such a key."""
    issuer = Issuer()
    seen = issuer.keys.current()
    issuer.fault = FetchError("no answer")

    assert [issuer.newer_than(seen) for _ in range(3)] == ["503"] * 3
    assert issuer.loads == 2
    assert issuer.keys.current() is seen
    assert issuer.events[1:] == ["failed: no answer"]


def test_other_loads_leave_the_half_minute_alone() -> None:
    """Neither the first load nor a renewal ahead of time keeps an unknown key from being found."""
    issuer = Issuer()
    issuer.newer_than(issuer.keys.current())
    assert issuer.loads == 2

    issuer.now += 290
    issuer.keys.current()
    issuer.settle()
    assert issuer.loads == 3
    issuer.newer_than(issuer.keys.current())
    assert issuer.loads == 4


def test_an_unknown_kid_joins_a_renewal() -> None:
    """A load that is under way may bring the key: it is waited for, and no other is made."""
    issuer = Issuer()
    seen = issuer.keys.current()
    issuer.now += 290
    issuer.gate = Event()
    issuer.has_begun.clear()
    assert issuer.keys.current() is seen
    assert issuer.has_begun.wait(10)

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(issuer.newer_than, seen) for _ in range(4)]
        issuer.gate.set()
        assert all(isinstance(one.result(), KeysInUse) for one in waiting)
    assert issuer.loads == 2


def test_an_unknown_kid_joins_a_load_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has waited long enough is told that nobody can tell, and not that the token is bad."""
    monkeypatch.setattr(remote_keys, "MAX_WAIT", 0.01)
    issuer = Issuer()
    seen = issuer.keys.current()
    issuer.now += 290
    issuer.gate = Event()
    assert issuer.keys.current() is seen

    assert issuer.newer_than(seen) == "503"
    issuer.gate.set()
    issuer.settle()


def test_the_first_load_is_one_for_all() -> None:
    """Nobody has keys yet, and so everybody waits for the one load."""
    issuer = Issuer()
    issuer.gate = Event()

    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(issuer.keys.current) for _ in range(16)]
        issuer.gate.set()
        assert len({one.result() for one in waiting}) == 1
    assert issuer.loads == 1


def test_a_first_load_that_fails() -> None:
    """It is remembered for five seconds, in which nobody waits; then one tries again."""
    issuer = Issuer()
    issuer.fault = FetchError("no answer")
    outcomes = []
    for seconds in (0, 0, 4.9, 5, 5.1):
        issuer.now = 1000 + seconds
        outcomes.append((issuer.is_usable(), issuer.loads))
    assert outcomes == [(False, 1), (False, 1), (False, 1), (False, 2), (False, 2)]

    issuer.fault = None
    issuer.now = 1010
    assert issuer.is_usable()
    assert issuer.keys.state().error is None


def test_renewed_ahead_of_time_while_all_go_on() -> None:
    """At some four fifths of their time a thread of its own loads the keys; no request waits."""
    issuer = Issuer()
    seen = issuer.keys.current()
    issuer.now += 227
    assert issuer.keys.current() is seen
    assert issuer.loads == 1

    issuer.now += 14
    issuer.gate = Event()
    issuer.has_begun.clear()
    assert [issuer.keys.current() for _ in range(8)] == [seen] * 8
    assert issuer.has_begun.wait(10)
    assert issuer.loads == 2
    issuer.gate.set()
    issuer.settle()
    assert issuer.keys.current() is not seen


def test_after_an_idle_hour() -> None:
    """Keys whose time is over count while they are renewed; with no grace they are loaded first."""
    issuer, strict = Issuer(), Issuer(max_stale=0)
    for one in (issuer, strict):
        seen = one.keys.current()
        one.now += 1800
        assert (one.keys.current() is seen) is (one is issuer) or one.loads == 2
        one.settle()
        assert one.loads == 2


def test_an_outage() -> None:
    """Known keys go on for an hour after their time, one load each half minute; then all is 503."""
    issuer = Issuer()
    seen = issuer.keys.current()
    issuer.fault = FetchError("no answer")

    issuer.now += 280
    for _ in range(3):
        assert issuer.keys.current() is seen
        issuer.settle()
    assert issuer.loads == 2
    issuer.now += 29
    issuer.keys.current()
    assert issuer.loads == 2
    issuer.now += 1
    assert issuer.keys.current() is seen
    assert issuer.loads == 3

    issuer.now = 1000 + 300 + HOUR - 1
    assert issuer.keys.current() is seen
    issuer.now += 31
    assert not issuer.is_usable()
    assert not issuer.is_usable()
    assert [event for event in issuer.events if "stale" in event] == ["stale after 3930"]

    issuer.fault = None
    issuer.now += 5
    assert issuer.is_usable()
    assert issuer.events[-1] == "fetched 1 noted"


def test_without_any_grace() -> None:
    """With ``max_stale`` of nothing, keys are used no longer than their time."""
    issuer = Issuer(max_stale=0)
    issuer.keys.current()
    issuer.fault = FetchError("no answer")
    issuer.now += 299
    assert issuer.is_usable()
    issuer.now += 31
    assert not issuer.is_usable()


def test_a_set_that_has_not_changed() -> None:
    """What was verified stays so, and the log has one note of what is not used."""
    issuer = Issuer()
    issuer.content = b"same"
    first = issuer.keys.current()
    issuer.now += 290
    issuer.keys.current()
    issuer.settle()
    second = issuer.keys.current()

    assert second is not first
    assert second.verifier is first.verifier
    assert issuer.events == ["fetched 1 noted", "fetched 1"]


def test_no_thread_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """A renewal that can't be begun is put off, and fails no request."""
    issuer = Issuer()
    seen = issuer.keys.current()
    issuer.now += 290

    def start(_thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", start)
    assert issuer.keys.current() is issuer.keys.current() is seen
    monkeypatch.undo()
    assert issuer.events[1:] == ["failed: no thread can be started"]
    issuer.now += 31
    issuer.keys.current()
    issuer.settle()
    assert issuer.loads == 2


def test_a_worker_that_is_stopped_while_it_loads() -> None:
    """The end of its load is told all the same: nobody waits for what will not come."""
    issuer = Issuer()
    issuer.fault = SystemExit(1)
    with pytest.raises(SystemExit):
        issuer.keys.current()

    issuer.fault = None
    issuer.now += 5
    assert issuer.is_usable()


def test_a_fault_of_ours_is_a_failed_load() -> None:
    """Its text, which may quote anything, stays out of the log."""
    issuer = Issuer()
    issuer.fault = ValueError("eyJhbGciOi")

    assert not issuer.is_usable()
    assert issuer.events == ["failed: ValueError while they were read"]


def test_a_fork_in_the_middle_of_a_load() -> None:
    """The child waits for no thread of its parent's, and loads for itself."""
    issuer = Issuer()
    issuer.gate = Event()
    parent = Thread(target=issuer.keys.current)
    parent.start()
    assert issuer.has_begun.wait(10)

    child = os.fork()
    if child == 0:
        issuer.gate = None
        os._exit(0 if issuer.is_usable() and issuer.loads == 2 else 1)
    issuer.gate.set()
    parent.join()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_fork_while_an_unknown_kid_is_looked_for() -> None:
    """What the parent is loading never comes to the child: it makes one load of its own."""
    issuer = Issuer()
    seen = issuer.keys.current()
    issuer.gate = Event()
    issuer.has_begun.clear()
    parent = Thread(target=issuer.newer_than, args=(seen,))
    parent.start()
    assert issuer.has_begun.wait(10)

    child = os.fork()
    if child == 0:
        issuer.gate = None
        newer = issuer.newer_than(seen)
        is_good = isinstance(newer, KeysInUse) and issuer.newer_than(newer) is None
        os._exit(0 if is_good and issuer.loads == 3 else 1)
    issuer.gate.set()
    parent.join()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


GEVENT = """
from gevent import monkey
monkey.patch_all()
import gevent
from threading import Event
from tests.issuers.test_remote_keys import Issuer, KeysInUse

issuer = Issuer()
issuer.gate = Event()
first = [gevent.spawn(issuer.keys.current) for _ in range(20)]
gevent.sleep(0)
issuer.gate.set()
gevent.joinall(first, raise_error=True)
assert issuer.loads == 1, issuer.loads
seen = issuer.keys.current()
issuer.gate.clear()
waiting = [gevent.spawn(issuer.newer_than, seen) for _ in range(20)]
gevent.sleep(0)
assert issuer.keys.current() is seen
issuer.gate.set()
gevent.joinall(waiting, raise_error=True)
assert all(isinstance(one.value, KeysInUse) for one in waiting)
assert issuer.loads == 2, issuer.loads
"""


def test_under_gevent() -> None:
    """Greenlets wait for one another as threads do."""
    done = subprocess.run(
        [sys.executable, "-c", GEVENT], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("age", "seconds"),
    [("0", 600), ("400", 200), ("599", 30), ("9999", 30), ("-1", 600), ("x", 600)],
)
def test_what_a_cache_has_kept(age: str, seconds: float) -> None:
    """The time that a cache between has kept the set is not the application's to keep it again."""
    assert lifetime_of({"cache-control": "max-age=600", "age": age}) == seconds


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        (None, 300),
        ("", 300),
        ("public", 300),
        ("max-age=600", 600),
        ("public, max-age=600, must-revalidate", 600),
        ("public,max-age=600", 600),
        ('max-age="600"', 600),
        ("MAX-AGE=600", 600),
        ("max-age=0", 30),
        ("max-age=5", 30),
        ("max-age=99999999999999999999", 86400),
        ("max-age=864000", 86400),
        ("s-maxage=600", 300),
        ("max-age=-1", 300),
        ("max-age=soon", 300),
        ("no-store", 30),
        ("no-cache, max-age=600", 30),
    ],
)
def test_how_long_keys_are_kept(control: str | None, seconds: float) -> None:
    """As long as the issuer says, between half a minute and a day; else for five minutes."""
    headers: dict[str, Any] = {} if control is None else {"cache-control": control}

    assert lifetime_of(headers) == seconds
