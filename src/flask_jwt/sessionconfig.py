"""``app.config`` -> how long sessions live, and what refresh tokens are made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import refuse
from .keys.config import derivation_secrets
from .settings import Notes, duration, number_of


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What ``app.config`` said of sessions at first use. Durations are seconds.

    :param per_user: how many live sessions a user has at most.
    :param secrets: what makes refresh tokens, and then what only checks them.
    """

    idle: float
    lifetime: float
    short_lifetime: float
    grace: float
    revocation_refresh: float
    revocation_max_stale: float
    per_user: int
    secrets: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def read(cls, config: Mapping[str, Any], notes: Notes, *, allow_weak: bool) -> SessionSettings:
        """Read and check the configuration."""
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
            per_user=number_of(config, "JWT_SESSIONS_PER_USER", "a number of sessions", least=1),
            secrets=derivation_secrets(config, notes, allow_weak=allow_weak),
        )


def _positive(config: Mapping[str, Any], key: str) -> float:
    length = duration(config, key)
    return length if length > 0 else refuse(key, "longer than nothing")


def _not_negative(config: Mapping[str, Any], key: str) -> float:
    length = duration(config, key)
    return length if length >= 0 else refuse(key, "0 or longer")
