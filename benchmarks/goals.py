"""What this package is meant to reach, and whether it did in this run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from . import authorization, issuers, moved, outages, sign_in
from .candidates.jwt_extended import JWT_EXTENDED
from .candidates.pyjwk_client import PYJWK_CLIENT
from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .keys import ALGORITHMS
from .races import CACHED, NESTED, Section
from .report import Table, number
from .timing import ratio

# They are there for comparison.
_PEERS = (JWT_EXTENDED.name, PYJWK_CLIENT.name)
_HIT = f"{THIS_PACKAGE.name}, {CACHED}"
#: How many times less than Flask-JWT-Extended, at least; by the table and its column.
TIMES: dict[str, dict[str, float]] = {
    "miss": {"HS256": 14, "RS256": 6, "ES256": 3, "Ed25519": 2.4},
    "refusal": {"bad signature": 15},
    "issuing": {"HS256": 6, "RS256": 100},
}
CACHED_TIMES = 60
#: At most so many microseconds. "About 2 µs" is what rounds to 2.
CACHED_MICROSECONDS = 2.5
NESTED_MICROSECONDS = 2
MICROSECONDS = {("miss", "HS256"): 12, ("refusal", "no token"): 4}
#: The finding, its figure, the limit and the unit.
FINDINGS = (
    ("authorization", authorization.REQUIRED, 1, "µs"),
    ("authorization", authorization.OPEN, 0.5, "µs"),
    ("issuers", issuers.BESIDE, 0.5, "µs"),
    ("issuers", issuers.ALONE, 0.5, "µs"),
    ("issuers", issuers.THOUSAND, 0.25, "µs"),
    ("issuers", issuers.NEW_THOUSAND, 1.05, "fold"),
    ("issuers_new", issuers.TIMES["RS256"], 2, "times"),
    ("issuers_new", issuers.TIMES["ES256"], 1.3, "times"),
    ("issuers_outage", outages.SLOW, 100, "ms"),
    ("issuers_outage", outages.UNKNOWN, 100, "ms"),
    ("issuers_outage", outages.REFUSED, 0, "%"),
    ("memory", "MB, traced", 20, "MB"),
    ("moved", moved.MORE, 2, "µs"),
    ("session_guard", "more, µs", 1.5, "µs"),
    ("session_rotation", "share", 0.667, "times"),
    ("session_memory", "MB", 25, "MB"),
    ("session_many", "times", 1.5, "fold"),
    ("sign_in", sign_in.ABOVE, 2, "ms"),
)


@dataclass(frozen=True)
class Goal:
    """A limit and what was measured: at least the limit is wanted of what counts in ``times``."""

    subject: str
    limit: float
    unit: str
    measured: float | None

    @property
    def reached(self) -> bool | None:
        """Whether the figure is as good as wanted, as far as it was measured."""
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.unit == "times" else self.measured <= self.limit


def check(sections: Sequence[Section], findings: Sequence[Finding]) -> list[Goal]:
    """Compare what was measured with every goal."""
    found = [*_of_requests({one.key: one for one in sections})] if sections else []
    return found + [
        Goal(f"{finding.title}, {name}, {figure}", limit, unit, row.get(figure))
        for key, figure, limit, unit in FINDINGS
        for finding in findings
        if finding.key == key
        for name, row in finding.figures.items()
        if not name.startswith(_PEERS) and figure in row
    ]


def table(goals: Sequence[Goal]) -> Table:
    """Return the goals as the last table of the report."""
    verdicts = {True: "reached", False: "missed", None: "not measured"}
    return {
        one.subject: {
            "goal": f"{'≥' if one.unit == 'times' else '≤'} {one.limit:g} {one.unit}",
            "measured": None if one.measured is None else f"{number(one.measured)} {one.unit}",
            "": verdicts[one.reached],
        }
        for one in goals
    }


def _of_requests(sections: Mapping[str, Section]) -> Iterator[Goal]:
    hits = {name: sections["hit"].find(name, _HIT) for name in ALGORITHMS}
    peer = sections["miss"].find("HS256", JWT_EXTENDED.name)
    for name, hit in hits.items():
        subject = f"{CACHED}, {name}: Flask-JWT-Extended HS256 / ours"
        yield Goal(subject, CACHED_TIMES, "times", ratio(peer, hit))
    for key, columns in TIMES.items():
        for name, least in columns.items():
            peer, ours = (
                sections[key].find(name, one.name) for one in (JWT_EXTENDED, THIS_PACKAGE)
            )
            yield Goal(
                f"{key}, {name}: Flask-JWT-Extended / ours", least, "times", ratio(peer, ours)
            )
    for (key, name), most in MICROSECONDS.items():
        ours = sections[key].find(name, THIS_PACKAGE.name)
        yield Goal(f"{key}, {name}", most, "µs", ours.microseconds if ours else None)
    nested = {name: sections["hit"].find(name, _HIT + NESTED) for name in ALGORITHMS}
    costs = {name: one.microseconds for name, one in hits.items() if one}
    more = [one.microseconds - costs[name] for name, one in nested.items() if one]
    largest = max(costs.values(), default=None)
    yield Goal(f"{CACHED}, any algorithm", CACHED_MICROSECONDS, "µs", largest)
    subject = f"{CACHED}{NESTED}, any algorithm: more"
    yield Goal(subject, NESTED_MICROSECONDS, "µs", max(more, default=None))
