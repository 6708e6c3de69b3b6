"""What follows the gate on the path of a request: revocation, and the identity handler."""

from __future__ import annotations

from ..core.errors import TokenError
from ..sessions.errors import StoreUnavailable
from ..web.errors import JWTError, unavailable
from ..web.state import ApplicationState, current_state
from ..web.waiting import result_of
from .gate import GATE
from .steps import Check, Inspection, Outcome, Rules, walk


def inspect(token: str) -> list[Outcome]:
    """Look at a token as a request to this application would have it looked at.

    :param token: its text.
    :raises ConfigurationError: the application has no JWT, or its configuration is at fault.
    """
    state = current_state()
    rules = Rules(
        state.keys.snapshot().ring, state.policy, state.clock(), state.settings.max_token_bytes
    )
    return walk((*GATE, *_ADMISSION), Inspection(token, rules))


def _revocation(inspection: Inspection) -> str:
    state = current_state()
    if state.sessions is None:
        return "This application keeps no sessions: a token is good until it expires."
    try:
        state.sessions.admit(inspection.claims)
    except StoreUnavailable:
        raise TokenError(unavailable().description) from None
    if "sid" in inspection.claims:
        return "Its session goes on."
    return "It is older than the sessions, and nobody has revoked it."


def _identity(inspection: Inspection) -> str:
    state = current_state()
    hook = state.extension.identity_callback
    if hook is None:
        raise TokenError("The application has no identity handler")
    try:
        identity = result_of(hook(inspection.claims))
    except JWTError as error:
        raise TokenError(error.description) from None
    except Exception as error:
        raise _failed(state, error) from error
    if identity is None:
        raise TokenError("User does not exist")
    return f"The identity handler returned an object of type {type(identity).__name__}."


def _failed(state: ApplicationState, error: Exception) -> TokenError:
    state.logger.exception("the identity handler failed, at a token pasted into the console")
    return TokenError(f"The identity handler raised {type(error).__name__}; the log says where")


_ADMISSION = (
    Check(
        "revocation",
        "Not revoked",
        "Whoever signs out, or ends a session elsewhere, ends its access tokens too, before they "
        "expire.",
        _revocation,
    ),
    Check(
        "identity",
        "Somebody stands behind it",
        "The user may have been deleted since. The application's identity handler is asked at each "
        "request, and nothing of its answer is remembered.",
        _identity,
    ),
)
