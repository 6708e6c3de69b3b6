"""What one application has of one :class:`~flask_jwt.JWT`: read at first use, never again."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from flask import Config, Flask, current_app

from ..core.claims import ClaimsPolicy
from ..core.clock import Clock
from ..core.keys import KeyRing
from ..core.signer import Signer
from ..core.verifier import Verifier
from ..keyconfig import KeySource
from ..settings import ROUTE_KEYS, ConfigurationError, RouteSettings, Settings
from .hooks import Hooks


@dataclass(slots=True)
class Registration:
    """What ``init_app`` saw.

    :param routes: the keys that decide a route.
    :param secret: Flask's secret, where it was copied to ``JWT_SECRET_KEY``.
    """

    routes: RouteSettings
    secret: Any = field(repr=False)

    def apply(self, config: Config) -> None:
        """Bring the configuration of first use in line with that of ``init_app``.

        :param config: the application's; a copy of Flask's secret follows the original.
        :raises ConfigurationError: a key that decides a route has changed.
        """
        routes = RouteSettings.read(config)
        for key in ROUTE_KEYS:
            name = key.removeprefix("JWT_").lower()
            if getattr(routes, name) != getattr(self.routes, name):
                raise _route_has_changed(key)
        if config.get("JWT_SECRET_KEY") == self.secret:
            self.secret = config["JWT_SECRET_KEY"] = config.get("SECRET_KEY")


class ApplicationState:
    """The settings of an application, and what is made of them.

    It holds no reference to the application, so that one which is thrown away is freed.

    :param extension: the JWT that it belongs to.
    :param config: the application's configuration, at first use.
    :param logger: the application's.
    :param clock: gives seconds since 1970.
    :raises ConfigurationError: a value is not what its key allows.
    """

    def __init__(
        self, extension: Extension, config: Config, logger: logging.Logger, clock: Clock
    ) -> None:
        self.extension = extension
        self.logger = logger
        self.settings = Settings.read(config, logger)
        schemes = self.settings.schemes
        #: Lower case, for comparison.
        self.schemes = frozenset(scheme.lower() for scheme in schemes)
        #: The spellings that are common.
        self.spellings = self.schemes.union(schemes, (scheme.title() for scheme in schemes))
        self.clock = clock
        #: Whether the log has said that Flask-RESTX can't pass an answer on.
        self.told_of_restx = False
        self._config = config
        # What the keys said at first use; None outside testing, where nobody looks again.
        self._values = _jwt_values(config) if config["TESTING"] else None
        self.testing = self._values is not None
        self._lock = threading.Lock()

    @cached_property
    def policy(self) -> ClaimsPolicy:
        """What is required of the claims of a token."""
        settings = self.settings
        return ClaimsPolicy(
            leeway=settings.leeway,
            required=settings.required_claims,
            issuer=settings.issuer,
            audience=settings.audience,
        )

    @cached_property
    def _keys(self) -> KeyRing:
        config = self._config
        return KeySource(
            config,
            self.settings,
            self.logger,
            development=bool(config["DEBUG"] or config["TESTING"]),
        ).load()

    @cached_property
    def verifier(self) -> Verifier:
        """Decides on tokens; the keys are loaded when it is first wanted."""
        with self._lock:
            keys = self._keys
        return Verifier(
            keys, self.policy, max_bytes=self.settings.max_token_bytes, clock=self.clock
        )

    @cached_property
    def signer(self) -> Signer:
        """Makes tokens; the keys are loaded when it is first wanted."""
        with self._lock:
            keys = self._keys
        if keys.signing is None:
            raise ConfigurationError(
                "app.config['JWT_PRIVATE_KEY'] is not set, and tokens can't be signed with "
                "JWT_PUBLIC_KEY"
            )
        return Signer(keys, max_bytes=self.settings.max_token_bytes)

    def check_unchanged(self) -> None:
        """Raise where a test has changed a key too late.

        :raises ConfigurationError: a ``JWT_`` key has changed since first use.
        """
        then, now = self._values or {}, _jwt_values(self._config)
        for key in then.keys() | now.keys():
            if then.get(key) != now.get(key):
                if key in ROUTE_KEYS:
                    raise _route_has_changed(key)
                raise ConfigurationError(
                    f"app.config[{key!r}] was changed after it had been read; in a test, use "
                    f"flask_jwt.testing.settings(app, {key}=…)"
                )


class Extension(Hooks):
    """What the request path knows of :class:`~flask_jwt.JWT`: its hooks, and its state per app.

    :param clock: gives seconds since 1970.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.registrations: WeakKeyDictionary[Flask, Registration] = WeakKeyDictionary()
        self.states: WeakKeyDictionary[Flask, ApplicationState] = WeakKeyDictionary()

    def forget(self, app: Flask) -> None:
        """Have the configuration of an application read again at its next use, as at its first."""
        with self._lock:
            self.states.pop(app, None)

    def first_use(self, app: Flask) -> ApplicationState:
        """Read the configuration of an application, once.

        :raises ConfigurationError: it is at fault, or ``init_app`` never saw the application.
        """
        with self._lock:
            state = self.states.get(app)
            if state is None:
                registration = self.registrations.get(app)
                if registration is None:
                    raise ConfigurationError("init_app was not called with this application")
                registration.apply(app.config)
                state = ApplicationState(self, app.config, app.logger, self._clock)
                self.states[app] = state
        return state


def current_state() -> ApplicationState:
    """Return the state of the application at hand.

    :raises ConfigurationError: the application has no JWT, or its configuration is at fault.
    :raises RuntimeError: there is no application context.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    extension: Extension | None = app.extensions.get("jwt")
    if extension is None:
        raise ConfigurationError(
            "the application has no JWT: create one with JWT(app, …), or call jwt.init_app(app)"
        )
    state = extension.states.get(app)
    if state is None:
        state = extension.first_use(app)
    elif state.testing:
        state.check_unchanged()
    return state


def _route_has_changed(key: str) -> ConfigurationError:
    return ConfigurationError(
        f"app.config[{key!r}] has changed since init_app, which registered the route; "
        "set it before JWT(app) or jwt.init_app(app)"
    )


def _jwt_values(config: Config) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key.startswith("JWT_")}
