"""What a sign-in costs above the Argon2 hash alone, and whether a failure tells by its time why."""

from __future__ import annotations

import random
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from .accounts import HASHER, PASSWORD, SITE, Accounts, hash_of, ours, theirs
from .candidates.jwt_extended import JWT_EXTENDED
from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .timing import Call, without_collector

#: The column that has a goal.
ABOVE = "ms above the hash"

_SESSIONS = "sqlite:///sessions.db"
_COOKIES = ["headers", "cookies"]
# Each signs in again and again.
_USERS = 20
# An account fails so often before it waits.
_FREE = 5
# Rounds that are not counted: tables are made, and threads begin.
_WARM_UP = 2
# As many as quartiles need.
_LEAST_ROUNDS = 2
_QUANTILES = {"5 %": 5, "25 %": 25, "median": 50, "75 %": 75, "95 %": 95}
_COST_REMARK = (
    "Each sign-in is timed next to the same Argon2id verification alone. What is above it is the "
    "median of their differences by the clock, with the quartiles beside it, and of those in the "
    "processor's time, all threads together. The throttle is on, as by default: it counts accounts "
    "in the users' file, and addresses in memory. By hand there is neither throttle nor session."
)
_FAILURE_REMARK = (
    "Milliseconds of failures that take turns in a random order. The last column tells of how many "
    "pairs in a hundred, a failure of that kind and one of an unknown name, the latter takes less "
    "time: 50 says that it tells nothing."
)

T = TypeVar("T")
#: Prepares the call of a round.
Prepare: TypeAlias = Callable[[int], Call]


@dataclass
class Times:
    """Seconds that calls of one kind took, by the clock and of the processor."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def add(self, call: Call) -> None:
        """Time one call."""
        clock, processor = perf_counter(), process_time()
        call()
        self.processor.append(process_time() - processor)
        self.clock.append(perf_counter() - clock)


def measure(finding: Finding, rounds: int) -> None:
    """Time sign-ins that succeed, and one that fails, each beside the hash alone."""
    with TemporaryDirectory() as name, theirs(Path(name, "theirs")) as peer:
        kinds = _our_sign_ins(Path(name))
        kinds[f"{JWT_EXTENDED.name} and argon2-cffi by hand"] = _by_turns(peer)
        pairs = {kind: (Times(), Times()) for kind in kinds}
        for number in _rounds(rounds, seconds=75):
            for kind in _shuffled(kinds):
                calls = zip(pairs[kind], (_verify, kinds[kind](number)), strict=True)
                for times, call in _shuffled(calls):
                    times.add(call)
    for kind, (alone, whole) in pairs.items():
        above, processor = (
            [(one - other) * 1e3 for one, other in zip(*both, strict=True)][_WARM_UP:]
            for both in ((whole.clock, alone.clock), (whole.processor, alone.processor))
        )
        low, median, high = statistics.quantiles(above, n=4)
        finding.figures[kind] = {
            "ms": statistics.median(whole.clock) * 1e3,
            ABOVE: median,
            "25 %": low,
            "75 %": high,
            "ms of the processor": statistics.median(processor),
        }
    finding.remark = _COST_REMARK


def measure_failures(finding: Finding, rounds: int) -> None:
    """Compare the distributions of time of all kinds of failures."""
    with TemporaryDirectory() as name:
        kinds = _failures(Path(name), rounds)
        times = {kind: Times() for kind in kinds}
        for number in _rounds(rounds, seconds=60):
            for kind in _shuffled(kinds):
                times[kind].add(kinds[kind](number))
    clocks = {kind: [one * 1e3 for one in each.clock[_WARM_UP:]] for kind, each in times.items()}
    unknown, wrong = clocks["unknown"], clocks["wrong password"]
    for kind, clock in clocks.items():
        finding.figures[kind] = {
            **_distribution(clock),
            "processor": statistics.median(times[kind].processor[_WARM_UP:]) * 1e3,
            "of 100, after unknown": _later(clock, unknown) * 100,
        }
    pairs = zip(wrong, unknown, strict=True)
    finding.figures["wrong less unknown, in pairs"] = _distribution([x - y for x, y in pairs])
    finding.remark = _FAILURE_REMARK


def _our_sign_ins(folder: Path) -> dict[str, Prepare]:
    plain, _ = ours(folder / "plain")
    kept, _ = ours(folder / "kept", JWT_SESSION_STORE=_SESSIONS)
    browsers, _ = ours(
        folder / "browsers", JWT_SESSION_STORE=_SESSIONS, JWT_TOKEN_LOCATION=_COOKIES
    )
    name = THIS_PACKAGE.name
    browser = {"Origin": SITE, "Sec-Fetch-Site": "same-origin"}
    return {
        f"{name}, no sessions": _by_turns(plain),
        f"{name}, sessions in SQLite": _by_turns(kept),
        f"{name}, cookies": _by_turns(browsers, browser),
        f"{name}, cookies, a known device": _known_device(browsers, browser),
        f"{name}, a wrong password": _failing(plain),
    }


def _by_turns(accounts: Accounts, headers: Mapping[str, str] = MappingProxyType({})) -> Prepare:
    names = [f"ann{number}" for number in range(_USERS)]
    for name in names:
        accounts.add(name)
    return lambda number: accounts.sign_in(names[number % _USERS], headers)


def _known_device(accounts: Accounts, headers: Mapping[str, str]) -> Prepare:
    names = [f"bob{number}" for number in range(_USERS)]
    cookies = {}
    for name in names:
        accounts.add(name)
        cookies[name] = accounts.device_cookie(name)

    def prepare(number: int) -> Call:
        name = names[number % _USERS]
        return accounts.sign_in(name, {**headers, "Cookie": cookies[name]})

    return prepare


def _failing(accounts: Accounts) -> Prepare:
    """Prepare failures of users who are known, each of whom fails as often as is free."""

    def prepare(number: int) -> Call:
        name = f"eve{number // _FREE}"
        if number % _FREE == 0:
            accounts.add(name)
        return accounts.fail(name)

    return prepare


def _failures(folder: Path, rounds: int) -> dict[str, Prepare]:
    accounts, users = ours(folder / "failing")
    letters = {"unknown": "u", "wrong password": "w", "disabled": "d", "no password": "n"}
    for number in range((rounds + _WARM_UP + _LEAST_ROUNDS) // _FREE + 1):
        accounts.add(f"w{number:06}")
        disabled = accounts.add(f"d{number:06}")
        with accounts.app.app_context():
            users.disable(disabled)
            users.add(f"n{number:06}")

    def prepare(letter: str, number: int) -> Call:
        return accounts.fail(f"{letter}{number // _FREE:06}")

    return {kind: partial(prepare, letter) for kind, letter in letters.items()}


def _verify() -> None:
    HASHER.verify(hash_of(PASSWORD), PASSWORD)


def _rounds(rounds: int, seconds: float) -> Iterator[int]:
    """Count rounds, until there were so many or time is up, and at least a few."""
    end = perf_counter() + seconds
    with without_collector():
        least = _WARM_UP + _LEAST_ROUNDS
        for number in range(max(least, _WARM_UP + rounds)):
            if number >= least and perf_counter() > end:
                return
            yield number


def _shuffled(items: Iterable[T]) -> list[T]:
    order = [*items]
    random.shuffle(order)
    return order


def _distribution(times: Sequence[float]) -> dict[str, float | None]:
    parts = statistics.quantiles(times, n=100, method="inclusive")
    return {"least": min(times), **{name: parts[part - 1] for name, part in _QUANTILES.items()}}


def _later(times: Sequence[float], than: Sequence[float]) -> float:
    """Return the share of pairs in which the first takes longer; of those alike, one half."""
    others = sorted(than)
    places = ((bisect_left(others, one) + bisect_right(others, one)) / 2 for one in times)
    return sum(places) / (len(times) * len(others))
