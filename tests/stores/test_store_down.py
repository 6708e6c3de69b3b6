"""A store that is down is asked by one at a time, and nobody waits for whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from flask_jwt import ConfigurationError
from flask_jwt.sessions import (
    StoreBusy,
    StoreCrowded,
    StoreForgot,
    StoreUnavailable,
    circuit_breaker,
    revocations,
)
from flask_jwt.sessions.circuit_breaker import CircuitBreaker
from flask_jwt.stores.memory import MemoryStore
from flask_jwt.testing.factories import in_child
from tests.support.members import NOW, Members, refusal

T = TypeVar("T")

# Only a test that has failed comes to it.
_MOST_SECONDS = 20


class FakeClock:
    """The clock that nobody sets, set by a test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """A clock that stands still, for outages and for the age of what a worker knows."""
    found = FakeClock()
    for module in (circuit_breaker, revocations):
        monkeypatch.setattr(module, "monotonic", found)
    return found


class Hanging:
    """A call that hangs until it is let go."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call
        self._entered, self._let_go = threading.Event(), threading.Event()
        self.count = 0

    def __call__(self, *args: Any) -> Any:
        self.count += 1
        self._entered.set()
        assert self._let_go.wait(_MOST_SECONDS)
        return self._call(*args)

    @contextmanager
    def in_thread(self, work: Callable[[], T]) -> Iterator[Future[T]]:
        """Do something in another thread that hangs in this call while the block runs."""
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(work)
            try:
                assert self._entered.wait(_MOST_SECONDS)
                yield future
            finally:
                self._let_go.set()


def fail(*args: Any) -> Any:
    raise StoreUnavailable("it hurts")


class TestOutage:
    """Who may ask a store that did not answer."""

    @pytest.fixture
    def told(self) -> list[Exception]:
        """What the log was told."""
        return []

    @pytest.fixture
    def down(self, clock: FakeClock, told: list[Exception]) -> CircuitBreaker:
        """An outage whose first pause is over."""
        found = CircuitBreaker(told.append)
        with pytest.raises(StoreUnavailable, match="it hurts"):
            found.call(fail)
        with pytest.raises(StoreUnavailable):
            found.check()
        clock.now += circuit_breaker.PAUSE_SECONDS + 1
        return found

    def test_one_asks(self, down: CircuitBreaker, clock: FakeClock, told: list[Exception]) -> None:
        """While one asks, all others are refused, however long it takes; then all are served."""
        hanging = Hanging(lambda: "answer")
        asked: list[int] = []
        with hanging.in_thread(lambda: down.call(hanging)) as probe:
            for _ in range(3):
                clock.now += 1000
                with pytest.raises(StoreUnavailable):
                    down.call(asked.append, 1)
                with pytest.raises(StoreUnavailable):
                    down.check()

        assert probe.result() == "answer"
        assert asked == []
        assert [str(error) for error in told] == ["it hurts"]
        down.check()
        assert [down.call(lambda: "served") for _ in range(3)] == ["served"] * 3

    def test_it_is_down_still(self, down: CircuitBreaker, clock: FakeClock) -> None:
        """Whoever asks in vain begins another pause; after that the next one may ask."""
        with pytest.raises(StoreUnavailable, match="it hurts"):
            down.call(fail)
        with pytest.raises(StoreUnavailable):
            down.call(lambda: "not asked")
        clock.now += circuit_breaker.PAUSE_SECONDS

        assert down.call(lambda: "answer") == "answer"
        assert down.call(lambda: "answer") == "answer"

    @pytest.mark.parametrize("error", [StoreBusy("later"), StoreForgot("empty"), ValueError("odd")])
    def test_an_answer_is_an_answer(self, down: CircuitBreaker, error: Exception) -> None:
        """A store that is busy, or has lost its memory, is there: nobody is put off any more."""

        def answer() -> None:
            raise error

        with pytest.raises(type(error)):
            down.call(answer)

        down.check()
        assert down.call(lambda: "served") == "served"

    def test_who_was_not_asked_has_no_answer(self, clock: FakeClock) -> None:
        """A request that found no free connection says nothing of a store that is silent."""
        found = CircuitBreaker(lambda _: None)

        def wait_in_vain() -> None:
            with pytest.raises(StoreUnavailable, match="it hurts"):
                found.call(fail)
            raise StoreCrowded("all connections are in use")

        with pytest.raises(StoreCrowded):
            found.call(wait_in_vain)

        with pytest.raises(StoreUnavailable):
            found.check()

    def test_after_a_fork(self, down: CircuitBreaker) -> None:
        """A child process does not wait for the thread that was asking in its parent."""
        hanging = Hanging(lambda: None)
        with hanging.in_thread(lambda: down.call(hanging)), in_child(lambda: down.call(str)):
            pass


class Guarded:
    """An application whose store can be broken and mended."""

    def __init__(self, **config: Any) -> None:
        self.store: Any = MemoryStore(lambda: NOW)
        self.members = Members(self.store, **config)
        self.tokens = self.members.sign_in()
        self.works: Callable[..., Any] = self.store.feed
        assert self.me() == 200

    def me(self) -> int:
        headers = {"Authorization": f"JWT {self.tokens['access_token']}"}
        # A client of its own: threads share none.
        return self.members.app.test_client().get("/me", headers=headers).status_code


def test_nobody_waits(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one request asks a store that was down, all others are told so at once."""
    guarded = Guarded(JWT_REVOCATION_REFRESH=0)
    members, store = guarded.members, guarded.store
    store.feed = fail
    assert guarded.me() == 503
    clock.now += 10
    store.feed = hanging = Hanging(guarded.works)
    body = {"username": "ann", "password": "x"}
    with monkeypatch.context() as patch, hanging.in_thread(guarded.me) as probe:
        # Whoever waited for the lock would stumble over this.
        patch.setattr(revocations, "WAIT_SECONDS", None)
        for _ in range(3):
            answer = members.ask("GET", "/me", guarded.tokens)
            assert refusal(answer)[:2] == (503, "Service Unavailable")
            assert members.refresh(guarded.tokens["refresh_token"]).status_code == 503
            assert members.client.post("/auth", json=body).status_code == 503
        assert hanging.count == 1

    assert probe.result() == 200
    assert guarded.me() == 200
    assert members.me(members.refreshed(guarded.tokens["refresh_token"])) == 200
    assert members.me(members.sign_in()) == 200


def test_a_refusal_is_shared(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has waited while the store refused to be read is told so, and waits no second time."""
    guarded = Guarded(JWT_REVOCATION_REFRESH=0)

    def refuse(*_args: Any) -> Any:
        clock.now += 1
        raise StoreBusy("the table is locked")

    waiting, acquire = threading.Event(), revocations.RevocationCache.catch_up

    def catch_up(self: Any, arrived: float | None = None, **how: Any) -> Any:
        if arrived == 1:
            waiting.set()
        return acquire(self, arrived, **how)

    monkeypatch.setattr(revocations.RevocationCache, "catch_up", catch_up)
    guarded.store.feed = hanging = Hanging(refuse)
    with ThreadPoolExecutor(1) as other:
        with hanging.in_thread(guarded.me) as first:
            clock.now = 1
            second = other.submit(guarded.me)
            assert waiting.wait(_MOST_SECONDS)
        assert (first.result(), second.result()) == (503, 503)

    assert hanging.count == 1
    guarded.store.feed = guarded.works
    assert guarded.me() == 200


def test_for_as_long_as_what_is_known_may_be_old(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Guarded requests are served for an hour without the store, the log says why; then 503."""
    guarded = Guarded(JWT_REVOCATION_REFRESH=1, JWT_REVOCATION_MAX_STALE=3600)
    members, store = guarded.members, guarded.store
    gone = members.sign_in()
    assert members.sign_out(gone).status_code == 204
    store.feed = fail
    served = [200, 401, 200]
    for minutes in range(1, 60):
        clock.now = minutes * 60.0
        found = [members.me(one) for one in (guarded.tokens, gone, guarded.tokens)]

        assert found == served
        # Once for each time that it is asked.
        assert [one.message for one in caplog.records] == ["it hurts"] * minutes
    clock.now = 3600.0

    answer = members.ask("GET", "/me", guarded.tokens)
    assert refusal(answer)[:2] == (503, "Service Unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert members.me(gone) == 503
    store.feed = guarded.works
    clock.now += circuit_breaker.PAUSE_SECONDS
    assert [members.me(one) for one in (guarded.tokens, gone)] == [200, 401]


def test_a_fault_while_what_is_known_is_young(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Guarded requests are served, and the log has the mend once a second; then it is an error."""
    guarded = Guarded(JWT_REVOCATION_REFRESH=1, JWT_REVOCATION_MAX_STALE=3600)

    def refuse(*_args: Any) -> Any:
        raise ConfigurationError("the password was changed")

    guarded.store.feed = refuse
    for second in (60.0, 60.5, 61.0):
        clock.now = second
        assert guarded.me() == 200

    assert [one.message for one in caplog.records] == ["the password was changed"] * 2
    clock.now = 3600.0
    assert guarded.me() == 500


def test_no_longer_than_it_is_read_again(clock: FakeClock) -> None:
    """Unless it is said, what is known may be no older than it may be without an outage."""
    guarded = Guarded(JWT_REVOCATION_REFRESH=5)
    guarded.store.feed = fail
    clock.now = 4.9
    assert guarded.me() == 200
    clock.now = 5.0

    assert guarded.me() == 503
