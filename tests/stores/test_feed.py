"""What one process has revoked, all others refuse, however long the feed is."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from time import time
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from flask_jwt.sessions import Revocation, SessionStore
from flask_jwt.stores import redis, sql
from flask_jwt.stores.sql_engine import Cursor
from flask_jwt.testing.factories import values_of
from tests.support.revoking import is_refused, know_all, replica_of, revoke_many, store_of
from tests.support.stores import connected

WRITERS = 4
READERS = 4
REVOCATIONS = 10_000

_SLOW = {
    # An application that holds a snapshot for long, and one whose commits come late; both keep the
    # revocations waiting now and then, so that they come in bursts.
    "postgresql": [
        ["BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM flask_jwt_revocations"],
        ["BEGIN", "SELECT number FROM flask_jwt_store WHERE id = 1 FOR UPDATE"],
    ],
    "mariadb": [
        ["START TRANSACTION", "SELECT count(*) FROM flask_jwt_revocations"],
        ["START TRANSACTION", "SELECT number FROM flask_jwt_store WHERE id = 1 FOR UPDATE"],
    ],
    "sqlite": [
        ["BEGIN", "SELECT count(*) FROM flask_jwt_revocations"],
        ["BEGIN IMMEDIATE", "SELECT number FROM flask_jwt_store"],
    ],
}


@contextmanager
def long_transactions(url: str) -> Iterator[None]:
    """Have others hold transactions open for random times."""
    finished = threading.Event()
    threads = []
    kind = url.partition(":")[0].partition("+")[0]

    def hold(words: list[str], seed: int) -> None:
        dice = random.Random(seed)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            while not finished.wait(dice.uniform(0.0, 0.2)):
                for word in words:
                    connection.execute(text(word))
                finished.wait(dice.uniform(0.0, 0.15))
                connection.execute(text("COMMIT"))
        engine.dispose()

    for seed, words in enumerate(_SLOW.get(kind, [])):
        threads.append(threading.Thread(target=hold, args=(words, seed)))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        finished.set()
        for thread in threads:
            thread.join()


def test_none_is_missed(shared_url: str) -> None:
    """Four processes refuse each of 10,000 revocations as soon as its writer has committed it."""
    store_of(shared_url).open(300.0)
    context = get_context("spawn")
    processes: list[Any] = []
    acknowledged, theirs_of_writers, told, missed = [], [], [], []
    for writer in range(WRITERS):
        ours, theirs = context.Pipe(duplex=False)
        acknowledged.append(ours)
        theirs_of_writers.append(theirs)
        count = REVOCATIONS // WRITERS
        arguments: tuple[Any, ...] = (shared_url, writer, count, theirs)
        processes.append(context.Process(target=revoke_many, args=arguments))
    for _ in range(READERS):
        receiving, sending = context.Pipe(duplex=False)
        ours, theirs = context.Pipe(duplex=False)
        told.append(sending)
        missed.append(ours)
        processes.append(context.Process(target=know_all, args=(shared_url, receiving, theirs)))

    with long_transactions(shared_url):
        for process in processes:
            process.start()
        for one in theirs_of_writers:
            # Now the end of a writer is the end of its pipe.
            one.close()
        passed_on = 0
        while acknowledged:
            for connection in wait(acknowledged):
                assert isinstance(connection, Connection)
                names = connection.recv()
                if names is None:
                    acknowledged.remove(connection)
                    continue
                passed_on += len(names)
                for one in told:
                    one.send(names)
        for one in told:
            one.send(None)
        let_in = [one.recv() for one in missed]
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0] * len(processes)
    assert passed_on == REVOCATIONS
    assert let_in == [[]] * READERS


PAGE = 3


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "_PAGE", PAGE)
    monkeypatch.setattr(redis, "_ENTRIES", PAGE)


def revoke(store: SessionStore, numbers: Sequence[int]) -> list[str]:
    """Revoke sessions that are named by numbers; return the names."""
    names = [f"{number}" for number in numbers]
    store.revoke([Revocation("sid", name, time() + 1000) for name in names])
    return names


def opened(url: str) -> SessionStore:
    store = store_of(url)
    store.open(300.0)
    return store


class TestPages:
    """Three revocations are a page here."""

    @pytest.mark.parametrize("count", [1, 3, 4, 6, 7])
    def test_from_the_beginning(self, shared_url: str, count: int) -> None:
        """However many there are, a worker that begins knows them all."""
        store = opened(shared_url)
        names = revoke(store, range(count))
        feed = store.feed(None)

        assert values_of(feed.revocations) == names
        assert list(store.feed(feed.position).revocations) == []

    def test_from_a_position(self, shared_url: str) -> None:
        """A worker that was away for more than a page learns of the rest, and of no more."""
        store = opened(shared_url)
        revoke(store, range(4))
        position = store.feed(None).position
        names = revoke(store, range(4, 12))
        feed = store.feed(position)

        assert values_of(feed.revocations) == names
        assert list(store.feed(feed.position).revocations) == []
        assert is_refused(replica_of(store), {"sid": "11", "iat": time()})

    @pytest.mark.parametrize(
        "gone", [[1], [4, 5, 6], [1, 2, 3, 4], [3, 4, 6], [9, 10], range(1, 11)]
    )
    def test_with_gaps(self, sql_url: str, gone: Sequence[int]) -> None:
        """What was deleted in between hides nothing that comes after it."""
        store = opened(sql_url)
        revoke(store, range(1, 11))
        position = store.feed(None).position
        with connected(sql_url) as connection:
            for number in gone:
                words = "DELETE FROM flask_jwt_revocations WHERE number = :number"
                connection.execute(text(words), {"number": number})
        later = revoke(store, range(11, 16))

        left = [f"{number}" for number in range(1, 11) if number not in gone]
        assert values_of(store.feed(None).revocations) == left + later
        assert values_of(store.feed(position).revocations) == later

    def test_committed_between_two_pages(
        self, sql_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What others commit while the pages are read comes with them, or with the next feed."""
        store, other = opened(sql_url), opened(sql_url)
        names = revoke(store, range(7))
        statement: Any = other._database().statements.revocations  # type: ignore[attr-defined]
        real: Callable[..., Any] = Cursor.fetch

        def fetch(self: Cursor, asked: Any, values: Any) -> Any:
            rows = real(self, asked, values)
            if asked.sql == statement.sql and len(names) < 15:
                names.extend(revoke(other, range(len(names), len(names) + 2)))
            return rows

        monkeypatch.setattr(Cursor, "fetch", fetch)
        found: list[str] = []
        position: object = None
        while len(found) < len(names):
            feed = store.feed(position)
            assert feed.revocations
            found += values_of(feed.revocations)
            position = feed.position

        assert found == names
