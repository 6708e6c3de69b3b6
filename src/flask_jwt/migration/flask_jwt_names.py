"""The names of Flask-JWT: what 0.3.2 had, and what was gone by then, with what to write."""

from __future__ import annotations

from .extended_names import FORMER_NAMES, NAMES, words

#: What 0.3.2 had of its own and a program imports, and what is imported here in the same way.
OWN = words(
    """
    CONFIG_DEFAULTS ConfigurationError JWT JWTError PUBLIC_ENDPOINTS SessionTokens
    _default_auth_request_handler _default_auth_response_handler _default_jwt_decode_handler
    _default_jwt_encode_handler _default_jwt_error_handler _default_jwt_headers_handler
    _default_jwt_payload_handler _default_request_handler _jwt _jwt_required check_request_origin
    create_access_token create_refresh_token csrf_token current_identity current_token jwt_required
    logger public set_access_cookies set_refresh_cookies unset_jwt_cookies __version__
    """
)

#: What 0.3.2 and 0.2 had imported themselves: the module that has it, or None for a module.
IMPORTED = {
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
_HOOKS = words(
    """
    auth_request auth_response authentication identity jwt_decode jwt_encode jwt_error jwt_headers
    jwt_payload request
    """
)
_KINDS = ("handler", "callback")


def import_written(name: str) -> str:
    """Return the import of a name that Flask-JWT had only imported itself."""
    module = IMPORTED[name]
    return f"import {name}" if module is None else f"from {module} import {name}"


def why_absent(name: str) -> str | None:
    """Return why ``flask_jwt`` has no such name and what to write, or None for any other name."""
    if name in OWN:
        return None
    if name in _GONE:
        return f"flask_jwt has no {name} since its version 0.3: {_GONE[name]}"
    if name in NAMES or name in FORMER_NAMES:
        return (
            f"flask_jwt has no {name}, which is of Flask-JWT-Extended: "
            f"write from flask_jwt.extended import {name}"
        )
    return None


def hook_of_today(name: str) -> str | None:
    """Return what a hook of before 0.3 is called now, or None for any other attribute."""
    former, _, kind = name.partition("_")
    is_hook = former in _FORMER_HOOKS and kind in _KINDS
    return f"{_FORMER_HOOKS[former]}_{kind}" if is_hook else None


def is_hook(name: str) -> bool:
    """Tell whether ``JWT`` has a hook of this name."""
    stem, _, kind = name.rpartition("_")
    return stem in _HOOKS and kind in _KINDS
