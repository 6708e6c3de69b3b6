"""The error of an application whose configuration is at fault."""

from __future__ import annotations

from typing import NoReturn


class ConfigurationError(RuntimeError):
    """The application's configuration is at fault; the text quotes the key.

    Never turned into an answer of 401: it is raised, and stays a logged 500.
    """


def refuse(key: str, expected: str) -> NoReturn:
    """Raise the error that a value is not what its key allows; the value is not shown."""
    raise ConfigurationError(f"app.config[{key!r}] must be {expected}")
