"""What happens to the keys of issuers, told to the log and to receivers of signals."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from typing import Any
from weakref import ref

from flask import Flask, current_app, has_app_context

from ..signals import send


class IssuerEvents:
    """Tells of the issuers of one application, which is not kept alive: threads may outlast it."""

    __slots__ = ("_app", "_logger")

    def __init__(self, app: Flask) -> None:
        self._app = ref(app)
        self._logger = app.logger

    def log(self, level: int, line: str) -> None:
        """Write one line."""
        self._logger.log(level, "%s", line)

    def fetched(self, issuer: str, keys: int, notes: tuple[str, ...]) -> None:
        """Tell that keys were fetched, and what the log shall say of them."""
        for note in notes:
            self.log(logging.WARNING, f"the keys of {issuer}: {note}")
        self._send("issuer-keys-fetched", issuer=issuer, keys=keys)

    def failed(self, issuer: str, error: str) -> None:
        """Tell that keys could not be fetched."""
        self.log(logging.ERROR, f"the keys of {issuer} can't be fetched: {error}")
        self._send("issuer-keys-failed", issuer=issuer, error=error)

    def stale(self, issuer: str, age: float) -> None:
        """Tell that the keys from before are too old to be used on."""
        self.log(
            logging.ERROR,
            f"the keys of {issuer} are {age:.0f} seconds old, too old to be used on: requests with "
            "its tokens are answered 503 until they can be fetched",
        )
        self._send("issuer-keys-stale", issuer=issuer, age=age)

    def _send(self, name: str, **values: Any) -> None:
        app = self._app()
        if app is None:
            return
        # In a request the context is there: another one's end would run the application's teardown
        # in the middle of it, which may close the request's database session.
        is_there = has_app_context() and current_app._get_current_object() is app  # type: ignore[attr-defined]
        with nullcontext() if is_there else app.app_context():
            send(name, **values)
