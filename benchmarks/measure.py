"""Rounds, medians, and when to stop."""

from __future__ import annotations

import gc
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter_ns, thread_time_ns
from typing import NamedTuple

Call = Callable[[], object]
#: Prepares a number of calls, with all that they need; none of that is timed.
Calls = Callable[[int], Iterator[Call]]

#: A median has settled when its standard error is below either.
SETTLED_SHARE = 0.02
SETTLED_MICROSECONDS = 0.1
#: How much slower than at its best the machine may be where a figure counts.
QUIET_SHARE = 1.15

# The quartiles of fewer say nothing.
_FEWEST_STRETCHES = 8
# Calls of one kind in a row. Taking turns call by call flatters whoever adds little: each kind
# drives the other out of the processor's caches, and a server under load meets none of that.
_TURN = 25
# In a call of milliseconds another process is sure to cut in, which processor time leaves out. For
# the others the clock of the processor is too slow to read.
_LONG_CALL_NS = 1_000_000
# What takes milliseconds needs no hundreds of calls.
_LONGEST_NS = 50_000_000


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


class Stretch(NamedTuple):
    """What a few calls of each kind have found, in µs."""

    added: float
    base: float
    yardstick: float


_yardstick = Yardstick()


@dataclass
class Contestant:
    """Something that is timed, against something that it is added to."""

    name: str
    measured: Calls
    base: Calls
    yardstick: Yardstick = field(default=_yardstick, repr=False)
    stretches: list[Stretch] = field(default_factory=list, repr=False)

    def run(self, repetitions: int) -> None:
        """Time both kinds of calls, in turns."""
        calls = self.measured(repetitions + 2 * _TURN)
        base_calls = self.base(repetitions + 2 * _TURN)
        end = perf_counter_ns() + 2 * _LONGEST_NS
        with without_collector():
            _turn(base_calls)
            _turn(calls)
            before = self.yardstick.read()
            # In this order neither kind gains by what gets faster or slower meanwhile.
            while base := _turn(base_calls):
                measured = _turn(calls) + _turn(calls)
                if not measured:
                    # A turn that was slow to begin with has used up some more calls.
                    break
                base += _turn(base_calls)
                after = self.yardstick.read()
                self.stretches.append(_stretch(base, measured, max(before, after)))
                before = after
                if perf_counter_ns() > end:
                    break
        # The answer to the last call has not been looked at yet.
        next(calls, None)

    @property
    def quiet_stretches(self) -> list[Stretch]:
        """Those that count: of a quiet machine, or the quietest there were if too few."""
        by_quietness = sorted(self.stretches, key=lambda one: one.yardstick)
        quiet = [one for one in by_quietness if self._is_quiet(one)]
        return quiet if len(quiet) >= _FEWEST_STRETCHES else by_quietness[:_FEWEST_STRETCHES]

    @property
    def microseconds(self) -> float:
        """What is added: the median over the stretches that count."""
        return statistics.median(one.added for one in self.quiet_stretches)

    @property
    def base_microseconds(self) -> float:
        """What it is added to: the median over the stretches that count."""
        return statistics.median(one.base for one in self.quiet_stretches)

    @property
    def error(self) -> float:
        """The standard error of the median, from the spread of the middle half."""
        added = [one.added for one in self.quiet_stretches]
        if len(added) < _FEWEST_STRETCHES:
            return math.inf
        low, _, high = statistics.quantiles(added, n=4, method="inclusive")
        return 1.25 * (high - low) / 1.35 / math.sqrt(len(added))

    @property
    def settled(self) -> bool:
        """Whether the machine was quiet, and more stretches would hardly change the median."""
        return self._is_quiet(self.quiet_stretches[-1]) and (
            self.error <= max(SETTLED_MICROSECONDS, SETTLED_SHARE * abs(self.microseconds))
        )

    def _is_quiet(self, stretch: Stretch) -> bool:
        return stretch.yardstick <= self.yardstick.best * QUIET_SHARE


@dataclass
class Race:
    """Contestants whose figures are shown beside each other."""

    name: str
    contestants: Sequence[Contestant]
    beside: Sequence[Contestant] = ()

    @property
    def shown(self) -> list[Contestant]:
        """Everybody in the column."""
        return [*self.contestants, *self.beside]

    def find(self, name: str) -> Contestant | None:
        """Return the contestant of a row, if there is one in this column."""
        return next((one for one in self.shown if one.name == name), None)

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
    """How long to go on."""

    repetitions: int = 200
    fewest: int = 5
    most: int = 200
    seconds: float = 200

    def run(self, races: Sequence[Race]) -> int:
        """Run races until all have settled or time is up."""
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


def _stretch(base: Sequence[int], measured: Sequence[int], yardstick: float) -> Stretch:
    base_median = statistics.median(base) / 1000
    return Stretch(statistics.median(measured) / 1000 - base_median, base_median, yardstick)


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the collector of cycles from running into what is timed."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _turn(calls: Iterator[Call]) -> list[int]:
    times: list[int] = []
    clock = perf_counter_ns
    end = perf_counter_ns() + _LONGEST_NS
    for call in calls:
        times.append(_elapsed(call, clock))
        if clock is perf_counter_ns and min(times) > _LONG_CALL_NS:
            clock = thread_time_ns
            times.clear()
        elif len(times) == _TURN or perf_counter_ns() > end:
            break
    return times


def _elapsed(call: Call, clock: Callable[[], int] = perf_counter_ns) -> int:
    start = clock()
    call()
    return clock() - start


def _work() -> None:
    # About what a request does: small objects, attribute look-ups, calls.
    for number in range(150):
        str({"number": number, "text": "text".upper()})
