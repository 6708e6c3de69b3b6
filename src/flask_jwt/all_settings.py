"""Every setting there is. A capability with settings of its own is one more group here."""

from __future__ import annotations

from typing import Any

from .authentication.settings import (
    BrowserRoutes,
    BrowserSettings,
    HeaderSettings,
    ResourceRoute,
)
from .authorization.settings import AuthorizationSettings
from .endpoints.settings import AllRoutes, SignInRoute, SignInSettings, UserRoutes
from .issuers.settings import IssuerSettings
from .keys.settings import DerivationSettings, KeyMaterial, KeyRoutes, KeySettings, VerifierSettings
from .sessions.settings import SessionRoutes, SessionSettings
from .settings.declare import Config, Group, Moment, Setting, Settings
from .throttle.settings import ThrottleSettings
from .tokens.settings import TokenSettings

#: The groups, in the order in which the documentation has them.
GROUPS: tuple[type[Group], ...] = (
    KeyMaterial,
    KeySettings,
    KeyRoutes,
    TokenSettings,
    VerifierSettings,
    HeaderSettings,
    ResourceRoute,
    IssuerSettings,
    AuthorizationSettings,
    AllRoutes,
    SignInRoute,
    SignInSettings,
    UserRoutes,
    ThrottleSettings,
    SessionRoutes,
    DerivationSettings,
    SessionSettings,
    BrowserRoutes,
    BrowserSettings,
)
#: The settings by their keys.
SETTINGS: dict[str, Setting] = {
    setting.key: setting for group in GROUPS for setting in group.declared().values()
}
#: Every key with its default; ``init_app`` puts those that are not set into ``app.config``.
CONFIG_DEFAULTS: dict[str, Any] = {
    key: setting.default for key, setting in SETTINGS.items() if setting.copied_from is None
}
#: The keys that are read in ``init_app``.
ROUTE_KEYS = frozenset(
    setting.key
    for group in GROUPS
    if group.moment == "init"
    for setting in group.declared().values()
)


def read_settings(config: Config, moment: Moment) -> Settings:
    """Read the groups of one moment whose capabilities are switched on."""
    used = (group for group in GROUPS if group.moment == moment and group.is_used(config))
    return Settings(group.read(config) for group in used)
