"""Key files on disk: who may have access to them, whether they have changed, and changing them.

The rule is ssh's, of StrictModes for who may write and of private keys for who may read. A mount
that is read-only is the exception: what Docker and Kubernetes put there may be read by all, belongs
to a user of the host, and is written by none.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from ..core.errors import KeyMaterialError
from ..core.key_set import parse_key_set
from ..core.strict_json import parse_object

#: The longest key file that is read, in bytes: some hundred RSA keys.
MAX_KEY_FILE_BYTES = 262144

# A file that was written this short a time before it was read may have been written again since,
# within one tick of the clock that dates files.
_TICK_NS = 100_000_000
# As many as Linux follows; it has opened the file by then.
_MAX_SYMLINKS = 40


class Stamp(NamedTuple):
    """State of a file, which also a new mode changes, or a symlink that is swapped."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file, symlinks followed; None where there is none."""
    try:
        return _stamp(path.stat())
    except (OSError, ValueError):
        return None


def read_key_file(path: Path, *, private: bool = True) -> tuple[bytes, Stamp]:
    """Read a key file that no other user may change."""
    try:
        # A FIFO would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise _unreadable(error) from None
    try:
        status = os.fstat(descriptor)
        _check_file(status, private=private, read_only=_on_read_only_mount(descriptor))
        _check_way(path)
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, OSError):
            # A link or a folder was taken away at this moment.
            raise _unreadable(error) from None
        raise
    with os.fdopen(descriptor, "rb") as file:
        raw = file.read(MAX_KEY_FILE_BYTES + 1)
    if len(raw) > MAX_KEY_FILE_BYTES:
        raise KeyMaterialError(f"the key file has more than {MAX_KEY_FILE_BYTES} bytes")
    return raw, _stamp(status)


class WatchedKeyFile:
    """A key file that others replace while we run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._raw: bytes | None = None
        self._seen: Stamp | None = None
        self._settled = False

    def read_if_changed(self) -> bytes | None:
        """Return the contents where they differ from those of the last call, and None elsewhere."""
        stamp = stamp_of(self._path)
        if self._settled and stamp == self._seen:
            return None
        # A file that can't be read is an error once, until it is touched again.
        self._seen, self._settled = stamp, True
        raw, self._seen = read_key_file(self._path)
        self._settled = time.time_ns() - self._seen.mtime_ns > _TICK_NS
        if raw == self._raw:
            return None
        self._raw = raw
        return raw


class LockedKeyFile:
    """A JWK set on disk that this process alone may change."""

    def __init__(self, target: Path) -> None:
        self._target = target
        raw = read_key_file(target)[0] if target.exists() else b'{"keys": []}'
        self.jwks = parse_key_set(raw)
        self._key_set = parse_object(raw)

    def replace(self, jwks: Sequence[dict[str, Any]]) -> None:
        """Replace the keys; owner, mode, and members of the set that mean nothing here, stay."""
        key_set = {**self._key_set, "keys": jwks}
        target = self._target
        # Only its owner has access to a file that tempfile makes.
        descriptor, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(json.dumps(key_set, indent=2) + "\n")
                _keep_owner_and_mode(descriptor, target)
                file.flush()
                os.fsync(descriptor)
            # Workers refuse a file that reads otherwise, and go on with the old keys.
            if parse_object(read_key_file(Path(draft))[0]) != key_set:
                raise KeyMaterialError("the new file reads otherwise than it was written")
            Path(draft).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(draft).unlink()
            raise


@contextmanager
def locked_key_file(path: Path) -> Generator[LockedKeyFile]:
    """Lock a key file, or the one that a symlink points to, against others that would change it."""
    target = path.resolve()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The folder is locked, and not a file of ours that could be left over.
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield LockedKeyFile(target)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    )


def _unreadable(error: OSError | ValueError) -> KeyMaterialError:
    reason = error.strerror if isinstance(error, OSError) else "no such path"
    return KeyMaterialError(f"the key file can't be read: {reason}")


def _on_read_only_mount(file: int | Path) -> bool:
    return bool(os.statvfs(file).f_flag & os.ST_RDONLY)


def _check_file(status: os.stat_result, *, private: bool, read_only: bool) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISREG(status.st_mode):
        raise KeyMaterialError("the key file is no regular file")
    if mode & stat.S_IWOTH:
        raise KeyMaterialError(
            f"everybody may write to the key file (mode {mode:04o}), and so sign in as anybody: "
            "chmod 600"
        )
    if read_only:
        return
    _check_owner(status, "the key file")
    is_own = status.st_uid == os.geteuid()
    if private and is_own and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyMaterialError(
            f"others than its owner have access to the key file (mode {mode:04o}): chmod 600"
        )
    if mode & stat.S_IWGRP:
        raise KeyMaterialError(
            f"a group may write to the key file (mode {mode:04o}), and so sign in as anybody: "
            "chmod g-w"
        )


def _check_way(path: Path) -> None:
    """Check each folder in which a name on the way to a file may be given to another file."""
    for _ in range(_MAX_SYMLINKS):
        folder = path.parent.resolve()
        name = folder / path.name
        changeable = not _on_read_only_mount(folder)
        if changeable:
            _check_folder(folder.stat())
        if not name.is_symlink():
            return
        if changeable:
            _check_owner(name.lstat(), "a symlink to the key file")
        path = folder / name.readlink()


def _check_folder(status: os.stat_result) -> None:
    _check_owner(status, "the folder of the key file")
    mode = stat.S_IMODE(status.st_mode)
    # In a sticky folder others add names, and take away or replace none but their own.
    if mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX:
        raise KeyMaterialError(
            f"others than its owner may write to the folder of the key file (mode {mode:04o}), and "
            "so replace the file: chmod go-w"
        )


def _check_owner(status: os.stat_result, what: str) -> None:
    process = os.geteuid()
    if status.st_uid not in (0, process):
        # What root owns, the service's user could not read any more.
        mending = (
            "run this as that user, if it is the service's, or chown it to root"
            if process == 0
            else "chown it to root, or to the user of this process"
        )
        raise KeyMaterialError(
            f"{what} belongs to another user (uid {status.st_uid}), who can replace the keys: "
            f"{mending}"
        )


def _keep_owner_and_mode(descriptor: int, target: Path) -> None:
    try:
        before = target.stat()
    except FileNotFoundError:
        return
    draft = os.fstat(descriptor)
    if (before.st_uid, before.st_gid) != (draft.st_uid, draft.st_gid):
        try:
            os.fchown(descriptor, before.st_uid, before.st_gid)
        except PermissionError:
            raise KeyMaterialError(
                "the key file belongs to another user; run the command as that user"
            ) from None
    # After the owner, a change of which clears bits of the mode.
    os.fchmod(descriptor, before.st_mode & 0o7777)
