"""No more passwords are hashed at once than there are cores (U2)."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any

import argon2
import pytest

from flask_jwt.sessions.errors import StoreBusy
from flask_jwt.testing.factories import in_child
from flask_jwt.users import busy
from flask_jwt.users.busy import HashingBusy, cores, hashing_slot
from flask_jwt.users.hashing import Hashing


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
            if self._now == cores():
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
    monkeypatch.setattr(busy, "WAIT_SECONDS", 20.0)
    # Different objects have the same places.
    with ThreadPoolExecutor(40) as threads:
        asked = [threads.submit(Hashing().verify, None, "tr0mbones") for _ in range(40)]
        assert gate.full.wait(20)
        gate.opened.set()
        assert not any(one.result() for one in asked)

    assert gate.most == cores()


def test_who_waits_too_long_is_told(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no place becomes free in time it is an error, as of a store that is busy."""
    hashing = Hashing()
    with ThreadPoolExecutor(cores()) as threads:
        asked = [threads.submit(hashing.verify, None, "tr0mbones") for _ in range(cores())]
        assert gate.full.wait(20)
        monkeypatch.setattr(busy, "WAIT_SECONDS", 0.01)
        for call in (hashing.hash, lambda password: hashing.verify(None, password)):
            with pytest.raises(HashingBusy) as refusal:
                call("tr0mbones")
            assert isinstance(refusal.value, StoreBusy)
        gate.opened.set()
        assert not any(one.result() for one in asked)

    # The places were given back.
    assert hashing.hash("tr0mbones")


def test_a_place_is_given_back_after_an_error() -> None:
    """What goes wrong inside leaves the place free."""
    for _ in range(cores() + 1):
        with pytest.raises(ZeroDivisionError), hashing_slot():
            _ = 1 / 0


def test_a_child_begins_with_free_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process forked while its parent hashes waits for nobody."""
    monkeypatch.setattr(busy, "WAIT_SECONDS", 0.01)

    def check() -> None:
        with hashing_slot():
            pass

    places = [hashing_slot() for _ in range(cores())]
    for place in places:
        place.__enter__()
    try:
        with in_child(check), pytest.raises(HashingBusy):
            check()
    finally:
        for place in places:
            place.__exit__(None, None, None)


GREENLETS = """
from gevent import monkey; monkey.patch_all()
import argon2, gevent
from flask_jwt.users.busy import cores
from flask_jwt.users.hashing import Hashing

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
print(most == cores())
"""


def test_under_gevent() -> None:
    """Greenlets wait for each other, and block no other."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", GREENLETS], capture_output=True, text=True
    )

    assert (run.stdout, run.stderr) == ("True\n", "")
