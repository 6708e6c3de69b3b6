"""Several processes count attempts at once: they share what is free."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from flask_jwt.testing.factories import in_child
from flask_jwt.throttle.attempts import FREE_PER_ACCOUNT
from tests.throttle.counting import SHARED, counts_at, empty_place

KEY = "account:Zm9vYmFy"
NOW = 1_800_000_000.25
PROCESSES, THREADS = 4, 25
MOST_SECONDS = 30


def guess(url: str, gate: Barrier, sending: Connection) -> None:
    """Count attempts in many threads, before and after a wait, and send what each was told."""
    counts = counts_at(url)
    with ThreadPoolExecutor(THREADS) as pool:
        for now in (NOW, NOW + 1):
            gate.wait()
            begin = partial(counts.begin, KEY, FREE_PER_ACCOUNT)
            sending.send(list(pool.map(begin, [now] * THREADS)))


@pytest.mark.parametrize("kind", SHARED)
def test_guesses_of_several_processes(kind: str, tmp_path: Path) -> None:
    """As many pass as are free, though the place is used for the first time; after a wait, one."""
    context = get_context("fork")
    gate = context.Barrier(PROCESSES, timeout=MOST_SECONDS)
    pipes = [context.Pipe(duplex=False) for _ in range(PROCESSES)]
    with empty_place(kind, tmp_path) as url:
        processes = [
            context.Process(target=guess, args=(url, gate, sending)) for _, sending in pipes
        ]
        for process, (_, sending) in zip(processes, pipes, strict=True):
            process.start()
            # Where a process fails, there is nothing more to wait for.
            sending.close()
        for free, wait in ((FREE_PER_ACCOUNT, 1.0), (1, 2.0)):
            told = Counter(answer for receiving, _ in pipes for answer in receiving.recv())

            assert told == {0.0: free, wait: PROCESSES * THREADS - free}
        for process in processes:
            process.join()


@pytest.mark.parametrize("kind", SHARED)
def test_a_fork_shares_counts_and_no_connection(kind: str, tmp_path: Path) -> None:
    """A child counts on connections of its own, while its parent goes on with its own ones."""
    with empty_place(kind, tmp_path) as url:
        counts = counts_at(url)
        assert counts.begin(KEY, 2, NOW) == 0

        def in_the_child() -> None:
            assert [counts.begin(KEY, 2, NOW) for _ in range(50)] == [0.0] + [1.0] * 49

        with in_child(in_the_child):
            for _ in range(50):
                assert counts.marked("void:Zm9vYmFy") is None

        assert counts.begin(KEY, 2, NOW) == 1
