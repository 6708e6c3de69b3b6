"""``app.config`` -> :class:`.AppState`: the only file that puts the rooms together."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Config, Flask

from .authentication.errors import Answers
from .authentication.sources import places_of
from .core.claims import ClaimsPolicy
from .core.clock import Clock
from .current import AppState, Extension
from .errors import ConfigurationError
from .keys.config import KeySource, derivation_secrets
from .keys.key_file import key_file_path
from .keys.provider import KeysInUse
from .routeconfig import RouteSettings
from .sessionconfig import SessionSettings
from .sessions.models import SessionStore
from .sessions.service import SessionsInUse
from .settings import DECIDING_KEYS, RULE_KEYS, Notes, Settings
from .stores import open_store
from .unknownkeys import check_unknown_keys


@dataclass(slots=True)
class RouteConfig:
    """What ``init_app`` saw.

    :param routes: the keys that decide a route.
    :param rules: those of them that say what a route is, as they were set.
    :param secret: Flask's secret, where it was copied to ``JWT_SECRET_KEY``.
    """

    routes: RouteSettings
    rules: dict[str, Any] = field(repr=False)
    secret: Any = field(repr=False)
    #: The keys of rules that the log has told of.
    told: set[str] = field(default_factory=set, init=False)
    # One for the life of the application: what is in memory outlives a change of settings.
    _store: SessionStore | None = field(default=None, init=False, repr=False)

    def apply(self, config: Config, faults: Notes) -> None:
        """Bring the configuration of first use in line with that of ``init_app``."""
        faults.extend(self.changed_rules(config))
        routes = RouteSettings.read({**config, **self.rules})
        for key in DECIDING_KEYS:
            name = key.removeprefix("JWT_").lower()
            if getattr(routes, name) != getattr(self.routes, name):
                raise _route_has_changed(key)
        self.follow_secret(config)

    def changed_rules(self, config: Config) -> Notes:
        """Return a line for each rule that has changed since ``init_app``, once for each key."""
        changed = [key for key, value in self.rules.items() if config.get(key) != value]
        new = [key for key in changed if key not in self.told]
        self.told.update(new)
        return [_rule_has_changed(key) for key in new]

    def follow_secret(self, config: Config) -> None:
        """Copy Flask's secret again, where it was copied and has changed since."""
        if config.get("JWT_SECRET_KEY") == self.secret:
            self.secret = config["JWT_SECRET_KEY"] = config.get("SECRET_KEY")

    def store(self, instance_path: str, clock: Clock) -> SessionStore | None:
        """Return where sessions are kept, or None for nowhere. Nothing is connected yet."""
        configured = self.routes.session_store
        if self._store is None and configured is not None:
            is_url = isinstance(configured, str)
            self._store = open_store(configured, instance_path, clock) if is_url else configured
        return self._store

    @classmethod
    def of(cls, app: Flask, former: RouteConfig | None) -> RouteConfig:
        """Register an application; its secret is copied where it has none for tokens alone."""
        routes = RouteSettings.read(app.config)
        rules = {key: deepcopy(app.config.get(key)) for key in RULE_KEYS}
        secret = app.config.get("JWT_SECRET_KEY")
        if secret is None or (former is not None and secret == former.secret):
            secret = app.config["JWT_SECRET_KEY"] = app.config.get("SECRET_KEY")
            return cls(routes, rules, secret)
        return cls(routes, rules, None)


def build_state(extension: Extension, app: Flask, notes: Notes, faults: Notes) -> AppState:
    """Make the state of an application of its configuration.

    ``notes`` takes warnings, ``faults`` what is an error without effect.
    """
    route_config = extension.route_configs.get(app)
    if route_config is None:
        raise ConfigurationError("init_app was not called with this application")
    config, clock = app.config, extension.clock
    route_config.apply(config, faults)
    routes = route_config.routes
    store = route_config.store(app.instance_path, clock)
    check_unknown_keys(config, notes)
    settings = Settings.read(config, notes)
    lower = frozenset(scheme.lower() for scheme in settings.schemes)
    development = bool(config["DEBUG"] or config["TESTING"])
    allow_weak = development or settings.allow_insecure_keys
    places = places_of(
        config,
        routes,
        partial(derivation_secrets, config, notes, allow_weak=allow_weak),
        settings.max_token_bytes,
    )
    sessions = None
    if store is not None:
        sessions = SessionsInUse(
            store,
            settings,
            SessionSettings.read(config, notes, allow_weak=allow_weak),
            extension.named_in,
            clock,
            app.logger,
        )
    policy = ClaimsPolicy(
        leeway=settings.leeway,
        required=settings.required_claims,
        issuer=settings.issuer,
        audience=settings.audience,
    )
    key_file = config.get("JWT_KEY_FILE")
    keys = KeysInUse(
        partial(KeySource, config, settings, development=development),
        None if key_file is None else key_file_path(app.instance_path, key_file),
        settings,
        policy,
        clock,
        app.logger,
    )
    return AppState(
        extension=extension,
        logger=app.logger,
        settings=settings,
        schemes=lower,
        spellings=lower.union(settings.schemes, (scheme.title() for scheme in settings.schemes)),
        clock=clock,
        policy=policy,
        keys=keys,
        places=places,
        cookies=None if places is None else places.cookies,
        sessions=sessions,
        answers=Answers(),
        check_unchanged=_check_of(app) if config["TESTING"] else None,
    )


def _check_of(app: Flask) -> Callable[[], None]:
    """Return what raises where a test has changed a key after now."""
    config, logger = app.config, app.logger
    follows = config.get("JWT_SECRET_KEY") == config.get("SECRET_KEY")
    then = _values_read(config, with_flasks_secret=follows)

    def check() -> None:
        now = _values_read(config, with_flasks_secret=follows)
        for key in then.keys() | now.keys():
            if then.get(key) == now.get(key):
                continue
            if key in RULE_KEYS:
                # So late a rule had no effect in 0.3.2 either.
                then[key] = now.get(key)
                logger.error("%s", _rule_has_changed(key))
                continue
            if key in DECIDING_KEYS:
                raise _route_has_changed(key)
            raise ConfigurationError(
                f"app.config[{key!r}] was changed after it had been read; in a test, use "
                f"flask_jwt.testing.settings(app, {key}=…)"
            )

    return check


def _values_read(config: Config, *, with_flasks_secret: bool) -> dict[str, Any]:
    values = {key: value for key, value in config.items() if key.startswith("JWT_")}
    if with_flasks_secret:
        values["SECRET_KEY"] = config.get("SECRET_KEY")
    return values


def _rule_has_changed(key: str) -> str:
    return (
        f"app.config[{key!r}] was changed after init_app, which registered the route, and has no "
        "effect; set it before JWT(app) or jwt.init_app(app)"
    )


def _route_has_changed(key: str) -> ConfigurationError:
    return ConfigurationError(
        f"app.config[{key!r}] has changed since init_app, which registered the route; "
        "set it before JWT(app) or jwt.init_app(app)"
    )
