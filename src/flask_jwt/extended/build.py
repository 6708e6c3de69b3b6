"""``app.config`` in the keys of Flask-JWT-Extended -> the state of an application."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, request_finished

from ..all_settings import SETTINGS
from ..app_state import AppState, Extension, current_application
from ..authentication.authenticator import Authenticator
from ..authentication.cookies import Cookies
from ..authentication.sources import HookSource
from ..build import StateBuilder
from ..core.cache import TokenCache
from ..core.claims import ClaimsPolicy
from ..issuers.table import IssuerTable
from ..keys.provider import KeyProvider
from ..keys.ring_from_config import KeyConfig
from ..keys.settings import KeySettings, VerifierSettings
from ..route_config import RouteConfig
from ..sessions.service import SessionService
from ..sessions.settings import SessionSettings
from ..settings.declare import Config, Settings
from ..settings.unknown import replaced_keys
from ..tokens.response_cookies import process_response
from .authenticator import ExtendedAuthenticator
from .config_changes import watch
from .former_settings import FormerSettings, warn_of_former_keys
from .keys import ExtendedKeyConfig, LoaderKeys
from .loaders import configured_decode_key, configured_encode_key
from .policy import ExtendedPolicy, ExtendedSigner
from .settings import (
    EXTENDED_GROUPS,
    VOCABULARY,
    ExtendedRequestSettings,
    ExtendedTokenSettings,
    seconds_of,
)
from .sources import ExtendedHeaderSource

if TYPE_CHECKING:
    from .jwt_manager import JWTManager

_DECIDES_VIEWS = "JWT_PROTECT_ALL"


class ExtendedStateBuilder(StateBuilder):
    """Makes the state of an application that speaks the language of Flask-JWT-Extended."""

    def build(
        self, extension: Extension, app: Flask, warnings: list[str], faults: list[str]
    ) -> AppState:
        """Make the state; a changed configuration makes another one, as programs expect."""
        publish = partial(_publish, cast("JWTManager", extension), app.config.get(_DECIDES_VIEWS))
        revisit = watch(app.config, publish)
        state = super().build(extension, app, warnings, faults)
        state.revisit = revisit
        # A program may change something at each request: the log says the same only once.
        told = extension.route_configs[app].told
        warnings[:] = [line for line in warnings if line not in told]
        told.update(dict.fromkeys(warnings))
        return state

    def settings(
        self,
        app: Flask,
        route_config: RouteConfig,
        config: dict[str, Any],
        warnings: list[str],
        faults: list[str],
    ) -> Settings:
        """Read the settings, those of Flask-JWT-Extended first: errors name its keys."""
        warn_of_former_keys(app.config)
        groups = [group.read(app.config) for group in EXTENDED_GROUPS]
        groups.append(FormerSettings.read(app.config))
        for group in groups:
            warnings.extend(group.warnings())
        own = super().settings(app, route_config, config, warnings, faults)
        settings = Settings([*own.values(), *groups])
        if settings[ExtendedRequestSettings].locations != ("headers",):
            # After each after_request: caches are told that the answer is one user's.
            request_finished.connect(process_response, app)
        return settings

    def unknown_keys(self, config: Config) -> Iterator[str]:
        """Yield what the log says of keys that have no effect."""
        yield from replaced_keys(config, VOCABULARY, SETTINGS)

    def former_lifetime(self, settings: Settings) -> float:
        """Return for how many seconds tokens are good that were made before there were sessions.

        Refresh tokens are among them: nobody is signed out because sessions are switched on.
        """
        return settings[SessionSettings].lifetime

    def policy(self, settings: Settings) -> ClaimsPolicy:
        """Return what is required of claims."""
        return ExtendedPolicy(settings[ExtendedTokenSettings])

    def token_lifetime(self, settings: Settings) -> float:
        """Return how long the longest-lived token lives: refresh tokens are signed, too."""
        tokens = settings[ExtendedTokenSettings]
        lives = [seconds_of(life) for life in (tokens.access_expires, tokens.refresh_expires)]
        return max(inf if life is None else life for life in lives)

    def key_config(
        self, settings: Settings, config: Config, *, allow_weak: bool
    ) -> Callable[[], KeyConfig]:
        """Return what reads where the keys come from."""
        algorithms = settings[ExtendedTokenSettings].accepted_algorithms
        return partial(
            ExtendedKeyConfig, config, settings[KeySettings], algorithms, allow_weak=allow_weak
        )

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
        allow_weak: bool,
    ) -> KeyProvider:
        """Return what holds the keys in use, or asks the application's loaders for them."""
        loaders = cast("JWTManager", extension)
        limits = settings[VerifierSettings]
        provider = (source, path, limits, policy, extension.clock, logger, cache)
        if (
            loaders._decode_key_callback is configured_decode_key
            and loaders._encode_key_callback is configured_encode_key
        ):
            return KeyProvider(*provider, signer=ExtendedSigner)
        return LoaderKeys(
            *provider,
            signer=ExtendedSigner,
            loaders=loaders,
            algorithms=settings[ExtendedTokenSettings].accepted_algorithms,
            allow_weak=allow_weak,
        )

    def authenticator(
        self,
        extension: Extension,
        settings: Settings,
        keys: KeyProvider,
        issuers: IssuerTable,
        cookies: Cookies | None,  # noqa: ARG002
        sessions: SessionService | None,
    ) -> Authenticator:
        """Return what finds out who sent a request."""
        requests = settings[ExtendedRequestSettings]
        return ExtendedAuthenticator(
            extension,
            ExtendedHeaderSource(requests),
            (),
            (HookSource(extension, with_cookies="cookies" in requests.locations),),
            issuers.verify if issuers.rows else keys.verify,
            keys.verify_ignoring_expiry,
            has_issuers=bool(issuers.rows),
            token_checks=() if sessions is None else (sessions.check_revoked,),
            manager=cast("JWTManager", extension),
            settings=requests,
            identity_claim=settings[ExtendedTokenSettings].identity_claim,
            max_token_bytes=settings[VerifierSettings].max_token_bytes,
            sessions=sessions,
        )

    def revisit(
        self,
        extension: Extension,  # noqa: ARG002
        app: Flask,  # noqa: ARG002
        route_config: RouteConfig,  # noqa: ARG002
    ) -> Callable[[], AppState | None] | None:
        """Return nothing: :meth:`build` has looked at the configuration before it was read."""
        return None


def _publish(manager: JWTManager, decided_views: Any) -> AppState:
    app = current_application()
    # A program may have deleted a key.
    manager.put_defaults(app)
    if app.config.get(_DECIDES_VIEWS) == decided_views:
        # The views need no look: at hundreds of them it takes longer than all the rest.
        Extension.forget(manager, app)
    else:
        manager.forget(app)
    return manager.load_state(app)
