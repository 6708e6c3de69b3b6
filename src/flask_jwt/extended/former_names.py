"""The names of version 3 of Flask-JWT-Extended, for the programs that import them.

Type checkers know nothing of them. Whoever imports one is told what it is called today.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import currentframe
from typing import Any

from ..authentication.request_state import authentication_of_request
from ..core.verifier import VerifiedToken
from ..migration.extended_names import FORMER_NAMES
from .deprecation import warn
from .former_claims import as_formerly, user_claims_in
from .internal_utils import get_jwt_manager
from .view_decorators import jwt_required, verify_jwt_in_request


def _token() -> VerifiedToken | None:
    authentication = authentication_of_request(get_jwt_manager())
    return None if authentication is None else authentication[2]


def get_raw_jwt() -> dict[str, Any]:
    """Return the claims of this request's token; where it has none, or none was looked at, {}."""
    token = _token()
    return {} if token is None else as_formerly(token.claims)


def get_raw_jwt_header() -> dict[str, Any]:
    """Return the JOSE header of this request's token, or {}."""
    token = _token()
    return {} if token is None else dict(token.header)


def get_jwt_claims() -> Any:
    """Return the claims of the user in this request's token, or {}."""
    token = _token()
    return {} if token is None else user_claims_in(token.claims)


# What each stands for.
_FORMER: dict[str, Callable[..., Any]] = {
    "fresh_jwt_required": jwt_required(fresh=True),
    "get_jwt_claims": get_jwt_claims,
    "get_raw_jwt": get_raw_jwt,
    "get_raw_jwt_header": get_raw_jwt_header,
    "jwt_optional": jwt_required(optional=True),
    "jwt_refresh_token_required": jwt_required(refresh=True),
    "verify_fresh_jwt_in_request": partial(verify_jwt_in_request, fresh=True),
    "verify_jwt_in_request_optional": partial(verify_jwt_in_request, optional=True),
    "verify_jwt_refresh_token_in_request": partial(verify_jwt_in_request, refresh=True),
}


def name_of_module(name: str) -> Any:
    """Return what a name of version 3 stands for; the ``__getattr__`` of the module.

    :param name: the name.
    :return: what does what it did.
    :raises AttributeError: there never was such a name.
    """
    if name not in _FORMER:
        raise AttributeError(f"module 'flask_jwt.extended' has no attribute {name!r}")
    asked_by = getattr(currentframe(), "f_back", None)
    # An import statement asks twice: the machinery of imports first, and then the program.
    if asked_by is None or asked_by.f_globals.get("__name__") != "importlib._bootstrap":
        warn(name, FORMER_NAMES[name])
    return _FORMER[name]
