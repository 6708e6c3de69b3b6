"""No more passwords are hashed at once than there are cores (U2)."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread, get_ident
from typing import Any

import argon2
import pytest

from flask_jwt.core.per_process import PerProcess
from flask_jwt.sessions.errors import StoreBusy
from flask_jwt.testing.factories import in_child
from flask_jwt.users import bounded
from flask_jwt.users.bounded import HashingBusy, run_bounded
from flask_jwt.users.hashing import Hashing

# On any machine.
CORES = 2


@pytest.fixture(autouse=True)
def threads_of_two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin each test without threads."""
    monkeypatch.setattr(bounded, "cores", lambda: CORES)
    monkeypatch.setattr(bounded, "_threads", PerProcess(bounded._Threads))


class Gate:
    """Holds each verification until it is opened, and counts them."""

    def __init__(self) -> None:
        self.opened = Event()
        self.full = Event()
        self.most = 0
        self._now = 0
        self._lock = Lock()

    def verify(self, *_: Any) -> bool:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            if self._now == CORES:
                self.full.set()
        assert self.opened.wait(20)
        with self._lock:
            self._now -= 1
        return True


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Verifications that last as long as a test wants."""
    gate = Gate()
    monkeypatch.setattr(argon2.PasswordHasher, "verify", gate.verify)
    return gate


def test_as_many_at_once_as_there_are_cores(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of forty sign-ins the cores' worth is hashed; the others wait until there is room."""
    monkeypatch.setattr(bounded, "WAIT_SECONDS", 20.0)
    # Different objects have the same places.
    with ThreadPoolExecutor(40) as threads:
        asked = [threads.submit(Hashing().verify, None, "tr0mbones") for _ in range(40)]
        assert gate.full.wait(20)
        gate.opened.set()
        assert not any(one.result() for one in asked)

    assert gate.most == CORES


def test_who_waits_too_long_is_told(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no place becomes free in time it is an error, as of a store that is busy."""
    hashing = Hashing()
    with ThreadPoolExecutor(CORES) as threads:
        asked = [threads.submit(hashing.verify, None, "tr0mbones") for _ in range(CORES)]
        assert gate.full.wait(20)
        monkeypatch.setattr(bounded, "WAIT_SECONDS", 0.01)
        for call in (hashing.hash, lambda password: hashing.verify(None, password)):
            with pytest.raises(HashingBusy) as refusal:
                call("tr0mbones")
            assert isinstance(refusal.value, StoreBusy)
        gate.opened.set()
        assert not any(one.result() for one in asked)

    # The places were given back.
    assert hashing.hash("tr0mbones")


def test_an_error_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong is told to who asked, and the place is free again."""
    monkeypatch.setattr(bounded, "WAIT_SECONDS", 0.01)
    for _ in range(CORES + 1):
        with pytest.raises(ZeroDivisionError):
            run_bounded(lambda: 1 / 0)


def test_no_more_threads_than_are_needed() -> None:
    """One after the other is hashed by one thread, whoever asks: its memory is used again."""
    with ThreadPoolExecutor(8) as threads:
        for _ in range(CORES + 1):
            threads.submit(run_bounded, lambda: None).result()
        first, second = (threads.submit(run_bounded, get_ident).result() for _ in "12")

    assert first == second
    assert first != get_ident()


def test_a_child_begins_with_free_places(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process forked while its parent hashes waits for nobody, and ends."""
    hashing = Hashing()

    def check() -> None:
        assert hashing.hash("tr0mbones")

    with ThreadPoolExecutor(CORES) as threads:
        asked = [threads.submit(hashing.verify, None, "tr0mbones") for _ in range(CORES)]
        assert gate.full.wait(20)
        monkeypatch.setattr(bounded, "WAIT_SECONDS", 0.01)
        with in_child(check), pytest.raises(HashingBusy):
            check()
        gate.opened.set()
        assert not any(one.result() for one in asked)


def test_without_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machine has no thread left it is busy, and no place is lost."""

    def refuse(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(Thread, "start", refuse)
        for _ in range(CORES + 1):
            with pytest.raises(HashingBusy):
                run_bounded(lambda: None)

    assert run_bounded(lambda: 1) == 1


MEMORY = """
import resource
from flask_jwt.testing.factories import run_concurrently
from flask_jwt.users import bounded
from flask_jwt.users.hashing import Hashing

bounded.WAIT_SECONDS = 60.0
bounded.cores = lambda: 2
hashing = Hashing()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
run_concurrently(20, lambda _: hashing.verify(None, "tr0mbones"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_twenty_at_once_do_not_take_twenty_times_the_memory() -> None:
    """What a hash has taken is used by the next, whichever thread asks for it."""
    run = subprocess.run([sys.executable, "-c", MEMORY], check=True, capture_output=True, text=True)

    # KiB: of a hash for each core, and some for the threads.
    assert int(run.stdout) < (CORES + 2) * 19456


GREENLETS = """
from gevent import monkey; monkey.patch_all()
import argon2, gevent
from flask_jwt.users import bounded
from flask_jwt.users.hashing import Hashing

bounded.cores = lambda: 2
now = most = 0

def verify(*_):
    global now, most
    now += 1
    most = max(most, now)
    gevent.sleep(0.001)
    now -= 1
    return True

argon2.PasswordHasher.verify = verify
hashing = Hashing()
asked = [gevent.spawn(hashing.verify, None, "tr0mbones") for _ in range(40)]
gevent.joinall(asked, timeout=20, raise_error=True)
assert all(one.successful() for one in asked)
print(most)
"""


def test_under_gevent() -> None:
    """Greenlets wait for each other, and block no other."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", GREENLETS], capture_output=True, text=True
    )

    assert (run.stdout, run.stderr) == ("2\n", "")


def test_cores_are_those_that_the_process_may_use() -> None:
    """A process that is kept to one core hashes one password at once."""
    program = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from flask_jwt.users.bounded import cores; print(cores())"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    assert run.stdout == b"1\n"
