"""The loaders of version 3 of Flask-JWT-Extended, and functions that take what it handed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from typing import Any

from ..app_state import current_state
from ..hooks import await_result
from ..migration.extended_names import FORMER_LOADERS, TAKES_BOTH
from .deprecation import CALLERS_CALLER, warn
from .former_claims import as_formerly, identity_in, user_claims_in, user_claims_key
from .former_settings import FormerSettings

Callback = Callable[..., Any]
Claims = Mapping[str, Any]


def _kind(claims: Claims) -> str:
    return "refresh" if claims.get("type") == "refresh" else "access"


def _of_user_claims(callback: Callback) -> Callback:
    def claims_of(identity: Any) -> Any:
        claims = await_result(callback(identity))
        return {user_claims_key(): claims} if claims else {}

    return claims_of


def _of_blacklist(callback: Callback) -> Callback:
    ask = _adapted(callback)

    def is_revoked(header: Claims, claims: Claims) -> Any:
        settings = current_state().settings[FormerSettings]
        if not settings.asks_blacklist or _kind(claims) not in settings.blacklist_kinds:
            return False
        return ask(header, claims)

    return is_revoked


def _of_verification(callback: Callback) -> Callback:
    def accepts(_header: Claims, claims: Claims) -> Any:
        # Its function was never asked about refresh tokens, which had no claims of the user.
        return _kind(claims) == "refresh" or callback(user_claims_in(claims))

    return accepts


def _of_identity(callback: Callback) -> Callback:
    return lambda _header, claims: callback(identity_in(claims))


def _of_nothing(callback: Callback) -> Callback:
    return lambda _header, _claims: callback()


# What calls the function of each with what it was called with.
_FORMER: dict[str, Callable[[Callback], Callback]] = {
    "claims_verification_failed_loader": _of_nothing,
    "claims_verification_loader": _of_verification,
    "token_in_blacklist_loader": _of_blacklist,
    "user_claims_loader": _of_user_claims,
    "user_loader_callback_loader": _of_identity,
    "user_loader_error_loader": _of_identity,
}
# What the functions of Flask-JWT-Extended itself ask its own manager for.
_OF_THEIRS = ("_decode_jwt_from_config", "_encode_jwt_from_config")


def attribute_of_manager(manager: object, name: str) -> Any:
    """Return a loader by its name in version 3; the ``__getattr__`` of ``JWTManager``."""
    if name not in _FORMER:
        asked_by = ": a module still imports flask_jwt_extended; flask jwt migrate finds it"
        hint = asked_by if name in _OF_THEIRS else ""
        raise AttributeError(f"'JWTManager' object has no attribute {name!r}{hint}")
    return partial(_set_former, manager, name)


def _set_former(manager: object, name: str, callback: Callback) -> Callback:
    today = FORMER_LOADERS[name]
    warn(f"@jwt.{name}", f"@jwt.{today}")
    getattr(manager, today)(_FORMER[name](callback))
    return callback


def about_token(loader: str, callback: Callback) -> Callback:
    """Return what hands a function the header and the claims, or what version 3 did."""
    adapted = _adapted(callback)
    if adapted is not callback:
        _warn_of_arguments(loader)
    return adapted


def _adapted(callback: Callback) -> Callback:
    if not _takes(callback, 2):
        if _takes(callback, 1):
            return lambda _header, claims: callback(as_formerly(claims))
        if _takes(callback, 0):
            return _of_nothing(callback)
    return callback


def about_key(callback: Callback) -> Callback:
    """Return what hands a function for keys the header and the claims; it was the reverse once."""
    if not _takes(callback, 2):
        if not _takes(callback, 1):
            return callback
        _warn_of_arguments("decode_key_loader")
        return lambda _header, claims: callback(claims)
    first, *more = signature(callback).parameters
    if "header" in first or not more or "header" not in more[0]:
        return callback
    _warn_of_arguments("decode_key_loader")
    return lambda header, claims: callback(claims, header)


def _takes(callback: Callback, count: int) -> bool:
    try:
        signature(callback).bind(*range(count))
    except (TypeError, ValueError):
        # It takes another number, or nobody can tell.
        return False
    return True


def _warn_of_arguments(loader: str) -> None:
    warn(
        f"what the function of @jwt.{loader} takes",
        f"it {TAKES_BOTH}",
        CALLERS_CALLER + 1,
    )
