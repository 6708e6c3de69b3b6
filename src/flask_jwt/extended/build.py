"""``app.config`` in the keys of Flask-JWT-Extended -> the state of an application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from math import inf
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, request_finished

from ..all_settings import SETTINGS
from ..app_state import AppState, Extension, current_application
from ..authentication.authenticator import Authenticator
from ..authentication.sources import HookSource
from ..build import StateBuilder
from ..core.claims import ClaimsPolicy
from ..keys.provider import KeyProvider
from ..keys.ring_from_config import KeyConfig
from ..keys.settings import KeySettings, VerifierSettings
from ..sessions.settings import SessionSettings
from ..settings.declare import Settings
from ..settings.unknown import replaced_keys
from ..tokens.response_cookies import process_response
from .authenticator import ExtendedAuthenticator, completing
from .config_changes import watch
from .former_settings import FormerSettings, warn_of_former_keys
from .keys import ExtendedKeyConfig, LoaderKeys
from .loaders import configured_decode_key, configured_encode_key
from .policy import ExtendedPolicy, ExtendedSigner
from .settings import (
    EXTENDED_GROUPS,
    ExtendedRequestSettings,
    ExtendedTokenSettings,
    seconds_of,
)
from .sources import ExtendedHeaderSource
from .vocabulary import VOCABULARY

if TYPE_CHECKING:
    from .jwt_manager import JWTManager

_DECIDES_VIEWS = "JWT_PROTECT_ALL"


class ExtendedStateBuilder(StateBuilder):
    """Makes the state of an application that speaks the language of Flask-JWT-Extended."""

    def __init__(
        self, extension: Extension, app: Flask, warnings: list[str], faults: list[str]
    ) -> None:
        self.manager = cast("JWTManager", extension)
        # Before it is read: a change meanwhile makes another state, as programs expect.
        publish = partial(_publish, self.manager, app.config.get(_DECIDES_VIEWS))
        self._revisit = watch(app.config, publish)
        super().__init__(extension, app, warnings, faults)

    def state(self) -> AppState:
        """Put the parts together."""
        state = super().state()
        # A program may change something at each request: the log says the same only once.
        told = self.route_config.told
        self.warnings[:] = [line for line in self.warnings if line not in told]
        told.update(dict.fromkeys(self.warnings))
        return state

    def read_settings(self, faults: list[str]) -> Settings:
        """Read the settings, those of Flask-JWT-Extended first: errors name its keys."""
        config = self.app.config
        warn_of_former_keys(config)
        groups = [group.read(config) for group in EXTENDED_GROUPS]
        groups.append(FormerSettings.read(config))
        for group in groups:
            self.warnings.extend(group.warnings())
        settings = Settings([*super().read_settings(faults).values(), *groups])
        if settings[ExtendedRequestSettings].locations != ("headers",):
            # After each after_request: caches are told that the answer is one user's.
            request_finished.connect(process_response, self.app)
        return settings

    def unknown_keys(self) -> Iterator[str]:
        """Yield what the log says of keys that have no effect."""
        return replaced_keys(self.app.config, VOCABULARY, SETTINGS)

    def token_lifetime(self) -> float:
        """Return how long the longest-lived token lives: refresh tokens are signed, too."""
        tokens = self.settings[ExtendedTokenSettings]
        lives = [seconds_of(life) for life in (tokens.access_expires, tokens.refresh_expires)]
        return max(inf if life is None else life for life in lives)

    def former_lifetime(self) -> float:
        """Return for how many seconds tokens are good that were made before there were sessions.

        Refresh tokens are among them: nobody is signed out because sessions are switched on.
        """
        return self.settings[SessionSettings].lifetime

    def revisit(self) -> Callable[[], AppState | None]:
        """Return what is asked at each use whether the configuration has changed."""
        return self._revisit

    @cached_property
    def policy(self) -> ClaimsPolicy:
        """What is required of claims."""
        return ExtendedPolicy(self.settings[ExtendedTokenSettings])

    def key_config(self) -> Callable[[], KeyConfig]:
        """Return what reads where the keys come from."""
        algorithms = self.settings[ExtendedTokenSettings].accepted_algorithms
        return partial(
            ExtendedKeyConfig,
            self.config,
            self.settings[KeySettings],
            algorithms,
            allow_weak=self.allow_weak,
        )

    def key_provider(self) -> Callable[..., KeyProvider]:
        """Return what makes :attr:`keys`; it asks the application's loaders where there are any."""
        loaders = self.manager
        if (
            loaders._decode_key_callback is configured_decode_key
            and loaders._encode_key_callback is configured_encode_key
        ):
            return partial(KeyProvider, signer=ExtendedSigner)
        return partial(
            LoaderKeys,
            signer=ExtendedSigner,
            loaders=loaders,
            algorithms=self.settings[ExtendedTokenSettings].accepted_algorithms,
            allow_weak=self.allow_weak,
        )

    @cached_property
    def authenticator(self) -> Authenticator:
        """What finds out who sent a request."""
        requests, sessions = self.settings[ExtendedRequestSettings], self.sessions
        return ExtendedAuthenticator(
            self.extension,
            ExtendedHeaderSource(requests),
            (),
            (HookSource(self.extension, with_cookies="cookies" in requests.locations),),
            completing(self.issuers.verify) if self.issuers.rows else self.keys.verify,
            self.keys.verify_ignoring_expiry,
            has_issuers=bool(self.issuers.rows),
            token_checks=() if sessions is None else (sessions.check_revoked,),
            manager=self.manager,
            settings=requests,
            identity_claim=self.settings[ExtendedTokenSettings].identity_claim,
            verifies_sub=self.settings[ExtendedTokenSettings].verify_sub,
            max_token_bytes=self.settings[VerifierSettings].max_token_bytes,
            sessions=sessions,
        )


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
