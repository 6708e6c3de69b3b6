"""The figures as pictures for the README, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .candidates.this_package import THIS_PACKAGE
from .races import CACHED, PRIMITIVE, SEEN, Section
from .report import number

#: Figures by the label of the bar, in each column.
Columns = Mapping[str, Mapping[str, float]]

# What readers know it by, where the word beside it is about its tokens.
_NAME = "flask_jwt"
_CACHED = f"{_NAME}, {CACHED}"
_NEVER_SEEN = f"{_NAME}, never seen"


class Theme(NamedTuple):
    """Colours. Texts have a contrast of 4.5 or more to the paper, bars one of 3 (WCAG 2.2)."""

    paper: str
    ink: str
    quiet: str
    bar: str
    accent: str
    accent_ink: str


THEMES = {
    "light": Theme("#ffffff", "#1f2328", "#59636e", "#8a94a0", "#0b8a63", "#08714f"),
    "dark": Theme("#0d1117", "#e6edf3", "#9aa4af", "#66707c", "#2fb985", "#4fd09e"),
}


def draw(sections: Sequence[Section], machine: Mapping[str, str], folder: Path) -> None:
    """Write the charts into a folder; one that is there is replaced."""
    by_key = {one.key: one for one in sections}
    where = (
        f"{machine['Python']}, {machine['processor']}; PyJWT {machine['PyJWT']} for all, in one "
        "run of make bench."
    )
    good = {race: dict(row) for race, row in _columns(by_key["miss"], _NEVER_SEEN).items()}
    marks = {race: row.pop(PRIMITIVE) for race, row in good.items() if PRIMITIVE in row}
    for race, row in good.items():
        cached = by_key["hit"].find(race, f"{THIS_PACKAGE.name}, {CACHED}")
        row.update({_CACHED: cached.microseconds} if cached else {})
    refused = {
        race: {name: figure for name, figure in row.items() if name != PRIMITIVE}
        for race, row in _columns(by_key["refusal"], _NAME).items()
    }
    draw_columns(folder, good, refused, marks, where)


def draw_columns(
    folder: Path, good: Columns, refused: Columns, marks: Mapping[str, float], where: str
) -> None:
    """Write the two charts, in the colours of either theme."""
    notes = (
        "Dashed: the bare signature check, over the same bytes.\n"
        f"Cached: one of {SEEN:,} tokens seen before, which no other package remembers. All else: "
        f"tokens never seen.\n{where}"
    )
    for shade, theme in THEMES.items():
        title = "What protecting a view adds to a request: microseconds, shorter is better"
        save(folder / f"figures-{shade}.svg", theme, title, good, notes, marks)
        title = "What a refusal costs more than the plain 200: microseconds (HS256)"
        save(folder / f"refusals-{shade}.svg", theme, title, refused, where, {})


def save(
    file: Path,
    theme: Theme,
    title: str,
    columns: Columns,
    notes: str,
    marks: Mapping[str, float],
) -> None:
    """Write one chart: a column of bars beside the other, with a dashed mark in each."""
    rows = _rows(columns)
    colours = {"text.color": theme.ink, "ytick.color": theme.ink, "figure.facecolor": theme.paper}
    fixed = {"svg.fonttype": "none", "svg.hashsalt": "flask_jwt", "font.family": "sans-serif"}
    settings: Any = {**colours, **fixed, "axes.facecolor": theme.paper}
    with rc_context(settings):
        figure = Figure(figsize=(11, 1.5 + 0.32 * len(rows)), layout="constrained")
        figure.suptitle(title, x=0.01, ha="left", weight="bold")
        axes = figure.subplots(1, len(columns), sharex=True, sharey=True, squeeze=False)[0]
        for one, (name, figures) in zip(axes, columns.items(), strict=True):
            _bars(one, theme, rows, figures)
            one.set_title(name, loc="left", fontsize="medium")
            if name in marks:
                one.axvline(marks[name], ymax=1 - 1 / len(rows), color=theme.ink, linestyle=":")
        axes[0].set_yticks(range(len(rows)), rows)
        for label in axes[0].get_yticklabels():
            ours = label.get_text().startswith(_NAME)
            label.set_color(theme.accent_ink if ours else theme.ink)
        figure.supxlabel(notes, x=0.01, ha="left", fontsize="small", color=theme.quiet)
        described = {"Title": title, "Description": _describe(columns, notes), "Date": None}
        figure.savefig(file, format="svg", metadata=described)


def _bars(axes: Axes, theme: Theme, rows: Sequence[str], figures: Mapping[str, float]) -> None:
    bars = axes.barh(
        range(len(rows)),
        [figures.get(row, 0) for row in rows],
        height=0.56,
        color=[theme.accent if row.startswith(_NAME) else theme.bar for row in rows],
    )
    labels = [number(figures[row]) if row in figures else "–" for row in rows]
    axes.bar_label(bars, labels, padding=4)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.margins(x=0.3)
    axes.tick_params(length=0, labelbottom=False)
    axes.spines[:].set_visible(False)


def _columns(section: Section, ours: str) -> Columns:
    return {
        race.name: {
            ours if one.name == THIS_PACKAGE.name else one.name: one.microseconds
            for one in race.contestants
        }
        for race in section.races
    }


def _rows(columns: Columns) -> list[str]:
    """Return the rows, our own first, by what they add in all."""
    names = {name for figures in columns.values() for name in figures}
    sums = {name: sum(one.get(name, 0) for one in columns.values()) for name in names}
    return sorted(names, key=lambda name: (not name.startswith(_NAME), sums[name]))


def _describe(columns: Columns, notes: str) -> str:
    """Return the figures in words, for whoever can't see the bars."""
    told = [
        f"{name}: {', '.join(f'{row} {number(figure)}' for row, figure in figures.items())}."
        for name, figures in columns.items()
    ]
    return " ".join([*told, notes])
