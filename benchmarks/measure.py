"""Rounds, medians, and when to stop."""

from __future__ import annotations

import gc
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import NamedTuple

Call = Callable[[], object]
#: Prepares a number of calls, with all that they need; none of that is timed.
Calls = Callable[[int], Iterator[Call]]

#: A median has settled when its standard error is below either.
SETTLED_SHARE = 0.02
SETTLED_MICROSECONDS = 0.1
#: How much slower than at its best the machine may be in a round that counts.
QUIET_SHARE = 1.1

# The quartiles of fewer rounds say nothing.
_FEWEST_ROUNDS = 5
# Calls of one kind in a row. Taking turns call by call flatters whoever adds little: each kind
# drives the other out of the processor's caches, and a server under load meets none of that.
_TURN = 50
# What takes milliseconds needs no hundreds of calls.
_LONGEST_NS = 250_000_000


class Yardstick:
    """A fixed piece of work that tells how fast the machine is at the moment.

    On a machine shared with others the same code takes twice as long at one moment as at another,
    and stays so for seconds.
    """

    def __init__(self) -> None:
        self.best = math.inf

    def read(self) -> float:
        """Return the time of the work, in µs, and remember the best there was."""
        reading = statistics.median(_elapsed(_work) for _ in range(7)) / 1000
        self.best = min(self.best, reading)
        return reading


class Round(NamedTuple):
    """What one round has found, in µs.

    :param added: the median of what is measured, less that of its base.
    :param base: the median of the base.
    :param yardstick: the slower of two readings, before and after.
    """

    added: float
    base: float
    yardstick: float


_yardstick = Yardstick()


@dataclass
class Contestant:
    """Something that is timed, against something that it is added to.

    :param name: the row in the report.
    :param measured: the calls that are timed.
    :param base: the calls whose time is taken off.
    :param yardstick: the same for all whose figures are compared.
    """

    name: str
    measured: Calls
    base: Calls
    yardstick: Yardstick = field(default=_yardstick, repr=False)
    rounds: list[Round] = field(default_factory=list)

    def run(self, repetitions: int) -> None:
        """Run one round.

        :param repetitions: how many calls of each kind.
        """
        calls, base_calls = self.measured(repetitions), self.base(repetitions)
        before = self.yardstick.read()
        base, measured = time_in_turns(base_calls, calls)
        after = self.yardstick.read()
        self.rounds.append(Round(measured - base, base, max(before, after)))

    @property
    def quiet_rounds(self) -> list[Round]:
        """The rounds that count: those of a quiet machine, or the quietest if there are too few."""
        by_quietness = sorted(self.rounds, key=lambda one: one.yardstick)
        limit = self.yardstick.best * QUIET_SHARE
        quiet = [one for one in by_quietness if one.yardstick <= limit]
        return quiet if len(quiet) >= _FEWEST_ROUNDS else by_quietness[:_FEWEST_ROUNDS]

    @property
    def microseconds(self) -> float:
        """What is added: the median over the rounds that count."""
        return statistics.median(one.added for one in self.quiet_rounds)

    @property
    def base_microseconds(self) -> float:
        """What it is added to: the median over the rounds that count."""
        return statistics.median(one.base for one in self.quiet_rounds)

    @property
    def error(self) -> float:
        """The standard error of the median, from the spread of the rounds' middle half."""
        added = [one.added for one in self.quiet_rounds]
        if len(added) < _FEWEST_ROUNDS:
            return math.inf
        low, _, high = statistics.quantiles(added, n=4, method="inclusive")
        return 1.25 * (high - low) / 1.35 / math.sqrt(len(added))

    @property
    def settled(self) -> bool:
        """Whether the machine was quiet, and more rounds would hardly change the median."""
        return self.quiet_rounds[-1].yardstick <= self.yardstick.best * QUIET_SHARE and (
            self.error <= max(SETTLED_MICROSECONDS, SETTLED_SHARE * abs(self.microseconds))
        )


@dataclass
class Race:
    """Contestants whose figures are shown beside each other.

    :param name: the column in the report.
    :param contestants: they take turns, round by round.
    """

    name: str
    contestants: Sequence[Contestant]

    @property
    def settled(self) -> bool:
        """Whether everybody's median has."""
        return all(one.settled for one in self.contestants)

    def run(self, repetitions: int) -> None:
        """Run one round of everybody."""
        for contestant in self.contestants:
            contestant.run(repetitions)


@dataclass(frozen=True)
class Effort:
    """How long to go on.

    :param repetitions: calls of each kind in a round.
    :param fewest: rounds of each race, whatever time they take.
    :param most: rounds after which a race ends, settled or not.
    :param seconds: the time after which no further round begins.
    """

    repetitions: int = 200
    fewest: int = 9
    most: int = 200
    seconds: float = 165

    def run(self, races: Sequence[Race]) -> int:
        """Run races until all have settled or time is up.

        :param races: they take turns too, round by round.
        :return: how many rounds the longest took.
        """
        end = perf_counter_ns() + self.seconds * 1e9
        running = list(races)
        rounds = 0
        while running and rounds < self.most and (rounds < self.fewest or perf_counter_ns() < end):
            rounds += 1
            for race in running:
                race.run(self.repetitions)
            if rounds >= self.fewest:
                running = [race for race in running if not race.settled]
        return rounds


def time_in_turns(first: Iterator[Call], second: Iterator[Call]) -> tuple[float, float]:
    """Return the median µs of two kinds of calls that take turns.

    :param first: as many as ``second``.
    :param second: as many as ``first``.
    """
    times: list[int] = []
    other_times: list[int] = []
    gc.collect()
    gc.disable()
    end = perf_counter_ns() + _LONGEST_NS
    try:
        # An empty turn means that the last call of each kind has been looked at, too.
        while (turns := (_turn(first), _turn(second)))[0]:
            times += turns[0]
            other_times += turns[1]
            if perf_counter_ns() > end:
                break
    finally:
        gc.enable()
    return statistics.median(times) / 1000, statistics.median(other_times) / 1000


def _turn(calls: Iterator[Call]) -> list[int]:
    times: list[int] = []
    end = perf_counter_ns() + _LONGEST_NS
    for call in calls:
        times.append(_elapsed(call))
        if len(times) == _TURN or perf_counter_ns() > end:
            break
    return times


def _elapsed(call: Call) -> int:
    start = perf_counter_ns()
    call()
    return perf_counter_ns() - start


def _work() -> None:
    # About what a request does: small objects, attribute look-ups, calls.
    for number in range(150):
        str({"number": number, "text": "text".upper()})
