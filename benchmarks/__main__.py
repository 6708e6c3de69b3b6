"""``python -m benchmarks``."""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from . import machine, report
from .application import Application, UnexpectedAnswerError
from .candidates import CANDIDATES
from .candidates.candidate import Candidate
from .keys import ALGORITHMS, make_keys
from .measure import Effort
from .races import all_sections
from .safety import UnsafeCandidateError, check_safety

DEFAULT = Effort()
QUICK = Effort(repetitions=100, fewest=4, most=4)


def main(
    arguments: Sequence[str] | None = None, candidates: Sequence[Candidate] = CANDIDATES
) -> int:
    """Check all candidates, time them, and print the report.

    :param arguments: of the command line.
    :param candidates: what is compared.
    :return: the exit status.
    """
    options = _parser().parse_args(arguments)
    try:
        print(_run(options, candidates), end="")
    except (UnsafeCandidateError, UnexpectedAnswerError) as error:
        print(f"the benchmarks end here: {error}", file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace, candidates: Sequence[Candidate]) -> str:
    applications = {}
    remarks: dict[str, None] = {}
    for algorithm in ALGORITHMS:
        keys, other_keys = make_keys(algorithm), make_keys(algorithm)
        applications[algorithm] = [Application(one, keys) for one in candidates]
        for application in applications[algorithm]:
            statuses = check_safety(application, other_keys)
            remarks.update(dict.fromkeys(_odd_statuses(application.candidate.name, statuses)))
    described = machine.describe()
    sections = all_sections(applications)
    effort = _effort(options)
    print(f"timing, for at most {effort.seconds / 60:.0f} minutes", file=sys.stderr)
    # What is there now stays: the collector need not look at it again between batches.
    gc.freeze()
    rounds = effort.run([race for section in sections for race in section.races])
    remarks[f"Up to {rounds} rounds of {effort.repetitions} requests of each kind."] = None
    if options.json:
        figures = report.as_json(sections, described)
        options.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    return report.render(sections, described, list(remarks))


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="What each way of protecting a view costs."
    )
    parser.add_argument("--quick", action="store_true", help="a rough look, in some seconds")
    parser.add_argument("--rounds", type=int, help="exactly so many rounds")
    parser.add_argument("--repetitions", type=int, help="so many requests in a round, 2 at least")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
