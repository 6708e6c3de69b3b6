"""Write the tables of configuration.md, as the settings are declared: a part of ``make docs``."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from flask_jwt.all_settings import GROUPS
from flask_jwt.extended.settings import EXTENDED_GROUPS
from flask_jwt.settings.declare import Group, Setting

PAGE = Path(__file__).resolve().parent / "configuration.md"
HEAD = """\
| Key | Default | Read | What it may be | Otherwise: must be … |
| --- | --- | --- | --- | --- |
"""
TABLE = re.compile(r"(<!-- settings: ([^\n]+) -->\n).*?(<!-- end of settings -->\n)", re.DOTALL)


def sentences(group: type[Group]) -> dict[str, str]:
    """Return what stands under each field of a group."""
    found = {}
    for definition in ast.parse(inspect.getsource(group)).body:
        for field, below in pairwise(ast.iter_child_nodes(definition)):
            match field, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[name] = " ".join(text.split())
    return found


def default(setting: Setting) -> str:
    """Return the default of a key as Python, or the key that it is a copy of."""
    return setting.copied_from or literal(setting.default)


def literal(value: Any) -> str:
    """Return a default as one would write it."""
    if not isinstance(value, timedelta):
        return repr(value) if value is None or isinstance(value, bool) else json.dumps(value)
    for unit, length in (("days", 86400), ("hours", 3600)):
        count, rest = divmod(value.total_seconds(), length)
        if count and not rest:
            return f"timedelta({unit}={count:.0f})"
    return f"timedelta(seconds={value.total_seconds():.0f})"


def rows(title: str) -> Iterator[str]:
    """Yield the rows of the table under a heading, which may name the package of its keys first."""
    package, _, own_title = title.rpartition(": ")
    for group in EXTENDED_GROUPS if package else GROUPS:
        if group.title == own_title:
            documented = sentences(group)
            for name, setting in group.declared().items():
                cells = (
                    f"`{setting.key}`",
                    f"`{default(setting)}`",
                    "each use" if package else group.moment,
                    documented[name],
                    f"`{setting.expected}`",
                )
                yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"


def written(page: str) -> str:
    """Return the page with its tables written anew."""
    return TABLE.sub(lambda table: f"{table[1]}{HEAD}{''.join(rows(table[2]))}{table[3]}", page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
