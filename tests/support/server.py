"""Real servers for tests: gunicorn, uWSGI, those of ASGI, and what ``flask run`` starts.

A server takes a port of the kernel's choice, and its log says which one.
"""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from .http_client import Answer, Client
from .tls import Certificate

#: The repository: where ``tests.…`` can be imported from.
ROOT = Path(__file__).resolve().parents[2]

_CONFIG = Path(__file__).with_name("gunicorn_conf.py")
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02
_GUNICORN_ADDRESS = re.compile(r"Listening at: https?://127\.0\.0\.1:(\d+)")
_UWSGI_ADDRESS = re.compile(r"uwsgi socket 0 bound to TCP address 127\.0\.0\.1:(\d+)")
_ASGI_ADDRESS = re.compile(r"[Rr]unning on http://127\.0\.0\.1:(\d+)")
_FLASK_ADDRESS = re.compile(r"Running on http://127\.0\.0\.1:(\d+)")


class ServerError(RuntimeError):
    """A server did not start, or something was not so in time; the text ends with its log."""


def wait_for(condition: Callable[[], bool], what: str, seconds: float = _START_SECONDS) -> None:
    """Look again and again until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ServerError(f"{what}: not within {seconds:.0f} seconds")
        time.sleep(_POLL_SECONDS)


class Server(Client):
    """A server in a process group of its own."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        address: re.Pattern[str],
        directory: Path,
        environment: Mapping[str, str],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=directory,
                env=_environment(directory, environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            super().__init__(self._find_port(address), tls)
            wait_for(self._answers, "an answer of the server")
        except BaseException as error:
            self.stop()
            raise ServerError(f"{error}\n{self.log}") from error

    @property
    def log(self) -> str:
        """All that the server has written so far."""
        return self._log.read_text("utf-8", "replace")

    def stop(self) -> None:
        """Stop the server and whatever it has started: politely, then for good."""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait(_STOP_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _find_port(self, address: re.Pattern[str]) -> int:
        wait_for(lambda: self._has_ended() or bool(address.search(self.log)), "the server's port")
        found = address.search(self.log)
        if found is None:
            raise ServerError("the server has ended")
        return int(found[1])

    def _answers(self) -> bool:
        if self._has_ended():
            raise ServerError("the server has ended")
        try:
            answer: Answer = self.get("/favicon.ico")
        except OSError:
            return False
        return answer.status > 0

    def _has_ended(self) -> bool:
        return self._process.poll() is not None


class _AsgiServer(Server):
    ends = False


@contextmanager
def gunicorn(
    app: str,
    log: Path,
    *,
    workers: int = 1,
    threads: int = 1,
    kind: str = "",
    preload: bool = False,
    directory: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    config: Path = _CONFIG,
    certificate: Certificate | None = None,
) -> Iterator[Server]:
    """Serve an application with gunicorn, as in production."""
    tls = None if certificate is None else certificate.client_context()
    command = [
        *(sys.executable, "-m", "gunicorn", "--config", str(config)),
        *("--bind", "127.0.0.1:0", "--workers", str(workers), "--threads", str(threads)),
        *(("--preload",) if preload else ()),
        *(("--worker-class", kind) if kind else ()),
        *_tls_arguments(certificate),
        app,
    ]
    server = Server(command, log, _GUNICORN_ADDRESS, directory, environment or {}, tls)
    with _running(server):
        yield server


@contextmanager
def uwsgi(
    app: str, log: Path, *, workers: int = 4, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Serve an application with uWSGI as it is by default: it forks in C after the import."""
    command = [
        *(str(Path(sys.executable).with_name("uwsgi")), "--virtualenv", sys.prefix),
        *("--http-socket", "127.0.0.1:0", "--master", "--processes", str(workers)),
        *("--module", app, "--need-app", "--die-on-term", "--disable-logging"),
    ]
    with _running(Server(command, log, _UWSGI_ADDRESS, ROOT, environment or {})) as server:
        yield server


@contextmanager
def asgi(kind: str, app: str, log: Path) -> Iterator[Server]:
    """Serve an application that is wrapped for ASGI."""
    address = {"uvicorn": ("--port", "0"), "hypercorn": ("--bind", "127.0.0.1:0")}[kind]
    command = [sys.executable, "-m", kind, *address, app]
    with _running(_AsgiServer(command, log, _ASGI_ADDRESS, ROOT, {})) as server:
        yield server


@contextmanager
def flask_run(
    app: str,
    log: Path,
    *,
    reload: bool = False,
    directory: Path = ROOT,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Serve an application with ``flask run --debug``, as on a developer's machine."""
    command = [
        *(sys.executable, "-m", "flask", "--app", app, "run", "--debug", "--port", "0"),
        "--reload" if reload else "--no-reload",
    ]
    with _running(Server(command, log, _FLASK_ADDRESS, directory, environment or {})) as server:
        yield server


@contextmanager
def script(path: Path, log: Path) -> Iterator[Server]:
    """Run a program that ends with ``app.run(…)``, with a port of 0."""
    command = [sys.executable, str(path)]
    with _running(Server(command, log, _FLASK_ADDRESS, path.parent, {})) as server:
        yield server


def _tls_arguments(certificate: Certificate | None) -> Sequence[str]:
    if certificate is None:
        return ()
    return "--certfile", str(certificate.certificate), "--keyfile", str(certificate.key)


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        yield server
    finally:
        server.stop()


def _environment(directory: Path, extra: Mapping[str, str]) -> dict[str, str]:
    # Whoever runs the tests may have these set, and then every server would be in debug.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLASK_")}
    paths = [str(directory), str(ROOT / "src"), inherited.get("PYTHONPATH", "")]
    return {
        **inherited,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PYTHONUNBUFFERED": "1",
        **extra,
    }
