"""The key file on disk: who may have access to it, and whether it has changed.

The rule is ssh's for private keys, with one exception for what Docker and Kubernetes mount: there
every file belongs to root, may be read by all and written by none.
"""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import NamedTuple

from .core.errors import KeyMaterialError

#: The longest key file that is read, in bytes: some hundred RSA keys.
MAX_KEY_FILE_BYTES = 262144

# A file that was written this short a time before it was read may have been written again since,
# within one tick of the clock that dates files.
_TICK_NS = 100_000_000


class Stamp(NamedTuple):
    """What tells one state of a file from another: also a new mode, or a symlink that was swapped.

    :param device: where it lies.
    :param inode: which file it is.
    :param size: its length in bytes.
    :param mtime_ns: when its contents changed.
    :param ctime_ns: when its contents, owner or mode changed.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


def key_file_path(instance_path: str, name: str) -> Path:
    """Return where a key file lies.

    :param instance_path: the application's instance folder, where a relative path begins.
    :param name: the value of ``JWT_KEY_FILE``.
    """
    return Path(instance_path, name)


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file, symlinks followed; None where there is none."""
    try:
        return _stamp(path.stat())
    except (OSError, ValueError):
        return None


def read_key_file(path: Path) -> tuple[bytes, Stamp]:
    """Read a key file, if nobody else may.

    :param path: the file, or a symlink to it.
    :return: its contents, and the stamp that they belong to.
    :raises KeyMaterialError: it can't be read, is no regular file or too large; everybody may write
        to it; or others may read it, it is ours, and it does not lie on a read-only mount.
    """
    try:
        # A FIFO would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such path"
        raise KeyMaterialError(f"the key file can't be read: {reason}") from None
    try:
        found = os.fstat(descriptor)
        _check_access(found, read_only=_on_read_only_mount(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, "rb") as file:
        raw = file.read(MAX_KEY_FILE_BYTES + 1)
    if len(raw) > MAX_KEY_FILE_BYTES:
        raise KeyMaterialError(f"the key file has more than {MAX_KEY_FILE_BYTES} bytes")
    return raw, _stamp(found)


class WatchedKeyFile:
    """A key file that others replace while we run.

    :param path: the file, or a symlink to it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._raw: bytes | None = None
        self._seen: Stamp | None = None
        self._settled = False

    def read_if_changed(self) -> bytes | None:
        """Return the contents where they differ from those of the last call, and None elsewhere.

        A file that has not been touched costs one ``stat``. One that can't be read is an error
        once, until it is touched again.

        :raises KeyMaterialError: see :func:`read_key_file`.
        """
        stamp = stamp_of(self._path)
        if self._settled and stamp == self._seen:
            return None
        self._seen, self._settled = stamp, True
        raw, self._seen = read_key_file(self._path)
        self._settled = time.time_ns() - self._seen.mtime_ns > _TICK_NS
        if raw == self._raw:
            return None
        self._raw = raw
        return raw


def _stamp(found: os.stat_result) -> Stamp:
    return Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _on_read_only_mount(descriptor: int) -> bool:
    return bool(os.fstatvfs(descriptor).f_flag & os.ST_RDONLY)


def _check_access(found: os.stat_result, *, read_only: bool) -> None:
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISREG(found.st_mode):
        raise KeyMaterialError("the key file is no regular file")
    if mode & stat.S_IWOTH:
        raise KeyMaterialError(
            f"everybody may write to the key file (mode {mode:04o}), and so sign in as anybody: "
            "chmod 600"
        )
    ours = found.st_uid == os.geteuid()
    if ours and not read_only and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyMaterialError(
            f"others than its owner have access to the key file (mode {mode:04o}): chmod 600"
        )
