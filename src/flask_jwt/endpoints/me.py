"""``GET /auth/me``: the user who asks, and the session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response, jsonify

from ..app_state import AppState, current_state
from ..authentication.errors import answered
from ..core.clock import iso_utc
from ..http import mark_no_store
from .own_user import own_sid, own_user
from .sessions import shown_session

# What a user may have, in this order.
_TEXTS = ("id", "username", "email")
_MOMENTS = ("created_at", "password_changed_at")


@answered
def me_view(**_values: object) -> Response:
    """Answer with the user who asks, and with the session by which they do."""
    state = current_state()
    user = own_user(state)
    return mark_no_store(jsonify({"user": _shown_user(user), "session": _session(state)}))


def _shown_user(user: Any) -> dict[str, Any]:
    shown = {name: getattr(user, name) for name in _TEXTS if hasattr(user, name)}
    if hasattr(user, "roles"):
        shown["roles"] = _names(user.roles)
    for name in _MOMENTS:
        if hasattr(user, name):
            shown[name] = iso_utc(getattr(user, name))
    return shown


def _names(roles: Iterable[str] | None) -> list[str]:
    return [roles] if isinstance(roles, str) else list(roles or ())


def _session(state: AppState) -> dict[str, Any] | None:
    sid = own_sid(state)
    if sid is None or state.sessions is None:
        return None
    session = state.sessions.live_session(sid)
    return None if session is None else shown_session(session, sid)
