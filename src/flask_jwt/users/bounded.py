"""How many passwords are hashed at once in a process."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager

from argon2.exceptions import Argon2Error

from ..core.per_process import PerProcess
from ..sessions.errors import StoreBusy

#: How long a hash waits for one of those before it to end.
WAIT_SECONDS = 1.0


class HashingBusy(StoreBusy):
    """Passwords are hashed by all cores, or there is no memory for one more: ask again."""


def cores() -> int:
    """Return how many cores this process may use."""
    # Not on every system.
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


# Made at the first hash, when gevent has put its own locks in place; a child begins with free ones.
_slots = PerProcess(lambda: threading.BoundedSemaphore(cores()))


@contextmanager
def hashing_slot() -> Generator[None]:
    """Keep one of as many places as there are cores for the length of a ``with`` block.

    :raises HashingBusy: none was free for a second, or Argon2 got no memory.
    """
    slots = _slots.take()
    if not slots.acquire(timeout=WAIT_SECONDS):
        raise HashingBusy("all cores are hashing passwords")
    try:
        yield
    except Argon2Error:
        # Parameters and texts were looked at before: what is left is the machine.
        raise HashingBusy("Argon2 got no memory, or no thread") from None
    finally:
        slots.release()
