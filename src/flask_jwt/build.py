"""``app.config`` -> :class:`.AppState`: the only file that puts the rooms together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path

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
from .route_config import check_of
from .sessions.circuit_breaker import CircuitBreaker
from .sessions.models import MAX_LEEWAY, Lifetimes, SessionStore
from .sessions.revocations import RevocationCache
from .sessions.service import SessionService
from .sessions.settings import SessionSettings
from .settings.declare import Settings
from .settings.unknown import unknown_keys
from .signals import send
from .throttle.counts import open_counts
from .throttle.settings import ThrottleSettings
from .throttle.throttle import Throttle
from .tokens.access_tokens import issue_token
from .tokens.session_tokens import issue_session
from .tokens.settings import TokenSettings


class StateBuilder:
    """Makes the state of an application of its configuration, each part when it is asked for.

    Another vocabulary replaces some of the parts.
    """

    def __init__(
        self, extension: Extension, app: Flask, warnings: list[str], faults: list[str]
    ) -> None:
        route_config = extension.route_configs.get(app)
        if route_config is None:
            raise ConfigurationError("init_app was not called with this application")
        self.extension, self.app, self.route_config = extension, app, route_config
        self.logger = app.logger
        self.config = extension.config_of(app)
        #: Takes lines for the log; ``faults`` takes those of errors without effect.
        self.warnings = warnings
        self.settings = self.read_settings(faults)

    @classmethod
    def build(
        cls, extension: Extension, app: Flask, warnings: list[str], faults: list[str]
    ) -> AppState:
        """Make the state of an application of its configuration."""
        return cls(extension, app, warnings, faults).state()

    def state(self) -> AppState:
        """Put the parts together."""
        settings = self.settings
        return AppState(
            extension=self.extension,
            logger=self.logger,
            settings=settings,
            clock=self.extension.clock,
            throttle=self.throttle,
            cookies=self.cookies,
            sessions=self.sessions,
            policy=self.policy,
            keys=self.keys,
            issuers=self.issuers,
            authenticator=self.authenticator,
            entry_point=EntryPoint(settings[HeaderSettings], settings[ResourceRoute].metadata_url),
            rendered_errors=RenderedErrors(),
            issue_tokens=issue_token if self.sessions is None else issue_session,
            token_lifetime=self.token_lifetime(),
            revisit=self.revisit(),
            response_steps=_response_steps(self.authenticator, self.cookies),
        )

    def read_settings(self, faults: list[str]) -> Settings:
        """Read the settings."""
        self.warnings.extend(self.unknown_keys())
        return self.route_config.read(self.config, self.warnings, faults)

    def unknown_keys(self) -> Iterator[str]:
        """Yield what the log says of keys that have no effect."""
        return unknown_keys(self.app.config, SETTINGS)

    def token_lifetime(self) -> float:
        """Return how long the longest-lived of the application's tokens lives, in seconds."""
        return self.settings[TokenSettings].expiration

    def former_lifetime(self) -> float:
        """Return for how many seconds tokens are good that were made before there were sessions."""
        return self.settings[TokenSettings].expiration

    def revisit(self) -> Callable[[], AppState | None] | None:
        """Return what is asked at each use whether the configuration has changed."""
        return check_of(self.app, self.route_config) if self.config["TESTING"] else None

    @cached_property
    def policy(self) -> ClaimsPolicy:
        """What is required of claims."""
        tokens = self.settings[TokenSettings]
        return ClaimsPolicy(
            leeway=tokens.leeway,
            required=(*tokens.required_claims, *tokens.claims_of_profile),
            issuer=tokens.issuer,
            audience=tokens.audience,
        )

    @cached_property
    def allow_weak(self) -> bool:
        """Whether secrets may be too short for production."""
        is_tried_out = bool(self.config["DEBUG"] or self.config["TESTING"])
        return is_tried_out or self.settings[KeySettings].allow_insecure_keys

    @cached_property
    def keys(self) -> KeyProvider:
        """What holds the keys in use."""
        name = self.config.get("JWT_KEY_FILE")
        return self.key_provider()(
            self.key_config(),
            None if name is None else Path(self.app.instance_path, name),
            self.settings[VerifierSettings],
            self.policy,
            self.extension.clock,
            self.logger,
            self._cache,
        )

    def key_config(self) -> Callable[[], KeyConfig]:
        """Return what reads where the keys come from."""
        return partial(
            KeyConfig, self.config, self.settings[KeySettings], allow_weak=self.allow_weak
        )

    def key_provider(self) -> Callable[..., KeyProvider]:
        """Return what makes :attr:`keys` of what every vocabulary has."""
        return partial(KeyProvider, is_rfc9068=self.settings[TokenSettings].profile is not None)

    @cached_property
    def authenticator(self) -> Authenticator:
        """What finds out who sent a request."""
        settings, cookies, sessions = self.settings, self.cookies, self.sessions
        locations = settings[BrowserRoutes].token_location
        header = HeaderSource(settings[HeaderSettings].schemes, is_only=locations == ("headers",))
        sources: list[CredentialSource] = [header] if "headers" in locations else []
        if "json" in locations:
            max_token_bytes = settings[VerifierSettings].max_token_bytes
            sources.append(JSONSource(settings[BrowserSettings].json_key, max_token_bytes))
        if "query_string" in locations:
            sources.append(QuerySource(settings[BrowserSettings]))
        if cookies is not None:
            sources.append(CookieSource(cookies))
        return Authenticator(
            self.extension,
            header,
            tuple(sources),
            (HookSource(self.extension, with_cookies=cookies is not None),),
            self.issuers.verify if self.issuers.rows else self.keys.verify,
            self.keys.verify_ignoring_expiry,
            has_issuers=bool(self.issuers.rows),
            token_checks=() if sessions is None else (sessions.check_revoked,),
            request_checks=() if cookies is None else (partial(check_sender, cookies),),
        )

    @cached_property
    def cookies(self) -> Cookies | None:
        """The cookies with tokens, where there are any."""
        if not self._has_cookies:
            return None
        return Cookies(self.settings, CSRFTokens(self._secrets, sessions=self._store is not None))

    @cached_property
    def throttle(self) -> Throttle | None:
        """What counts failed sign-ins, where they are counted."""
        if not self._is_throttled:
            return None
        users = self.extension.users
        addresses = open_counts(self.settings[ThrottleSettings].storage)
        return Throttle(
            # Beside the users, where all workers find them.
            getattr(users, "attempt_counts", None) or addresses,
            addresses,
            self._secrets,
            self.extension.clock,
            self.logger,
            has_directory=users is not None,
        )

    @cached_property
    def sessions(self) -> SessionService | None:
        """The sessions, where there is a store for them."""
        if self._store is None:
            return None
        extension, settings = self.extension, self.settings[SessionSettings]
        tokens, throttle = self.settings[TokenSettings], self.throttle
        if tokens.leeway > MAX_LEEWAY:
            refuse("JWT_LEEWAY", f"{MAX_LEEWAY:.0f} seconds at most where there are sessions")
        breaker = CircuitBreaker(partial(self.logger.error, "%s"))
        revocations = RevocationCache(
            self._store,
            breaker,
            refresh=settings.revocation_refresh,
            max_stale=settings.revocation_max_stale,
            max_lifetime=tokens.expiration,
            former_lifetime=self.former_lifetime(),
            user_of=extension.named_in,
            clock=extension.clock,
            warn=partial(self.logger.warning, "%s"),
        )
        lifetimes = Lifetimes(
            access=tokens.expiration,
            idle=settings.idle,
            absolute=settings.lifetime,
            short_lived=settings.short_lifetime,
            grace=settings.grace,
        )
        return SessionService(
            self._store,
            breaker,
            revocations,
            lifetimes,
            extension.clock,
            secrets=self._secrets,
            per_user=settings.per_user,
            user_of=extension.named_in,
            on_event=send,
            forget_devices=None if throttle is None else throttle.forget_devices,
        )

    @cached_property
    def issuers(self) -> IssuerTable:
        """The issuers whose tokens are accepted."""
        extension, tokens = self.extension, self.settings[TokenSettings]
        limits, resource = self.settings[VerifierSettings], self.settings[ResourceRoute].resource
        events, folder = IssuerEvents(self.app), Path(self.app.instance_path)
        read = partial(
            read_options,
            default_audience=() if resource is None else (resource,),
            default_leeway=tokens.leeway,
            default_roles=limits.roles_claim,
            folder=folder,
        )
        most = limits.max_token_bytes
        opening = Opening(extension.fetch, self._cache, extension.clock, most, events, folder)
        issuers = IssuerTable(
            lambda issuer, options: opening.row(read(issuer, options)),
            self._own_tokens(),
            self._cache,
            most,
        )
        trusted = {**self.settings[IssuerSettings].trusted, **extension.trusted_issuers}
        for issuer, options in trusted.items():
            issuers.add(issuers.open(issuer, options))
        return issuers

    def _own_tokens(self) -> OwnTokens:
        extension, sessions = self.extension, self.sessions
        return OwnTokens(
            self.keys.verify,
            self.settings[TokenSettings].issuer,
            lambda: sessions is not None or extension.has_users,
            lambda token: sessions is not None and sessions.has_made(token),
        )

    @cached_property
    def _cache(self) -> TokenCache:
        """Tokens of all issuers share it, so that its bound holds for all of them together."""
        return TokenCache(self.settings[VerifierSettings].cache_tokens)

    @cached_property
    def _store(self) -> SessionStore | None:
        return self.route_config.store(self.app.instance_path, self.extension.clock)

    @cached_property
    def _has_cookies(self) -> bool:
        return "cookies" in self.settings[BrowserRoutes].token_location

    @cached_property
    def _is_throttled(self) -> bool:
        is_throttled = self.settings[ThrottleSettings].throttle
        return self.extension.users is not None if is_throttled is None else is_throttled

    @cached_property
    def _secrets(self) -> Sequence[bytes]:
        """What secrets for other purposes than tokens are derived from."""
        rule = KeyRule(self.warnings, allow_weak=self.allow_weak)
        derivation, keys = self.settings[DerivationSettings], self.settings[KeySettings]
        return derivation_secrets(self.config, derivation, keys, rule)


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
