"""Claims as version 3 of Flask-JWT-Extended had them: ``identity``, and a dict of the user's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import current_app

from ..app_state import current_state
from .deprecation import warn
from .former_settings import FormerSettings
from .sessions import SESSION_CLAIMS

P = ParamSpec("P")
R = TypeVar("R")

_IDENTITY = "identity"
# All that is not the user's own.
_OWN = {
    *("aud", "csrf", "exp", "fresh", "iat", "iss", "jti", "nbf", "sub", "type"),
    *(*SESSION_CLAIMS, _IDENTITY),
}


def user_claims_key() -> str:
    """Return the claim that held the claims of the user."""
    return current_state().settings[FormerSettings].user_claims


def identity_in(claims: Mapping[str, Any]) -> Any:
    """Return what names the user, or None."""
    return claims.get(current_app.config["JWT_IDENTITY_CLAIM"])


def user_claims_in(claims: Mapping[str, Any]) -> Any:
    """Return the claims of the user, whether they are in one of their own or beside the others."""
    key = user_claims_key()
    if key in claims:
        return claims[key]
    own = _OWN | {current_app.config["JWT_IDENTITY_CLAIM"]}
    return {name: value for name, value in claims.items() if name not in own}


def as_formerly(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return claims with those that version 3 had in each token."""
    return {_IDENTITY: identity_in(claims), user_claims_key(): {}, **claims}


def accepting_former_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Have a function take ``user_claims`` and ``headers``, of which type checkers know nothing."""

    @wraps(function)
    def call(*args: Any, **named: Any) -> R:
        if "user_claims" in named:
            warn("user_claims=", "additional_claims=")
            user_claims = named.pop("user_claims")
            if user_claims is not None:
                given = named.get("additional_claims") or {}
                named["additional_claims"] = {**given, user_claims_key(): user_claims}
        if "headers" in named:
            warn("headers=", "additional_headers=")
            given = named.get("additional_headers") or {}
            named["additional_headers"] = {**given, **(named.pop("headers") or {})}
        return function(*args, **named)

    return call
