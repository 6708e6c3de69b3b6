"""``JWTManager``: the extension object of Flask-JWT-Extended."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from flask import Flask
from flask.typing import ResponseReturnValue

from ..app_state import current_application
from ..authentication.errors import JWTError
from ..build import StateBuilder
from ..errors import ConfigurationError
from ..extension import JWT
from ..settings.declare import Vocabulary
from .build import ExtendedStateBuilder
from .current import get_current_user
from .exceptions import ANSWERED
from .former_loaders import attribute_of_manager
from .loaders import Loaders, message
from .settings import EXTENDED_DEFAULTS
from .vocabulary import OFF_BY_DEFAULT, VOCABULARY, own_config


class JWTManager(Loaders, JWT[Any]):
    """Token authentication for Flask, under the names of Flask-JWT-Extended.

    All that :class:`~flask_jwt.JWT` has is here too: ``jwt.sessions``, ``jwt.protect``,
    ``jwt.trust`` and the rest.

    :param app: the application, or None where :meth:`init_app` is called later.
    :param add_context_processor: whether templates find ``current_user``.
    """

    vocabulary: ClassVar[Vocabulary] = VOCABULARY
    _builder: ClassVar[type[StateBuilder]] = ExtendedStateBuilder

    if not TYPE_CHECKING:
        # Hands out the loaders of version 3; type checkers know of none.
        __getattr__ = attribute_of_manager

    def __init__(self, app: Flask | None = None, add_context_processor: bool = False) -> None:
        Loaders.__init__(self)
        JWT.__init__(self, subject=self._subject_of)
        self.jwt_error_callback = _answer
        self.jwt_payload_callback = _refuse_to_make
        self._told: set[str] = set()
        if app is not None:
            self.init_app(app, add_context_processor)

    @property
    def has_users(self) -> bool:
        """Whether the application has users of its own: its views make tokens for them."""
        return True

    @property
    def finds_users(self) -> bool:
        """Whether it is known whose a good token is: unless told, it is what the token says."""
        return True

    def init_app(self, app: Flask, add_context_processor: bool = False) -> None:
        """Register an application: its defaults, its error handlers, and what is configured.

        :param app: the application. Its configuration is read at each use, but for the keys of this
            package that decide a route.
        :param add_context_processor: whether templates find ``current_user``.
        :raises ConfigurationError: a key that decides a route is not what it may be, or the
            application has a manager of the other package.
        """
        theirs = app.extensions.get("flask-jwt-extended")
        if theirs is not None and not isinstance(theirs, JWTManager):
            raise ConfigurationError(
                "the application has a JWTManager of flask_jwt_extended, too: leave it out, or the "
                "functions of one package find the manager of the other"
            )
        self.put_defaults(app)
        super().init_app(app)
        app.extensions["flask-jwt-extended"] = self
        for kind in ANSWERED:
            app.register_error_handler(kind, self._answer_error)
        if add_context_processor:
            app.context_processor(lambda: {"current_user": get_current_user()})

    def put_defaults(self, app: Flask) -> None:
        """Put the defaults of the keys that are not set into a configuration.

        :param app: the application.
        """
        for key in OFF_BY_DEFAULT:
            app.config.setdefault(key, None)
        for key, value in EXTENDED_DEFAULTS.items():
            app.config.setdefault(key, copy(value))

    def tell_once(self, line: str) -> None:
        """Have the log say something that a program does again and again.

        :param line: what it says.
        """
        if line not in self._told:
            self._told.add(line)
            current_application().logger.warning("%s", line)

    def config_of(self, app: Flask) -> dict[str, Any]:
        """Return the configuration of an application under the keys of this package.

        :param app: the application.
        """
        return own_config(app.config)

    def publish(self) -> None:
        """Have the next request use what has changed."""
        for app in list(self.route_configs):
            self.forget(app)

    def _set_error_handler_callbacks(self, _api: object) -> None:
        """Do nothing: programs call it to have Flask-RESTX answer refusals, which it does here."""

    def _subject_of(self, claims: Mapping[str, Any]) -> Any:
        return claims.get(current_application().config["JWT_IDENTITY_CLAIM"])

    def _answer_error(self, error: Exception) -> ResponseReturnValue:
        if isinstance(error, JWTError):
            return error.get_response()
        # A view has decoded a token itself, and not caught what PyJWT raises.
        answer: ResponseReturnValue = self._invalid_token_callback(str(error))
        return answer


def _refuse_to_make(_identity: Any) -> NoReturn:
    """Refuse to make a token without the claims that the guards of this room look for."""
    raise ConfigurationError(
        "under JWTManager tokens are made by flask_jwt.extended.create_access_token and "
        "create_refresh_token, with JWT_SESSION_STORE too"
    )


def _answer(error: JWTError) -> ResponseReturnValue:
    """Answer a refusal that Flask-JWT-Extended does not know, in its form."""
    return message(error.description, error.status_code)
