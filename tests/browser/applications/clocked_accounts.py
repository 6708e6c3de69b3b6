"""The example ``accounts``, whose clock stands still until a test moves it.

A test copies this beside ``accounts.py``. What stands under ``/_test`` is for the test itself.
"""

from __future__ import annotations

import time
from functools import partial
from importlib import import_module

from flask import Flask, request

import flask_jwt


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


clock = Clock()
# The example gives none of its own, and says nothing of tests.
vars(flask_jwt)["JWT"] = partial(flask_jwt.JWT, clock=clock)
app: Flask = import_module("accounts").app


@app.post("/_test/clock")
def move_clock() -> str:
    clock.now += request.get_json()
    return ""


@app.get("/_test/")
def page() -> str:
    """A page without any script, for a test to run its own in."""
    return '<!doctype html><title>Test</title><link rel="icon" href="/static/icon.svg">'
