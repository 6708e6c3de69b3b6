"""A PostgreSQL of a test's own: with passwords and TLS, as the usual one of the tests has not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .absent import absent
from .redis_server import free_port
from .server import wait_for
from .tls import self_signed

PASSWORD = "the password of postgres"
# By passwords alone, and the database "over_tls" with TLS alone.
_RULES = """
hostssl over_tls all 127.0.0.1/32 scram-sha-256
host postgres all 127.0.0.1/32 scram-sha-256
host template1 all 127.0.0.1/32 scram-sha-256
"""


@contextmanager
def own_postgresql(folder: Path) -> Iterator[int]:
    """Run a server, give its port, and end it."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        absent("no initdb that a test could start")
    home = programs[-1].parent
    # It refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    data, secret = folder / "data", folder / "password"
    secret.write_text(PASSWORD)
    data.mkdir()
    if user is not None:
        for one in (folder, data, secret):
            shutil.chown(one, user, user)
    port = free_port()
    making: list[str | Path] = [home / "initdb", "-D", data, "--pwfile", secret]
    making += ["-U", "postgres", "-A", "scram-sha-256", "--no-sync", "--locale", "C", "-E", "UTF8"]
    subprocess.run(making, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (data / "pg_hba.conf").write_text(_RULES)
    running: list[str | Path] = [home / "postgres", "-D", data, "-p", str(port), "-k", ""]
    running += ["-h", "127.0.0.1", "-F"]
    made = self_signed(folder, ["localhost"])
    made.key.chmod(0o600)
    if user is not None:
        shutil.chown(made.key, user, user)
    running += ["-l", "-c", f"ssl_cert_file={made.certificate}", "-c", f"ssl_key_file={made.key}"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(running, user=user, cwd=folder, stdout=log, stderr=log)
    try:
        wait_for(lambda: _answers(home, port), "PostgreSQL")
        yield port
    finally:
        process.terminate()
        process.wait()


def _answers(home: Path, port: int) -> bool:
    asked: list[str | Path] = [home / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(asked).returncode == 0
