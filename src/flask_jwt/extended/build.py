"""``app.config`` in the keys of Flask-JWT-Extended -> the state of an application."""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import copy
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, request_finished

from ..all_settings import CONFIG_DEFAULTS, ROUTE_KEYS
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
from ..settings.declare import Config, Settings
from ..tokens.response_cookies import process_response
from .authenticator import ExtendedAuthenticator
from .keys import ExtendedKeyConfig, LoaderKeys
from .loaders import configured_decode_key, configured_encode_key
from .policy import ExtendedPolicy, ExtendedSigner
from .settings import (
    EXTENDED_DEFAULTS,
    EXTENDED_GROUPS,
    ExtendedRequestSettings,
    ExtendedTokenSettings,
)
from .sources import ExtendedHeaderSource

if TYPE_CHECKING:
    from .jwt_manager import JWTManager

#: The keys that are read anew at each request: all but those that decide a route.
WATCHED_KEYS = (*sorted({*EXTENDED_DEFAULTS, *CONFIG_DEFAULTS} - ROUTE_KEYS), "SECRET_KEY")
_values_of: Callable[[Config], tuple[Any, ...]] = itemgetter(*WATCHED_KEYS)


class ExtendedStateBuilder(StateBuilder):
    """Makes the state of an application that speaks the language of Flask-JWT-Extended."""

    def settings(
        self,
        app: Flask,
        route_config: RouteConfig,
        config: dict[str, Any],
        warnings: list[str],
        faults: list[str],
    ) -> Settings:
        """Read the settings, those of Flask-JWT-Extended first: errors name its keys."""
        groups = [group.read(app.config) for group in EXTENDED_GROUPS]
        for group in groups:
            warnings.extend(group.warnings())
        own = super().settings(app, route_config, config, warnings, faults)
        settings = Settings([*own.values(), *groups])
        if settings[ExtendedRequestSettings].locations != ("headers",):
            # After each after_request: caches are told that the answer is one user's.
            request_finished.connect(process_response, app)
        return settings

    def policy(self, settings: Settings) -> ClaimsPolicy:
        """Return what is required of claims."""
        return ExtendedPolicy(settings[ExtendedTokenSettings])

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
        extension: Extension,
        app: Flask,
        route_config: RouteConfig,  # noqa: ARG002
    ) -> Callable[[], AppState | None]:
        """Return what has the configuration read again where it has changed."""
        return Watch(app.config, cast("JWTManager", extension)).revisit


class Watch:
    """What the configuration was when it was read, and whether it still is."""

    __slots__ = ("_config", "_manager", "_seen", "_watched")

    def __init__(self, config: Config, manager: JWTManager) -> None:
        self._config = config
        self._manager = manager
        self._seen = self._all_values()
        self._watched = tuple(map(_kept, _values_of(config)))

    def revisit(self) -> AppState | None:
        """Return the state by a changed configuration; None where it is the same.

        Programs change it at any time, as Flask-JWT-Extended reads it at each request.
        """
        # One comparison of all values, in the order of their keys, takes a third of what a look at
        # each key that counts does.
        if list(self._config.values()) == self._seen:
            return None
        return self._look_closely()

    def _look_closely(self) -> AppState | None:
        try:
            if _values_of(self._config) == self._watched:
                # It is another package's value that has changed.
                self._seen = self._all_values()
                return None
        except KeyError:
            # A program has deleted one: its default is put back.
            self._manager.put_defaults(current_application())
        app = current_application()
        self._manager.forget(app)
        return self._manager.load_state(app)

    def _all_values(self) -> list[Any]:
        return [
            _kept(value) if key.startswith("JWT_") else value for key, value in self._config.items()
        ]


def _kept(value: Any) -> Any:
    """Return a copy of what programs append to."""
    return copy(value) if isinstance(value, list | set | dict) else value
