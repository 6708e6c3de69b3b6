"""The names of Flask-JWT 0.3.2 and of the releases before, for the programs that import them.

What was part of 0.3.2 is here; what it had imported itself is handed out with a warning that says
where it lives; what was gone by then is an error that says what to write.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from typing import Any, NoReturn

from flask import Response, current_app
from werkzeug.local import LocalProxy

from .authentication.authenticator import default_jwt_decode_callback
from .authentication.errors import JWTError, default_jwt_error_callback
from .authentication.sources import default_request_callback
from .core.claims import TIME_CLAIMS
from .core.errors import (
    ExpiredToken,
    ImmatureToken,
    InvalidAudience,
    InvalidHeader,
    InvalidIssuer,
    MissingClaim,
    TokenError,
)
from .endpoints.sign_in import default_auth_request_callback, default_auth_response_callback
from .migration.flask_jwt_names import IMPORTED, hook_of_today, import_written, why_absent
from .tokens.access_tokens import (
    default_jwt_encode_callback,
    default_jwt_headers_callback,
    default_jwt_payload_callback,
)

# What PyJWT, whose errors 0.3.2 raised, has for an error of ours; DecodeError for any other.
_OF_PYJWT: dict[type[TokenError], str] = {
    ExpiredToken: "ExpiredSignatureError",
    ImmatureToken: "ImmatureSignatureError",
    InvalidAudience: "InvalidAudienceError",
    InvalidHeader: "InvalidAlgorithmError",
    InvalidIssuer: "InvalidIssuerError",
    MissingClaim: "MissingRequiredClaimError",
}


def _payload(identity: Any) -> dict[str, Any]:
    """Return the default claims with naive datetimes, to which programs add a ``timedelta``."""
    claims = default_jwt_payload_callback(identity)
    times = {
        name: datetime.fromtimestamp(claims[name], UTC).replace(tzinfo=None) for name in TIME_CLAIMS
    }
    return {**claims, **times}


def _decode(token: str) -> Mapping[str, Any]:
    """Return the claims of a token, or raise the error of PyJWT that 0.3.2 raised."""
    try:
        return default_jwt_decode_callback(token)
    except TokenError as error:
        kind = getattr(import_module("jwt"), _OF_PYJWT.get(type(error), "DecodeError"))
        raise kind(error.claim if isinstance(error, MissingClaim) else error.description) from error


def _refuse(error: JWTError) -> tuple[Response, int, Mapping[str, str] | None]:
    """Return the default answer as the three that 0.3.2 returned."""
    return default_jwt_error_callback(error), error.status_code, error.headers


def _encode_token() -> NoReturn:
    """Raise the error that it raised in 0.3.2 as well, where it had been forgotten."""
    raise AttributeError("encode_token never worked: write create_access_token(identity)")


# All that 0.3.2 had of its own, and has no public name here.
_KEPT: dict[str, object] = {
    "_default_auth_request_handler": default_auth_request_callback,
    "_default_auth_response_handler": default_auth_response_callback,
    "_default_jwt_decode_handler": _decode,
    "_default_jwt_encode_handler": default_jwt_encode_callback,
    "_default_jwt_error_handler": _refuse,
    "_default_jwt_headers_handler": default_jwt_headers_callback,
    "_default_jwt_payload_handler": _payload,
    "_default_request_handler": default_request_callback,
    "_jwt": LocalProxy(lambda: current_app.extensions["jwt"]),
    "encode_token": _encode_token,
    "logger": logging.getLogger("flask_jwt"),
}


def name_of_module(name: str) -> Any:
    """Return what a name of ``flask_jwt`` stands for; the ``__getattr__`` of the module.

    :param name: the name.
    :return: what 0.3.2 had under it.
    :raises ImportError: it was gone in 0.3 already, or is of Flask-JWT-Extended; the text says what
        to write.
    :raises AttributeError: there never was such a name.
    """
    if name in _KEPT:
        return _KEPT[name]
    if name == "__version__":
        return version("flask-jwt-reborn")
    if name in IMPORTED:
        return _imported(name)
    if (why := why_absent(name)) is not None:
        raise ImportError(why)
    raise AttributeError(f"module 'flask_jwt' has no attribute {name!r}")


def _imported(name: str) -> Any:
    module = IMPORTED[name]
    warnings.warn(
        f"{name} is not of flask_jwt, which had only imported it: write {import_written(name)}",
        DeprecationWarning,
        stacklevel=3,
    )
    value = import_module(name) if module is None else getattr(import_module(module), name)
    # An import statement asks twice; from now on it finds the name there.
    setattr(import_module("flask_jwt"), name, value)
    return value


def attribute_of_jwt(_jwt: object, name: str) -> NoReturn:
    """Raise the error for an attribute that ``JWT`` does not have; its ``__getattr__``."""
    today = hook_of_today(name)
    hint = "" if today is None else f"; since version 0.3 it is called {today}"
    raise AttributeError(f"'JWT' object has no attribute {name!r}{hint}")
