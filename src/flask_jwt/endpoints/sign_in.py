"""``POST /auth``: a username and a password -> an access token."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeGuard

from flask import Response, current_app, jsonify

from ..app_state import AppState, Extension, current_state
from ..authentication.body import json_body, refused, tell_of_body
from ..authentication.cookies import Cookies
from ..authentication.errors import JWTError
from ..authentication.origins import check_origin, is_from_elsewhere
from ..authentication.request_state import RequestState, current_request, request_state
from ..errors import ConfigurationError
from ..hooks import await_result
from ..http import mark_no_store
from ..tokens.access_tokens import AccessToken, make_token
from ..tokens.response_cookies import (
    CookieTokens,
    access_cookies,
    access_csrf_value,
    browser_body,
    put_cookies,
    session_cookies,
)
from ..tokens.session_tokens import RequestSession, SessionTokens, note_session, start_session
from .settings import SignInSettings

#: The longest username or password that reaches an authentication hook, in bytes of UTF-8: a hash
#: function takes as long as its input is, and any client could send it a megabyte.
MAX_CREDENTIAL_BYTES = 4096

_REMEMBER = "remember"
# RFC 8176: password-based authentication.
_BY_PASSWORD = ("pwd",)


def sign_in_view(**_values: object) -> Response:
    """Answer a request for a token, through the application's hooks."""
    state = current_state()
    cookies = state.cookies
    if cookies is not None:
        _check_page(cookies)
    response = current_app.make_response(await_result(state.extension.auth_request_callback()))
    if cookies is not None:
        _put_pending(cookies, response)
    return mark_no_store(response)


def _check_page(cookies: Cookies) -> None:
    """Refuse a sign-in that a page of another origin has sent, or see that it sets no cookie.

    Such a page must not sign its visitor in to an account of its own choice. A client without
    cookies, an app perhaps, is given its tokens in the body, where bodies hold tokens at all.
    """
    request, origins = current_request(), cookies.settings.origins
    if not cookies.in_bodies or "HTTP_COOKIE" in request.environ:
        check_origin(request, origins)
    else:
        request_state(request).drop_cookies = is_from_elsewhere(request, origins)


def default_auth_request_callback() -> Any:
    """Check the credentials in the body of this request and answer with a token."""
    state = current_state()
    extension = state.extension
    credentials = _credentials(json_body(), state)
    hook = authentication_hook(extension)
    identity = await_result(hook(credentials.username, credentials.password))
    if not identity:
        raise _invalid_credentials()
    known = request_state(current_request())
    cookies = None if known.drop_cookies else state.cookies
    access_token, tokens = _issued(state, cookies, identity, remember=credentials.remember)
    answer = await_result(extension.auth_response_callback(access_token, identity))
    if cookies is None:
        return answer
    response = current_app.make_response(answer)
    pending, known.pending_answer = known.pending_answer, None
    if _takes_cookies(known, response):
        # Our own answer is there already, with a CSRF value in its body.
        in_cookies: CookieTokens | None = None if pending is None else pending[2]
        if in_cookies is None or in_cookies.access_token != access_token:
            in_cookies = _in_cookies(state, cookies, access_token, tokens)
        _put(cookies, known, response, in_cookies)
    return response


def _issued(
    state: AppState, cookies: Cookies | None, identity: Any, *, remember: bool
) -> tuple[AccessToken, SessionTokens | None]:
    if state.sessions is None:
        return make_token(state, identity), None
    check = None if cookies is None else cookies.check_access
    tokens = start_session(state, identity, remember=remember, methods=_BY_PASSWORD, check=check)
    note_session(state, identity, tokens).handed_out.add("access")
    return tokens.access_token, tokens


def default_auth_response_callback(access_token: str, _identity: Any) -> Response:
    """Answer with the token as JSON; with sessions, with all that :rfc:`6749` section 5.1 names.

    With cookies the CSRF value is added, and where they are the only place, no token is shown.
    """
    state, known = current_state(), request_state(current_request())
    session: RequestSession | None = known.session
    tokens: SessionTokens | None = None
    if session is not None and session.tokens.access_token == access_token:
        tokens = session.tokens
    body = {"access_token": access_token} if tokens is None else tokens.body()
    cookies = None if known.drop_cookies else state.cookies
    if cookies is None:
        return jsonify(body)
    if tokens is None:
        in_cookies, csrf_value = None, access_csrf_value(state, cookies, access_token)
    else:
        in_cookies = session_cookies(state, cookies, tokens)
        csrf_value = in_cookies.csrf_value
    response = jsonify(browser_body(cookies, body, csrf_value))
    known.pending_answer = response, access_token, in_cookies
    return response


def _put_pending(cookies: Cookies, response: Response) -> None:
    """Put cookies into our answer to a sign-in where a hook in place of ours has returned it."""
    request = current_request()
    known = request_state(request)
    if known.pending_answer is not None:
        answer, access_token, in_cookies = known.pending_answer
        is_ours = answer is response and not cookies.are_in(response, request)
        if is_ours and _takes_cookies(known, response):
            _put(
                cookies,
                known,
                response,
                in_cookies or access_cookies(current_state(), cookies, access_token),
            )


def _in_cookies(
    state: AppState, cookies: Cookies, access_token: str, tokens: SessionTokens | None
) -> CookieTokens:
    if tokens is None:
        return access_cookies(state, cookies, access_token)
    return session_cookies(state, cookies, tokens)


def _takes_cookies(known: RequestState, response: Response) -> bool:
    # No cookies are set where a hook has answered with an error, or has set or deleted them itself.
    return response.status_code < 400 and not known.app_handled


def _put(cookies: Cookies, known: RequestState, response: Response, tokens: CookieTokens) -> None:
    put_cookies(cookies, response, tokens)
    if tokens.sid is not None and tokens.access_token and tokens.refresh_token:
        known.cookie_session = tokens.sid, tokens.access_token


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
