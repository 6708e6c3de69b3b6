"""The user who asks, as the directory has it."""

from __future__ import annotations

from typing import Any

from ..app_state import AppState
from ..authentication.authenticator import authenticate_own
from ..authentication.errors import unknown_user
from ..authentication.request_state import current_token, identity_of_request
from ..errors import ConfigurationError


def own_user(state: AppState) -> Any:
    """Let in whoever asks, and return their user."""
    authenticate_own()
    extension = state.extension
    if extension.user_of is None:
        raise no_directory()
    if extension.identity_callback is extension.user_of:
        return identity_of_request(extension)
    # An identity handler of the application's own may return anything.
    user = extension.user_of(current_token.claims)
    if user is None:
        raise unknown_user()
    return user


def own_sid(state: AppState) -> str | None:
    """Return the session of the token by which a request was let in, or None without one."""
    sid = None if state.sessions is None else current_token.claims.get("sid")
    return sid if isinstance(sid, str) else None


def no_directory() -> ConfigurationError:
    """Return the error of an application that has lost the directory of ``init_app``."""
    return ConfigurationError(
        "there is no directory of users that can do this: JWT(app, users=…) has registered the "
        "route, and another JWT has taken its place"
    )
