"""``app.config`` -> :class:`.AppState`: the only file that puts the rooms together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Config, Flask

from .all_settings import ROUTE_KEYS, SETTINGS, read_settings
from .authentication.authenticator import Authenticator
from .authentication.cookies import Cookies
from .authentication.csrf import CSRFTokens, check_sender
from .authentication.error_responses import ErrorResponses
from .authentication.errors import EntryPoint
from .authentication.origins import allow_origin
from .authentication.settings import BrowserRoutes, BrowserSettings, HeaderSettings
from .authentication.sources import (
    CookieSource,
    CredentialSource,
    HeaderSource,
    HookSource,
    JSONSource,
    QuerySource,
)
from .core.claims import ClaimsPolicy
from .core.clock import Clock
from .current import AppState, Extension, ResponseStep
from .errors import ConfigurationError, refuse
from .keys.config import KeyConfig
from .keys.key_file import key_file_path
from .keys.provider import KeyProvider
from .keys.secrets import KeyRule, derivation_secrets
from .keys.settings import DerivationSettings, KeySettings, VerifierSettings
from .sessions.circuit_breaker import CircuitBreaker
from .sessions.models import MAX_LEEWAY, Lifetimes, SessionStore
from .sessions.revocations import RevocationCache
from .sessions.service import SessionService
from .sessions.settings import SessionRoutes, SessionSettings
from .settings.declare import Settings
from .settings.unknown import unknown_keys
from .signals import send
from .stores import open_store
from .tokens.settings import TokenSettings

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
    #: The later values of rules that the log has told of.
    told: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    # One for the life of the application: what is in memory outlives a change of settings.
    _store: SessionStore | None = field(default=None, init=False, repr=False)

    @classmethod
    def of(cls, app: Flask, former: RouteConfig | None) -> RouteConfig:
        """Register an application; its secret is copied where it has none for tokens alone."""
        routes = read_settings(app.config, "init")
        configured = {key: app.config.get(key) for key in ROUTE_KEYS}
        configured |= {key: deepcopy(configured[key]) for key in _RULE_KEYS}
        secret = app.config.get("JWT_SECRET_KEY")
        if secret is None or (former is not None and secret == former.secret):
            secret = app.config["JWT_SECRET_KEY"] = app.config.get("SECRET_KEY")
            return cls(routes, configured, secret)
        return cls(routes, configured, None)

    def read(self, config: Config, warnings: list[str], faults: list[str]) -> Settings:
        """Read the configuration at first use; the routes stay those of ``init_app``."""
        faults.extend(self.late_rules(config))
        registered = {key: self.configured[key] for key in _RULE_KEYS}
        configured = {**config, **registered}
        self._check_deciding(read_settings(configured, "init"))
        self.follow_secret(config)
        warnings.extend(unknown_keys(config, SETTINGS))
        settings = read_settings(configured, "first use")
        for group in settings.values():
            warnings.extend(group.warnings())
        return Settings([*self.routes.values(), *settings.values()])

    def late_rules(self, config: Config) -> list[str]:
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

    def follow_secret(self, config: Config) -> None:
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


def build_state(
    extension: Extension, app: Flask, warnings: list[str], faults: list[str]
) -> AppState:
    """Make the state of an application of its configuration.

    ``warnings`` takes lines for the log, ``faults`` those of errors without effect.
    """
    route_config = extension.route_configs.get(app)
    if route_config is None:
        raise ConfigurationError("init_app was not called with this application")
    config, clock = app.config, extension.clock
    settings = route_config.read(config, warnings, faults)
    store = route_config.store(app.instance_path, clock)
    key_settings = settings[KeySettings]
    tokens, limits = settings[TokenSettings], settings[VerifierSettings]
    allow_weak = bool(config["DEBUG"] or config["TESTING"]) or key_settings.allow_insecure_keys
    session_settings = settings.get(SessionSettings)
    secrets: tuple[bytes, ...] = ()
    derivation = settings.get(DerivationSettings)
    if derivation is not None:
        rule = KeyRule(warnings, allow_weak=allow_weak)
        secrets = derivation_secrets(config, derivation, key_settings, rule)
    cookies = None
    if "cookies" in settings[BrowserRoutes].token_location:
        cookies = Cookies(settings, CSRFTokens(secrets, sessions=store is not None))
    sessions = None
    if store is not None and session_settings is not None:
        sessions = _build_sessions(store, session_settings, tokens, secrets, extension, app.logger)
    policy = ClaimsPolicy(
        leeway=tokens.leeway,
        required=tokens.required_claims,
        issuer=tokens.issuer,
        audience=tokens.audience,
    )
    key_file = config.get("JWT_KEY_FILE")
    keys = KeyProvider(
        partial(KeyConfig, config, key_settings, allow_weak=allow_weak),
        None if key_file is None else key_file_path(app.instance_path, key_file),
        limits,
        policy,
        clock,
        app.logger,
    )
    return AppState(
        extension=extension,
        logger=app.logger,
        settings=settings,
        clock=clock,
        policy=policy,
        keys=keys,
        authenticator=_build_authenticator(extension, settings, keys, cookies, sessions),
        entry_point=EntryPoint(settings[HeaderSettings]),
        cookies=cookies,
        sessions=sessions,
        error_responses=ErrorResponses(),
        check_unchanged=_check_of(app, route_config) if config["TESTING"] else None,
        response_steps=_response_steps(settings, cookies),
    )


def _build_sessions(
    store: SessionStore,
    settings: SessionSettings,
    tokens: TokenSettings,
    secrets: Sequence[bytes],
    extension: Extension,
    logger: logging.Logger,
) -> SessionService:
    if tokens.leeway > MAX_LEEWAY:
        refuse("JWT_LEEWAY", f"{MAX_LEEWAY:.0f} seconds at most where there are sessions")
    breaker = CircuitBreaker(partial(logger.error, "%s"))
    revocations = RevocationCache(
        store,
        breaker,
        refresh=settings.revocation_refresh,
        max_stale=settings.revocation_max_stale,
        max_lifetime=tokens.expiration,
        user_of=extension.named_in,
        clock=extension.clock,
        warn=partial(logger.warning, "%s"),
    )
    lifetimes = Lifetimes(
        access=tokens.expiration,
        idle=settings.idle,
        absolute=settings.lifetime,
        short_lived=settings.short_lifetime,
        grace=settings.grace,
    )
    return SessionService(
        store,
        breaker,
        revocations,
        lifetimes,
        extension.clock,
        secrets=secrets,
        per_user=settings.per_user,
        user_of=extension.named_in,
        on_event=send,
    )


def _build_authenticator(
    extension: Extension,
    settings: Settings,
    keys: KeyProvider,
    cookies: Cookies | None,
    sessions: SessionService | None,
) -> Authenticator:
    locations = settings[BrowserRoutes].token_location
    header = HeaderSource(settings[HeaderSettings].schemes, is_only=locations == ("headers",))
    sources: list[CredentialSource] = [header] if "headers" in locations else []
    browser_settings = settings.get(BrowserSettings)
    if browser_settings is not None and "json" in locations:
        sources.append(JSONSource(browser_settings, settings[VerifierSettings].max_token_bytes))
    if browser_settings is not None and "query_string" in locations:
        sources.append(QuerySource(browser_settings))
    if cookies is not None:
        sources.append(CookieSource(cookies))
    return Authenticator(
        extension,
        header,
        sources,
        [HookSource(extension, with_cookies=cookies is not None)],
        verify=keys.verify,
        verify_ignoring_expiry=keys.verify_ignoring_expiry,
        token_checks=[] if sessions is None else [sessions.check_revoked],
        request_checks=[] if cookies is None else [partial(check_sender, cookies)],
    )


def _response_steps(settings: Settings, cookies: Cookies | None) -> tuple[ResponseStep, ...]:
    steps: list[ResponseStep] = []
    browser_settings = settings.get(BrowserSettings)
    if browser_settings is not None and "query_string" in settings[BrowserRoutes].token_location:
        steps.append(QuerySource(browser_settings).hide_address)
    if cookies is not None and cookies.settings.origins:
        steps.append(partial(allow_origin, cookies.settings))
    return tuple(steps)


def _check_of(app: Flask, route_config: RouteConfig) -> Callable[[], None]:
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


def _values_read(config: Config, *, with_flasks_secret: bool) -> dict[str, Any]:
    values = {key: value for key, value in config.items() if key.startswith("JWT_")}
    if with_flasks_secret:
        values["SECRET_KEY"] = config.get("SECRET_KEY")
    return values


def _has_changed(key: str) -> ConfigurationError:
    return ConfigurationError(
        f"app.config[{key!r}] has changed since init_app, which registered the route; "
        "set it before JWT(app) or jwt.init_app(app)"
    )
