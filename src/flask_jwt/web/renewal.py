"""Silent renewal: a new access token for one in a cookie that will expire soon. Nothing rotates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Request, Response

from .afterwards import afterwards
from .cookie_setting import age_of
from .cookies import Cookies
from .session_tokens import extend_session
from .state import ApplicationState


def renew(
    state: ApplicationState,
    cookies: Cookies,
    this: Request,
    response: Response,
    claims: Mapping[str, Any],
) -> None:
    """Put a new access token into the cookie of an answer, if the old one will expire soon.

    The session's row is looked at: one that has ended meanwhile, by this very request perhaps, is
    not brought back; nor is a cookie that the application has just deleted or set itself. The
    refresh token stays as it is, and so does the CSRF value: where that is of another session,
    somebody else has signed in while this token was under way, and it is left to expire.
    """
    name = cookies.csrf.name_of(claims)
    if name is None or not _is_due(state, cookies, claims) or cookies.are_in(response, this):
        return
    values = cookies.csrf_values(this)
    if values and not any(cookies.csrf.fits(name, value) for value in values):
        return
    try:
        renewed = extend_session(state, claims, cookies.check_access)
    except Exception:
        # A hook of the application's own, perhaps. This request has been served: to answer it with
        # an error would have the client send it again.
        state.logger.exception("An access token in a cookie could not be renewed")
        return
    if renewed is None:
        return
    token, remember = renewed
    age, value = age_of(state, remember=remember), cookies.csrf.of(name)
    cookies.set_access(response, this, token, age)
    if value not in values:
        # It was made with a secret that will be retired, or is gone.
        cookies.set_csrf(response, this, value, age)
    afterwards(this).no_store = True


def _is_due(state: ApplicationState, cookies: Cookies, claims: Mapping[str, Any]) -> bool:
    before, exp = cookies.settings.auto_refresh, claims.get("exp")
    if before is None or not isinstance(exp, int | float):
        return False
    return exp - state.clock() < before
