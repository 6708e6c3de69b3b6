"""What each process makes for itself, for it must not outlive a fork: locks, and connections.

Servers that fork in C, such as uWSGI, call no hook of Python's: the process id tells, where a value
is taken.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """A value that each process makes when it first takes it."""

    __slots__ = ("_born", "_make", "_values")

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._born = os.getpid()
        # By process id. A child keeps those of its parents untouched: an end of theirs would be an
        # end of the parents' connections.
        self._values: dict[int, T] = {}

    def take(self) -> T:
        """Return the value of this process."""
        process = os.getpid()
        try:
            return self._values[process]
        except KeyError:
            return self._values.setdefault(process, self._make())

    @property
    def is_inherited(self) -> bool:
        """Whether a parent of this process has made this holder."""
        return os.getpid() != self._born


def new_lock() -> threading.Lock:
    """Return a lock of the kind in force: gevent puts another one there, after the fork."""
    return threading.Lock()
