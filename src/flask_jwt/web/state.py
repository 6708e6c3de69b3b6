"""What one application has of one :class:`~flask_jwt.JWT`: read at first use, never again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary, ref

from flask import Config, Flask, current_app

from ..core.claims import ClaimsPolicy
from ..core.clock import Clock
from ..core.processes import PerProcess, new_lock
from ..keyconfig import KeySource
from ..keyfile import key_file_path
from ..routeconfig import RouteSettings
from ..secretconfig import derivation_secrets
from ..sessionconfig import SessionSettings
from ..sessions.store import SessionStore
from ..settings import DECIDING_KEYS, RULE_KEYS, ConfigurationError, Notes, Settings
from ..stores import open_store
from ..unknownkeys import check_unknown_keys
from .answers import Answers
from .cookies import Cookies
from .hooks import Hooks
from .keys_in_use import KeysInUse
from .places import places_of
from .sessions_in_use import SessionsInUse, SubjectOf


@dataclass(slots=True)
class Registration:
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
    def of(cls, app: Flask, former: Registration | None) -> Registration:
        """Register an application; its secret is copied where it has none for tokens alone."""
        routes = RouteSettings.read(app.config)
        rules = {key: deepcopy(app.config.get(key)) for key in RULE_KEYS}
        secret = app.config.get("JWT_SECRET_KEY")
        if secret is None or (former is not None and secret == former.secret):
            secret = app.config["JWT_SECRET_KEY"] = app.config.get("SECRET_KEY")
            return cls(routes, rules, secret)
        return cls(routes, rules, None)


class ApplicationState:
    """The settings of an application, and what is made of them.

    It holds no reference to the application, so that one which is thrown away is freed.
    """

    def __init__(
        self,
        extension: Extension,
        app: Flask,
        routes: RouteSettings,
        store: SessionStore | None,
        clock: Clock,
        notes: Notes,
    ) -> None:
        config = app.config
        check_unknown_keys(config, notes)
        self.extension = extension
        self.logger = app.logger
        self.settings = Settings.read(config, notes)
        schemes = self.settings.schemes
        #: Lower case, for comparison.
        self.schemes = frozenset(scheme.lower() for scheme in schemes)
        #: The spellings that are common.
        self.spellings = self.schemes.union(schemes, (scheme.title() for scheme in schemes))
        self.clock = clock
        #: The default answers to refused requests.
        self.answers = Answers()
        #: The values of the header that says how to authenticate, by realm and error code.
        self.challenges: dict[tuple[str, str | None], str] = {}
        #: Whether the log has said that Flask-RESTX can't pass an answer on.
        self.told_of_restx = False
        self._config = config
        # What the keys said at first use; None outside testing, where nobody looks again.
        flasks_own = config.get("JWT_SECRET_KEY") == config.get("SECRET_KEY")
        self._values = _values_read(config, flasks_own=flasks_own) if config["TESTING"] else None
        self.testing = self._values is not None
        development = bool(config["DEBUG"] or config["TESTING"])
        allow_weak = development or self.settings.allow_insecure_keys
        #: Where requests carry their tokens, or None where that is the header alone.
        self.places = places_of(
            config,
            routes,
            partial(derivation_secrets, config, notes, allow_weak=allow_weak),
            self.settings.max_token_bytes,
        )
        #: The cookies with tokens, or None where there are none.
        self.cookies = None if self.places is None else self.places.cookies
        #: The sessions, or None where tokens are all there is.
        self.sessions: SessionsInUse | None = None
        if store is not None:
            self.sessions = SessionsInUse(
                store,
                self.settings,
                SessionSettings.read(config, notes, allow_weak=allow_weak),
                extension.named_in,
                clock,
                app.logger,
            )
        #: What is required of the claims of a token.
        self.policy = _policy(self.settings)
        key_file = config.get("JWT_KEY_FILE")
        #: The keys, and the verifier and signer made of them.
        self.keys = KeysInUse(
            partial(
                KeySource,
                config,
                self.settings,
                development=development,
            ),
            None if key_file is None else key_file_path(app.instance_path, key_file),
            self.settings,
            self.policy,
            clock,
            self.logger,
        )

    def check_unchanged(self) -> None:
        """Raise where a test has changed a key too late."""
        then = self._values or {}
        now = _values_read(self._config, flasks_own="SECRET_KEY" in then)
        for key in then.keys() | now.keys():
            if then.get(key) != now.get(key):
                if key in RULE_KEYS:
                    # So late a rule had no effect in 0.3.2 either.
                    then[key] = now.get(key)
                    self.logger.error("%s", _rule_has_changed(key))
                    continue
                if key in DECIDING_KEYS:
                    raise _route_has_changed(key)
                raise ConfigurationError(
                    f"app.config[{key!r}] was changed after it had been read; in a test, use "
                    f"flask_jwt.testing.settings(app, {key}=…)"
                )


class Extension(Hooks):
    """What the request path knows of :class:`~flask_jwt.JWT`: its hooks, and its state per app."""

    def __init__(self, clock: Clock, subject: SubjectOf | None) -> None:
        self._clock = clock
        self.subject = subject
        self._lock = PerProcess(new_lock)
        self.registrations: WeakKeyDictionary[Flask, Registration] = WeakKeyDictionary()
        self.states: WeakKeyDictionary[Flask, ApplicationState] = WeakKeyDictionary()
        # Nearly always there is one application: its state is found without a weak dictionary.
        self.latest: tuple[ref[Flask], ApplicationState] | None = None

    def named_in(self, claims: Mapping[str, Any]) -> Any:
        """Return what names the user in claims, or None."""
        if self.subject is not None:
            return self.subject(claims)
        return claims["identity"] if "identity" in claims else claims.get("sub")

    def forget(self, app: Flask) -> None:
        """Have the configuration of an application read again at its next use, as at its first."""
        with self._lock.take():
            self.states.pop(app, None)
            self.latest = None

    def first_use(self, app: Flask) -> ApplicationState:
        """Return the state of an application; its configuration is read once."""
        notes: Notes = []
        faults: Notes = []
        try:
            with self._lock.take():
                state = self.states.get(app)
                if state is None:
                    registration = self.registrations.get(app)
                    if registration is None:
                        raise ConfigurationError("init_app was not called with this application")
                    registration.apply(app.config, faults)
                    store = registration.store(app.instance_path, self._clock)
                    state = ApplicationState(
                        self, app, registration.routes, store, self._clock, notes
                    )
                    self.states[app] = state
                self.latest = ref(app), state
        finally:
            # No lock is held now: whatever takes part in logging may come back here.
            for note in notes:
                app.logger.warning("%s", note)
            for fault in faults:
                app.logger.error("%s", fault)
        return state


#: Returns the application behind the proxy; raises :exc:`RuntimeError` where there is none.
current_application: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]


def current_state() -> ApplicationState:
    """Return the state of the application at hand."""
    state = state_or_none()
    if state is None:
        raise ConfigurationError(
            "the application has no JWT: create one with JWT(app, …), or call jwt.init_app(app)"
        )
    return state


def state_or_none() -> ApplicationState | None:
    """Return the state of the application at hand, or None where it has no JWT."""
    app = current_application()
    extension: Extension | None = app.extensions.get("jwt")
    if extension is None:
        return None
    latest = extension.latest
    if latest is None or latest[0]() is not app:
        return extension.first_use(app)
    state = latest[1]
    if state.testing:
        state.check_unchanged()
    return state


def cookies_of(state: ApplicationState) -> Cookies:
    """Return the cookies of an application."""
    if state.cookies is None:
        raise ConfigurationError(
            "app.config['JWT_TOKEN_LOCATION'] has no 'cookies': put it there before JWT(app, …)"
        )
    return state.cookies


def _policy(settings: Settings) -> ClaimsPolicy:
    return ClaimsPolicy(
        leeway=settings.leeway,
        required=settings.required_claims,
        issuer=settings.issuer,
        audience=settings.audience,
    )


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


def _values_read(config: Config, *, flasks_own: bool) -> dict[str, Any]:
    values = {key: value for key, value in config.items() if key.startswith("JWT_")}
    # Flask's own secret counts where there is no other.
    if flasks_own:
        values["SECRET_KEY"] = config.get("SECRET_KEY")
    return values
