"""``python -m benchmarks``."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyperf

from . import (
    authorization,
    charts,
    cookies,
    goals,
    imports,
    instructions,
    issuers,
    memory,
    moved,
    outages,
    report,
    server,
    session_crowd,
    session_guard,
    session_rotation,
    sign_in,
    sign_in_memory,
    user_guard,
)
from .application import Application, UnexpectedAnswerError
from .candidates.candidate import Candidate
from .candidates.everyone import CANDIDATES
from .finding import Finding
from .keys import ALGORITHMS, make_keys
from .processes import ROOT
from .races import Row, Section, all_sections, fill_cache
from .safety import UnsafeCandidateError, check_safety
from .timing import run


class Measurement(NamedTuple):
    """What is found out by other means than a race, with its effort: quick, and in full."""

    title: str
    measure: Callable[[Finding, int], None]
    quick: int
    full: int


MEASUREMENTS = {
    "authorization": Measurement(
        "Requirements and default deny: µs added to a request", authorization.measure, 2, 30
    ),
    "cookies": Measurement(
        "A token in a cookie: µs added to a request of a page", cookies.measure, 2, 15
    ),
    "memory": Measurement("Memory: what remembering tokens takes", memory.measure, 10_000, 10_000),
    "import": Measurement("Importing it: what that adds to importing Flask", imports.measure, 3, 9),
    "instructions": Measurement(
        "Instructions added to a request (HS256, callgrind)", instructions.measure, 40, 40
    ),
    "issuers": Measurement(
        "A cached token of a trusted issuer: µs added to a request", issuers.measure, 2, 15
    ),
    "issuers_new": Measurement(
        "A token of a trusted issuer never seen before: µs added to a request",
        *(issuers.measure_new, 2, 20),
    ),
    "issuers_outage": Measurement(
        "Requests with known keys while the provider is slow, or down", outages.measure, 200, 1000
    ),
    "moved": Measurement(
        "A program of Flask-JWT-Extended, moved by its import: µs added to a request",
        *(moved.measure, 2, 30),
    ),
    "server": Measurement(
        "gunicorn, 2 sync workers, wrk: requests a second (HS256)", server.measure, 2, 5
    ),
    "session_guard": Measurement(
        "A guarded request with sessions and 100,000 live revocations",
        *(session_guard.measure, 2, 15),
    ),
    "session_rotation": Measurement(
        "Rotations of refresh tokens a second, in one process", session_rotation.measure, 3, 15
    ),
    "session_memory": Measurement(
        "Memory of 100,000 revocations in a worker",
        *(session_guard.measure_memory, 100_000, 100_000),
    ),
    "session_many": Measurement(
        "A rotation among many sessions", session_rotation.measure_many, 3, 20
    ),
    "session_crowd": Measurement(
        f"A user with {session_crowd.CROWD:,} sessions, beside one with 100",
        *(session_crowd.measure, 5, 30),
    ),
    "sign_in": Measurement("Signing in, users in SQLite", sign_in.measure, 4, 150),
    "sign_in_failures": Measurement(
        "Failing to sign in: what the time tells of why", sign_in.measure_failures, 10, 400
    ),
    "sign_in_memory": Measurement(
        f"Memory of a worker while {sign_in_memory.AT_ONCE} people sign in at once",
        *(sign_in_memory.measure, 1, 3),
    ),
    "user_guard": Measurement(
        "A guarded request that reads its user from SQLite: µs added", user_guard.measure, 2, 20
    ),
}


def main(
    arguments: Sequence[str] | None = None,
    candidates: Sequence[Candidate] = CANDIDATES,
    measurements: Mapping[str, Measurement] = MEASUREMENTS,
) -> int:
    """Check all candidates, time them, and print the report.

    The exit status is 1 where a candidate is unsafe, or a measurement has failed.
    """
    options = _parser().parse_args(arguments)
    remarks: list[str] = []
    sections: list[Section] = []
    machine = report.machine()
    if not options.only:
        try:
            sections = _raced(options, candidates, machine, remarks)
        except (UnsafeCandidateError, UnexpectedAnswerError) as error:
            _say(f"the benchmarks end here: {error}")
            return 1
    findings = [
        _found(key, one, options.quick)
        for key, one in measurements.items()
        if not options.races_only and key.startswith(options.only or "")
    ]
    described = [f"{name}: {value}" for name, value in machine.items()]
    checked = goals.table(goals.check(sections, findings))
    print(report.text(sections, findings, checked, [described, remarks]), end="")
    failed = [one.title for one in findings if one.failed]
    for title in failed:
        _say(f"failed: {title}")
    return 1 if failed else 0


def _raced(
    options: argparse.Namespace,
    candidates: Sequence[Candidate],
    machine: Mapping[str, str],
    remarks: list[str],
) -> list[Section]:
    rows = {algorithm: _row(algorithm, candidates, remarks) for algorithm in ALGORITHMS}
    sections = all_sections(rows)
    contestants = [one for each in sections for race in each.races for one in race.contestants]
    rounds = options.rounds or (2 if options.quick else 40)
    _say("timing, for some minutes")
    # What is there now stays: the collector need not look at it again between turns.
    gc.freeze()
    rounds = run(contestants, rounds, seconds=20 if options.quick else 300)
    remarks.append(f"{rounds} rounds of 4 turns of 25 requests of each kind.")
    if options.json:
        pyperf.BenchmarkSuite([*_benchmarks(sections)]).dump(str(options.json), replace=True)
    folder = options.charts or (None if options.quick or options.rounds else ROOT / "docs")
    if folder:
        charts.draw(sections, machine, folder)
    return sections


def _row(algorithm: str, candidates: Sequence[Candidate], remarks: list[str]) -> Row:
    keys, other_keys = make_keys(algorithm), make_keys(algorithm)
    row = [Application(one, keys) for one in candidates]
    for application in row:
        for kind, status in check_safety(application, other_keys).items():
            remark = f"{application.candidate.name} answers {kind} with {status}, not 401."
            if status != 401 and remark not in remarks:
                remarks.append(remark)
        fill_cache(application)
    return row


def _benchmarks(sections: Sequence[Section]) -> Iterator[pyperf.Benchmark]:
    for section in sections:
        for race in section.races:
            for one in race.contestants:
                prefix = f"{section.key}, {race.name}, "
                yield one.benchmark(prefix)
                yield one.benchmark(prefix, base=True)


def _found(key: str, measurement: Measurement, quick: bool) -> Finding:
    _say(measurement.title)
    finding = Finding(key, measurement.title)
    with finding.attempt("The measurement"):
        measurement.measure(finding, measurement.quick if quick else measurement.full)
    return finding


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="What each way of protecting a view costs."
    )
    parser.add_argument("--quick", action="store_true", help="a rough look, in some seconds")
    parser.add_argument("--rounds", type=int, help="at most so many rounds")
    parser.add_argument("--races-only", action="store_true", help="start no other processes")
    parser.add_argument(
        "--only",
        choices=["session", *MEASUREMENTS],
        help="no races, and one other table alone, or those whose names begin so",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the times there, for pyperf compare_to"
    )
    parser.add_argument(
        "--charts", type=Path, metavar="DIR", help="draw there; docs/ if nothing was cut short"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
