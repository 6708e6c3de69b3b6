"""``JWT``: ``init_app``, and the defaults of the hooks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from flask import Flask, Response, current_app, request_finished
from flask.sansio.blueprints import Blueprint

from .all_settings import CONFIG_DEFAULTS
from .app_state import Extension, GrantFunctions, SubjectOf, current_application
from .authentication.authenticator import default_jwt_decode_callback
from .authentication.errors import JWTError, default_jwt_error_callback
from .authentication.request_state import identity_of_request
from .authentication.settings import BrowserRoutes, ResourceRoute
from .authentication.sources import default_request_callback
from .authorization.declarations import OWN_VIEWS, Declarations
from .authorization.gate import look_again, watch
from .build import StateBuilder
from .cli import jwt_commands
from .core.clock import Clock, system_clock
from .endpoints.csrf import csrf_view
from .endpoints.jwks import key_set_view
from .endpoints.me import me_view
from .endpoints.password import password_view
from .endpoints.refresh import browser_refresh_view, refresh_view
from .endpoints.register import browser_register_view, register_view
from .endpoints.resource_metadata import resource_metadata_view
from .endpoints.script import script_view, types_view
from .endpoints.sessions import end_session_view, end_sessions_view, sessions_view
from .endpoints.settings import AllRoutes, SignInRoute, UserRoutes
from .endpoints.sign_in import (
    browser_sign_in_view,
    default_auth_request_callback,
    default_auth_response_callback,
    sign_in_view,
)
from .endpoints.sign_out import browser_logout_view, logout_view
from .errors import ConfigurationError, refuse
from .former_names import attribute_of_jwt
from .issuers.fetching import Fetch
from .keys.settings import KeyRoutes
from .requirements.combined import Requirement
from .route_config import RouteConfig
from .secret_warning import watch_first_request
from .sessions.settings import SessionRoutes
from .settings.declare import Settings
from .tokens.access_tokens import (
    default_jwt_encode_callback,
    default_jwt_headers_callback,
    default_jwt_payload_callback,
)
from .tokens.application_api import Sessions
from .tokens.response_cookies import process_response
from .user_directory import PasswordStore, UserDirectory, UserStore, identity_from, roles_of

if TYPE_CHECKING:
    # Checkers know it wherever they are, and Python only from 3.13 on.
    from typing_extensions import TypeVar

    User = TypeVar("User", default=Any)
else:
    from typing import TypeVar

    User = TypeVar("User")

# What sign-in asks a directory of users.
_DIRECTORY = ("by_id", "by_name", "verify")
#: Scopes or roles, each a string; None is none.
Names = Iterable[str] | None

#: Endpoints of ours that need no access token, or that look at it themselves: for applications that
#: guard all others before each request.
PUBLIC_ENDPOINTS = frozenset(
    {
        "jwt",
        "jwt_refresh",
        "jwt_logout",
        "jwt_me",
        "jwt_password",
        "jwt_register",
        "jwt_sessions",
        "jwt_end_sessions",
        "jwt_end_session",
        "jwt_csrf",
        "jwt_keys",
        "jwt_resource_metadata",
        "jwt_script",
        "jwt_script_types",
        # These are there in debug alone.
        "jwt_console.page",
        "jwt_console.surroundings",
        "jwt_console.gate",
        "jwt_console.static",
    }
)


class JWT(Extension, Generic[User]):
    """Token authentication for Flask.

    One object serves any number of applications; what belongs to an application is kept apart. To
    type checkers it is generic by what the handlers return: ``JWT[User]``.

    :param app: the application, or None where :meth:`init_app` is called later.
    :param authentication_handler: called with a username and a password at sign-in; returns the
        authenticated object, or None.
    :param identity_handler: called with the claims of a verified token; returns what
        ``current_identity`` stands for, or None.
    :param clock: gives seconds since 1970; tests give one of their own.
    :param subject: called with claims; returns what names the user in them, for sessions. Unless
        given it is ``identity``, or else ``sub``.
    :param scopes: called with the user, at each token that is made; returns what tokens may be used
        for, which is their ``scope`` (:rfc:`8693` section 4.2): one string with spaces between
        scopes, an iterable of scopes, or None. A refresh takes scopes away, and adds none
        (:rfc:`6749` section 6).
    :param roles: the same for the user's roles, an iterable of strings or one string, which
        ``JWT_ROLES_CLAIM`` holds. A refresh makes them anew.
    :param users: a directory of users, :class:`flask_jwt.users.Users` or one of your own: what
        checks passwords, finds the user of a token and says the user's roles, where no function
        that does is given. With it failed sign-ins are counted, and there are ``/auth/me`` and,
        where the directory can change them, ``/auth/password``.
    :param fetch: asks the servers of trusted issuers in place of this package's own client: called
        with a :class:`flask_jwt.issuers.FetchRequest`, returns a
        :class:`flask_jwt.issuers.FetchResponse`, or raises.
    :raises TypeError: ``scopes``, ``roles`` or ``fetch`` is no function, or ``users`` no directory.
    """

    #: The sessions of the application at hand.
    sessions = Sessions()
    _builder: ClassVar[type[StateBuilder]] = StateBuilder

    if not TYPE_CHECKING:
        # Says of a hook's former name what it is called now; type checkers know of none.
        __getattr__ = attribute_of_jwt

    def __init__(
        self,
        app: Flask | None = None,
        authentication_handler: (
            Callable[[str, str], User | Awaitable[User | None] | None] | None
        ) = None,
        identity_handler: (
            Callable[[dict[str, Any]], User | Awaitable[User | None] | None] | None
        ) = None,
        *,
        clock: Clock = system_clock,
        subject: SubjectOf | None = None,
        scopes: Callable[[User], Names | Awaitable[Names]] | None = None,
        roles: Callable[[User], Names | Awaitable[Names]] | None = None,
        users: UserDirectory[User] | None = None,
        fetch: Fetch | None = None,
    ) -> None:
        for name, function in (("scopes", scopes), ("roles", roles)):
            if not (function is None or callable(function)):
                raise TypeError(f"{name} is a function of the user, or None")
        if not (fetch is None or callable(fetch)):
            raise TypeError("fetch is a function of a request, or None")
        if users is not None and not _is_directory(users):
            raise TypeError("users is a directory: it has by_id, by_name and verify; or None")
        if users is not None:
            roles = roles or roles_of
        grants = None if scopes is None and roles is None else GrantFunctions(scopes, roles)
        super().__init__(self._builder.build, clock, subject, grants, users, fetch)
        self._declared = Declarations()
        self.authentication_callback = authentication_handler
        self.identity_callback = identity_handler
        if users is not None:
            self.authentication_callback = authentication_handler or users.verify
            self.user_of = identity_from(self, users)
            self.identity_callback = identity_handler or self.user_of
        self.auth_response_callback = default_auth_response_callback
        self.auth_request_callback = default_auth_request_callback
        self.jwt_encode_callback = default_jwt_encode_callback
        self.jwt_decode_callback = default_jwt_decode_callback
        self.jwt_headers_callback = default_jwt_headers_callback
        self.jwt_payload_callback = default_jwt_payload_callback
        self.jwt_error_callback = default_jwt_error_callback
        self.request_callback = default_request_callback
        if app is not None:
            self.init_app(app)

    @property
    def identity(self) -> User | None:
        """What the identity handler returned for this request: the object itself, and no proxy.

        None where nobody has signed in, and outside a request.
        """
        user: User | None = identity_of_request(self)
        return user

    def forget(self, app: Flask) -> None:
        """Have the configuration of an application read again at its next use, as at its first."""
        super().forget(app)
        look_again(app)

    def exempt(self, opened: Callable[..., Any] | Blueprint | str) -> None:
        """Declare open what others have written: documentation pages, an administration.

        It counts where ``JWT_PROTECT_ALL``, or :meth:`protect` for a blueprint further out, would
        ask for a token. For views of your own there is :func:`~flask_jwt.public`.

        :param opened: a view as it is registered, a class-based view, a blueprint with all that is
            in it, or the name of an endpoint; the log tells at the first request of a name that no
            endpoint has.
        :raises ConfigurationError: the view has a guard, or the blueprint is protected.
        :raises TypeError: it is none of these.
        """
        self._declared.exempt(opened)

    def protect(self, blueprint: Blueprint, *, requires: Requirement | None = None) -> None:
        """Let only requests with a good token reach the views of a blueprint.

        Its blueprints in it are guarded too, and its static files; open are views that are
        :func:`~flask_jwt.public` or :meth:`exempt`. It may be registered before or after, under any
        name, and several times. Where blueprints in one another are protected, a request has to
        satisfy them all.

        :param blueprint: the blueprint.
        :param requires: a :class:`~flask_jwt.requirements.Requirement`; unless given, any good
            token will do.
        :raises ConfigurationError: the blueprint is exempt.
        :raises TypeError: it is no blueprint, or the requirement is none.
        """
        self._declared.protect(blueprint, requires)

    def trust(self, issuer: str, **options: Any) -> None:
        """Accept the tokens of another issuer, as an entry of ``JWT_TRUSTED_ISSUERS`` does.

        It is called before the first request, where it goes before an entry of the same issuer, or
        while requests are served, and heeded from the next one on.

        :param issuer: what ``iss`` is in its tokens, byte for byte.
        :param options: the options of an entry, ``audience=`` and ``preset=`` for two.
        :raises ConfigurationError: while requests are served, an option is unknown, or not what it
            may be, or the issuer is trusted already; otherwise the first request raises it.
        """
        self.add_issuer(issuer, options)

    def init_app(self, app: Flask) -> None:
        """Register an application: its defaults, its error handler and its routes.

        :param app: the application. Only the keys that decide a route are read now; everything
            else may be set until the first request that needs it.
        :raises ConfigurationError: a key that decides a route is not what it may be.
        """
        former = app.extensions.get("jwt")
        if isinstance(former, JWT) and former._builder is not self._builder:
            raise ConfigurationError(
                "the application has both a JWT and a JWTManager, whose tokens differ: leave one "
                "of them out"
            )
        for key, value in CONFIG_DEFAULTS.items():
            app.config.setdefault(key, deepcopy(value))
        route_config = RouteConfig.of(
            self.config_of(app), former.route_configs.get(app) if isinstance(former, JWT) else None
        )
        self.route_configs[app] = route_config
        routes = route_config.routes
        _check_matching(app, routes[AllRoutes].url_options)
        app.extensions["jwt"] = self
        # By the instance: an application may have a subclass with an answer of its own.
        app.register_error_handler(JWTError, lambda error: error.get_response())
        watch_first_request(app)
        watch(app, self._declared)
        if jwt_commands.name not in app.cli.commands:
            app.cli.add_command(jwt_commands)
        if routes[BrowserRoutes].token_location != ("headers",):
            # After each after_request, whenever that was registered: none of them makes an answer
            # with a token one for caches.
            request_finished.connect(process_response, app)
        _add_routes(app, routes)
        _add_user_routes(app, routes, self.users)
        built = app.url_build_error_handlers
        if routes[SignInRoute].auth_url_rule is not None and _build_former_endpoint not in built:
            built.append(_build_former_endpoint)


def _is_directory(given: object) -> bool:
    # A class has them too, and can't be asked.
    return not isinstance(given, type) and all(hasattr(given, name) for name in _DIRECTORY)


def _check_matching(app: Flask, options: Mapping[str, Any]) -> None:
    # Werkzeug takes either without a word: a host has no effect then, and a subdomain no request.
    heeded = {"host": app.url_map.host_matching, "subdomain": app.subdomain_matching}
    for name, is_heeded in heeded.items():
        if name in options and not is_heeded:
            refuse(
                "JWT_URL_OPTIONS", f"without {name!r} unless it is Flask(…, {name}_matching=True)"
            )


def _add_routes(app: Flask, routes: Settings) -> None:
    add = partial(_add, app, routes[AllRoutes].url_options)
    sign_in, sessions, browsers = routes[SignInRoute], routes[SessionRoutes], routes[BrowserRoutes]
    has_sessions = sessions.session_store is not None
    has_cookies = "cookies" in browsers.token_location
    view = browser_sign_in_view if has_cookies else sign_in_view
    add(sign_in.auth_url_rule, sign_in.auth_endpoint, view, "POST", sign_in.auth_url_options)
    add(routes[KeyRoutes].jwks_url_rule, "jwt_keys", key_set_view)
    rule = routes[ResourceRoute].metadata_rule
    add(rule, "jwt_resource_metadata", resource_metadata_view)
    if has_sessions:
        view = browser_refresh_view if has_cookies else refresh_view
        add(sessions.refresh_url_rule, "jwt_refresh", view, "POST")
        rule = sessions.sessions_url_rule
        add(rule, "jwt_sessions", sessions_view)
        add(rule, "jwt_end_sessions", end_sessions_view, "DELETE")
        session_rule = None if rule is None else f"{rule.rstrip('/')}/<sid>"
        add(session_rule, "jwt_end_session", end_session_view, "DELETE")
    if has_sessions or has_cookies:
        # Without sessions it deletes the cookies, which is all there is to end.
        view = browser_logout_view if has_cookies else logout_view
        add(sessions.logout_url_rule, "jwt_logout", view, "POST")
    if has_cookies:
        add(browsers.csrf_url_rule, "jwt_csrf", csrf_view)
    script = browsers.script_url_rule
    add(script, "jwt_script", script_view)
    if script is not None and script.endswith(".js"):
        add(f"{script.removesuffix('.js')}.d.ts", "jwt_script_types", types_view)


def _add_user_routes(app: Flask, routes: Settings, users: UserDirectory | None) -> None:
    rules, add = routes[UserRoutes], partial(_add, app, routes[AllRoutes].url_options)
    if users is not None:
        add(rules.me_url_rule, "jwt_me", me_view)
    if isinstance(users, PasswordStore):
        add(rules.password_url_rule, "jwt_password", password_view, "POST")
    if rules.register_url_rule is None:
        return
    if not isinstance(users, UserStore):
        raise ConfigurationError(
            "app.config['JWT_REGISTER_URL_RULE'] is set, and nothing takes new users: give "
            "JWT(…, users=…) a directory that has add and set_password"
        )
    has_cookies = "cookies" in routes[BrowserRoutes].token_location
    view = browser_register_view if has_cookies else register_view
    add(rules.register_url_rule, "jwt_register", view, "POST")


def _add(
    app: Flask,
    of_all: Mapping[str, Any],
    rule: str | None,
    endpoint: str,
    view: Callable[..., Response],
    method: str = "GET",
    of_this: Mapping[str, Any] = {},
) -> None:
    if rule is None:
        return
    OWN_VIEWS.add(view)
    # What a variable part of a host matches is the application's business; the views ignore it.
    options: dict[str, Any] = {"endpoint": endpoint, "view_func": view, "methods": [method]}
    options |= {**of_all, **of_this}
    try:
        app.add_url_rule(rule, **options)
    except (LookupError, SyntaxError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{rule!r} is no route with app.config['JWT_URL_OPTIONS'], and for sign-in "
            f"app.config['JWT_AUTH_URL_OPTIONS']: {error}"
        ) from error


def _build_former_endpoint(error: Exception, endpoint: str, values: dict[str, Any]) -> str:
    # What 0.3.2 called the route, whose endpoint was the name of its function.
    if endpoint != "_default_auth_request_handler":
        raise error
    jwt: JWT = current_app.extensions["jwt"]
    sign_in = jwt.route_configs[current_application()].routes[SignInRoute]
    return current_app.url_for(
        sign_in.auth_url_options.get("endpoint", sign_in.auth_endpoint), **values
    )
