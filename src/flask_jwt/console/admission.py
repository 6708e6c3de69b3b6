"""What a request to this application goes through: the gate, revocation, the identity handler."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from ..core.errors import TokenError
from ..sessions.errors import StoreUnavailable
from ..web.authenticate import default_jwt_decode_callback, verified_but_times
from ..web.errors import JWTError, unavailable
from ..web.state import ApplicationState, current_state
from ..web.waiting import result_of
from .gate import GATE
from .steps import Check, GateInspection, Inspection, Outcome, Rules, walk

T = TypeVar("T")


def inspect(token: str) -> list[Outcome]:
    """Look at a token as a request to this application would have it looked at."""
    state = current_state()
    if decodes_itself(state):
        return walk((_HOOK, *_ADMISSION), Inspection(token))
    # A key may be so new that this worker has not heard of it: then the file is read again.
    with suppress(TokenError):
        state.keys.verify(token)
    ring = state.keys.snapshot().ring
    rules = Rules(ring, state.policy, state.clock(), state.settings.max_token_bytes)
    return walk((*GATE, *_ADMISSION), GateInspection(token, rules=rules))


def decodes_itself(state: ApplicationState) -> bool:
    """Tell whether a hook of the application's own decides on tokens, instead of the gate."""
    return state.extension.jwt_decode_callback is not default_jwt_decode_callback


def _decoded(inspection: Inspection) -> str:
    state = current_state()
    # A hook is asked about expired tokens in the same way: it decides on that, too.
    found = _asked(
        state, "the decode hook", lambda: verified_but_times(state, inspection.token).claims
    )
    inspection.claims = found
    return "It has returned claims."


def _revocation(inspection: Inspection) -> str:
    state = current_state()
    sessions = state.sessions
    if sessions is None:
        return "This application keeps no sessions: a token is good until it expires."
    _asked(state, "the look at its session", lambda: sessions.admit(inspection.claims))
    if "sid" in inspection.claims:
        return "Its session goes on."
    return "It is older than the sessions, and nobody has revoked it."


def _identity(inspection: Inspection) -> str:
    state = current_state()
    hook = state.extension.identity_callback
    if hook is None:
        raise TokenError("The application has no identity handler")
    identity = _asked(state, "the identity handler", lambda: result_of(hook(inspection.claims)))
    if identity is None:
        raise TokenError("User does not exist")
    return f"The identity handler returned an object of type {type(identity).__name__}."


def _asked(state: ApplicationState, whom: str, ask: Callable[[], T]) -> T:
    # In a request, an error of the application's own is a 500. Here it is something to be shown.
    try:
        return ask()
    except TokenError:
        raise
    except StoreUnavailable:
        raise TokenError(unavailable().description) from None
    except JWTError as error:
        raise TokenError(error.description) from None
    except Exception as error:
        state.logger.exception("%s failed, at a token pasted into the console", whom)
        shown = f"{whom[0].upper()}{whom[1:]} raised {type(error).__name__}; the log says where"
        raise TokenError(shown) from error


_HOOK = Check(
    "decode hook",
    "The application's own word",
    "This application decodes tokens with a hook of its own (jwt_decode_handler). The checks of "
    "the gate are not asked: what the hook lets through is let in.",
    _decoded,
)

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
