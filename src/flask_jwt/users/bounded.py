"""Passwords are hashed by threads of their own, no more of them than there are cores.

The C library's allocator keeps a heap for each thread, and with it the memory of that thread's last
hash: forty threads that hash by turns would take forty times as much as one.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from argon2.exceptions import Argon2Error

from ..core.per_process import PerProcess
from ..sessions.errors import StoreBusy

T = TypeVar("T")
# What a thread is to do, and whom to tell.
_Task = tuple[Callable[[], Any], Future[Any]]

#: How long a hash waits for one of those before it to end.
WAIT_SECONDS = 1.0

_NO_MEMORY = "there is no memory for a hash, or no thread"


class HashingBusy(StoreBusy):
    """Passwords are hashed by all cores, or there is no memory for one more: ask again."""


def run_bounded(work: Callable[[], T]) -> T:
    """Return what a call returns, made by one of as many threads as there are cores.

    :raises HashingBusy: none was free for a second, or there was no memory.
    """
    try:
        return _threads.take().run(work)
    except (Argon2Error, MemoryError):
        # Parameters and texts were looked at before: what is left is the machine.
        raise HashingBusy(_NO_MEMORY) from None


def cores() -> int:
    """Return how many cores this process may use."""
    # Not on every system.
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


class _Threads:
    """Threads that hash. Each is started when those before it are at work."""

    def __init__(self) -> None:
        # Looked up in their modules, where gevent may have put its own by now.
        self._places = threading.BoundedSemaphore(cores())
        # The tasks of each thread that waits for some. The last one is taken, whose heap is warm.
        self._idle: list[queue.SimpleQueue[_Task]] = []

    def run(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(timeout=WAIT_SECONDS):
            raise HashingBusy("all cores are hashing passwords")
        future: Future[T] = Future()
        self._take_thread().put((work, future))
        return future.result()

    def _take_thread(self) -> queue.SimpleQueue[_Task]:
        try:
            return self._idle.pop()
        except IndexError:
            tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        try:
            # A daemon: a process that was forked in C would wait for its parent's threads to end.
            threading.Thread(
                target=self._serve, args=(tasks,), name="flask_jwt hashing", daemon=True
            ).start()
        except RuntimeError:
            self._places.release()
            raise HashingBusy(_NO_MEMORY) from None
        return tasks

    def _serve(self, tasks: queue.SimpleQueue[_Task]) -> None:
        while True:
            # No variable keeps the task, and a password in it, while the next one is waited for.
            self._finish(tasks, *tasks.get())

    def _finish(
        self,
        tasks: queue.SimpleQueue[_Task],
        work: Callable[[], Any],
        future: Future[Any],
    ) -> None:
        result, fault = None, None
        try:
            result = work()
        except BaseException as error:
            fault = error
        # By the thread itself: who asked may have given up.
        self._idle.append(tasks)
        self._places.release()
        if fault is None:
            future.set_result(result)
        else:
            future.set_exception(fault)


# Made at the first hash of a process: neither threads nor places in use get over a fork.
_threads = PerProcess(_Threads)
