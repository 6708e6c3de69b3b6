"""What this package is meant to reach, and whether it did in this run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .candidates.jwt_extended import JWT_EXTENDED
from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .keys import ALGORITHMS
from .markdown import ABSENT, Table, number
from .measure import Contestant
from .races import CACHED, NESTED, Section

#: How many times less than Flask-JWT-Extended, at least.
CACHED_TIMES = 60
MISS_TIMES = {"HS256": 14, "RS256": 6, "ES256": 3, "Ed25519": 2.4}
BAD_SIGNATURE_TIMES = 15
ISSUING_TIMES = {"HS256": 6, "RS256": 100}
#: "About 2 µs" is what rounds to 2.
CACHED_MICROSECONDS = 2.5
NESTED_MICROSECONDS = 2
REFUSAL_MICROSECONDS = 4
MISS_MICROSECONDS = 12
MEMORY_MEGABYTES = 20
# The finding, its figure, the limit and the unit.
_SESSION_GOALS = (
    ("session_guard", "more_microseconds", 1.5, "µs"),
    ("session_rotation", "share", 0.667, "times"),
    ("session_memory", "megabytes", 25, "MB"),
    ("session_many", "times", 1.5, "fold"),
)


@dataclass(frozen=True)
class Goal:
    """One goal and what was measured."""

    subject: str
    limit: float
    unit: str
    measured: float | None
    settled: bool = True

    @property
    def reached(self) -> bool | None:
        """Whether the figure is as good as wanted, as far as it was measured."""
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.unit == "times" else self.measured <= self.limit


def check(sections: Sequence[Section], findings: Sequence[Finding]) -> list[Goal]:
    """Compare what was measured with every goal."""
    by_key = {one.key: one for one in sections}
    return [*(_of_requests(by_key, findings) if sections else ()), *_of_sessions(findings)]


def _of_requests(by_key: Mapping[str, Section], findings: Sequence[Finding]) -> list[Goal]:
    return [
        *_hits(by_key["hit"], by_key["miss"]),
        *(_times(by_key["miss"], "never seen", name, least) for name, least in MISS_TIMES.items()),
        _added("never seen, HS256", MISS_MICROSECONDS, by_key["miss"], "HS256"),
        _added(
            "401 without a token, over the plain 200",
            REFUSAL_MICROSECONDS,
            by_key["refusal"],
            "no token",
        ),
        _times(by_key["refusal"], "HS256", "bad signature", BAD_SIGNATURE_TIMES),
        *(
            _times(by_key["issuing"], "issuing", name, least)
            for name, least in ISSUING_TIMES.items()
        ),
        _memory(next((one for one in findings if one.key == "memory"), None)),
    ]


def _of_sessions(findings: Sequence[Finding]) -> list[Goal]:
    found = {one.key: one.figures for one in findings}
    return [
        Goal(f"{key.replace('_', ' ')}, {name}", limit, unit, row[figure])
        for key, figure, limit, unit in _SESSION_GOALS
        for name, row in found.get(key, {}).items()
    ]


def table(goals: Sequence[Goal]) -> Table:
    """Return the goals as the last table of the report."""
    return [["", "goal", "measured", ""], *(_row(one) for one in goals)]


def as_json(goals: Sequence[Goal]) -> list[dict[str, Any]]:
    """Return the goals for programs."""
    return [
        {
            "subject": one.subject,
            "limit": one.limit,
            "unit": one.unit,
            "measured": one.measured,
            "settled": one.settled,
            "reached": one.reached,
        }
        for one in goals
    ]


def _hits(hit: Section, miss: Section) -> list[Goal]:
    cached = f"{THIS_PACKAGE.name}, {CACHED}"
    rows = {name: hit.find(name, cached) for name in ALGORITHMS}
    nested = {name: hit.find(name, cached + NESTED) for name in ALGORITHMS}
    peer = miss.find("HS256", JWT_EXTENDED.name)
    return [
        *(
            _ratio(f"{CACHED}, {name}: Flask-JWT-Extended HS256 / ours", CACHED_TIMES, peer, row)
            for name, row in rows.items()
        ),
        _largest(f"{CACHED}, any algorithm", CACHED_MICROSECONDS, rows),
        _largest(f"{CACHED}{NESTED}, any algorithm: more", NESTED_MICROSECONDS, nested, rows),
    ]


def _times(section: Section, subject: str, race: str, least: float) -> Goal:
    peer, ours = section.find(race, JWT_EXTENDED.name), section.find(race, THIS_PACKAGE.name)
    return _ratio(f"{subject}, {race}: Flask-JWT-Extended / ours", least, peer, ours)


def _ratio(subject: str, least: float, peer: Contestant | None, ours: Contestant | None) -> Goal:
    if peer is None or ours is None:
        return Goal(subject, least, "times", None)
    # What adds nothing that could be measured is infinitely better; JSON knows no infinity.
    quotient = peer.microseconds / max(ours.microseconds, 0.01)
    return Goal(subject, least, "times", quotient, peer.settled and ours.settled)


def _largest(
    subject: str,
    limit: float,
    rows: Mapping[str, Contestant | None],
    less: Mapping[str, Contestant | None] | None = None,
) -> Goal:
    found = [(row, less[name] if less else None) for name, row in rows.items()]
    values = [
        row.microseconds - (base.microseconds if base else 0)
        for row, base in found
        if row is not None
    ]
    settled = all(one.settled for pair in found for one in pair if one is not None)
    return Goal(subject, limit, "µs", max(values, default=None), settled)


def _added(subject: str, limit: float, section: Section, race: str) -> Goal:
    ours = section.find(race, THIS_PACKAGE.name)
    if ours is None:
        return Goal(subject, limit, "µs", None)
    return Goal(subject, limit, "µs", ours.microseconds, ours.settled)


def _memory(finding: Finding | None) -> Goal:
    megabytes = None
    for figures in finding.figures.values() if finding else ():
        # Of a cache that holds fewer than were sent, the size says nothing.
        if figures["held"] == figures["sent"]:
            megabytes = figures["traced_megabytes"]
    return Goal(f"10,000 tokens of 400 bytes, {CACHED}", MEMORY_MEGABYTES, "MB", megabytes)


def _row(goal: Goal) -> list[str]:
    verdict = {True: "reached", False: "missed", None: "not measured"}[goal.reached]
    bound = "≥" if goal.unit == "times" else "≤"
    measured = ABSENT
    if goal.measured is not None:
        measured = f"{'' if goal.settled else '~'}{number(goal.measured, small=2)} {goal.unit}"
    return [goal.subject, f"{bound} {goal.limit:g} {goal.unit}", measured, verdict]
