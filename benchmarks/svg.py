"""Horizontal bars side by side, as SVG that stands on its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .markdown import ABSENT, number

WIDTH = 960

_MARGIN = 28
_LABELS = 214
_GAP = 14
_FIRST_ROW = 128
_ROW = 32
_BAR = 18
_NOTE = 20
# Where the figure of the longest bar stands.
_FIGURE = 46
# What is next to nothing is still seen to be there.
_THINNEST = 2
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class Theme:
    """Colours. Texts have a contrast of 4.5 or more to the paper, bars one of 3 (WCAG 2.2)."""

    paper: str
    ink: str
    quiet: str
    rule: str
    bar: str
    accent: str
    accent_ink: str


LIGHT = Theme("#ffffff", "#1f2328", "#59636e", "#c3cad2", "#8a94a0", "#0b8a63", "#08714f")
DARK = Theme("#0d1117", "#e6edf3", "#9aa4af", "#3a424c", "#66707c", "#2fb985", "#4fd09e")


@dataclass(frozen=True)
class Chart:
    """What a chart shows, before it has colours."""

    title: str
    subtitle: str
    rows: Sequence[str]
    emphasised: frozenset[str]
    columns: Mapping[str, Mapping[str, float]]
    marks: Mapping[str, float]
    unmarked: frozenset[str]
    notes: Sequence[str]

    @property
    def height(self) -> int:
        """The height of the picture, in pixels."""
        return _FIRST_ROW + _ROW * len(self.rows) + 18 + _NOTE * len(self.notes) + 14

    def describe(self) -> str:
        """Return the figures in words, for whoever can't see the bars."""
        sentences = []
        for name, figures in self.columns.items():
            told = [f"{row} {number(figures[row])}" for row in self.rows if row in figures]
            sentences.append(f"{name}: {', '.join(told)}.")
        return " ".join([self.subtitle, *sentences, *self.notes])


def render(chart: Chart, theme: Theme) -> str:
    """Return a chart as the text of an SVG file."""
    size = f'width="{WIDTH}" height="{chart.height}" viewBox="0 0 {WIDTH} {chart.height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" '
        f'aria-labelledby="title desc" font-family="{_FONT}" font-size="14">',
        f'<title id="title">{escape(chart.title)}</title>',
        f'<desc id="desc">{escape(chart.describe())}</desc>',
        f'<rect width="{WIDTH}" height="{chart.height}" rx="8" fill="{theme.paper}"/>',
        _text(_MARGIN, 44, chart.title, theme.ink, 'font-size="20" font-weight="600"'),
        _text(_MARGIN, 68, chart.subtitle, theme.quiet),
        *_labels(chart, theme),
    ]
    for place, name in enumerate(chart.columns):
        lines += _column(chart, theme, place, name)
    lines += _notes(chart, theme)
    return "\n".join([*lines, "</svg>", ""])


def _labels(chart: Chart, theme: Theme) -> list[str]:
    return [
        _text(_MARGIN, _middle(place), row, *_style(chart, theme, row))
        for place, row in enumerate(chart.rows)
    ]


def _column(chart: Chart, theme: Theme, place: int, name: str) -> list[str]:
    width = (WIDTH - 2 * _MARGIN - _LABELS) / len(chart.columns)
    left = _MARGIN + _LABELS + place * width
    largest = max((max(one.values(), default=0) for one in chart.columns.values()), default=0)
    scale = (width - _GAP - _FIGURE) / max(largest, 1)
    bottom = _FIRST_ROW + _ROW * len(chart.rows)
    lines = [
        _text(left, _FIRST_ROW - 18, name, theme.ink, 'font-weight="600"'),
        _line(left, _FIRST_ROW - 6, bottom, theme.rule),
    ]
    for row_place, row in enumerate(chart.rows):
        lines += _bar(chart, theme, left, scale, row_place, row, chart.columns[name].get(row))
    if name in chart.marks:
        top = _FIRST_ROW + _ROW * sum(row in chart.unmarked for row in chart.rows)
        at = left + chart.marks[name] * scale
        lines.append(_line(at, top, bottom, theme.ink, ' stroke-dasharray="3 3"'))
    return lines


def _bar(
    chart: Chart,
    theme: Theme,
    left: float,
    scale: float,
    place: int,
    row: str,
    figure: float | None,
) -> list[str]:
    if figure is None:
        return [_text(left + 7, _middle(place), ABSENT, theme.quiet)]
    width = max(figure * scale, _THINNEST)
    colour = theme.accent if row in chart.emphasised else theme.bar
    top = _FIRST_ROW + _ROW * place + (_ROW - _BAR) / 2
    # Square where it begins, round where it ends.
    curve = min(3, width / 2)
    path = (
        f"M{left:.1f} {top:g}h{width - curve:.1f}a{curve:g} {curve:g} 0 0 1 {curve:g} {curve:g}"
        f"v{_BAR - 2 * curve:g}a{curve:g} {curve:g} 0 0 1 -{curve:g} {curve:g}H{left:.1f}z"
    )
    written = number(figure).replace("-", "−")
    return [
        f'<path d="{path}" fill="{colour}"/>',
        _text(left + width + 6, _middle(place), written, *_style(chart, theme, row)),
    ]


def _notes(chart: Chart, theme: Theme) -> list[str]:
    top = _FIRST_ROW + _ROW * len(chart.rows) + 32
    lines = []
    for place, note in enumerate(chart.notes):
        left = _MARGIN
        if chart.marks and not place:
            lines.append(
                _line(_MARGIN + 3, top - 12, top + 3, theme.ink, ' stroke-dasharray="3 3"')
            )
            left += 14
        lines.append(_text(left, top + _NOTE * place, note, theme.quiet, 'font-size="13"'))
    return lines


def _style(chart: Chart, theme: Theme, row: str) -> tuple[str, str]:
    if row in chart.emphasised:
        return theme.accent_ink, 'font-weight="600"'
    return theme.ink, ""


def _middle(place: int) -> float:
    # Five pixels below the middle of a row stands the foot of its text.
    return _FIRST_ROW + _ROW * place + _ROW / 2 + 5


def _text(left: float, foot: float, text: str, colour: str, style: str = "") -> str:
    space = " " if style else ""
    return f'<text x="{left:.1f}" y="{foot:g}" fill="{colour}"{space}{style}>{escape(text)}</text>'


def _line(left: float, top: float, bottom: float, colour: str, style: str = "") -> str:
    return (
        f'<line x1="{left:.1f}" x2="{left:.1f}" y1="{top:g}" y2="{bottom:g}" '
        f'stroke="{colour}"{style}/>'
    )
