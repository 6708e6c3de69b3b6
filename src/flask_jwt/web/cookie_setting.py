"""Tokens -> cookies of an answer, and three functions for endpoints of an application's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Request, Response

from ..core.errors import TokenError
from ..sessions.refresh_token import parse_refresh_token
from ..settings import ConfigurationError
from .afterwards import afterwards
from .authenticate import verified_but_times
from .context import current_request
from .cookies import Cookies
from .csrf import CSRFValues, name_of_session
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
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``, there is no session
        store, or there are no paths that take a refresh token.
    :raises ValueError: the text is no refresh token.
    """
    state = current_state()
    put_refresh(state, current_request(), response, refresh_token, remember=remember)


def unset_jwt_cookies(response: Response) -> None:
    """Delete the cookies of this application's tokens in the browser. It ends no session.

    :param response: the answer to this request.
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``.
    """
    cookies_of(current_state()).clear(response, current_request())


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
    cookies, age = cookies_of(state), age_of(state, remember=tokens.remember)
    cookies.set_access(response, this, tokens.access_token, age)
    cookies.set_refresh(response, this, tokens.refresh_token, age)
    _put_csrf(cookies, this, response, name_of_session(tokens.sid), age)


def put_access(
    state: ApplicationState, this: Request, response: Response, token: str, *, remember: bool
) -> None:
    """Put an access token into the cookies of an answer; see :func:`set_access_cookies`."""
    cookies = cookies_of(state)
    try:
        claims = verified_but_times(state, token).claims
    except TokenError as error:
        raise ValueError(f"the access token is none of ours: {error}") from None
    age = age_of(state, remember=remember) if state.sessions else _rest_of_life(state, claims)
    cookies.set_access(response, this, token, age)
    _put_csrf(cookies, this, response, cookies.csrf.name_of(claims), age)


def put_refresh(
    state: ApplicationState, this: Request, response: Response, token: str, *, remember: bool
) -> None:
    """Put a refresh token into the cookies of an answer; see :func:`set_refresh_cookies`."""
    cookies = cookies_of(state)
    sessions_of(state)
    if not cookies.hold_refresh_tokens:
        raise ConfigurationError(
            "app.config['JWT_REFRESH_URL_RULE'] and app.config['JWT_LOGOUT_URL_RULE'] are None: a "
            "refresh token in a cookie is for these paths alone"
        )
    try:
        sid = parse_refresh_token(token).sid
    except TokenError as error:
        raise ValueError(str(error)) from None
    age = age_of(state, remember=remember)
    cookies.set_refresh(response, this, token, age)
    _put_csrf(cookies, this, response, name_of_session(sid), age)


def age_of(state: ApplicationState, *, remember: bool) -> int | None:
    """Return for how many seconds a browser keeps the cookies of a session.

    As long as the longest: which one has expired, or was silent for too long, is for the session's
    row to say. They have to be there for that, the access token too.

    :param state: the application's.
    :param remember: whether the user is to be remembered; None, until the browser is closed, if
        not.
    """
    return int(sessions_of(state).lifetimes.whole) if remember else None


def cookies_of(state: ApplicationState) -> Cookies:
    """Return the cookies of an application.

    :raises ConfigurationError: they are not in ``JWT_TOKEN_LOCATION``.
    """
    if state.places is None or state.places.cookies is None:
        raise ConfigurationError(
            "app.config['JWT_TOKEN_LOCATION'] has no 'cookies': put it there before JWT(app, …)"
        )
    return state.places.cookies


def answer_with_cookies(
    state: ApplicationState,
    body: dict[str, Any],
    tokens: SessionTokens | str,
    *,
    hidden: bool = False,
) -> dict[str, Any]:
    """Return the body of an answer whose tokens are in cookies, if there are any.

    :param state: the application's.
    :param body: what would be answered without cookies.
    :param tokens: the tokens.
    :param hidden: show no token in any case: the request's own came in a cookie, and a script that
        was smuggled into a page is to read none.
    """
    if state.places is None or state.places.cookies is None:
        return body
    if hidden or not state.places.in_bodies:
        body = {name: value for name, value in body.items() if name not in _TOKENS}
    return {**body, "csrf_token": _value_for(state, state.places.cookies.csrf, tokens)}


def _value_for(
    state: ApplicationState, csrf: CSRFValues, tokens: SessionTokens | str
) -> str | None:
    if isinstance(tokens, SessionTokens):
        return csrf.of(name_of_session(tokens.sid))
    name = csrf.name_of(verified_but_times(state, tokens).claims)
    return None if name is None else csrf.of(name)


def _rest_of_life(state: ApplicationState, claims: Mapping[str, Any]) -> int | None:
    # A decode hook of the application's own may let in what never expires.
    exp = claims.get("exp")
    return max(0, int(exp - state.clock())) if isinstance(exp, int | float) else None


def _put_csrf(
    cookies: Cookies, this: Request, response: Response, name: str | None, age: int | None
) -> None:
    if name is not None:
        cookies.set_csrf(response, this, cookies.csrf.of(name), age)
    # Now for whoever looks at the answer, and once more when the application is done with it.
    not_stored(response)
    afterwards(this).no_store = True
