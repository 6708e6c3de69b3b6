"""Requests that are sent many times in a row, and timed."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from time import perf_counter_ns
from typing import TypeAlias

from flask import Flask
from werkzeug.test import create_environ

from .processes import ProcessError

#: Sends a request that is ready.
Ask: TypeAlias = Callable[[], None]

_TURN = 50


def asking(
    app: Flask,
    path: str,
    headers: Mapping[str, str],
    *,
    method: str = "GET",
    site: str = "http://localhost",
) -> Ask:
    """Return what sends one request, which has to be answered with 200."""
    environ = create_environ(path, site, method=method, headers=dict(headers))
    statuses: list[str] = []

    def begin(status: str, *_: object) -> Callable[[bytes], object]:
        statuses[:] = [status]
        return bytes

    def ask() -> None:
        for _ in app.wsgi_app(dict(environ), begin):
            pass
        if statuses[0] != "200 OK":
            raise ProcessError(f"{method} {path} was answered with {statuses[0]}")

    return ask


def turn(ask: Ask) -> float:
    """Send a request 50 times, and return the median in microseconds."""
    times = []
    for _ in range(_TURN):
        start = perf_counter_ns()
        ask()
        times.append(perf_counter_ns() - start)
    return statistics.median(times) / 1000
