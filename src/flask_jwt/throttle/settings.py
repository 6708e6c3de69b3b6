"""The settings of the throttle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..settings.declare import Group, Unfit, setting
from ..settings.types import parse_flag


def _storage(value: Any) -> str:
    if not isinstance(value, str) or "://" not in value:
        raise Unfit
    return value.strip()


def _kind(url: str) -> str:
    # Any other part of the URL may hold a password.
    return f"{url.partition(':')[0]}:…"


@dataclass(frozen=True, slots=True)
class ThrottleSettings(Group):
    """How often a sign-in may fail."""

    title = "Users"

    throttle: bool | None = setting("JWT_THROTTLE", None, parse_flag, "True, False or None")
    """whether failed sign-ins are [counted, and have to wait](users.md#the-throttle). None is True
    with `JWT(…, users=…)`, and False without"""
    # Its URL may hold a password.
    storage: str = setting(
        "JWT_THROTTLE_STORAGE",
        "memory://",
        _storage,
        "a URL, such as redis://127.0.0.1:6379",
        secret=True,
        show=_kind,
    )
    """where they are counted by address, and by account too where there is no table for it:
    `memory://`, which each worker has to itself, or `redis://…`, which all share"""
