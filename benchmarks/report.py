"""The figures as tables that read well in a terminal and as Markdown, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import goals
from .candidates.jwt_extended import JWT_EXTENDED
from .candidates.pyjwt_by_hand import BY_HAND
from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .markdown import ABSENT, Table, bullets, number, table
from .measure import Contestant, Race
from .races import PRIMITIVE, Section

_HIT_ROWS = (
    "Rows with the word cached are of tokens that this package remembers; the rows of the others "
    "without an addition are those of the table above."
)


@dataclass(frozen=True)
class Report:
    """Everything that one run has found out."""

    sections: Sequence[Section]
    findings: Sequence[Finding]
    machine: Mapping[str, str]
    remarks: Sequence[str]

    def text(self) -> str:
        """Return the report for people."""
        parts = ["# What protecting a view costs", _lines(self.machine)]
        for section in self.sections:
            parts += [f"## {section.title}", table(_figures(section))]
            parts += [_explanation(section), table(_multiples(section))]
        if self.sections:
            parts += [_unprotected(self.sections), bullets(self.remarks)]
        for finding in self.findings:
            parts += [f"## {finding.title}", table(finding.rows) if finding.rows else ""]
            parts.append(finding.remark)
        parts += ["## Goals", table(goals.table(goals.check(self.sections, self.findings)))]
        return "\n\n".join(part for part in parts if part) + "\n"

    def as_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "machine": dict(self.machine),
            "sections": [_section(one) for one in self.sections],
            "findings": {
                one.key: {"title": one.title, "remark": one.remark, "rows": dict(one.figures)}
                for one in self.findings
            },
            "goals": goals.as_json(goals.check(self.sections, self.findings)),
        }


def _section(section: Section) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "columns": {
            race.name: {one.name: _figure(race, one) for one in race.shown}
            for race in section.races
        },
    }


def _figure(race: Race, contestant: Contestant) -> dict[str, Any]:
    return {
        "microseconds": contestant.microseconds,
        "standard_error": contestant.error if math.isfinite(contestant.error) else None,
        "stretches": len(contestant.stretches),
        "stretches_that_count": len(contestant.quiet_stretches),
        "base_microseconds": contestant.base_microseconds,
        "settled": contestant.settled,
        "times_pyjwt_by_hand": _ratio(contestant, race.find(BY_HAND.name)),
        "times_bare_primitive": _ratio(contestant, race.find(PRIMITIVE)),
    }


def _figures(section: Section) -> Table:
    rows = [["µs", *(race.name for race in section.races)]]
    rows += [
        [name, *(_cell(race.find(name)) for race in section.races)] for name in _names(section)
    ]
    return rows


def _multiples(section: Section) -> Table:
    rows = [["times", *(race.name for race in section.races)]]
    rows += [
        [name, *(_both_ratios(race, name) for race in section.races)]
        for name in _names(section)
        if name != PRIMITIVE
    ]
    rows += [
        [f"{_reference_name(section)} / {name}", *_comparison(section, name)]
        for name in _names(section)
        if name.startswith(THIS_PACKAGE.name)
    ]
    return rows


def _reference_name(section: Section) -> str:
    return JWT_EXTENDED.name if section.reference is None else f"{JWT_EXTENDED.name} HS256"


def _comparison(section: Section, name: str) -> list[str]:
    references = [section.reference or race.find(JWT_EXTENDED.name) for race in section.races]
    return [
        _times(reference, race.find(name))
        for reference, race in zip(references, section.races, strict=True)
    ]


def _explanation(section: Section) -> str:
    against = f"As a multiple of {BY_HAND.name}"
    if any(race.find(PRIMITIVE) for race in section.races):
        against += f" / of the {PRIMITIVE}"
    if section.key == "hit":
        against = f"{_HIT_ROWS}\n\n{against}"
    return f"{against}:"


def _names(section: Section) -> list[str]:
    return list(dict.fromkeys(one.name for race in section.races for one in race.shown))


def _cell(contestant: Contestant | None) -> str:
    if contestant is None:
        return ABSENT
    return _marked(number(contestant.microseconds), contestant)


def _both_ratios(race: Race, name: str) -> str:
    one = race.find(name)
    by_hand = _times(one, race.find(BY_HAND.name))
    if one is None or race.find(PRIMITIVE) is None:
        return by_hand
    return f"{by_hand} / {_times(one, race.find(PRIMITIVE))}"


def _times(one: Contestant | None, other: Contestant | None) -> str:
    ratio = _ratio(one, other)
    if one is None or other is None or ratio is None:
        return ABSENT
    return _marked(number(ratio, small=2), one, other)


def _ratio(one: Contestant | None, other: Contestant | None) -> float | None:
    if one is None or other is None or other.microseconds <= 0:
        return None
    return one.microseconds / other.microseconds


def _marked(figure: str, *sources: Contestant) -> str:
    return figure if all(one.settled for one in sources) else f"~{figure}"


def _unprotected(sections: Sequence[Section]) -> str:
    race = sections[0].races[0]
    bases = [
        f"{one.base_microseconds:.0f} ({one.name})"
        for one in race.contestants
        if one.name != PRIMITIVE
    ]
    return (
        f"µs of a request to the unprotected view of the same application: {', '.join(bases)}. "
        "What carries a ~ had not settled when time was up."
    )


def _lines(pairs: Mapping[str, str]) -> str:
    return bullets([f"{name}: {value}" for name, value in pairs.items()])
