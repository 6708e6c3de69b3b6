"""Calls that take turns with what they are added to; pyperf keeps their times."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import pyperf
from flask import Flask
from werkzeug.test import create_environ

from .processes import ProcessError

Call: TypeAlias = Callable[[], object]
#: Prepares a number of calls, with all that they need; none of that is timed.
Calls: TypeAlias = Callable[[int], Iterable[Call]]

# Calls of one kind in a row. Taking turns call by call flatters what adds little: each kind drives
# the other out of the processor's caches, and a server under load meets none of that.
_TURN = 25
# Where a call takes milliseconds, a turn ends before its 25th.
_LONGEST_TURN = 0.05


def _nothing(count: int) -> Iterable[Call]:
    # What a call costs that does nothing.
    return (partial(bool, None) for _ in range(count))


@dataclass
class Contestant:
    """What is timed, and the base whose time is taken off."""

    name: str
    measured: Calls
    base: Calls = _nothing
    times: list[float] = field(default_factory=list, repr=False)
    base_times: list[float] = field(default_factory=list, repr=False)

    def run(self, turns: int) -> None:
        """Time some turns of either kind, after one of each to warm up."""
        calls, base = (iter(one((turns + 1) * _TURN)) for one in (self.measured, self.base))
        with without_collector():
            _turn(base)
            _turn(calls)
            for _ in range(turns):
                self.base_times.append(_turn(base))
                self.times.append(_turn(calls))
        # The answer to the last call has not been looked at yet.
        next(calls, None)

    @property
    def microseconds(self) -> float:
        """The difference of the medians."""
        return float(self.benchmark().median()) * 1e6 - self.base_microseconds

    @property
    def base_microseconds(self) -> float:
        """The median of the base."""
        return float(self.benchmark(base=True).median()) * 1e6

    def benchmark(self, prefix: str = "", *, base: bool = False) -> pyperf.Benchmark:
        """Return the times as pyperf compares them between two files."""
        name = f"{prefix}{self.name}{', base' if base else ''}"
        times = self.base_times if base else self.times
        run = pyperf.Run(times, metadata={"name": name}, collect_metadata=False)
        return pyperf.Benchmark([run])


@dataclass
class Race:
    """Contestants whose figures are shown in one column; those beside it are timed elsewhere."""

    name: str
    contestants: Sequence[Contestant]
    beside: Sequence[Contestant] = ()

    @property
    def shown(self) -> list[Contestant]:
        """Everybody with a figure in the column."""
        return [*self.beside, *self.contestants]

    def find(self, name: str) -> Contestant | None:
        """Return the contestant of a name, if there is one."""
        return next((one for one in self.shown if one.name == name), None)


def run(contestants: Sequence[Contestant], rounds: int, seconds: float, turns: int = 4) -> int:
    """Have all take turns, for so many rounds or until time is up; return how many there were."""
    end = pyperf.perf_counter() + seconds
    for done in range(rounds):
        for one in contestants:
            one.run(turns)
        if pyperf.perf_counter() > end:
            return done + 1
    return rounds


def ratio(one: Contestant | None, other: Contestant | None) -> float | None:
    """Return how many times the other one takes; what adds nothing counts as 0.01 µs."""
    return one.microseconds / max(other.microseconds, 0.01) if one and other else None


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the collector of cycles from running into what is timed."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def asking(
    app: Flask,
    path: str,
    headers: Mapping[str, str],
    *,
    method: str = "GET",
    site: str = "http://localhost",
) -> Calls:
    """Prepare one request that is sent again and again, and has to be answered with 200."""
    environ = create_environ(path, site, method=method, headers=dict(headers))
    statuses: list[str] = []

    def begin(status: str, *_: object) -> Callable[[bytes], object]:
        statuses[:] = [status]
        return bytes

    def ask() -> None:
        for _ in app.wsgi_app(dict(environ), begin):
            pass
        if statuses[0] != "200 OK":
            raise ProcessError(f"{method} {path} was answered with {statuses[0]}")

    return lambda count: (ask for _ in range(count))


def _turn(calls: Iterator[Call]) -> float:
    times: list[float] = []
    end = pyperf.perf_counter() + _LONGEST_TURN
    for call in calls:
        times.append(_elapsed(call))
        if len(times) == _TURN or pyperf.perf_counter() > end:
            break
    return sorted(times)[len(times) // 2]


def _elapsed(call: Call) -> float:
    start = pyperf.perf_counter()
    call()
    return float(pyperf.perf_counter() - start)
