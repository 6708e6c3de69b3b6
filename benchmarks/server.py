"""Requests a second of gunicorn with two sync workers, asked by wrk."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from tests.support.server import gunicorn

from .application import KEPT, OPEN, Application
from .candidates.jwt_extended import JWT_EXTENDED
from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .keys import shared_secret
from .processes import AbsentError, ProcessError, run
from .tokens import new_user_id

_SECRET = "BENCHMARKS_SECRET"
_CONNECTIONS = 4
_TOKENS = 1000
_SERVED = (THIS_PACKAGE, JWT_EXTENDED)
_RATE = re.compile(r"^Requests/sec:\s+([\d.]+)", re.MULTILINE)
_FAILURE = re.compile(r"^\s*(?:Non-2xx|Socket errors).*", re.MULTILINE)

# Called by wrk: each request carries the next token.
_SCRIPT = """
local tokens = {{ {tokens} }}
local place = 0
request = function()
  place = place % #tokens + 1
  return wrk.format("GET", nil, {{ ["Authorization"] = "{scheme} " .. tokens[place] }})
end
"""


def measure(finding: Finding, seconds: int) -> None:
    """Ask real servers, one after the other, where wrk and gunicorn are installed."""
    if shutil.which("wrk") is None:
        raise AbsentError("Not measured: wrk is not installed")
    secret = secrets.token_hex(32)
    rates = {}
    for candidate in _SERVED:
        application = Application(candidate, shared_secret(secret))
        app = f"{__name__}:served({candidate.name!r})"
        with (
            TemporaryDirectory() as folder,
            gunicorn(app, Path(folder, "log"), workers=2, environment={_SECRET: secret}) as server,
        ):
            address = f"http://127.0.0.1:{server.port}"
            if candidate is THIS_PACKAGE:
                rates["the unprotected view"] = _ask(application, address + OPEN, seconds)
            name = f"{candidate.name}, {'cached' if candidate.remembers else 'repeated tokens'}"
            rates[name] = _ask(application, address + KEPT, seconds)
    finding.figures = {name: {"requests/s": rate} for name, rate in rates.items()}
    finding.remark = (
        f"{seconds} s each, {_CONNECTIONS} connections, {_TOKENS:,} tokens in turns. The client, "
        "the workers and their master share the processor."
    )


def served(name: str) -> Flask:
    """Return the application of a candidate, for gunicorn."""
    candidate = next(one for one in _SERVED if one.name == name)
    return Application(candidate, shared_secret(os.environ[_SECRET])).flask


def rate(text: str) -> float:
    """Return the requests a second that wrk reports."""
    failure = _FAILURE.search(text)
    found = _RATE.search(text)
    if failure or not found:
        raise ProcessError(f"wrk: {failure[0].strip() if failure else 'no figure'}")
    return float(found[1])


def _ask(application: Application, url: str, seconds: int) -> float:
    tokens = ", ".join(f'"{application.mint.good(new_user_id())}"' for _ in range(_TOKENS))
    with TemporaryDirectory() as folder:
        script = Path(folder) / "tokens.lua"
        script.write_text(_SCRIPT.format(tokens=tokens, scheme=application.candidate.scheme))
        wrk = ["wrk", "--threads=1", f"--connections={_CONNECTIONS}", f"--script={script}", url]
        # The first second is the workers' to load keys and to see each token once.
        run([*wrk, "--duration=1s"], seconds=20)
        return rate(run([*wrk, f"--duration={seconds}s"], seconds=seconds + 20))
