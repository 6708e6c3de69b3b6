"""How far a worker grows when forty people sign in at once."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from tests.support.server import Server, gunicorn
from werkzeug.middleware.proxy_fix import ProxyFix

from .accounts import OPEN, PASSWORD, ours
from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .processes import AbsentError

AT_ONCE = 40

_FOLDER = "BENCHMARKS_ACCOUNTS"
_PID = "/pid"
_STATUS = "/proc/{}/status"
_KIBIBYTES = re.compile(r"^(VmRSS|VmHWM):\s+(\d+) kB", re.MULTILINE)
_REMARK = (
    f"gunicorn, one worker with {AT_ONCE} threads. A hash takes 19 MiB (19.9 MB): without a bound "
    f"{AT_ONCE} of them would take 797 MB. Who waits for more than a second is told 503. 1 MB is "
    "1,000,000 bytes."
)


def measure(finding: Finding, crowds: int) -> None:
    """Send crowds of sign-ins to a worker, and read how much memory it has had at most."""
    if not Path(_STATUS.format("self")).exists():
        raise AbsentError("Not measured: there is no /proc")
    with TemporaryDirectory() as name:
        folder = Path(name, "accounts")
        accounts, _ = ours(folder)
        for number in range(AT_ONCE):
            accounts.add(f"ann{number}")
        environment = {_FOLDER: str(folder)}
        app = f"{__name__}:served()"
        with gunicorn(app, Path(name, "log"), threads=AT_ONCE, environment=environment) as server:
            finding.figures[THIS_PACKAGE.name] = _peak(server, crowds)
    finding.remark = _REMARK


def served() -> Flask:
    """Return the application for gunicorn, behind a proxy that says who asks."""
    accounts, _ = ours(Path(os.environ[_FOLDER]))
    app = accounts.app
    app.add_url_rule(_PID, "pid", lambda: str(os.getpid()))
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _peak(server: Server, crowds: int) -> dict[str, float | None]:
    pid = server.get(_PID).text
    server.get(OPEN)
    idle, _ = _megabytes(pid)
    statuses: list[int] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(crowds):
            statuses += pool.map(lambda number: _sign_in(server, number), range(AT_ONCE))
    _, peak = _megabytes(pid)
    return {
        "idle, MB": idle,
        "peak, MB": peak,
        "above, MB": peak - idle,
        "200s": statuses.count(200),
        "503s": statuses.count(503),
        "others": len(statuses) - statuses.count(200) - statuses.count(503),
    }


def _sign_in(server: Server, number: int) -> int:
    body: dict[str, Any] = {"username": f"ann{number}", "password": PASSWORD}
    return server.post("/auth", body, ("X-Forwarded-For", f"10.0.0.{number}")).status


def _megabytes(pid: str) -> tuple[float, float]:
    """Return the memory that a process has in use, and the most that it has had."""
    found = dict(_KIBIBYTES.findall(Path(_STATUS.format(pid)).read_text()))
    return int(found["VmRSS"]) * 1024 / 1e6, int(found["VmHWM"]) * 1024 / 1e6
