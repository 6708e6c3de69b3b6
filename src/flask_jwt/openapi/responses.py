"""The answers that a guard can give, as responses of an operation."""

from __future__ import annotations

from ..app_state import AppState
from ..authentication.errors import default_jwt_error_callback
from ..authentication.guards import Guard
from ..authentication.settings import BrowserRoutes
from ..http import SAFE_METHODS
from ..requirements.leaves import Acr, Amr, MaxAge
from .dialect import Dialect, Part

_SCHEMA: Part = {
    "type": "object",
    "required": ["status_code", "error", "description"],
    "properties": {
        "status_code": {"type": "integer"},
        "error": {"type": "string"},
        "description": {"type": "string"},
    },
}
_CHALLENGE = {"WWW-Authenticate": "How to authenticate (RFC 6750)."}
_RETRY = {"Retry-After": "After how many seconds to try again."}
_SEVERAL = "Tokens of several users or sessions, or a request that can't be read."
_INSUFFICIENT = "The token does not have what is required."
_CSRF = "The CSRF value is missing or wrong, or a page of another site has sent the request."
_TOO_LARGE = "A form too large to be looked at for the CSRF value."
_NO_STORE = "Sessions can't be looked up at the moment."


def add_responses(
    operation: Part, dialect: Dialect, state: AppState, guard: Guard, method: str
) -> None:
    """Add the refusals of a guard to an operation; what is said of a status already stays."""
    responses = operation.setdefault("responses", {})
    known = {str(status) for status in responses}
    schema: Part | None = None
    if state.extension.jwt_error_callback is default_jwt_error_callback:
        schema = dialect.add_schema("JWTError", _SCHEMA)
    for status, (description, headers) in _refusals(state, guard, method).items():
        if status not in known:
            responses[status] = dialect.response(description, schema, headers)


def _refusals(state: AppState, guard: Guard, method: str) -> dict[str, tuple[str, dict[str, str]]]:
    is_checked = state.cookies is not None and method not in SAFE_METHODS
    has_places = state.settings[BrowserRoutes].token_location != ("headers",)
    rows: tuple[tuple[str, bool, str, dict[str, str]], ...] = (
        ("400", has_places, _SEVERAL, _CHALLENGE),
        ("401", guard.optional != "lenient", _unauthorized(guard), _CHALLENGE),
        ("403", guard.requires is not None, _INSUFFICIENT, _CHALLENGE),
        ("403", is_checked, _CSRF, {}),
        ("413", is_checked, _TOO_LARGE, {}),
        ("503", state.sessions is not None, _NO_STORE, _RETRY),
    )
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for status, is_given, reason, headers in rows:
        if is_given and status in found:
            found[status] = (f"{found[status][0]} {reason}", found[status][1] | headers)
        elif is_given:
            found[status] = (reason, headers)
    return found


def _unauthorized(guard: Guard) -> str:
    if guard.optional:
        return "The token is refused."
    leaves = guard.requires.leaves() if guard.requires is not None else ()
    if any(isinstance(leaf, Acr | Amr | MaxAge) for leaf in leaves):
        return "There is no token, it is refused, or the user has to sign in anew (RFC 9470)."
    return "There is no token, or it is refused."
