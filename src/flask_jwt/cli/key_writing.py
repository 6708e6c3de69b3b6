"""Reading a key file, changing it and writing it back: one at a time, and all or nothing."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..core.errors import KeyMaterialError
from ..core.key_set import parse_key_set
from ..core.strict_json import parse_object
from ..keys.key_file import read_key_file
from .key_entries import Entry


def read_entries(path: Path) -> list[Entry]:
    """Read the entries of a key file."""
    if not path.exists():
        return []
    return parse_key_set(read_key_file(path)[0])


def change_entries(path: Path, change: Callable[[list[Entry]], Sequence[Entry]]) -> None:
    """Change a key file as a whole, while nobody else does.

    Owner and mode stay as they are; a new file is its owner's alone. Where the path is a symlink,
    the file that it points to is replaced.
    """
    target = path.resolve()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(target.parent):
        raw = read_key_file(target)[0] if target.exists() else b'{"keys": []}'
        changed = list(change(parse_key_set(raw)))
        # Members of the set that mean nothing here stay as they are.
        _replace(target, {**parse_object(raw), "keys": changed})


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    # The folder itself: no file of ours is left over, whatever happens.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(target: Path, key_set: dict[str, Any]) -> None:
    # Only its owner has access to a file that tempfile makes.
    descriptor, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(json.dumps(key_set, indent=2) + "\n")
            _keep_owner_and_mode(descriptor, target)
            file.flush()
            os.fsync(descriptor)
        # Workers would keep the old keys, and the operator believe in the new ones.
        if parse_object(read_key_file(Path(draft))[0]) != key_set:
            raise KeyMaterialError("the new file reads otherwise than it was written")
        Path(draft).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise


def _keep_owner_and_mode(descriptor: int, target: Path) -> None:
    try:
        before = target.stat()
    except FileNotFoundError:
        return
    mine = os.fstat(descriptor)
    if (before.st_uid, before.st_gid) != (mine.st_uid, mine.st_gid):
        try:
            os.fchown(descriptor, before.st_uid, before.st_gid)
        except PermissionError:
            raise KeyMaterialError(
                "the key file belongs to another user; run the command as that user"
            ) from None
    # After the owner, a change of which clears bits of the mode.
    os.fchmod(descriptor, before.st_mode & 0o7777)
