"""The figures as tables that read well in a terminal and as Markdown, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .candidates import BY_HAND, JWT_EXTENDED, THIS_PACKAGE
from .measure import Contestant, Race
from .races import PRIMITIVE, Section

ABSENT = "–"

Table = Sequence[Sequence[str]]


def render(sections: Sequence[Section], machine: Mapping[str, str], remarks: Sequence[str]) -> str:
    """Return the whole report.

    :param sections: after their races.
    :param machine: what they ran on.
    :param remarks: sentences that go below the tables.
    """
    parts = ["# What protecting a view costs", _lines(machine)]
    for section in sections:
        parts += [f"## {section.title}", _table(_figures(section))]
        parts += [_explanation(section), _table(_multiples(section))]
    parts += [_unprotected(sections), _lines_of(remarks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_json(sections: Sequence[Section], machine: Mapping[str, str]) -> dict[str, Any]:
    """Return the figures for programs.

    :param sections: after their races.
    :param machine: what they ran on.
    """
    return {
        "machine": dict(machine),
        "sections": [
            {
                "title": section.title,
                "columns": {
                    race.name: {one.name: _figure(race, one) for one in race.contestants}
                    for race in section.races
                },
            }
            for section in sections
        ],
    }


def _figure(race: Race, contestant: Contestant) -> dict[str, Any]:
    return {
        "microseconds": contestant.microseconds,
        "standard_error": contestant.error if math.isfinite(contestant.error) else None,
        "stretches": len(contestant.stretches),
        "stretches_that_count": len(contestant.quiet_stretches),
        "base_microseconds": contestant.base_microseconds,
        "settled": contestant.settled,
        "times_pyjwt_by_hand": _ratio(race, contestant.name, BY_HAND.name),
        "times_bare_primitive": _ratio(race, contestant.name, PRIMITIVE),
    }


def _figures(section: Section) -> Table:
    rows = [["µs", *(race.name for race in section.races)]]
    rows += [
        [name, *(_cell(_find(race, name)) for race in section.races)] for name in _names(section)
    ]
    return rows


def _multiples(section: Section) -> Table:
    rows = [["times", *(race.name for race in section.races)]]
    rows += [
        [name, *(_both_ratios(race, name) for race in section.races)]
        for name in _names(section)
        if name != PRIMITIVE
    ]
    rows.append(
        [
            f"{JWT_EXTENDED.name} / {THIS_PACKAGE.name}",
            *(_times(race, JWT_EXTENDED.name, THIS_PACKAGE.name) for race in section.races),
        ]
    )
    return rows


def _explanation(section: Section) -> str:
    against = f"As a multiple of {BY_HAND.name}"
    if any(_find(race, PRIMITIVE) for race in section.races):
        against += f" / of the {PRIMITIVE}"
    return f"{against}:"


def _names(section: Section) -> list[str]:
    return list(dict.fromkeys(one.name for race in section.races for one in race.contestants))


def _find(race: Race, name: str) -> Contestant | None:
    return next((one for one in race.contestants if one.name == name), None)


def _cell(contestant: Contestant | None) -> str:
    if contestant is None:
        return ABSENT
    return _marked(_number(contestant.microseconds), contestant)


def _both_ratios(race: Race, name: str) -> str:
    if _find(race, name) is None or _find(race, PRIMITIVE) is None:
        return _times(race, name, BY_HAND.name)
    return f"{_times(race, name, BY_HAND.name)} / {_times(race, name, PRIMITIVE)}"


def _times(race: Race, name: str, other: str) -> str:
    one, reference, ratio = _find(race, name), _find(race, other), _ratio(race, name, other)
    if one is None or reference is None or ratio is None:
        return ABSENT
    return _marked(_number(ratio, small=2), one, reference)


def _ratio(race: Race, name: str, other: str) -> float | None:
    one, reference = _find(race, name), _find(race, other)
    if one is None or reference is None or reference.microseconds <= 0:
        return None
    return one.microseconds / reference.microseconds


def _marked(figure: str, *sources: Contestant) -> str:
    return figure if all(one.settled for one in sources) else f"~{figure}"


def _number(value: float, small: int = 1) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{small if abs(value) < 10 else 1}f}"


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
    return _lines_of([f"{name}: {value}" for name, value in pairs.items()])


def _lines_of(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _table(rows: Table) -> str:
    widths = [max(3, *(len(row[column]) for row in rows)) for column in range(len(rows[0]))]
    ruler = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_row(row, widths) for row in [rows[0], ruler, *rows[1:]])


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return f"| {' | '.join([first, *rest])} |"
