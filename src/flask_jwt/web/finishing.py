"""The last look at each answer, where requests carry tokens elsewhere than in the header."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, Response

from ..settings import ConfigurationError
from .afterwards import Afterwards, afterwards_or_none
from .context import current_request
from .cookies import put_back
from .origins import allow_origin
from .presented import has_token_in_address
from .renewal import renew
from .replacing import end_replaced
from .state import ApplicationState, current_state
from .transport import depends_on, not_stored


def finish(_app: Flask, response: Response, **_more: Any) -> None:
    """Set or delete cookies, and say who may keep, read and pass on an answer.

    A receiver of :data:`flask.request_finished`.
    """
    this = current_request()
    todo = afterwards_or_none(this)
    state = _state(todo)
    if state is None or state.places is None:
        return
    places = state.places
    if todo is not None:
        _apply(todo, state, this, response)
    if has_token_in_address(this, places):
        # It goes nowhere: neither along with a link nor into a cache.
        response.headers["Referrer-Policy"] = "no-referrer"
        if not response.cache_control.no_store:
            response.cache_control.public = False
            response.cache_control.private = True
    if state.cookies is not None:
        allow_origin(this, response, places.settings.origins, places.settings.csrf_header)


def _state(todo: Afterwards | None) -> ApplicationState | None:
    try:
        return current_state()
    except ConfigurationError:
        if todo is not None:
            raise
        # An answer that has nothing to do with tokens. Whichever has says what is wrong.
        return None


def _apply(todo: Afterwards, state: ApplicationState, this: Request, response: Response) -> None:
    if todo.no_cookies:
        # Flask's own session, too: all are for the page that has signed this browser in.
        del response.headers["Set-Cookie"]
    if state.cookies is not None:
        if todo.clear:
            state.cookies.clear(response, this)
        elif todo.set_cookies:
            put_back(todo.set_cookies, response)
        elif todo.by_cookie is not None and not todo.decided:
            renew(state, state.cookies, this, response, todo.by_cookie)
        if todo.begun is not None and state.sessions is not None:
            end_replaced(state, state.sessions, state.cookies, this, response, todo.begun)
    if todo.saw_cookies:
        # CVE-2023-30861: a cache between must not hand one user's answer, or cookie, to the next.
        depends_on(response, "Cookie")
    if todo.found_cookies and "Cache-Control" not in response.headers:
        # A cache that does not heed Vary is to keep it for nobody else either.
        response.headers["Cache-Control"] = "private"
    if todo.no_store:
        not_stored(response)
