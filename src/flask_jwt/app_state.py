"""The application at hand: its extension, and what its configuration was made into at first use.

Nothing here imports what it holds: :mod:`.build` fills it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from weakref import WeakKeyDictionary, ref

from flask import Flask, Request, Response, current_app

from .core.claims import ClaimsPolicy
from .core.clock import Clock
from .core.per_process import PerProcess, new_lock
from .errors import ConfigurationError
from .hooks import Hook, Hooks
from .settings.declare import Settings, Vocabulary

if TYPE_CHECKING:
    from .authentication.authenticator import Authenticator
    from .authentication.cookies import Cookies
    from .authentication.errors import EntryPoint
    from .authentication.rendered_errors import RenderedErrors
    from .issuers.fetching import Fetch
    from .issuers.table import IssuerTable, Row
    from .keys.provider import KeyProvider
    from .route_config import RouteConfig
    from .sessions.service import SessionService
    from .throttle.throttle import Throttle
    from .tokens.access_tokens import AccessToken
    from .tokens.session_tokens import SessionTokens
    from .user_directory import UserDirectory

    #: Returns an access token, and the tokens of its session or None.
    IssueTokens = Callable[..., tuple[AccessToken, SessionTokens | None]]

#: Changes an answer before it is sent: called with the request and the answer.
ResponseStep = Callable[[Request, Response], None]
#: Returns what names the user in the claims of a token, or None.
SubjectOf = Callable[[Mapping[str, Any]], Any]


@dataclass(slots=True, eq=False, repr=False)
class AppState:
    """The settings of an application, and what is made of them.

    It holds no reference to the application, so that one which is thrown away is freed.
    """

    extension: Extension
    logger: logging.Logger
    settings: Settings
    clock: Clock
    #: The rules for the claims of a token.
    policy: ClaimsPolicy
    keys: KeyProvider
    #: The other issuers that are trusted.
    issuers: IssuerTable
    authenticator: Authenticator
    entry_point: EntryPoint
    #: None where tokens are in no cookie.
    cookies: Cookies | None
    #: None without a session store.
    sessions: SessionService | None
    #: None where attempts to sign in are not counted.
    throttle: Throttle | None
    rendered_errors: RenderedErrors
    #: Makes the tokens of a sign-in: with a session, where there are sessions.
    issue_tokens: IssueTokens
    #: How long the longest-lived of the application's tokens lives, in seconds.
    token_lifetime: float
    #: Called at each use, where the configuration may have changed since: returns the state to use,
    #: or raises where a test has changed a key too late.
    revisit: Callable[[], AppState | None] | None
    #: What is done to each answer of the application in the end.
    response_steps: tuple[ResponseStep, ...] = ()
    #: The document about this resource, once somebody has asked for it.
    resource_metadata: bytes | None = None
    #: Whether the log has said that Flask-RESTX can't pass an answer on.
    told_of_restx: bool = False
    #: Whether the log has said that tokens don't tell when their users signed in.
    told_of_auth_time: bool = False

    def trust(self, row: Row) -> None:
        """Accept the tokens of a further issuer from the next request on."""
        self.issuers.add(row)
        self.authenticator.accept_issuers(self.issuers.verify)
        self.resource_metadata = None


class GrantFunctions(NamedTuple):
    """What an application says of each of its users by functions; one of them is there."""

    scopes: Hook | None
    roles: Hook | None


#: Makes the state of an application of its configuration: :class:`.build.StateBuilder`.
Build = Callable[["Extension", Flask, list[str], list[str]], AppState]


class Extension(Hooks):
    """What the request path knows of :class:`~flask_jwt.JWT`: its hooks, and its state per app."""

    #: The keys of another package that applications are configured by.
    vocabulary: ClassVar[Vocabulary] = Vocabulary()

    def __init__(
        self,
        build: Build,
        clock: Clock,
        subject: SubjectOf | None,
        grants: GrantFunctions | None,
        users: UserDirectory | None,
        fetch: Fetch | None = None,
    ) -> None:
        self._build = build
        self.clock = clock
        self.subject = subject
        #: None where tokens say nothing of what their users may do, unless a hook does.
        self.grants = grants
        #: None where the application has functions of its own for its users.
        self.users = users
        #: Finds a user of the directory by the claims of a token: the identity handler, unless the
        #: application has another. None without a directory.
        self.user_of: Hook | None = None
        #: Asks other servers; None is the fetcher of this package.
        self.fetch = fetch
        #: The issuers that :meth:`trust` has named, with their options.
        self.trusted_issuers: dict[str, Mapping[str, Any]] = {}
        self._lock = PerProcess(new_lock)
        self.route_configs: WeakKeyDictionary[Flask, RouteConfig] = WeakKeyDictionary()
        self._states: WeakKeyDictionary[Flask, AppState] = WeakKeyDictionary()
        # Nearly always there is one application: its state is found without a weak dictionary.
        self.latest: tuple[ref[Flask], AppState] | None = None

    def config_of(self, app: Flask) -> dict[str, Any]:
        """Return the configuration of an application under the keys of this package."""
        return app.config

    def named_in(self, claims: Mapping[str, Any]) -> Any:
        """Return what names the user in claims, or None."""
        if self.subject is not None:
            return self.subject(claims)
        return claims["identity"] if "identity" in claims else claims.get("sub")

    @property
    def has_users(self) -> bool:
        """Whether the application has users of its own: a handler says who they are."""
        return self.authentication_callback is not None or self.identity_callback is not None

    @property
    def finds_users(self) -> bool:
        """Whether it is known whose a good token is: guards need that."""
        return self.identity_callback is not None

    def forget(self, app: Flask) -> None:
        """Have the configuration of an application read again at its next use, as at its first."""
        with self._lock.take():
            self._states.pop(app, None)
            self.latest = None

    def add_issuer(self, issuer: str, options: Mapping[str, Any]) -> None:
        """Trust an issuer from now on; where it can't be trusted, raise and change nothing."""
        with self._lock.take():
            states = list(self._states.values())
            rows = [state.issuers.open(issuer, options) for state in states]
            for state, row in zip(states, rows, strict=True):
                state.trust(row)
            self.trusted_issuers[issuer] = options

    def load_state(self, app: Flask) -> AppState:
        """Return the state of an application; its configuration is read once."""
        warnings: list[str] = []
        faults: list[str] = []
        try:
            with self._lock.take():
                state = self._states.get(app)
                if state is None:
                    state = self._states[app] = self._build(self, app, warnings, faults)
                self.latest = ref(app), state
        finally:
            # The lock is released: a log handler may call into this extension again.
            for warning in warnings:
                app.logger.warning("%s", warning)
            for fault in faults:
                app.logger.error("%s", fault)
        return state


class NoExtensionError(ConfigurationError):
    """The application at hand has no JWT."""


#: Returns the application behind the proxy; raises :exc:`RuntimeError` where there is none.
current_application: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]


def current_state() -> AppState:
    """Return the state of the application at hand."""
    app = current_application()
    extension: Extension | None = app.extensions.get("jwt")
    if extension is None:
        raise NoExtensionError(
            "the application has no JWT: create one with JWT(app, …), or JWTManager(app) of "
            "flask_jwt.extended, or call its init_app(app)"
        )
    latest = extension.latest
    is_latest = latest is not None and latest[0]() is app
    # Of several applications, or made by another thread, it may be older than a change.
    state = latest[1] if latest and is_latest else extension.load_state(app)
    if state.revisit is not None:
        return state.revisit() or state
    return state


def cookies_of(state: AppState) -> Cookies:
    """Return the cookies of an application."""
    if state.cookies is None:
        raise ConfigurationError(
            "app.config['JWT_TOKEN_LOCATION'] has no 'cookies': put it there before JWT(app, …)"
        )
    return state.cookies
