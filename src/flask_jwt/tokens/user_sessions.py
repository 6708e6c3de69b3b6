"""The subject of a user, and the end of all that the user has signed in to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app, has_app_context

from ..app_state import AppState, Extension, current_state
from ..authentication.errors import answered
from ..errors import ConfigurationError
from ..sessions.models import subject_key
from .access_tokens import unsigned_token


def subject_of_user(state: AppState, user: Any) -> str:
    """Return the key by which a user's sessions are found."""
    return subject_of_claims(state, unsigned_token(state, user).claims)


def subject_of_claims(state: AppState, claims: Mapping[str, Any]) -> str:
    """Return the key by which the sessions of the user are found whom claims name."""
    try:
        return subject_key(state.extension.named_in(claims))
    except ValueError as error:
        raise ConfigurationError(
            f"the claims of a user name nobody ({error}). Give JWT(…, subject=…) a function that "
            "finds the user in them"
        ) from None


@answered
def end_sign_ins(
    directory: object, user: Any, because: str, *, except_sid: str | None = None
) -> None:
    """End a user's sessions but one, and make the user's devices unknown.

    A script has no application, and an application may have another directory: then there is
    nothing that could be ended.
    """
    extension = current_app.extensions.get("jwt") if has_app_context() else None
    if not isinstance(extension, Extension) or extension.users is not directory:
        return
    state = current_state()
    subject = subject_of_user(state, user)
    if state.sessions is not None:
        state.sessions.end_all(subject, except_sid, because)
    elif state.throttle is not None:
        state.throttle.forget_devices(subject)
