"""``python -m benchmarks``."""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from . import (
    charts,
    cookies,
    imports,
    instructions,
    machine,
    memory,
    server,
    session_crowd,
    session_guard,
    session_rotation,
)
from .application import Application, UnexpectedAnswerError
from .candidates.candidate import Candidate
from .candidates.everyone import CANDIDATES
from .finding import Attempts, Finding
from .keys import ALGORITHMS, make_keys
from .measure import Effort
from .processes import ROOT
from .races import Row, all_sections, fill_cache
from .report import Report
from .safety import UnsafeCandidateError, check_safety

DEFAULT = Effort()
QUICK = Effort(repetitions=100, fewest=4, most=4)


def main(
    arguments: Sequence[str] | None = None, candidates: Sequence[Candidate] = CANDIDATES
) -> int:
    """Check all candidates, time them, and print the report."""
    options = _parser().parse_args(arguments)
    try:
        if options.sessions:
            findings = _session_findings(options.quick, options.sessions)
            report = Report([], findings, machine.describe(), [])
        else:
            report = _run(options, candidates)
    except (UnsafeCandidateError, UnexpectedAnswerError) as error:
        print(f"the benchmarks end here: {error}", file=sys.stderr)
        return 1
    print(report.text(), end="")
    failed = [one.title for one in report.findings if one.failed]
    for title in failed:
        _say(f"failed: {title}")
    return 1 if failed else 0


def _run(options: argparse.Namespace, candidates: Sequence[Candidate]) -> Report:
    remarks: dict[str, None] = {}
    applications = {}
    for algorithm in ALGORITHMS:
        applications[algorithm], sentences = _row(algorithm, candidates)
        remarks.update(dict.fromkeys(sentences))
    described = machine.describe()
    sections = all_sections(applications)
    effort = _effort(options)
    _say(f"timing, for at most {effort.seconds / 60:.1f} minutes")
    # What is there now stays: the collector need not look at it again between batches.
    gc.freeze()
    rounds = effort.run([race for section in sections for race in section.races])
    remarks[f"Up to {rounds} rounds of {effort.repetitions} requests of each kind."] = None
    findings = [] if options.races_only else _findings(candidates, options.quick)
    findings += [] if options.races_only else _session_findings(options.quick)
    report = Report(sections, findings, described, list(remarks))
    if options.json:
        text = json.dumps(report.as_json(), indent=2, ensure_ascii=False)
        options.json.write_text(f"{text}\n", encoding="utf-8")
    folder = options.charts or (None if _is_rough(options) else ROOT / "docs")
    if folder:
        charts.draw(sections, described, folder)
    return report


def _row(algorithm: str, candidates: Sequence[Candidate]) -> tuple[Row, list[str]]:
    keys, other_keys = make_keys(algorithm), make_keys(algorithm)
    row = [Application(one, keys) for one in candidates]
    remarks = []
    for application in row:
        statuses = check_safety(application, other_keys)
        remarks += _odd_statuses(application.candidate.name, statuses)
        fill_cache(application)
    return row, remarks


def _findings(candidates: Sequence[Candidate], quick: bool) -> list[Finding]:
    return [
        _found("cookies", cookies.TITLE, partial(cookies.measure, 10 if quick else 60)),
        _found("memory", memory.TITLE, memory.measure),
        _found("import", imports.TITLE, partial(imports.measure, candidates, 3 if quick else 9)),
        _found("instructions", instructions.TITLE, instructions.measure),
        _found("server", server.TITLE, partial(server.measure, 2 if quick else 5)),
    ]


def _session_findings(quick: bool, only: str | None = None) -> list[Finding]:
    guard = partial(session_guard.measure, 10 if quick else 60)
    rotation = partial(session_rotation.measure, 3 if quick else 15)
    many = partial(session_rotation.measure_many, 3 if quick else 20)
    crowd = partial(session_crowd.measure, 5 if quick else 30)
    measurements: dict[str, tuple[str, Callable[[], Finding]]] = {
        "session_guard": (session_guard.TITLE, guard),
        "session_rotation": (session_rotation.TITLE, rotation),
        "session_memory": (session_guard.MEMORY_TITLE, session_guard.measure_memory),
        "session_many": (session_rotation.MANY_TITLE, many),
        "session_crowd": (session_crowd.TITLE, crowd),
    }
    return [
        _found(key, title, measure)
        for key, (title, measure) in measurements.items()
        if only in (None, "all", key)
    ]


def _found(key: str, title: str, measure: Callable[[], Finding]) -> Finding:
    _say(title)
    attempts = Attempts()
    with attempts.of("The measurement"):
        return measure()
    return attempts.finding(key, title)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _odd_statuses(name: str, statuses: dict[str, int]) -> list[str]:
    return [
        f"{name} answers {kind} with {status}, not 401."
        for kind, status in statuses.items()
        if status != 401
    ]


def _effort(options: argparse.Namespace) -> Effort:
    effort = QUICK if options.quick else DEFAULT
    if options.repetitions:
        effort = replace(effort, repetitions=max(2, options.repetitions))
    if options.rounds:
        effort = replace(effort, fewest=options.rounds, most=options.rounds)
    return effort


def _is_rough(options: argparse.Namespace) -> bool:
    return bool(options.quick or options.rounds or options.repetitions)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="What each way of protecting a view costs."
    )
    parser.add_argument("--quick", action="store_true", help="a rough look, in some seconds")
    parser.add_argument("--rounds", type=int, help="exactly so many rounds")
    parser.add_argument("--repetitions", type=int, help="so many requests in a round, 2 at least")
    parser.add_argument(
        "--sessions",
        nargs="?",
        const="all",
        metavar="TABLE",
        help="time the session stores alone, or one table of theirs: session_crowd, for example",
    )
    parser.add_argument("--races-only", action="store_true", help="start no other processes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument(
        "--charts", type=Path, metavar="DIR", help="draw there; docs/ if nothing was cut short"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
