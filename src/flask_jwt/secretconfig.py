"""Secrets in ``app.config``: what all who read them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .core.errors import WeakKeyError
from .settings import ConfigurationError, refuse

_MENDING = (
    "For an old secret that has to be kept a little longer, set JWT_ALLOW_INSECURE_KEYS = True."
)


def name_of_secret(config: Mapping[str, Any]) -> str:
    """Return the key that was written: ``init_app`` copies Flask's secret to ``JWT_SECRET_KEY``."""
    flasks_own = config.get("JWT_SECRET_KEY") in (None, config.get("SECRET_KEY"))
    return "SECRET_KEY" if flasks_own else "JWT_SECRET_KEY"


def secret_in(config: Mapping[str, Any], name: str) -> str | bytes | None:
    """Return a configured secret, or None where there is none.

    :raises ConfigurationError: it is neither str nor bytes.
    """
    secret = config.get(name)
    if isinstance(secret, int):
        refuse(name, "text: this one came as a number (an all-digit value from the environment?)")
    if secret is not None and not isinstance(secret, str | bytes):
        refuse(name, "str or bytes")
    return secret


def secrets_in(config: Mapping[str, Any], name: str) -> list[str | bytes]:
    """Return a configured list of secrets, each of them once.

    :raises ConfigurationError: it is no list of str or bytes.
    """
    given = config.get(name) or ()
    if not isinstance(given, list | tuple) or not all(
        isinstance(one, str | bytes) for one in given
    ):
        refuse(name, "a list of secrets, each str or bytes")
    return list(dict.fromkeys(given))


def weakness(name: str, error: WeakKeyError, *, allowed: bool) -> str:
    """Return what the log says of a weak secret or key that is used nevertheless.

    :param name: the key of ``app.config``.
    :param error: what is wrong with it.
    :param allowed: whether it may be used: in debug, in testing, or where the application asks.
    :raises ConfigurationError: it may not.
    """
    fault = f"app.config[{name!r}] is not safe: {error}."
    if not allowed:
        raise ConfigurationError(f"{fault} {_MENDING}") from None
    return fault
