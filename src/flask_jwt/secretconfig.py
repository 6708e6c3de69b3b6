"""Secrets in ``app.config``: what all who read them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .core.algorithms import ALGORITHMS
from .core.errors import KeyMaterialError, WeakKeyError
from .core.unsafe_secrets import check_secret
from .settings import ConfigurationError, Notes, refuse

_SECRET = "JWT_REFRESH_SECRET"  # noqa: S105
_FALLBACKS = "JWT_REFRESH_SECRET_FALLBACKS"
_FLASKS_FALLBACKS = "SECRET_KEY_FALLBACKS"
# What is derived are keys of HMAC with SHA-256, as an HS256 signature has.
_ROW = ALGORITHMS["HS256"]
_MENDING = (
    "In tests set TESTING = True. For an old secret that has to be kept a little longer, set "
    "JWT_ALLOW_INSECURE_KEYS = True."
)
_MENDING_OF_FORMER = (
    "To accept the tokens of a former secret for a while, set JWT_INSECURE_FALLBACKS_UNTIL to a "
    "date."
)
_SECRETS_FALLBACKS = "JWT_SECRET_KEY_FALLBACKS"


def name_of_secret(config: Mapping[str, Any]) -> str:
    """Return the key that was written: ``init_app`` copies Flask's secret to ``JWT_SECRET_KEY``."""
    flasks_own = config.get("JWT_SECRET_KEY") in (None, config.get("SECRET_KEY"))
    return "SECRET_KEY" if flasks_own else "JWT_SECRET_KEY"


def secret_in(config: Mapping[str, Any], name: str) -> str | bytes | None:
    """Return a configured secret, or None where there is none."""
    secret = config.get(name)
    if isinstance(secret, int):
        refuse(name, "text: this one came as a number (an all-digit value from the environment?)")
    if secret is not None and not isinstance(secret, str | bytes):
        refuse(name, "str or bytes")
    return secret


def secrets_in(config: Mapping[str, Any], name: str) -> list[str | bytes]:
    """Return a configured list of secrets, each of them once."""
    given = config.get(name) or ()
    if not isinstance(given, list | tuple) or not all(
        isinstance(one, str | bytes) for one in given
    ):
        refuse(name, "a list of secrets, each str or bytes")
    return list(dict.fromkeys(given))


def weakness(name: str, error: WeakKeyError, *, allowed: bool) -> str:
    """Return what the log says of a weak secret or key that is used nevertheless."""
    fault = f"app.config[{name!r}] is not safe: {error}."
    if not allowed:
        mending = _MENDING_OF_FORMER if name == _SECRETS_FALLBACKS else _MENDING
        raise ConfigurationError(f"{fault} {mending}") from None
    return fault


def derivation_secrets(
    config: Mapping[str, Any], notes: Notes, *, allow_weak: bool
) -> tuple[bytes, ...]:
    """Return what the keys of refresh tokens and of CSRF values are derived from."""
    name, former = _SECRET, _FALLBACKS
    if config.get(_SECRET) is None:
        # Derived from the secret that there is: the label in the derivation keeps them apart.
        name = name_of_secret(config)
        if config.get(_FALLBACKS) is None:
            former = _SECRETS_FALLBACKS
            if name == "SECRET_KEY" and config.get(former) is None:
                former = _FLASKS_FALLBACKS
    secret = secret_in(config, name)
    if secret is None:
        raise ConfigurationError(
            f"app.config[{_SECRET!r}] is not set, nor is app.config['SECRET_KEY']: neither "
            "refresh tokens nor CSRF values can be made without a secret"
        )
    current = _bytes(secret)
    _check(current, name, notes, allow_weak=allow_weak)
    return current, *_former(config, former, current, notes, allow_weak=allow_weak)


def _former(
    config: Mapping[str, Any], name: str, current: bytes, notes: Notes, *, allow_weak: bool
) -> list[bytes]:
    secrets = [one for one in map(_bytes, secrets_in(config, name)) if one != current]
    dated = name == _SECRETS_FALLBACKS and config.get("JWT_INSECURE_FALLBACKS_UNTIL") is not None
    if name == _FLASKS_FALLBACKS or dated:
        # Flask's list serves more than tokens, and the date is for access tokens alone: what does
        # not suit is left out.
        return [one for one in secrets if allow_weak or _is_safe(one)]
    for one in secrets:
        _check(one, name, notes, allow_weak=allow_weak)
    return secrets


def _bytes(secret: str | bytes) -> bytes:
    return secret.encode("utf-8", "surrogatepass") if isinstance(secret, str) else secret


def _check(secret: bytes, name: str, notes: Notes, *, allow_weak: bool) -> None:
    try:
        check_secret(secret, _ROW, allow_insecure=False)
    except WeakKeyError as error:
        fault = weakness(name, error, allowed=allow_weak)
        if name in (_SECRET, _FALLBACKS):
            notes.append(
                f"{fault} Whoever guesses it, and reads the store, can sign in as anybody."
            )
    except KeyMaterialError as error:
        raise ConfigurationError(f"app.config[{name!r}]: {error}") from None


def _is_safe(secret: bytes) -> bool:
    try:
        check_secret(secret, _ROW, allow_insecure=False)
    except KeyMaterialError:
        return False
    return True
