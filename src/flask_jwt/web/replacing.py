"""Sign-in in a browser that was signed in: its former session ends (OWASP ASVS 7.2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from flask import Request, Response

from ..core.errors import TokenError
from ..sessions.errors import StoreUnavailable
from .authenticate import verified_but_times
from .cookies import Cookies
from .session_ends import end_session
from .sessions_in_use import SessionsInUse
from .state import ApplicationState

_LEFT = "The session that a browser had before its sign-in could not be ended"


def end_replaced(
    state: ApplicationState,
    in_use: SessionsInUse,
    cookies: Cookies,
    this: Request,
    response: Response,
    begun: tuple[str, str],
) -> None:
    """End the sessions whose access cookies a sign-in has replaced.

    It comes last: an answer that the application has taken the cookies off, or made anew without
    them, has signed nobody in. A failure is logged and no more, as the new session is complete: an
    error would leave it behind without its cookies.
    """
    sid, token = begun
    if not cookies.are_in(response, this, token):
        return
    try:
        for former in _former(state, cookies, this):
            if former != sid:
                end_session(in_use, former, "replaced")
    except StoreUnavailable:
        state.logger.error(_LEFT)
    except Exception:
        # A receiver of a signal, perhaps, or a hook that decodes.
        state.logger.exception(_LEFT)


def _former(state: ApplicationState, cookies: Cookies, this: Request) -> Iterator[str]:
    # Only this host sets such a cookie, or a domain whose hosts are trusted. Its token may have
    # expired. The refresh cookie is never sent to a sign-in.
    for text in cookies.access_tokens(this):
        with suppress(TokenError):
            sid = verified_but_times(state, text).claims.get("sid")
            if isinstance(sid, str):
                yield sid
