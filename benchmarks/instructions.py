"""Instructions that each guard adds to a request, counted by callgrind.

Neither the load of the machine nor its clock changes them. The program, ``python -m
benchmarks.instructions MODULE PATH fresh|repeated REQUESTS``, sends requests and prints nothing:
two runs that differ in their path alone differ by what the guard takes.
"""

from __future__ import annotations

import importlib
import re
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from .application import KEPT, OPEN, Application, is_success
from .candidates.candidate import Candidate
from .finding import Finding
from .keys import make_keys
from .processes import AbsentError, run
from .tokens import new_user_id

_SECONDS = 40
_AT_ONCE = 2
_COLLECTED = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)


class _Run(NamedTuple):
    module: str
    path: str
    tokens: str


# The rows, each with the file of its candidate and the kind of its tokens.
_ROWS = {
    "flask_jwt (this package), cached": ("this_package", "repeated"),
    "flask_jwt (this package)": ("this_package", "fresh"),
    "Flask-JWT-Extended": ("jwt_extended", "fresh"),
    "PyJWT by hand": ("pyjwt_by_hand", "fresh"),
}


def measure(finding: Finding, requests: int) -> None:
    """Count the instructions of each guard, where valgrind is installed."""
    if shutil.which("valgrind") is None:
        raise AbsentError("Not counted: valgrind is not installed")
    guarded = {name: _Run(module, KEPT, tokens) for name, (module, tokens) in _ROWS.items()}
    bases = {one.module: _Run(one.module, OPEN, "fresh") for one in guarded.values()}
    runs = [*bases.values(), *guarded.values()]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(_AT_ONCE) as pool:
        counts = dict(
            zip(runs, pool.map(lambda one: _count(one, requests, Path(folder)), runs), strict=True)
        )
    for name, one in guarded.items():
        finding.figures[name] = {
            "instructions": (counts[one] - counts[bases[one.module]]) / requests
        }
    finding.remark = (
        f"Those of {requests} requests to the protected view, less those of as many to the "
        "unprotected one; rows without the word cached are of tokens never seen."
    )


def main(module: str, path: str, tokens: str, requests: int) -> None:
    """Send requests of one kind, after as many of each kind to warm up."""
    candidate: Candidate = next(
        value
        for value in vars(importlib.import_module(f".candidates.{module}", __package__)).values()
        if isinstance(value, Candidate)
    )
    application = Application(candidate, make_keys("HS256"))
    known, unknown = (
        [application.mint.good(new_user_id()) for _ in range(requests)] for _ in range(2)
    )
    _send(application, OPEN, known)
    _send(application, KEPT, known)
    _send(application, path, known if tokens == "repeated" else unknown)


def collected(text: str) -> int:
    """Return the instructions that a file of callgrind speaks of."""
    found = _COLLECTED.search(text)
    if found is None:
        raise ValueError("a file of callgrind without a sum")
    return int(found[1])


def _send(application: Application, path: str, tokens: list[str]) -> None:
    for call in application.requests(path, tokens, is_success):
        call()


def _count(one: _Run, requests: int, folder: Path) -> int:
    file = folder / "-".join(one).replace("/", "")
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={file}"]
    program = [sys.executable, "-m", "benchmarks.instructions", *one, str(requests)]
    # With another seed, other names would meet in the tables of Python.
    run([*valgrind, *program], seconds=_SECONDS, environment={"PYTHONHASHSEED": "0"})
    return collected(file.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
