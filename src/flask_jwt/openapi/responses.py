"""The answers that a guard can give, as responses of an operation."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import NamedTuple

from ..app_state import AppState
from ..authentication.errors import default_jwt_error_callback
from ..authentication.guards import Guard
from ..authentication.settings import BrowserRoutes
from ..http import SAFE_METHODS
from ..requirements.combined import Requirement
from ..requirements.leaves import Acr, Amr, MaxAge
from .dialect import Dialect, Part, put

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


class Refusal(NamedTuple):
    """A status that a guard answers with."""

    status: HTTPStatus
    description: str
    headers: dict[str, str]


def refusals(state: AppState, guard: Guard, method: str) -> Iterator[Refusal]:
    """Yield the refusals of a guard."""
    is_checked = state.cookies is not None and method not in SAFE_METHODS
    if state.settings[BrowserRoutes].token_location != ("headers",):
        yield Refusal(
            HTTPStatus.BAD_REQUEST,
            "Tokens of several users or sessions, or a request that can't be read.",
            _CHALLENGE,
        )
    if guard.optional != "lenient":
        yield Refusal(HTTPStatus.UNAUTHORIZED, _unauthorized(guard), _CHALLENGE)
    if guard.requires is not None or is_checked:
        reasons = [_INSUFFICIENT] * (guard.requires is not None) + [_CSRF] * is_checked
        headers = _CHALLENGE if guard.requires is not None else {}
        yield Refusal(HTTPStatus.FORBIDDEN, " ".join(reasons), headers)
    if is_checked:
        yield Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "A form too large to be looked at for the CSRF value.",
            {},
        )
    if state.sessions is not None:
        yield Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE, "Sessions can't be looked up at the moment.", _RETRY
        )


_INSUFFICIENT = "The token does not have what is required."
_CSRF = "The CSRF value is missing or wrong, or a page of another site has sent the request."


def _unauthorized(guard: Guard) -> str:
    if guard.optional:
        return "The token is refused."
    if guard.requires is not None and any(map(_is_of_sign_in, guard.requires.leaves())):
        return "There is no token, it is refused, or the user has to sign in anew (RFC 9470)."
    return "There is no token, or it is refused."


def _is_of_sign_in(requirement: Requirement) -> bool:
    return isinstance(requirement, Acr | Amr | MaxAge)


def add_responses(
    document: Part, operation: Part, dialect: Dialect, state: AppState, guard: Guard, method: str
) -> None:
    """Add the refusals of a guard to an operation; what is said of a status already stays."""
    responses = operation.setdefault("responses", {})
    known = {str(status) for status in responses}
    schema: Part | None = None
    if state.extension.jwt_error_callback is default_jwt_error_callback:
        schema = dialect.reference(put(dialect.schemas(document), "JWTError", _SCHEMA))
    for status, description, headers in refusals(state, guard, method):
        key = str(status.value)
        if key not in known:
            responses[key] = dialect.response(description, schema, headers)
