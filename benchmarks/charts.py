"""The figures as pictures for the README, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .candidates.this_package import THIS_PACKAGE
from .measure import Race
from .races import CACHED, PRIMITIVE, SEEN, Section
from .svg import DARK, LIGHT, Chart, render

# What readers know it by, where the word beside it is about its tokens.
_NAME = "flask_jwt"
_CACHED = f"{_NAME}, {CACHED}"
_NEVER_SEEN = f"{_NAME}, never seen"


def draw(sections: Sequence[Section], machine: Mapping[str, str], folder: Path) -> list[Path]:
    """Write the charts."""
    by_key = {one.key: one for one in sections}
    where = (
        f"{machine['Python']}, {machine['processor'].partition(', load')[0]}; "
        f"PyJWT {machine['PyJWT']} for all, in one run of make bench."
    )
    charts = {
        "figures": acceptance(by_key["miss"], by_key["hit"], where),
        "refusals": refusals(by_key["refusal"], where),
    }
    files = []
    for name, chart in charts.items():
        for shade, theme in (("light", LIGHT), ("dark", DARK)):
            file = folder / f"{name}-{shade}.svg"
            file.write_text(render(chart, theme), encoding="utf-8")
            files.append(file)
    return files


def acceptance(miss: Section, hit: Section, where: str) -> Chart:
    """Return what a good token costs, by algorithm."""
    columns = {}
    for race in miss.races:
        figures = _figures(race, _NEVER_SEEN)
        cached = hit.find(race.name, f"{THIS_PACKAGE.name}, {CACHED}")
        if cached:
            figures[_CACHED] = cached.microseconds
        columns[race.name] = figures
    return Chart(
        "What protecting a view adds to a request",
        "Microseconds, by algorithm; shorter is better.",
        [_CACHED, *_rows(columns, _NEVER_SEEN, _CACHED)],
        frozenset({_CACHED, _NEVER_SEEN}),
        columns,
        _primitives(miss),
        frozenset({_CACHED}),
        [
            "The bare signature check, over the same bytes.",
            f"Cached: one of {SEEN:,} tokens seen before, which no other package remembers. "
            "All else: tokens never seen.",
            where,
        ],
    )


def refusals(section: Section, where: str) -> Chart:
    """Return what refusing a request costs."""
    columns = {race.name: _figures(race, _NAME) for race in section.races}
    return Chart(
        "What a refusal costs more than the plain 200",
        "Microseconds, with HS256; shorter is better.",
        _rows(columns, _NAME),
        frozenset({_NAME}),
        columns,
        {},
        frozenset(),
        [where],
    )


def _figures(race: Race, ours: str) -> dict[str, float]:
    return {
        ours if one.name == THIS_PACKAGE.name else one.name: one.microseconds
        for one in race.contestants
        if one.name != PRIMITIVE
    }


def _rows(columns: Mapping[str, Mapping[str, float]], first: str, *others: str) -> list[str]:
    """Return the first row, and then those who are not named by what they add in all."""
    sums: dict[str, float] = {}
    for figures in columns.values():
        for name, figure in figures.items():
            sums[name] = sums.get(name, 0) + figure
    return [first, *sorted(sums.keys() - {first, *others}, key=sums.__getitem__)]


def _primitives(section: Section) -> dict[str, float]:
    found = {race.name: race.find(PRIMITIVE) for race in section.races}
    return {name: one.microseconds for name, one in found.items() if one}
