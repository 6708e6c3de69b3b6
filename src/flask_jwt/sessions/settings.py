"""The settings of sessions."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

from ..errors import refuse
from ..settings.declare import Config, Group, Unfit, setting
from ..settings.types import duration, integer, url_rule

_STORE_URL = re.compile(r"\s*[A-Za-z][A-Za-z0-9+._-]*://")
_LONGER = "longer than nothing"
_DATABASES = frozenset(
    {"memory", "sqlite", "postgresql", "postgres", "mariadb", "mysql"}
    | {"redis", "rediss", "valkey", "valkeys", "unix"}
)


def _store(value: Any) -> Any:
    is_store = _STORE_URL.match(value) if isinstance(value, str) else hasattr(value, "rotate")
    if not is_store:
        raise Unfit
    return value


def _kind(store: Any) -> str:
    if not isinstance(store, str):
        return type(store).__name__
    # Of a URL the database alone, if it is a known one: any other part may hold a password, or be a
    # secret in the wrong place.
    database = store.partition(":")[0].partition("+")[0].strip().lower()
    return f"{database}:…" if database in _DATABASES else "a URL"


@dataclass(frozen=True, slots=True)
class SessionRoutes(Group):
    """Where sessions are kept, and the routes that they bring with them."""

    title = "Sessions"
    moment = "init"

    # Its URL may hold a password.
    session_store: Any = setting(
        "JWT_SESSION_STORE",
        None,
        _store,
        "a store, or the URL of one, such as sqlite:///sessions.db",
        secret=True,
        show=_kind,
        decides_checks=True,
    )
    """where sessions are kept: `memory://`, `sqlite:///…` (a relative path lies in the instance
    folder), `postgresql+psycopg://…`, `mariadb+pymysql://…`, `redis://…`, or a store object"""
    refresh_url_rule: str | None = url_rule("JWT_REFRESH_URL_RULE", "/auth/refresh")
    """where refresh tokens are exchanged; None or `""` registers no route"""
    logout_url_rule: str | None = url_rule("JWT_LOGOUT_URL_RULE", "/auth/logout")
    """where sign-out is; None or `""` registers no route"""
    sessions_url_rule: str | None = url_rule("JWT_SESSIONS_URL_RULE", "/auth/sessions")
    """where users see and end their sessions; None or `""` registers no route"""


@dataclass(frozen=True, slots=True)
class SessionSettings(Group):
    """How long sessions live. Durations are seconds."""

    title = "Sessions"

    per_user: int = integer("JWT_SESSIONS_PER_USER", 100, "sessions", least=1)
    """how many live sessions a user has at most; a sign-in beyond that ends the oldest, with the
    reason `limit`"""
    idle: float = duration(
        "JWT_SESSION_IDLE_DELTA", timedelta(days=7), more_than=0, expected=_LONGER
    )
    """after how long without a refresh a session expires; up to 5 % less, drawn once for each
    session"""
    lifetime: float = duration(
        "JWT_SESSION_LIFETIME_DELTA", timedelta(days=30), more_than=0, expected=_LONGER
    )
    """after how long it expires in any case; up to 5 % less"""
    short_lifetime: float = duration(
        "JWT_SESSION_SHORT_LIFETIME_DELTA", timedelta(hours=12), more_than=0, expected=_LONGER
    )
    """the same, where sign-in says `"remember": false`"""
    grace: float = duration(
        "JWT_REFRESH_GRACE_DELTA", timedelta(seconds=10), least=0, expected="0 or longer"
    )
    """for how long after a refresh the token before is answered once more, for an answer that was
    lost; 0 never"""
    revocation_refresh: float = duration(
        "JWT_REVOCATION_REFRESH", timedelta(seconds=1), least=0, expected="0 or longer"
    )
    """after how long a worker asks the store for new revocations; 0 asks at each request"""
    revocation_max_stale: float = duration(
        "JWT_REVOCATION_MAX_STALE", expected="at least as long as JWT_REVOCATION_REFRESH"
    )
    """how old what a worker knows may be while the store does not answer; then requests are refused
    with 503. None is `JWT_REVOCATION_REFRESH`"""

    @classmethod
    def is_used(cls, config: Config) -> bool:
        """Tell whether there is a store of sessions."""
        return config.get("JWT_SESSION_STORE") is not None

    def settled(self, config: Config) -> Self:
        """Let what is known of revocations be used at least until it is read again."""
        if config.get("JWT_REVOCATION_MAX_STALE") is None:
            return replace(self, revocation_max_stale=self.revocation_refresh)
        if self.revocation_max_stale < self.revocation_refresh:
            refuse("JWT_REVOCATION_MAX_STALE", "at least as long as JWT_REVOCATION_REFRESH")
        return self
