"""The last look at each answer, where requests carry tokens elsewhere than in the header."""

from __future__ import annotations

from flask import Request, Response

from ..settings import ConfigurationError
from .afterwards import Afterwards, afterwards_or_none
from .context import current_request
from .cookie_setting import put_tokens
from .origins import allow_origin
from .places import Places
from .renewal import renew
from .state import ApplicationState, current_state
from .transport import not_stored


def finish(response: Response) -> Response:
    """Set or delete cookies, and say who may keep, read and pass on an answer.

    :param response: the answer, whoever made it.
    :raises ConfigurationError: the application's configuration is at fault.
    """
    this = current_request()
    todo = afterwards_or_none(this)
    state = _state(todo)
    if state is None or state.places is None:
        return response
    places = state.places
    if todo is not None:
        _apply(todo, state, places, this, response)
    if places.cookies is not None:
        allow_origin(this, response, places.settings.origins, places.settings.csrf_header)
    return response


def _state(todo: Afterwards | None) -> ApplicationState | None:
    try:
        return current_state()
    except ConfigurationError:
        if todo is not None:
            raise
        # An answer that has nothing to do with tokens. Whichever has says what is wrong.
        return None


def _apply(
    todo: Afterwards, state: ApplicationState, places: Places, this: Request, response: Response
) -> None:
    if todo.put is not None and response.status_code < 400:
        # A hook that has set or deleted them itself has decided.
        if places.cookies is not None and not places.cookies.are_in(response, this):
            put_tokens(state, this, response, todo.put)
    elif todo.clear and places.cookies is not None:
        places.cookies.clear(response, this)
    elif todo.by_cookie is not None:
        renew(state, places, this, response, todo.by_cookie)
    if todo.saw_cookies:
        # CVE-2023-30861: a cache between must not hand one user's answer, or cookie, to the next.
        response.vary.add("Cookie")
    if todo.no_store:
        not_stored(response)
    if todo.saw_query:
        response.headers["Referrer-Policy"] = "no-referrer"
        if not response.cache_control.no_store:
            response.cache_control.public = False
            response.cache_control.private = True
