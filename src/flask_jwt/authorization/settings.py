"""The setting of default deny."""

from __future__ import annotations

from dataclasses import dataclass

from ..settings.declare import Group
from ..settings.types import flag


@dataclass(frozen=True, slots=True)
class AuthorizationSettings(Group):
    """Which views need a token."""

    title = "Authorization"

    protect_all: bool = flag("JWT_PROTECT_ALL", False)
    """whether [each view without a guard](authorization.md#default-deny) needs a token, but those
    that are declared open; read at the first request"""
