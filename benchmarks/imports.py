"""What importing each package adds to importing Flask."""

from __future__ import annotations

import statistics

from .candidates.everyone import CANDIDATES
from .finding import Finding
from .processes import python

_PROGRAM = """
import flask, json, sys, time
before = len(sys.modules)
start = time.perf_counter_ns()
{imports}
print(json.dumps([(time.perf_counter_ns() - start) / 1e6, len(sys.modules) - before]))
"""
# As in production: nothing is compiled again at each start.
_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}


def measure(finding: Finding, processes: int) -> None:
    """Import each in fresh processes, in turns, after one that counts for nothing."""
    found: dict[str, list[tuple[float, int]]] = {one.name: [] for one in CANDIDATES}
    for _ in range(processes + 1):
        for one in CANDIDATES:
            program = _PROGRAM.format(imports=one.imports)
            found[one.name].append(python(["-c", program], seconds=30, environment=_COMPILED))
    for name, (_, *counted) in found.items():
        milliseconds = statistics.median(time for time, _ in counted)
        finding.figures[name] = {"ms": milliseconds, "modules": counted[0][1]}
    finding.remark = f"The median of {processes} fresh processes."
