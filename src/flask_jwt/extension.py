"""``JWT``: ``init_app``, and the defaults of the hooks."""

from __future__ import annotations

from copy import deepcopy

from flask import Flask, Response, request_finished

from .cli import jwt_commands
from .core.clock import Clock, system_clock
from .endpoints.auth import (
    answer_sign_in,
    default_auth_request_callback,
    default_auth_response_callback,
)
from .endpoints.csrf import answer_csrf
from .endpoints.jwks import answer_key_set
from .endpoints.logout import answer_logout
from .endpoints.refresh import answer_refresh
from .endpoints.script import answer_script, answer_types
from .endpoints.sessions import answer_end, answer_end_all, answer_sessions
from .routeconfig import RouteSettings, jwks_rule
from .settings import CONFIG_DEFAULTS
from .web.authenticate import default_jwt_decode_callback
from .web.errors import JWTError, default_jwt_error_callback
from .web.finishing import finish
from .web.hooks import Hook
from .web.session_api import Sessions
from .web.sessions_in_use import SubjectOf
from .web.state import Extension, Registration
from .web.tokens import (
    default_jwt_encode_callback,
    default_jwt_headers_callback,
    default_jwt_payload_callback,
)
from .web.transport import default_request_callback


class JWT(Extension):
    """Token authentication for Flask.

    One object serves any number of applications; what belongs to an application is kept apart.

    :param app: the application, or None where :meth:`init_app` is called later.
    :param authentication_handler: called with a username and a password at sign-in; returns the
        authenticated object, or None.
    :param identity_handler: called with the claims of a verified token; returns what
        ``current_identity`` stands for, or None.
    :param clock: gives seconds since 1970; tests give one of their own.
    :param subject: called with claims; returns what names the user in them, for sessions. Unless
        given it is ``identity``, or else ``sub``.
    """

    #: The sessions of the application at hand.
    sessions = Sessions()

    def __init__(
        self,
        app: Flask | None = None,
        authentication_handler: Hook | None = None,
        identity_handler: Hook | None = None,
        *,
        clock: Clock = system_clock,
        subject: SubjectOf | None = None,
    ) -> None:
        super().__init__(clock, subject)
        self.authentication_callback = authentication_handler
        self.identity_callback = identity_handler
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

    def init_app(self, app: Flask) -> None:
        """Register an application: its defaults, its error handler and its routes.

        :param app: the application. Only the keys that decide a route are read now; everything
            else may be set until the first request that needs it.
        :raises ConfigurationError: a key that decides a route is not what it may be.
        """
        for key, value in CONFIG_DEFAULTS.items():
            app.config.setdefault(key, deepcopy(value))
        former = app.extensions.get("jwt")
        registration = Registration.of(
            app, former.registrations.get(app) if isinstance(former, JWT) else None
        )
        self.registrations[app] = registration
        routes = registration.routes
        app.extensions["jwt"] = self
        app.register_error_handler(JWTError, _answer)
        if jwt_commands.name not in app.cli.commands:
            app.cli.add_command(jwt_commands)
        if routes.auth_url_rule is not None:
            options = dict(routes.auth_url_options)
            options.setdefault("endpoint", routes.auth_endpoint)
            options.setdefault("view_func", answer_sign_in)
            app.add_url_rule(routes.auth_url_rule, **options)
        rule = jwks_rule(app.config)
        if rule is not None:
            app.add_url_rule(rule, "jwt_keys", answer_key_set)
        if routes.session_store is not None:
            _add_session_rules(app, routes)
        if routes.token_location != ("headers",):
            # After each after_request, whenever that was registered: none of them makes an answer
            # with a token one for caches.
            request_finished.connect(finish, app)
        if "cookies" in routes.token_location:
            _add_browser_rules(app, routes)
        if routes.script_url_rule is not None:
            _add_script_rules(app, routes.script_url_rule)


def _add_session_rules(app: Flask, routes: RouteSettings) -> None:
    if routes.refresh_url_rule is not None:
        app.add_url_rule(routes.refresh_url_rule, "jwt_refresh", answer_refresh, methods=["POST"])
    _add_logout_rule(app, routes)
    rule = routes.sessions_url_rule
    if rule is not None:
        app.add_url_rule(rule, "jwt_sessions", answer_sessions)
        app.add_url_rule(rule, "jwt_end_sessions", answer_end_all, methods=["DELETE"])
        one = f"{rule.rstrip('/')}/<sid>"
        app.add_url_rule(one, "jwt_end_session", answer_end, methods=["DELETE"])


def _add_logout_rule(app: Flask, routes: RouteSettings) -> None:
    if routes.logout_url_rule is not None:
        app.add_url_rule(routes.logout_url_rule, "jwt_logout", answer_logout, methods=["POST"])


def _add_browser_rules(app: Flask, routes: RouteSettings) -> None:
    if routes.csrf_url_rule is not None:
        app.add_url_rule(routes.csrf_url_rule, "jwt_csrf", answer_csrf)
    if routes.session_store is None:
        # Without sessions it deletes the cookies, which is all there is to end.
        _add_logout_rule(app, routes)


def _add_script_rules(app: Flask, rule: str) -> None:
    app.add_url_rule(rule, "jwt_script", answer_script)
    if rule.endswith(".js"):
        app.add_url_rule(f"{rule.removesuffix('.js')}.d.ts", "jwt_script_types", answer_types)


def _answer(error: JWTError) -> Response:
    return error.response
