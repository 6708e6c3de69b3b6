"""``app.config`` -> :class:`.AppState`: the only file that puts the rooms together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask

from .all_settings import SETTINGS
from .app_state import AppState, Extension, ResponseStep
from .authentication.authenticator import Authenticator
from .authentication.cookies import Cookies
from .authentication.csrf import CSRFTokens, check_sender
from .authentication.errors import EntryPoint
from .authentication.origins import allow_origin
from .authentication.rendered_errors import RenderedErrors
from .authentication.settings import (
    BrowserRoutes,
    BrowserSettings,
    HeaderSettings,
    ResourceRoute,
)
from .authentication.sources import (
    CookieSource,
    CredentialSource,
    HeaderSource,
    HookSource,
    JSONSource,
    QuerySource,
)
from .core.cache import TokenCache
from .core.claims import ClaimsPolicy
from .errors import ConfigurationError, refuse
from .issuers.events import IssuerEvents
from .issuers.opening import Opening
from .issuers.options import read_options
from .issuers.settings import IssuerSettings
from .issuers.table import IssuerTable, OwnTokens
from .keys.provider import KeyProvider
from .keys.ring_from_config import KeyConfig
from .keys.secret_rules import KeyRule, derivation_secrets
from .keys.settings import DerivationSettings, KeySettings, VerifierSettings
from .route_config import RouteConfig, check_of
from .sessions.circuit_breaker import CircuitBreaker
from .sessions.models import MAX_LEEWAY, Lifetimes, SessionStore
from .sessions.revocations import RevocationCache
from .sessions.service import SessionService
from .sessions.settings import SessionSettings
from .settings.declare import Config, Settings
from .settings.unknown import unknown_keys
from .signals import send
from .throttle.counts import open_counts
from .throttle.settings import ThrottleSettings
from .throttle.throttle import Throttle
from .tokens.access_tokens import issue_token
from .tokens.session_tokens import issue_session
from .tokens.settings import TokenSettings


class StateBuilder:
    """Makes the state of an application; another vocabulary replaces some of its parts."""

    def build(
        self, extension: Extension, app: Flask, warnings: list[str], faults: list[str]
    ) -> AppState:
        """Make the state of an application of its configuration.

        ``warnings`` takes lines for the log, ``faults`` those of errors without effect.
        """
        route_config = extension.route_configs.get(app)
        if route_config is None:
            raise ConfigurationError("init_app was not called with this application")
        config, clock = extension.config_of(app), extension.clock
        settings = self.settings(app, route_config, config, warnings, faults)
        store = route_config.store(app.instance_path, clock)
        key_settings = settings[KeySettings]
        tokens, limits = settings[TokenSettings], settings[VerifierSettings]
        allow_weak = bool(config["DEBUG"] or config["TESTING"]) or key_settings.allow_insecure_keys
        has_cookies = "cookies" in settings[BrowserRoutes].token_location
        is_throttled = settings[ThrottleSettings].throttle
        if is_throttled is None:
            is_throttled = extension.users is not None
        secrets: tuple[bytes, ...] = ()
        if has_cookies or store is not None or is_throttled:
            rule = KeyRule(warnings, allow_weak=allow_weak)
            secrets = derivation_secrets(config, settings[DerivationSettings], key_settings, rule)
        throttle = None
        if is_throttled:
            throttle = _build_throttle(settings, secrets, extension, app.logger)
        cookies = None
        if has_cookies:
            cookies = Cookies(settings, CSRFTokens(secrets, sessions=store is not None))
        sessions = None
        if store is not None:
            forget = None if throttle is None else throttle.forget_devices
            sessions = _build_sessions(
                store,
                settings,
                secrets,
                extension,
                app.logger,
                forget,
                self.former_lifetime(settings),
            )
        policy = self.policy(settings)
        # Tokens of all issuers share it, so that its bound holds for all of them together.
        cache = TokenCache(limits.cache_tokens)
        key_file = config.get("JWT_KEY_FILE")
        keys = self.keys(
            extension,
            settings,
            self.key_config(settings, config, allow_weak=allow_weak),
            None if key_file is None else Path(app.instance_path, key_file),
            policy,
            app.logger,
            cache,
            allow_weak=allow_weak,
        )
        own = OwnTokens(
            keys.verify,
            tokens.issuer,
            lambda: sessions is not None or extension.has_users,
            lambda token: sessions is not None and sessions.has_made(token),
        )
        issuers = _build_issuers(own, cache, settings, extension, app)
        authenticator = self.authenticator(extension, settings, keys, issuers, cookies, sessions)
        return AppState(
            extension=extension,
            logger=app.logger,
            settings=settings,
            clock=clock,
            policy=policy,
            keys=keys,
            issuers=issuers,
            authenticator=authenticator,
            entry_point=EntryPoint(settings[HeaderSettings], settings[ResourceRoute].metadata_url),
            cookies=cookies,
            sessions=sessions,
            throttle=throttle,
            rendered_errors=RenderedErrors(),
            issue_tokens=issue_token if sessions is None else issue_session,
            token_lifetime=self.token_lifetime(settings),
            revisit=self.revisit(extension, app, route_config),
            response_steps=_response_steps(authenticator, cookies),
        )

    def settings(
        self,
        app: Flask,
        route_config: RouteConfig,
        config: dict[str, Any],
        warnings: list[str],
        faults: list[str],
    ) -> Settings:
        """Read the settings."""
        warnings.extend(self.unknown_keys(app.config))
        return route_config.read(config, warnings, faults)

    def unknown_keys(self, config: Config) -> Iterator[str]:
        """Yield what the log says of keys that have no effect."""
        return unknown_keys(config, SETTINGS)

    def former_lifetime(self, settings: Settings) -> float:
        """Return for how many seconds tokens are good that were made before there were sessions."""
        return settings[TokenSettings].expiration

    def policy(self, settings: Settings) -> ClaimsPolicy:
        """Return what is required of claims."""
        tokens = settings[TokenSettings]
        return ClaimsPolicy(
            leeway=tokens.leeway,
            required=(*tokens.required_claims, *tokens.claims_of_profile),
            issuer=tokens.issuer,
            audience=tokens.audience,
        )

    def token_lifetime(self, settings: Settings) -> float:
        """Return how long the longest-lived of the application's tokens lives, in seconds."""
        return settings[TokenSettings].expiration

    def key_config(
        self, settings: Settings, config: Config, *, allow_weak: bool
    ) -> Callable[[], KeyConfig]:
        """Return what reads where the keys come from."""
        return partial(KeyConfig, config, settings[KeySettings], allow_weak=allow_weak)

    def keys(
        self,
        extension: Extension,
        settings: Settings,
        source: Callable[[], KeyConfig],
        path: Path | None,
        policy: ClaimsPolicy,
        logger: logging.Logger,
        cache: TokenCache,
        *,
        allow_weak: bool,  # noqa: ARG002
    ) -> KeyProvider:
        """Return what holds the keys in use."""
        return KeyProvider(
            source,
            path,
            settings[VerifierSettings],
            policy,
            extension.clock,
            logger,
            cache,
            is_rfc9068=settings[TokenSettings].profile is not None,
        )

    def authenticator(
        self,
        extension: Extension,
        settings: Settings,
        keys: KeyProvider,
        issuers: IssuerTable,
        cookies: Cookies | None,
        sessions: SessionService | None,
    ) -> Authenticator:
        """Return what finds out who sent a request."""
        return _build_authenticator(extension, settings, keys, issuers, cookies, sessions)

    def revisit(
        self,
        extension: Extension,  # noqa: ARG002
        app: Flask,
        route_config: RouteConfig,
    ) -> Callable[[], AppState | None] | None:
        """Return what is asked at each use whether the configuration has changed."""
        return check_of(app, route_config) if app.config["TESTING"] else None


def _build_issuers(
    own: OwnTokens,
    cache: TokenCache,
    settings: Settings,
    extension: Extension,
    app: Flask,
) -> IssuerTable:
    tokens, limits = settings[TokenSettings], settings[VerifierSettings]
    resource = settings[ResourceRoute].resource
    events, folder = IssuerEvents(app), Path(app.instance_path)
    read = partial(
        read_options,
        default_audience=() if resource is None else (resource,),
        default_leeway=tokens.leeway,
        default_roles=limits.roles_claim,
        folder=folder,
    )
    most = limits.max_token_bytes
    opening = Opening(extension.fetch, cache, extension.clock, most, events, folder)
    issuers = IssuerTable(
        lambda issuer, options: opening.row(read(issuer, options)), own, cache, most
    )
    trusted = {**settings[IssuerSettings].trusted, **extension.trusted_issuers}
    for issuer, options in trusted.items():
        issuers.add(issuers.open(issuer, options))
    return issuers


def _build_sessions(
    store: SessionStore,
    groups: Settings,
    secrets: Sequence[bytes],
    extension: Extension,
    logger: logging.Logger,
    forget_devices: Callable[[str], None] | None,
    former_lifetime: float,
) -> SessionService:
    settings, tokens = groups[SessionSettings], groups[TokenSettings]
    if tokens.leeway > MAX_LEEWAY:
        refuse("JWT_LEEWAY", f"{MAX_LEEWAY:.0f} seconds at most where there are sessions")
    breaker = CircuitBreaker(partial(logger.error, "%s"))
    revocations = RevocationCache(
        store,
        breaker,
        refresh=settings.revocation_refresh,
        max_stale=settings.revocation_max_stale,
        max_lifetime=tokens.expiration,
        former_lifetime=former_lifetime,
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
        forget_devices=forget_devices,
    )


def _build_throttle(
    settings: Settings, secrets: Sequence[bytes], extension: Extension, logger: logging.Logger
) -> Throttle:
    addresses = open_counts(settings[ThrottleSettings].storage)
    # Beside the users, where all workers find them.
    accounts = getattr(extension.users, "attempt_counts", None) or addresses
    has_directory = extension.users is not None
    return Throttle(
        accounts, addresses, secrets, extension.clock, logger, has_directory=has_directory
    )


def _build_authenticator(
    extension: Extension,
    settings: Settings,
    keys: KeyProvider,
    issuers: IssuerTable,
    cookies: Cookies | None,
    sessions: SessionService | None,
) -> Authenticator:
    locations = settings[BrowserRoutes].token_location
    header = HeaderSource(settings[HeaderSettings].schemes, is_only=locations == ("headers",))
    sources: list[CredentialSource] = [header] if "headers" in locations else []
    if "json" in locations:
        max_token_bytes = settings[VerifierSettings].max_token_bytes
        sources.append(JSONSource(settings[BrowserSettings], max_token_bytes))
    if "query_string" in locations:
        sources.append(QuerySource(settings[BrowserSettings]))
    if cookies is not None:
        sources.append(CookieSource(cookies))
    return Authenticator(
        extension,
        header,
        tuple(sources),
        (HookSource(extension, with_cookies=cookies is not None),),
        issuers.verify if issuers.rows else keys.verify,
        keys.verify_ignoring_expiry,
        has_issuers=bool(issuers.rows),
        token_checks=() if sessions is None else (sessions.check_revoked,),
        request_checks=() if cookies is None else (partial(check_sender, cookies),),
    )


def _response_steps(
    authenticator: Authenticator, cookies: Cookies | None
) -> tuple[ResponseStep, ...]:
    sources = authenticator.sources
    steps: list[ResponseStep] = [
        source.hide_address for source in sources if isinstance(source, QuerySource)
    ]
    if cookies is not None and cookies.settings.origins:
        steps.append(partial(allow_origin, cookies.settings))
    return tuple(steps)
