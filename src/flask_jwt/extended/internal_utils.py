"""What programs have imported from Flask-JWT-Extended's module of this name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask

from ..app_state import NoExtensionError, current_application
from ..hooks import await_result
from .exceptions import RevokedTokenError, UserClaimsVerificationError, WrongTokenError
from .policy import json_default

if TYPE_CHECKING:
    from .jwt_manager import JWTManager


def get_jwt_manager() -> JWTManager:
    """Return the :class:`~flask_jwt.extended.JWTManager` of the application at hand.

    :return: the manager.
    :raises RuntimeError: the application has none, or there is no application context.
    """
    manager: JWTManager | None = current_application().extensions.get("flask-jwt-extended")
    if manager is None:
        raise NoExtensionError(
            "the application has no JWTManager: create one with JWTManager(app), or call "
            "jwt.init_app(app)"
        )
    return manager


def has_user_lookup() -> bool:
    """Tell whether the application finds its users itself.

    :return: whether there is a ``user_lookup_loader``.
    """
    return get_jwt_manager()._user_lookup_callback is not None


def user_lookup(jwt_header: Mapping[str, Any], jwt_data: Mapping[str, Any]) -> Any:
    """Ask the application for the user of a token.

    :param jwt_header: the JOSE header.
    :param jwt_data: the claims.
    :return: what the ``user_lookup_loader`` returns; None where there is none.
    """
    callback = get_jwt_manager()._user_lookup_callback
    return None if callback is None else await_result(callback(jwt_header, jwt_data))


def verify_token_type(decoded_token: Mapping[str, Any], refresh: bool) -> None:
    """Check that a token is one for refreshes, or is none.

    :param decoded_token: the claims.
    :param refresh: which of them it has to be.
    :raises WrongTokenError: it is the other one.
    """
    is_refresh = decoded_token.get("type") == "refresh"
    if is_refresh and not refresh:
        raise WrongTokenError("Only non-refresh tokens are allowed")
    if refresh and not is_refresh:
        raise WrongTokenError("Only refresh tokens are allowed")


def verify_token_not_blocklisted(
    jwt_header: Mapping[str, Any], jwt_data: Mapping[str, Any]
) -> None:
    """Ask the application whether a token was revoked.

    :param jwt_header: the JOSE header.
    :param jwt_data: the claims.
    :raises RevokedTokenError: it was.
    """
    if await_result(get_jwt_manager()._token_in_blocklist_callback(jwt_header, jwt_data)):
        raise RevokedTokenError(jwt_header, jwt_data)


def custom_verification_for_token(
    jwt_header: Mapping[str, Any], jwt_data: Mapping[str, Any]
) -> None:
    """Ask the application whether it accepts a token.

    :param jwt_header: the JOSE header.
    :param jwt_data: the claims.
    :raises UserClaimsVerificationError: it does not.
    """
    if not await_result(get_jwt_manager()._token_verification_callback(jwt_header, jwt_data)):
        raise UserClaimsVerificationError("User claims verification failed", jwt_header, jwt_data)


class JSONEncoder(json.JSONEncoder):
    """Writes what JSON does not know as the application's JSON provider does."""

    def default(self, o: Any) -> Any:
        """Return what stands for a value.

        :param o: the value.
        :return: what JSON knows.
        :raises TypeError: nothing stands for it.
        """
        return json_default()(o)


def get_json_encoder(app: Flask) -> type[json.JSONEncoder]:  # noqa: ARG001
    """Return what writes the claims of an application's tokens.

    :param app: the application.
    :return: :class:`JSONEncoder`.
    """
    return JSONEncoder
