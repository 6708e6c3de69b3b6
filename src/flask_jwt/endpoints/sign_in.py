"""``POST /auth``: a username and a password -> an access token."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeGuard

from flask import Request, Response, current_app, jsonify

from ..authentication.body import json_body, refused, tell_of_body
from ..authentication.context import current_request, request_state
from ..authentication.cookies import Cookies
from ..authentication.errors import JWTError
from ..authentication.origins import check_origin, is_from_elsewhere
from ..current import AppState, Extension, current_state
from ..errors import ConfigurationError
from ..hooks import result_of
from ..http import not_stored
from ..tokens.access_tokens import AccessToken, make_token
from ..tokens.api import remember_started, started_with
from ..tokens.delivery import body_beside_cookies, put_tokens
from ..tokens.session_tokens import SessionTokens, start_session
from .settings import SignInSettings

#: The longest username or password that reaches an authentication hook, in bytes of UTF-8: a hash
#: function is not fed a megabyte for whoever asks.
MAX_CREDENTIAL_BYTES = 4096

_REMEMBER = "remember"
# RFC 8176: password-based authentication.
_BY_PASSWORD = ("pwd",)


def answer_sign_in(**_values: object) -> Response:
    """Answer a request for a token, through the application's hooks."""
    state = current_state()
    if state.cookies is not None:
        _admit(state, state.cookies, current_request())
    response = current_app.make_response(result_of(state.extension.auth_request_callback()))
    if state.cookies is not None:
        _put_given(state, state.cookies, response)
    return not_stored(response)


def _admit(state: AppState, cookies: Cookies, this: Request) -> None:
    """Refuse a sign-in that a page of another origin has sent, or see that it sets no cookie.

    Such a page must not sign its visitor in to an account of its own choice. A client without
    cookies, an app perhaps, is given its tokens in the body, where bodies hold tokens at all.
    """
    origins = cookies.settings.origins
    in_body = state.places is not None and state.places.in_bodies
    if not in_body or "HTTP_COOKIE" in this.environ:
        check_origin(this, origins)
    else:
        request_state(this).drop_cookies = is_from_elsewhere(this, origins)


def default_auth_request_callback() -> Any:
    """Check the credentials in the body of this request and answer with a token."""
    state = current_state()
    extension = state.extension
    credentials = _credentials(json_body(), state)
    hook = authentication_hook(extension)
    identity = result_of(hook(credentials.username, credentials.password))
    if not identity:
        raise _invalid_credentials()
    tokens = _tokens(state, identity, remember=credentials.remember)
    token = tokens if isinstance(tokens, AccessToken) else tokens.access_token
    answer = result_of(extension.auth_response_callback(token, identity))
    if state.cookies is None or request_state(current_request()).drop_cookies:
        return answer
    response = current_app.make_response(answer)
    _put(state, response, tokens)
    return response


def _tokens(state: AppState, identity: Any, *, remember: bool) -> SessionTokens | AccessToken:
    if state.sessions is None:
        return make_token(state, identity)
    no_cookies = state.cookies is None or request_state(current_request()).drop_cookies
    check = None if state.cookies is None or no_cookies else state.cookies.check_access
    tokens = start_session(state, identity, remember=remember, methods=_BY_PASSWORD, check=check)
    remember_started(state, identity, tokens).handed_out.add("access")
    return tokens


def default_auth_response_callback(access_token: str, _identity: Any) -> Response:
    """Answer with the token as JSON; with sessions, with all that :rfc:`6749` section 5.1 names.

    With cookies the CSRF value is added, and where they are the only place, no token is shown.
    """
    state, tokens = current_state(), started_with(access_token)
    body = {"access_token": access_token} if tokens is None else tokens.body()
    if state.cookies is None or request_state(current_request()).drop_cookies:
        return jsonify(body)
    given = tokens or AccessToken(access_token)
    response = jsonify(body_beside_cookies(state, body, given))
    request_state(current_request()).pending_answer = response, given
    return response


def _put_given(state: AppState, cookies: Cookies, response: Response) -> None:
    """Put tokens into the cookies of a default answer, if that is what a hook has returned."""
    this = current_request()
    given = request_state(this).pending_answer
    if given is not None and given[0] is response and not cookies.are_in(response, this):
        _put(state, response, given[1])


def _put(state: AppState, response: Response, tokens: SessionTokens | AccessToken) -> None:
    this = current_request()
    # A hook that refuses after all has decided, and so has one that sets or deletes them itself.
    if response.status_code < 400 and not request_state(this).app_handled:
        put_tokens(state, this, response, tokens)
        if isinstance(tokens, SessionTokens):
            request_state(this).cookie_session = tokens.sid, tokens.access_token


def authentication_hook(extension: Extension) -> Any:
    """Return the hook that checks a password."""
    if extension.authentication_callback is None:
        raise ConfigurationError(
            "there is no authentication handler: JWT(app, authenticate, identity), or "
            "@jwt.authentication_handler; an application without sign-in sets JWT_AUTH_URL_RULE "
            "to None"
        )
    return extension.authentication_callback


class _Credentials(NamedTuple):
    """What a sign-in says."""

    username: str
    password: str
    remember: bool

    def __repr__(self) -> str:
        return "<credentials>"


def _credentials(body: dict[str, Any], state: AppState) -> _Credentials:
    settings = state.settings[SignInSettings]
    remember = body.pop(_REMEMBER, True) if state.sessions is not None else True
    if type(remember) is not bool:
        raise refused(f"{_REMEMBER} has to be a boolean")
    username = body.get(settings.username_key)
    password = body.get(settings.password_key)
    if len(body) == 2 and _is_credential(username) and _is_credential(password):
        return _Credentials(username, password, remember)
    tell_of_body(
        f"it has to have {settings.username_key!r} and {settings.password_key!r} alone, strings of "
        f"1 to {MAX_CREDENTIAL_BYTES} bytes"
    )
    raise _invalid_credentials()


def _is_credential(value: Any) -> TypeGuard[str]:
    # The parser lets neither NUL nor lone surrogates pass. No megabyte is encoded to be measured.
    longest = MAX_CREDENTIAL_BYTES
    return type(value) is str and 0 < len(value) <= longest and len(value.encode()) <= longest


def _invalid_credentials() -> JWTError:
    return JWTError("Bad Request", "Invalid credentials", error_code="invalid_credentials")
