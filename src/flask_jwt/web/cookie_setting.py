"""Tokens -> cookies of an answer, and three functions for endpoints of an application's own."""

from __future__ import annotations

from typing import Any

from flask import Request, Response

from ..core.errors import TokenError
from ..sessions.refresh_token import parse_refresh_token
from ..settings import ConfigurationError
from .authenticate import verified_expired
from .context import current_request
from .cookies import Cookies
from .csrf import session_name
from .places import Places
from .session_tokens import SessionTokens, sessions_of
from .state import ApplicationState, current_state
from .tokens import AccessToken
from .transport import not_stored

# What only cookies hold, in an answer to a browser.
_TOKENS = frozenset({"access_token", "refresh_token", "token_type"})


def set_access_cookies(response: Response, access_token: str, *, remember: bool = True) -> None:
    """Put an access token into the cookies of an answer, with the CSRF value of its session.

    :param response: the answer to this request.
    :param access_token: of :func:`~flask_jwt.create_access_token`.
    :param remember: False has the browser forget them when it is closed. Without sessions they are
        forgotten when the token expires.
    :raises ClaimsError: the token is too long for a cookie.
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``.
    :raises ValueError: the token is none of this application's.
    """
    state = current_state()
    put_access(state, current_request(), response, access_token, remember=remember)


def set_refresh_cookies(response: Response, refresh_token: str, *, remember: bool = True) -> None:
    """Put a refresh token into the cookies of an answer, with the CSRF value of its session.

    :param response: the answer to this request.
    :param refresh_token: of :func:`~flask_jwt.create_refresh_token`.
    :param remember: False has the browser forget them when it is closed.
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``, or there is no session
        store.
    :raises ValueError: the text is no refresh token.
    """
    state = current_state()
    put_refresh(state, current_request(), response, refresh_token, remember=remember)


def unset_jwt_cookies(response: Response) -> None:
    """Delete the cookies of this application's tokens in the browser. It ends no session.

    :param response: the answer to this request.
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``.
    """
    browser_places(current_state())[1].clear(response, current_request())


def put_tokens(
    state: ApplicationState, this: Request, response: Response, tokens: SessionTokens | AccessToken
) -> None:
    """Put what a sign-in or a refresh gives into the cookies of its answer.

    :param state: the application's.
    :param this: the request.
    :param response: the answer.
    :param tokens: the tokens.
    :raises ClaimsError: the access token is too long for a cookie.
    """
    if isinstance(tokens, AccessToken):
        put_access(state, this, response, tokens, remember=True)
        return
    put_access(state, this, response, tokens.access_token, remember=tokens.remember)
    put_refresh(state, this, response, tokens.refresh_token, remember=tokens.remember)


def put_access(
    state: ApplicationState, this: Request, response: Response, token: str, *, remember: bool
) -> None:
    """Put an access token into the cookies of an answer; see :func:`set_access_cookies`."""
    cookies = browser_places(state)[1]
    try:
        claims = verified_expired(state, token).claims
    except TokenError as error:
        raise ValueError(f"the access token is none of ours: {error}") from None
    age: int | None
    if state.sessions is None:
        age = max(0, int(claims["exp"] - state.clock()))
    else:
        # Longer than the token lives: it tells which session wants a CSRF value, or to end.
        age = int(state.sessions.lifetimes.idle) if remember else None
    cookies.set_access(response, this, token, age)
    _put_csrf(state, this, response, session_name(claims), age)


def put_refresh(
    state: ApplicationState, this: Request, response: Response, token: str, *, remember: bool
) -> None:
    """Put a refresh token into the cookies of an answer; see :func:`set_refresh_cookies`."""
    cookies = browser_places(state)[1]
    in_use = sessions_of(state)
    try:
        sid = parse_refresh_token(token).sid
    except TokenError as error:
        raise ValueError(str(error)) from None
    age = int(in_use.lifetimes.idle) if remember else None
    cookies.set_refresh(response, this, token, age)
    _put_csrf(state, this, response, f"sid:{sid}", age)


def browser_places(state: ApplicationState) -> tuple[Places, Cookies]:
    """Return the places of an application that has cookies among them, and the cookies.

    :raises ConfigurationError: they are not in ``JWT_TOKEN_LOCATION``.
    """
    if state.places is None or state.places.cookies is None:
        raise ConfigurationError(
            "app.config['JWT_TOKEN_LOCATION'] has no 'cookies': put it there before JWT(app, …)"
        )
    return state.places, state.places.cookies


def csrf_token_of(state: ApplicationState, token: str) -> str | None:
    """Return the CSRF value that goes with an access token; None where it can have none.

    :param state: the application's.
    :param token: the text of a token of ours, whose ``exp`` may have passed.
    :raises TokenError: it is none.
    """
    csrf = browser_places(state)[0].csrf
    name = session_name(verified_expired(state, token).claims)
    return None if csrf is None or name is None else csrf.of(name)


def answer_with_cookies(
    state: ApplicationState, body: dict[str, Any], access_token: str, *, hidden: bool = False
) -> dict[str, Any]:
    """Return the body of an answer whose tokens are in cookies, if there are any.

    :param state: the application's.
    :param body: what would be answered without cookies.
    :param access_token: the access token.
    :param hidden: show no token in any case: the request's own came in a cookie, and a script that
        was smuggled into a page is to read none.
    """
    if state.places is None or state.places.cookies is None:
        return body
    if hidden or not state.places.in_bodies:
        body = {name: value for name, value in body.items() if name not in _TOKENS}
    return {**body, "csrf_token": csrf_token_of(state, access_token)}


def _put_csrf(
    state: ApplicationState, this: Request, response: Response, name: str | None, age: int | None
) -> None:
    places, cookies = browser_places(state)
    if places.csrf is not None and name is not None:
        cookies.set_csrf(response, this, places.csrf.of(name), age)
    not_stored(response)
