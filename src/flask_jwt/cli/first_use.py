"""An application's first use, as often as it takes to hear of all its faults."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import Any

from flask import Flask

from ..core.clock import system_clock
from ..settings import CONFIG_DEFAULTS, ROUTE_KEYS, ConfigurationError
from ..stores.memory import MemoryStore
from ..web.state import ApplicationState, Extension
from ..web.tokens import default_jwt_encode_callback
from .findings import Findings, key_in

_PACKAGE = Path(__file__).parents[1]
_SECRETS = ("SECRET_KEY", "JWT_SECRET_KEY", "JWT_REFRESH_SECRET")


@contextmanager
def as_at_first_use(
    app: Flask, extension: Extension, findings: Findings
) -> Generator[ApplicationState | None]:
    """Read the configuration as the first request does, and note all that is wrong with it.

    A key that is at fault is replaced by one that is not, and all is read again, until nothing is
    said any more. At the end everything is as it was.
    """
    registration = extension.registrations[app]
    before, routes, secret = dict(app.config), registration.routes, registration.secret
    told, registration.told = registration.told, set()
    heard = _Warnings(findings)
    loggers = app.logger, logging.getLogger(_PACKAGE.name)
    for logger in loggers:
        logger.addFilter(heard)
    try:
        yield _read(app, extension, findings)
    finally:
        for logger in loggers:
            logger.removeFilter(heard)
        app.config.clear()
        app.config.update(before)
        registration.routes, registration.secret, registration.told = routes, secret, told
        extension.forget(app)


def _read(app: Flask, extension: Extension, findings: Findings) -> ApplicationState | None:
    replaced: set[str] = set()
    while True:
        extension.forget(app)
        state = None
        try:
            state = extension.first_use(app)
            if extension.jwt_encode_callback is default_jwt_encode_callback:
                state.keys.snapshot()
        except ConfigurationError as error:
            findings.fault(findings.section_of(str(error)), str(error))
            key = key_in(str(error))
            if key is not None and key not in replaced:
                replaced.add(key)
                _replace(app, extension, key)
                continue
        if state is not None:
            findings.good("settings", "in debug" if app.debug else "as in production")
        return state


def _replace(app: Flask, extension: Extension, key: str) -> None:
    registration = extension.registrations[app]
    value: Any = CONFIG_DEFAULTS.get(key)
    if key == "JWT_SESSION_STORE":
        value = MemoryStore(system_clock)
        registration.routes = replace(registration.routes, session_store=value)
    elif key in ROUTE_KEYS:
        value = getattr(registration.routes, key.removeprefix("JWT_").lower())
    elif key in _SECRETS and app.config.get("JWT_KEY_FILE") is None:
        value = token_hex(32)
    elif key == "JWT_SECRET_KEY":
        value = app.config.get("SECRET_KEY")
    app.config[key] = value


class _Warnings(logging.Filter):
    """Takes what this package has to say, and lets the application's own lines pass."""

    def __init__(self, findings: Findings) -> None:
        super().__init__()
        self._findings = findings

    def filter(self, record: logging.LogRecord) -> bool:
        if not Path(record.pathname).is_relative_to(_PACKAGE):
            return True
        text = record.getMessage()
        self._findings.warning(self._findings.section_of(text), text)
        return False
