"""How much memory something takes, which unlike time is the same on every machine."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable


def peak_memory(run: Callable[[], object]) -> int:
    """Return the most bytes that were allocated at once while something ran."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
