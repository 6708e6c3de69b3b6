"""A user whose password was right, and who may be changed before there are tokens for it."""

from __future__ import annotations

from typing import Any

from ..app_state import AppState
from ..authentication.errors import answered
from ..tokens.session_tokens import SessionTokens
from ..user_directory import UserDirectory

_REASON = "user changed"


@answered
def is_checked_user(
    state: AppState,
    users: UserDirectory,
    identity: Any,
    changed_at: Any,
    tokens: SessionTokens | None,
) -> bool:
    """Tell whether a user is still who signed in; the session that began for another one ends.

    Whoever changes a user does so first, and then ends the sessions. Here it is the other way
    round: a session that began too late to be ended began too late not to see the change.

    :param changed_at: when the user's password was changed, as it was before there were tokens: the
        object may be one of an application's session, and learn of changes. None is not compared.
    :param tokens: of the session that has begun, if there are sessions.
    """
    extension = state.extension
    # An identity handler of the application's own says by itself who is let in.
    is_of_directory = extension.identity_callback is extension.user_of and hasattr(identity, "id")
    if not is_of_directory:
        return True
    # As a token carries it: a UUID is text there, and a directory need know no other form.
    user_id = identity.id if isinstance(identity.id, int | str) else str(identity.id)
    if _is_unchanged(users.by_id(user_id), changed_at):
        return True
    if tokens is not None and state.sessions is not None:
        state.sessions.end(tokens.sid, _REASON)
    return False


def _is_unchanged(latest: Any, changed_at: Any) -> bool:
    if latest is None or not getattr(latest, "enabled", True):
        return False
    return changed_at is None or changed_at == getattr(latest, "password_changed_at", changed_at)
