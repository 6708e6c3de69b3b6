"""What keeps counts of attempts, each of them empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask_jwt.throttle.attempts import AttemptCounts
from flask_jwt.throttle.memory import MemoryCounts

#: All of them.
KINDS = ("memory",)


@contextmanager
def empty_counts(kind: str, folder: Path) -> Iterator[AttemptCounts]:
    """Give counts of a kind, which keep nothing yet."""
    yield MemoryCounts()
