"""Counts of attempts in memory: bounded, and each process with its own."""

from __future__ import annotations

import threading

from flask_jwt.testing.factories import in_child
from flask_jwt.throttle.attempts import FORGOTTEN_SECONDS, MOST_KEYS
from flask_jwt.throttle.memory import MemoryCounts

NOW = 1_800_000_000.0


def test_what_is_forgotten_goes_first() -> None:
    """A new key takes the place of one that is forgotten, and the others keep theirs."""
    counts = MemoryCounts(most=3)
    counts.begin("old", 1, NOW - FORGOTTEN_SECONDS)
    counts.begin("free", 2, NOW - 10)
    counts.begin("waits", 1, NOW - 0.5)

    counts.begin("new", 1, NOW)

    assert [counts.begin(key, 1, NOW) for key in ("free", "waits", "new")] == [0, 0.5, 1]


def test_counts_that_wait_outlive_those_that_are_free() -> None:
    """However many names are tried once, an account that waits goes on waiting."""
    counts = MemoryCounts(most=10)
    counts.mark("void", NOW, 10)
    for _ in range(2):
        counts.begin("waits", 2, NOW)

    for number in range(100):
        counts.begin(f"free {number}", 2, NOW)

    assert counts.begin("waits", 2, NOW) == 1
    assert counts.marked("void") == NOW
    # The latest eight are there as well; the ones before them were forgotten.
    assert counts.begin("free 92", 1, NOW) == 1
    assert counts.begin("free 91", 1, NOW) == 0


def test_marks_go_last() -> None:
    """A mark stays until there is nothing but marks; then the oldest goes."""
    counts = MemoryCounts(most=2)
    counts.mark("first", NOW, 10)
    counts.begin("waits", 1, NOW)

    counts.mark("second", NOW, 10)
    assert counts.begin("waits", 1, NOW) == 0
    assert [counts.marked(key) for key in ("first", "second")] == [None, NOW]


def test_marks_are_kept_for_their_time() -> None:
    """A mark whose time is over makes room for a count."""
    counts = MemoryCounts()
    counts.mark("void", NOW, 10)

    counts.begin("key", 1, NOW + 9)
    assert counts.marked("void") == NOW
    counts.begin("another", 1, NOW + 10)

    assert counts.marked("void") is None


def test_bounded() -> None:
    """However many keys there are, the latest hundred thousand are kept."""
    counts = MemoryCounts()
    for number in range(MOST_KEYS + 1):
        counts.begin(str(number), 5, NOW)

    # A count that is there is not counted again before its wait is over.
    assert counts.begin("1", 1, NOW) == 1
    assert counts.begin("0", 1, NOW) == 0


def test_no_thread_is_started() -> None:
    """Counts need no thread of their own."""
    before = threading.active_count()

    MemoryCounts().begin("key", 1, NOW)

    assert threading.active_count() == before


def test_a_fork_waits_for_no_parent() -> None:
    """A child that is forked amid a count begins without counts, and goes its own way."""
    counts = MemoryCounts()
    counts.begin("key", 1, NOW)

    def in_the_child() -> None:
        assert [counts.begin("key", 1, NOW) for _ in range(2)] == [0, 1]

    class ForkedAt(float):
        """A time; the process forks where it is looked at."""

        def __sub__(self, other: float) -> float:
            with in_child(in_the_child):
                return float(self) - other

    assert counts.begin("key", 1, ForkedAt(NOW + 1)) == 0
    assert counts.begin("key", 1, NOW + 1) == 2
