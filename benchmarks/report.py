"""What was found out, as tables that read well in a terminal and as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import TypeAlias

import pyperf
from cryptography.hazmat.backends.openssl import backend

from .candidates.jwt_extended import JWT_EXTENDED
from .candidates.pyjwt_by_hand import BY_HAND
from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .races import PRIMITIVE, Section
from .timing import ratio

#: Cells by the name of the row and of the column.
Table: TypeAlias = Mapping[str, Mapping[str, float | str | None]]
ABSENT = "–"
_PACKAGES = (
    *("flask-jwt-reborn", "Flask-JWT-Extended", "Flask-HTTPAuth", "Authlib", "joserfc"),
    *("PyJWT", "cryptography", "Flask", "Werkzeug", "SQLAlchemy", "argon2-cffi"),
)


def machine() -> dict[str, str]:
    """Return what a reader needs to compare these figures with their own."""
    found = pyperf.Run([1.0], metadata={"name": "machine"}).get_metadata()
    return {
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "processor": f"{found.get('cpu_model_name', 'unknown')}, {os.cpu_count()} cores",
        "load": f"{found.get('load_avg_1min', 0):.1f}",
        "system": found["platform"],
        **{name: version(name) for name in _PACKAGES},
        "OpenSSL of cryptography": backend.openssl_version_text(),
    }


def text(
    sections: Sequence[Section],
    findings: Sequence[Finding],
    goals: Table,
    lists: Iterable[Sequence[str]],
) -> str:
    """Return the report for people."""
    parts = ["# What protecting a view costs"]
    parts += ["\n".join(f"- {line}" for line in lines) for lines in lists]
    for section in sections:
        parts += [f"## {section.title}", table("µs", _figures(section))]
        for reference in (BY_HAND.name, PRIMITIVE):
            ratios = _ratios(section, reference)
            parts += [f"Times {reference}:", table("times", ratios)] if ratios else []
        parts += ["Flask-JWT-Extended / ours:", table("times", _comparison(section))]
    for finding in findings:
        parts += [f"## {finding.title}", table("", finding.figures), finding.remark.strip()]
    parts += ["## Goals", table("", goals)] if goals else []
    return "\n\n".join(filter(None, parts)) + "\n"


def table(corner: str, cells: Table) -> str:
    """Return a table, its first column aligned to the left and the others to the right."""
    columns = list(dict.fromkeys(column for row in cells.values() for column in row))
    lines = [[corner, *columns]]
    lines += [[name, *(_written(row.get(one)) for one in columns)] for name, row in cells.items()]
    widths = [max(3, *(len(line[place]) for line in lines)) for place in range(len(lines[0]))]
    lines.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    aligned = ([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in aligned) if cells else ""


def number(value: float) -> str:
    """Return a number with three digits or so."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{2 if abs(value) < 10 else 1}f}"


def _written(cell: float | str | None) -> str:
    if cell is None:
        return ABSENT
    return cell if isinstance(cell, str) else number(cell)


def _figures(section: Section) -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = {}
    for race in section.races:
        for one in race.shown:
            figures.setdefault(one.name, {})[race.name] = one.microseconds
    return figures


def _ratios(section: Section, reference: str) -> dict[str, dict[str, float | None]]:
    return {
        name: {race.name: ratio(race.find(name), race.find(reference)) for race in section.races}
        for name in _figures(section)
        if name != PRIMITIVE and any(race.find(reference) for race in section.races)
    }


def _comparison(section: Section) -> Table:
    return {
        name: {
            race.name: ratio(section.reference or race.find(JWT_EXTENDED.name), race.find(name))
            for race in section.races
        }
        for name in _figures(section)
        if name.startswith(THIS_PACKAGE.name)
    }
