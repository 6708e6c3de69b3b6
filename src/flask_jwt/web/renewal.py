"""Silent renewal: a new access token for one in a cookie that will expire soon. Nothing rotates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Request, Response

from .cookie_setting import put_access
from .cookies import Cookies
from .places import Places
from .session_tokens import extend_session
from .state import ApplicationState


def renew(
    state: ApplicationState,
    places: Places,
    this: Request,
    response: Response,
    claims: Mapping[str, Any],
) -> None:
    """Put a new access token into the cookies of an answer, if the old one will expire soon.

    The session's row is looked at: one that has ended meanwhile, by this very request perhaps, is
    not brought back; nor is a cookie that the application has just deleted or set itself.

    :param state: the application's.
    :param places: its places.
    :param this: the request.
    :param response: the answer.
    :param claims: of the token in the cookie that decided.
    """
    before, cookies, sid = places.settings.auto_refresh, places.cookies, claims.get("sid")
    if before is None or cookies is None or not isinstance(sid, str):
        return
    if claims["exp"] - state.clock() >= before or _is_decided(cookies, this, response):
        return
    renewed = extend_session(state, sid)
    if renewed is not None:
        token, remember = renewed
        put_access(state, this, response, token, remember=remember)


def _is_decided(cookies: Cookies, this: Request, response: Response) -> bool:
    return cookies.are_in(response, this)
