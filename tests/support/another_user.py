"""The permissions that root would not notice: another user's, and a folder that they may enter."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder that other users may enter, as those of pytest are not."""
    found = Path(tempfile.mkdtemp())
    found.chmod(0o755)
    try:
        yield found
    finally:
        shutil.rmtree(found)


@contextmanager
def another_user() -> Iterator[None]:
    """Have the system look at this process as at one without privileges."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
