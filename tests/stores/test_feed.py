"""What one process has revoked, all others refuse: whatever else goes on in the database."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from sqlalchemy import create_engine, text

from tests.support.revoking import know_all, revoke_many, store_of

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
