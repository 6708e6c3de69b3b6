"""What importing each package adds to importing Flask."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from .candidates.candidate import Candidate
from .finding import Finding
from .markdown import number
from .processes import python

TITLE = "Importing it: what that adds to importing Flask"

_PROGRAM = """
import flask, json, sys, time
before = len(sys.modules)
start = time.perf_counter_ns()
{imports}
print(json.dumps([(time.perf_counter_ns() - start) / 1e6, len(sys.modules) - before]))
"""

# As in production: nothing is compiled again at each start.
_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}


def measure(candidates: Sequence[Candidate], processes: int = 9) -> Finding:
    """Import each in fresh processes, in turns, after one that counts for nothing."""
    named = [one for one in candidates if one.imports]
    times: dict[str, list[float]] = {one.name: [] for one in named}
    modules: dict[str, int] = {}
    for turn in range(processes + 1):
        for one in named:
            program = _PROGRAM.format(imports=one.imports)
            milliseconds, modules[one.name] = python(
                ["-c", program], seconds=30, environment=_COMPILED
            )
            # The first finds no file in the system's cache, and perhaps no compiled one.
            if turn:
                times[one.name].append(milliseconds)
    figures = {
        name: {"milliseconds": statistics.median(all_times), "modules": modules[name]}
        for name, all_times in times.items()
    }
    return Finding(
        "import",
        TITLE,
        [["", "ms", "modules"], *(_row(name, **figure) for name, figure in figures.items())],
        f"The median of {processes} fresh processes.",
        figures,
    )


def _row(name: str, milliseconds: float, modules: float) -> list[str]:
    return [name, number(milliseconds), f"{modules:.0f}"]
