"""The contract of what keeps counts of attempts, wherever they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import time

import pytest

from flask_jwt.throttle.attempts import FORGOTTEN_SECONDS, LONGEST_WAIT, AttemptCounts
from tests.throttle.counting import KINDS, counts_at, empty_place

KEY = "account:Zm9vYmFy-_"
FREE = 3
# A time with a fraction, near the true one: Redis forgets by a clock of its own.
NOW = float(int(time())) + 0.25


@pytest.fixture(params=KINDS)
def counts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AttemptCounts]:
    """Empty counts of each kind in turn."""
    with empty_place(request.param, tmp_path) as url:
        yield counts_at(url)


def fail(counts: AttemptCounts, times: int, now: float = NOW, key: str = KEY) -> None:
    """Count attempts, each of which is allowed."""
    assert [counts.begin(key, FREE, now) for _ in range(times)] == [0.0] * times


def test_waits_double_after_the_free_failures(counts: AttemptCounts) -> None:
    """The wait is a second at first, then twice as long each time, a quarter of an hour at most."""
    fail(counts, FREE)

    now, waits = NOW, []
    for _ in range(13):
        waits.append(counts.begin(KEY, FREE, now))
        now += waits[-1]
        fail(counts, 1, now)

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, LONGEST_WAIT, LONGEST_WAIT, 900]


def test_a_refused_attempt_is_not_counted(counts: AttemptCounts) -> None:
    """Who tries again during a wait is told what is left of it, which does not grow."""
    fail(counts, FREE)

    assert [counts.begin(KEY, FREE, NOW + past) for past in (0, 0.5, 0.75)] == [1, 0.5, 0.25]
    fail(counts, 1, NOW + 1)


def test_forgotten_a_day_after_the_last_attempt(counts: AttemptCounts) -> None:
    """Each attempt prolongs the memory of all; a day after the last one nothing is left."""
    fail(counts, FREE)
    later = NOW + FORGOTTEN_SECONDS - 1
    fail(counts, 1, later)

    assert counts.begin(KEY, FREE, later) == 2
    fail(counts, FREE, later + FORGOTTEN_SECONDS)


def test_attempts_are_given_back_one_by_one(counts: AttemptCounts) -> None:
    """An attempt that was none leaves room for one; nothing is below nothing."""
    fail(counts, FREE)
    counts.give_back(KEY, FREE, NOW)
    fail(counts, 1)
    assert counts.begin(KEY, FREE, NOW) == 1

    for _ in range(FREE + 2):
        counts.give_back(KEY, FREE, NOW)

    fail(counts, FREE)
    assert counts.begin(KEY, FREE, NOW) == 1


def test_no_wait_is_left_of_an_attempt_that_was_none(counts: AttemptCounts) -> None:
    """The wait that was over when it began is over still; those of others are left as they are."""
    fail(counts, FREE)
    fail(counts, 1, NOW + 1)
    fail(counts, 1, NOW + 3)
    counts.give_back(KEY, FREE, NOW + 3)
    fail(counts, 1, NOW + 3)
    assert counts.begin(KEY, FREE, NOW + 3) == 4

    # It was given back late: meanwhile another was counted.
    fail(counts, 1, NOW + 7)
    counts.give_back(KEY, FREE, NOW + 3)
    assert counts.begin(KEY, FREE, NOW + 7) == 4


def test_cleared(counts: AttemptCounts) -> None:
    """A count that was cleared begins anew; clearing nothing, or giving it back, is no error."""
    counts.clear(KEY)
    counts.give_back(KEY, FREE, NOW)
    fail(counts, FREE)

    counts.clear(KEY)

    fail(counts, FREE)


def test_keys_are_counted_apart(counts: AttemptCounts) -> None:
    """A key is compared character by character, case and all."""
    fail(counts, FREE)

    for key in (KEY.swapcase(), KEY + "A", KEY[:-1]):
        fail(counts, FREE, key=key)
    counts.clear(KEY.swapcase())

    assert counts.begin(KEY, FREE, NOW) == 1


def test_a_clock_set_back_makes_no_wait_longer(counts: AttemptCounts) -> None:
    """A wait begins anew where the clock goes back behind its beginning, and ends in its time."""
    fail(counts, FREE)
    fail(counts, 1, NOW + 1)
    before = NOW - 7200

    assert counts.begin(KEY, FREE, before) == 2
    assert counts.begin(KEY, FREE, before + 1) == 1
    fail(counts, 1, before + 2)


def test_guesses_at_the_same_moment_do_not_pass_together(counts: AttemptCounts) -> None:
    """Of many threads that count at once, as many pass as are free."""
    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(lambda _: counts.begin(KEY, FREE, NOW), range(60)))

    assert sorted(waits) == [0.0] * FREE + [1.0] * (60 - FREE)


def test_marks(counts: AttemptCounts) -> None:
    """The latest moment that was noted under a key stays."""
    mark = "void:Zm9vYmFy-_"
    assert counts.marked(mark) is None

    for moment in (NOW, NOW + 1.5, NOW + 0.5):
        counts.mark(mark, moment, 1000)

    assert counts.marked(mark) == NOW + 1.5
    assert counts.marked(mark.swapcase()) is None
    fail(counts, FREE)
    counts.clear(KEY)
    assert counts.marked(mark) == NOW + 1.5
