"""What a process does first with users that others have added."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flask_jwt.users import Users
from tests.support.server import ROOT

READS = """
import sys
from flask_jwt.users import Users
print(Users(sys.argv[1]).by_name("ann"))
"""


def test_reading_comes_first(tmp_path: Path) -> None:
    """A process that adds nobody finds who is there."""
    url = f"sqlite:///{tmp_path / 'users.db'}"
    Users(url).add("ann")
    read = subprocess.run(
        [sys.executable, "-c", READS, url], cwd=ROOT, capture_output=True, text=True
    )

    assert (read.stderr, read.stdout) == ("", "<User 1 'ann'>\n")
