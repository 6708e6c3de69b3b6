"""What ``init_app`` has seen of ``app.config``, what is read later, and what came too late."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from .all_settings import ROUTE_KEYS, SETTINGS, read_settings
from .core.clock import Clock
from .errors import ConfigurationError
from .sessions.models import SessionStore
from .sessions.settings import SessionRoutes
from .settings.declare import Settings
from .stores import open_store

_DECIDING_KEYS = frozenset(key for key, setting in SETTINGS.items() if setting.decides_checks)
_RULE_KEYS = ROUTE_KEYS - _DECIDING_KEYS


@dataclass(slots=True)
class RouteConfig:
    """What ``init_app`` saw, and what has changed in ``app.config`` since."""

    #: The groups that decide a route.
    routes: Settings
    #: The keys that decide a route, as they were set.
    configured: dict[str, Any] = field(repr=False)
    #: Flask's secret, where it was copied to ``JWT_SECRET_KEY``.
    secret: Any = field(repr=False)
    #: What the log has told of: the later values of rules, and under another vocabulary all lines.
    told: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    # Made once: the sessions of a store in memory outlive a change of settings.
    _store: SessionStore | None = field(default=None, init=False, repr=False)

    @classmethod
    def of(cls, config: dict[str, Any], former: RouteConfig | None) -> RouteConfig:
        """Register an application; its secret is copied where it has none for tokens alone."""
        routes = read_settings(config, "init")
        configured = {key: config.get(key) for key in ROUTE_KEYS}
        configured |= {key: deepcopy(configured[key]) for key in _RULE_KEYS}
        secret = config.get("JWT_SECRET_KEY")
        if secret is None or (former is not None and secret == former.secret):
            secret = config["JWT_SECRET_KEY"] = config.get("SECRET_KEY")
            return cls(routes, configured, secret)
        return cls(routes, configured, None)

    def read(self, config: dict[str, Any], warnings: list[str], faults: list[str]) -> Settings:
        """Read the configuration at first use; the routes stay those of ``init_app``."""
        faults.extend(self.late_rules(config))
        registered = {key: self.configured[key] for key in _RULE_KEYS}
        configured = {**config, **registered}
        self._check_deciding(read_settings(configured, "init"))
        self.follow_secret(config)
        settings = read_settings(configured, "first use")
        for group in settings.values():
            warnings.extend(group.warnings())
        return Settings([*self.routes.values(), *settings.values()])

    def late_rules(self, config: dict[str, Any]) -> list[str]:
        """Return a line for each rule that has changed since ``init_app``, once for each value."""
        lines = []
        for key in sorted(_RULE_KEYS):
            now = config.get(key)
            if now != self.told.get(key, self.configured[key]):
                self.told[key] = deepcopy(now)
                lines.append(
                    f"app.config[{key!r}] was changed after init_app, which registered the route, "
                    "and has no effect; set it before JWT(app) or jwt.init_app(app)"
                )
        return lines

    def follow_secret(self, config: dict[str, Any]) -> None:
        """Copy Flask's secret again, where it was copied and has changed since."""
        if config.get("JWT_SECRET_KEY") == self.secret:
            self.secret = config["JWT_SECRET_KEY"] = config.get("SECRET_KEY")

    def store(self, instance_path: str, clock: Clock) -> SessionStore | None:
        """Return where sessions are kept, or None for nowhere. Nothing is connected yet."""
        configured = self.routes[SessionRoutes].session_store
        if self._store is None and configured is not None:
            is_url = isinstance(configured, str)
            self._store = open_store(configured, instance_path, clock) if is_url else configured
        return self._store

    def _check_deciding(self, now: Settings) -> None:
        for group in self.routes.values():
            for name, setting in group.declared().items():
                changed = getattr(group, name) != getattr(now[type(group)], name)
                if setting.decides_checks and changed:
                    raise _has_changed(setting.key)


def check_of(app: Flask, route_config: RouteConfig) -> Callable[[], None]:
    """Return what raises where a test has changed a key after now."""
    config, logger = app.config, app.logger
    follows = config.get("JWT_SECRET_KEY") == config.get("SECRET_KEY")
    names, known = set(config), _values_read(config, with_flasks_secret=follows)

    def check() -> None:
        nonlocal names, known
        # Two comparisons without a loop in Python: of the values, and of keys that were added.
        if known.items() <= config.items() and config.keys() == names:
            return
        for line in route_config.late_rules(config):
            logger.error("%s", line)
        now = _values_read(config, with_flasks_secret=follows)
        for key in known.keys() | now.keys():
            if known.get(key) == now.get(key) or key in _RULE_KEYS:
                continue
            if key in _DECIDING_KEYS:
                raise _has_changed(key)
            raise ConfigurationError(
                f"app.config[{key!r}] was changed after it had been read; in a test, use "
                f"flask_jwt.testing.settings(app, {key}=…)"
            )
        names, known = set(config), now

    return check


def _values_read(config: dict[str, Any], *, with_flasks_secret: bool) -> dict[str, Any]:
    values = {key: value for key, value in config.items() if key.startswith("JWT_")}
    if with_flasks_secret:
        values["SECRET_KEY"] = config.get("SECRET_KEY")
    return values


def _has_changed(key: str) -> ConfigurationError:
    return ConfigurationError(
        f"app.config[{key!r}] has changed since init_app, which registered the route; "
        "set it before JWT(app) or jwt.init_app(app)"
    )
