"""``app.config`` -> how long sessions live, and what refresh tokens are made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .core.algorithms import ALGORITHMS
from .core.errors import KeyMaterialError, WeakKeyError
from .core.unsafe_secrets import check_secret
from .secretconfig import name_of_secret, secret_in, secrets_in, weakness
from .settings import ConfigurationError, Notes, duration, refuse

_SECRET = "JWT_REFRESH_SECRET"  # noqa: S105
_FALLBACKS = "JWT_REFRESH_SECRET_FALLBACKS"
_FLASKS_FALLBACKS = "SECRET_KEY_FALLBACKS"
# The MAC of a refresh token is HMAC with SHA-256, as an HS256 signature is.
_ROW = ALGORITHMS["HS256"]


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What ``app.config`` said of sessions at first use. Durations are seconds.

    :param secrets: what makes refresh tokens, and then what only checks them.
    """

    idle: float
    lifetime: float
    short_lifetime: float
    grace: float
    revocation_refresh: float
    revocation_max_stale: float
    secrets: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def read(cls, config: Mapping[str, Any], notes: Notes, *, allow_weak: bool) -> SessionSettings:
        """Read and check the configuration.

        :param config: the application's.
        :param notes: takes one line for each weak secret that is used nevertheless.
        :param allow_weak: whether one is used: in debug, in testing, or where the application asks.
        :raises ConfigurationError: a value is not what its key allows.
        """
        refresh = _not_negative(config, "JWT_REVOCATION_REFRESH")
        stale = refresh
        if config.get("JWT_REVOCATION_MAX_STALE") is not None:
            stale = duration(config, "JWT_REVOCATION_MAX_STALE")
            if stale < refresh:
                refuse("JWT_REVOCATION_MAX_STALE", "at least as long as JWT_REVOCATION_REFRESH")
        return cls(
            idle=_positive(config, "JWT_SESSION_IDLE_DELTA"),
            lifetime=_positive(config, "JWT_SESSION_LIFETIME_DELTA"),
            short_lifetime=_positive(config, "JWT_SESSION_SHORT_LIFETIME_DELTA"),
            grace=_not_negative(config, "JWT_REFRESH_GRACE_DELTA"),
            revocation_refresh=refresh,
            revocation_max_stale=stale,
            secrets=_secrets(config, notes, allow_weak=allow_weak),
        )


def _positive(config: Mapping[str, Any], key: str) -> float:
    length = duration(config, key)
    return length if length > 0 else refuse(key, "longer than nothing")


def _not_negative(config: Mapping[str, Any], key: str) -> float:
    length = duration(config, key)
    return length if length >= 0 else refuse(key, "0 or longer")


def _secrets(config: Mapping[str, Any], notes: Notes, *, allow_weak: bool) -> tuple[bytes, ...]:
    name, former = _SECRET, _FALLBACKS
    if config.get(_SECRET) is None:
        # Derived from the secret that there is: the label in the derivation keeps them apart.
        name = name_of_secret(config)
        if config.get(_FALLBACKS) is None:
            former = "JWT_SECRET_KEY_FALLBACKS"
            if name == "SECRET_KEY" and config.get(former) is None:
                former = _FLASKS_FALLBACKS
    secret = secret_in(config, name)
    if secret is None:
        raise ConfigurationError(
            f"app.config[{_SECRET!r}] is not set, nor is app.config['SECRET_KEY']: refresh tokens "
            "can't be made without a secret"
        )
    current = _bytes(secret)
    _check(current, name, notes, allow_weak=allow_weak)
    return current, *_former(config, former, current, notes, allow_weak=allow_weak)


def _former(
    config: Mapping[str, Any], name: str, current: bytes, notes: Notes, *, allow_weak: bool
) -> list[bytes]:
    secrets = [one for one in map(_bytes, secrets_in(config, name)) if one != current]
    if name == _FLASKS_FALLBACKS:
        # Flask's list serves more than tokens: what does not suit them is left out.
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
