"""Programs of npm, as a lock file names them, for the tests that run one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .absent import absent

_LOCK = "package-lock.json"
# It tries three times. Offline that takes a minute by default, and so a few seconds.
_OPTIONS = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retry-mintimeout", "1000"]


def install(checked: Path, installed: Path, what: str) -> None:
    """Install what the lock file of a folder names into another, unless that is there already."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            absent(f"no {program}")
    lock = checked / _LOCK
    if (installed / _LOCK).is_file() and (installed / _LOCK).read_bytes() == lock.read_bytes():
        return
    shutil.rmtree(installed, ignore_errors=True)
    installed.mkdir(parents=True)
    shutil.copy(checked / "package.json", installed)
    # The lock file says that all is there, so it comes last.
    unfinished = installed / "npm-shrinkwrap.json"
    shutil.copy(lock, unfinished)
    done = subprocess.run(
        ["npm", "ci", *_OPTIONS],
        cwd=installed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        absent(f"no {what}: {done.stdout}")
    unfinished.rename(installed / _LOCK)
