"""The file of an SQLite database: made for its owner alone, and whether it can be worked with."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from .faults import misconfigured

# Where Linux lists the locks on files, with the process and the inode of each.
_LOCKS = Path("/proc/locks")
_OWN_IDS = os.access in os.supports_effective_ids


def make_file(path: Path) -> None:
    """Make a file that only its owner may read, with its folders, unless it is there."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise misconfigured(
            f"the folder {path.parent} can't be made ({error.strerror}); name one that the process "
            "may write to, such as a volume"
        ) from None
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise misconfigured(
            f"the file {path} can't be made ({error.strerror}); name one in a folder that the "
            "process may write to, such as a volume"
        ) from None


def is_usable(path: str) -> bool:
    """Tell whether the process may read and write a file. It is not opened: see below.

    Closing any descriptor of a file gives up all locks that this process has on it.
    """
    may_be_used = os.access(path, os.R_OK | os.W_OK, effective_ids=_OWN_IDS)
    return may_be_used and Path(path).is_file()


def is_locked_here(path: str) -> bool:
    """Tell whether a connection of this very process holds the lock for writing."""
    try:
        listed = _LOCKS.read_text()
    except OSError:
        return False
    # With a write-ahead log, writers lock the index of the log.
    files = [Path(path), Path(f"{path}-shm")]
    inodes = {str(one.stat().st_ino) for one in files if one.exists()}
    here = str(os.getpid())
    for line in listed.splitlines():
        # "1: POSIX ADVISORY WRITE 4711 fe:00:2147123 120 120"
        _, _, _, kind, process, file, *_ = line.replace("->", "").split()
        if kind == "WRITE" and process == here and file.rpartition(":")[2] in inodes:
            return True
    return False
