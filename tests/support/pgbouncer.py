"""PgBouncer in front of the PostgreSQL of the tests, as hosted databases have one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from .absent import absent
from .server import wait_for
from .stores import empty_store

_CONFIGURATION = """\
[databases]
* = host={host} port={server_port} user={user}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
"""
_STOP_SECONDS = 10


@contextmanager
def pooled_database(folder: Path, *, connections: int = 3) -> Iterator[str]:
    """Make an empty database; give its URL through a pooler that changes at each transaction."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        absent("no pgbouncer here")
    with empty_store("postgresql", folder) as url:
        server = make_url(url)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        configuration = _CONFIGURATION.format(
            host=server.host,
            server_port=server.port,
            user=server.username,
            port=port,
            connections=connections,
        )
        with _running(program, folder, configuration, port):
            through = server.set(host="127.0.0.1", port=port)
            yield through.render_as_string(hide_password=False)


@contextmanager
def _running(program: str, folder: Path, configuration: str, port: int) -> Iterator[None]:
    path, log = folder / "pgbouncer.ini", folder / "pgbouncer.log"
    path.write_text(configuration)
    # It does not run as root.
    demoted = ["--user", "nobody"] if os.geteuid() == 0 else []
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, *demoted, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_for(answers, "pgbouncer")
        yield
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)
