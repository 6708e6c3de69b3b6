"""The Python files of a source tree: found, read, and replaced."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkstemp
from typing import NamedTuple

#: The longest file that is read, in bytes: nobody writes longer ones.
MAX_FILE_BYTES = 4 * 1024 * 1024

_SUFFIXES = (".py", ".pyw", ".wsgi")
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})
# What an environment of Python has, whatever its name; the latter two are of old ones.
_OF_ENVIRONMENTS = ("pyvenv.cfg", "bin/activate", "Scripts/activate")


class NotReadError(Exception):
    """A file was not read, or not replaced; the text says why."""


class Found(NamedTuple):
    """A file of the tree, or a path that is left alone for a reason."""

    path: Path
    reason: str | None = None


class Content(NamedTuple):
    """A file's bytes, and its status when they were read."""

    data: bytes
    status: os.stat_result

    def __repr__(self) -> str:
        return "<Content>"


class SourceTree:
    """A folder with all that is in it, or one file.

    :param root: its path.
    """

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.realpath(root))

    def files(self) -> Iterator[Found]:
        """Yield the Python files, folder by folder; no symlink is followed."""
        if not self._root.is_dir():
            yield Found(self._root)
            return
        # Not by recursion: folders may be nested as deep as somebody likes.
        waiting = [self._root]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                yield Found(folder, f"it can't be read: {error.strerror}")
                continue
            folders = []
            for entry in listed:
                path = Path(entry.path)
                if entry.is_symlink():
                    yield from self._of_symlink(path)
                elif entry.is_dir(follow_symlinks=False):
                    if not _is_skipped(path):
                        folders.append(path)
                elif path.suffix in _SUFFIXES:
                    yield Found(path)
            waiting += reversed(folders)

    def shown(self, path: Path) -> str:
        """Return a file's path from the root on."""
        return path.name if path == self._root else str(path.relative_to(self._root))

    def read(self, path: Path) -> Content:
        """Return the bytes of a file.

        :raises NotReadError: it can't be read, or is none that somebody wrote.
        """
        try:
            # Neither a pipe that nobody writes to, nor a symlink put there since.
            descriptor = os.open(path, os.O_RDONLY | _flag("O_NOFOLLOW") | _flag("O_NONBLOCK"))
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise NotReadError("it is no regular file")
                data = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise NotReadError(f"it can't be read: {error.strerror}") from None
        if len(data) > MAX_FILE_BYTES:
            raise NotReadError(f"it is longer than {MAX_FILE_BYTES} bytes, and was not read")
        return Content(data, status)

    def replace(self, path: Path, before: Content, data: bytes) -> None:
        """Replace a file that is what it was when it was read; its mode stays.

        :raises NotReadError: it has changed since, or can't be written.
        """
        try:
            self._check_unchanged(path, before)
            descriptor, draft = mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    _keep_owner_and_mode(descriptor, before.status)
                    os.fsync(descriptor)
                self._check_unchanged(path, before)
                Path(draft).replace(path)
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise NotReadError(f"it can't be written: {error.strerror}") from None

    def _check_unchanged(self, path: Path, before: Content) -> None:
        # A folder on the way may have become a symlink to elsewhere.
        if os.path.realpath(path) != str(path) or self.read(path).data != before.data:
            raise NotReadError("it has changed since it was read")
        if not os.access(path, os.W_OK):
            raise NotReadError("it can't be written: it is read-only")

    def _of_symlink(self, path: Path) -> Iterator[Found]:
        """Yield a symlink to Python that is not in the tree: what is, is found without it."""
        target = Path(os.path.realpath(path))
        is_outside = not target.is_relative_to(self._root)
        is_python = target.suffix in _SUFFIXES or path.suffix in _SUFFIXES
        if is_outside and not _is_skipped(path) and (is_python or target.is_dir()):
            yield Found(path, "it is a symlink to another tree: look through that one")


def _is_skipped(folder: Path) -> bool:
    is_hidden = folder.name.startswith(".")
    return is_hidden or folder.name in _SKIPPED or any(map(_has(folder), _OF_ENVIRONMENTS))


def _has(folder: Path) -> Callable[[str], bool]:
    return lambda name: os.path.lexists(folder / name)


def _flag(name: str) -> int:
    # Windows has neither, nor what they are for.
    return int(getattr(os, name, 0))


def _keep_owner_and_mode(descriptor: int, before: os.stat_result) -> None:
    draft = os.fstat(descriptor)
    if (draft.st_uid, draft.st_gid) != (before.st_uid, before.st_gid):
        os.fchown(descriptor, before.st_uid, before.st_gid)
    # After the owner, a change of which clears bits of the mode.
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
