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

# What 0.3.2 and 0.2 had imported themselves: the module that has it, or None for a module.
_IMPORTED = {
    "LocalProxy": "werkzeug.local",
    "MethodView": "flask.views",
    "OrderedDict": "collections",
    "current_app": "flask",
    "datetime": "datetime",
    "jsonify": "flask",
    "jwt": None,
    "logging": None,
    "request": "flask",
    "timedelta": "datetime",
    "warnings": None,
    "wraps": "functools",
}

# What was gone in 0.3 already, or went with Flask's own: what to write instead.
_GONE = {
    "JWTAuthView": "set JWT_AUTH_URL_RULE to None and write a view that calls create_access_token",
    "_default_decode_handler": "write _default_jwt_decode_handler(token)",
    "_default_encode_handler": "write create_access_token(identity)",
    "_default_payload_handler": "write _default_jwt_payload_handler(identity)",
    "_default_response_handler": "write _default_auth_response_handler(access_token, identity)",
    "_get_serializer": "write create_access_token(identity), or flask_jwt.core.Signer",
    "_request_ctx_stack": "write current_identity, and flask.request or flask.g for the rest",
    "current_user": "write current_identity",
    "generate_token": "write create_access_token(identity)",
    "verify_jwt": "write _jwt_required(), or @jwt_required() on the view",
}

# What hooks were called before 0.3, and are now, less "_handler" or "_callback" at the end.
_FORMER_HOOKS = {
    "decode": "jwt_decode",
    "encode": "jwt_encode",
    "error": "jwt_error",
    "payload": "jwt_payload",
    "response": "auth_response",
    "user": "identity",
}


def name_of_module(name: str) -> Any:
    """Return what a name of ``flask_jwt`` stands for; the ``__getattr__`` of the module.

    :param name: the name.
    :return: what 0.3.2 had under it.
    :raises ImportError: it was gone in 0.3 already; the text says what to write.
    :raises AttributeError: there never was such a name.
    """
    if name in _KEPT:
        return _KEPT[name]
    if name == "__version__":
        return version("flask-jwt-reborn")
    if name in _IMPORTED:
        return _imported(name)
    if name in _GONE:
        raise ImportError(f"flask_jwt has no {name} since its version 0.3: {_GONE[name]}")
    raise AttributeError(f"module 'flask_jwt' has no attribute {name!r}")


def _imported(name: str) -> Any:
    module = _IMPORTED[name]
    written = f"import {name}" if module is None else f"from {module} import {name}"
    warnings.warn(
        f"{name} is not of flask_jwt, which had only imported it: write {written}",
        DeprecationWarning,
        stacklevel=3,
    )
    value = import_module(name) if module is None else getattr(import_module(module), name)
    # An import statement asks twice; from now on it finds the name there.
    setattr(import_module("flask_jwt"), name, value)
    return value


def attribute_of_jwt(_jwt: object, name: str) -> NoReturn:
    """Raise the error for an attribute that ``JWT`` does not have; its ``__getattr__``."""
    former, _, kind = name.partition("_")
    is_hook = former in _FORMER_HOOKS and kind in ("handler", "callback")
    hint = f"; since version 0.3 it is called {_FORMER_HOOKS[former]}_{kind}" if is_hook else ""
    raise AttributeError(f"'JWT' object has no attribute {name!r}{hint}")
