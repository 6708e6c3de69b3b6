"""Requests a second of gunicorn with two sync workers, asked by wrk."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from .application import KEPT, OPEN, Application
from .candidates.candidate import Candidate
from .candidates.jwt_extended import JWT_EXTENDED
from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .keys import shared_secret
from .processes import ROOT, ProcessError, run
from .tokens import new_user_id

TITLE = "gunicorn, 2 sync workers, wrk: requests a second (HS256)"

_SECRET = "BENCHMARKS_SECRET"
_WORKERS = 2
_CONNECTIONS = 4
_TOKENS = 1000
_STARTS_WITHIN = 15
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


def measure(seconds: int = 5) -> Finding:
    """Ask real servers, one after the other, where wrk and gunicorn are installed."""
    if shutil.which("wrk") is None:
        return Finding("server", TITLE, remark="Not measured: wrk is not installed.")
    secret = secrets.token_hex(32)
    rates = {}
    for candidate in _SERVED:
        application = Application(candidate, shared_secret(secret))
        with _gunicorn(candidate, secret) as address:
            if candidate is THIS_PACKAGE:
                rates["the unprotected view"] = _ask(application, address + OPEN, seconds)
            name = f"{candidate.name}, {'cached' if candidate.remembers else 'repeated tokens'}"
            rates[name] = _ask(application, address + KEPT, seconds)
    return Finding(
        "server",
        TITLE,
        [["", "requests/s"], *([name, f"{rate:,.0f}"] for name, rate in rates.items())],
        f"{seconds} s each, {_CONNECTIONS} connections, {_TOKENS:,} tokens in turns. The client, "
        "the workers and their master share the processor.",
        {name: {"requests_per_second": rate} for name, rate in rates.items()},
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
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "tokens.lua"
        script.write_text(_SCRIPT.format(tokens=tokens, scheme=application.candidate.scheme))
        wrk = ["wrk", "--threads=1", f"--connections={_CONNECTIONS}", f"--script={script}", url]
        # The first second is the workers' to load keys and to see each token once.
        run([*wrk, "--duration=1s"], seconds=20)
        return rate(run([*wrk, f"--duration={seconds}s"], seconds=seconds + 20))


@contextmanager
def _gunicorn(candidate: Candidate, secret: str) -> Iterator[str]:
    port = _free_port()
    options = [f"--workers={_WORKERS}", f"--bind=127.0.0.1:{port}", "--log-level=error"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, f"{__name__}:served({candidate.name!r})"],
        cwd=ROOT,
        env={**os.environ, _SECRET: secret},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise ProcessError("gunicorn did not start")
