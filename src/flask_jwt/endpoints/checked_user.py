"""A user whose password was right, and who may be changed before there are tokens for it."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..app_state import AppState
from ..authentication.errors import answered
from ..tokens.access_tokens import AccessToken
from ..tokens.session_tokens import SessionTokens

_REASON = "user changed"


class CheckedUser(NamedTuple):
    """What a check of a password has found."""

    #: The authenticated object.
    identity: Any
    #: Since when the password was the one that was checked, where the object says so. The object
    #: itself may be one of an application's session, and learn of changes.
    password_changed_at: Any

    def __repr__(self) -> str:
        return "<CheckedUser>"


def checked_user(identity: Any) -> CheckedUser:
    """Return a user whose password was found to be right just now."""
    return CheckedUser(identity, getattr(identity, "password_changed_at", None))


@answered
def issue_unless_changed(
    state: AppState, user: CheckedUser, **how: Any
) -> tuple[AccessToken, SessionTokens | None] | None:
    """Make the tokens of a sign-in, or return None where the user is another one by then.

    Whoever changes a user does so first, and then ends the sessions. Here it is the other way
    round: a session that began too late to be ended began too late not to see the change.
    """
    access_token, tokens = state.issue_tokens(state, user.identity, **how)
    if _is_unchanged(state, user):
        return access_token, tokens
    if tokens is not None and state.sessions is not None:
        state.sessions.end(tokens.sid, _REASON)
    return None


def _is_unchanged(state: AppState, user: CheckedUser) -> bool:
    extension, identity = state.extension, user.identity
    users = extension.users
    # An identity handler of the application's own says by itself who is let in.
    is_of_directory = extension.identity_callback is extension.user_of and hasattr(identity, "id")
    if users is None or not is_of_directory:
        return True
    latest = users.by_id(identity.id)
    if latest is None or not getattr(latest, "enabled", True):
        return False
    former = user.password_changed_at
    return former is None or former == getattr(latest, "password_changed_at", former)
