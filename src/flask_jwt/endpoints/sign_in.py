"""``POST /auth``: a username and a password -> an access token."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple, TypeGuard

from flask import Response, abort, current_app, jsonify

from ..app_state import AppState, cookies_of, current_state
from ..authentication.body import (
    REFRESH_TOKEN,
    json_body,
    refresh_token_in,
    refused,
    tell_of_body,
)
from ..authentication.cookies import Cookies, CookieTokens, put_cookies, sets_cookie
from ..authentication.errors import JWTError
from ..authentication.origins import check_origin, is_from_elsewhere
from ..authentication.request_state import RequestState, request_state
from ..errors import ConfigurationError
from ..hooks import await_result
from ..http import current_request, mark_no_store
from ..tokens.access_tokens import AccessToken
from ..tokens.response_cookies import (
    access_cookies,
    access_csrf_value,
    own_claims,
    session_cookies,
)
from ..tokens.session_tokens import RequestSession, SessionTokens
from ..tokens.user_sessions import subject_of_claims
from .checked_user import is_checked_user
from .counted_sign_in import begin_sign_in, counted, put_device_cookie
from .settings import SignInSettings

#: The longest username or password that reaches an authentication hook, in bytes of UTF-8: a hash
#: function takes as long as its input is, and any client could send it a megabyte.
MAX_CREDENTIAL_BYTES = 4096

_REMEMBER = "remember"
#: Password-based authentication (:rfc:`8176`).
BY_PASSWORD = ("pwd",)
# What is left out of the body where only cookies hold tokens.
_IN_COOKIES = frozenset({"access_token", "refresh_token", "token_type"})


def _answer(state: AppState, known: RequestState) -> Response:
    hook = state.extension.auth_request_callback
    if hook is default_auth_request_callback:
        return current_app.make_response(_sign_in(state, known))
    return current_app.make_response(await_result(hook()))


def sign_in_view(**_values: object) -> Response:
    """Answer a request for a token, through the application's hooks."""
    return mark_no_store(_answer(current_state(), request_state(current_request())))


def browser_sign_in_view(
    answer: Callable[[AppState, RequestState], Response] = _answer, /, **_values: object
) -> Response:
    """Answer a request that signs somebody in, where cookies may hold the tokens."""
    state, request = current_state(), current_request()
    cookies, known = cookies_of(state), request_state(request)
    origins = cookies.settings.origins
    # A page of another origin must not sign its visitor in to an account of its own choice. A
    # client without cookies, an app perhaps, is given its tokens in the body, where bodies hold
    # tokens at all.
    if not cookies.in_bodies or "HTTP_COOKIE" in request.environ:
        check_origin(request, origins)
    else:
        known.drop_cookies = is_from_elsewhere(request, origins)
    response = answer(state, known)
    # It is marked when the application is done with it.
    known.no_store = True
    if known.pending_answer is not None:
        # A hook in place of ours has returned our answer.
        pending, access_token, in_cookies = known.pending_answer
        is_ours = pending is response and _takes_cookies(known, response)
        if is_ours and not sets_cookie(response, cookies.profile(request).access):
            in_cookies = in_cookies or access_cookies(state, cookies, access_token)
            put_cookies(cookies, known, request, response, in_cookies)
            if in_cookies.sid is not None and in_cookies.refresh_token:
                known.cookie_session = in_cookies.sid, access_token
    return response


def default_auth_request_callback() -> Any:
    """Check the credentials in the body of this request and answer with a token."""
    return _sign_in(current_state(), request_state(current_request()))


def _sign_in(state: AppState, known: RequestState) -> Any:
    hook, throttle = state.extension.authentication_callback, state.throttle
    if hook is None and state.issuers.rows:
        # Users sign in at the issuers.
        abort(HTTPStatus.NOT_FOUND)
    name, password, remember, refresh_token = _credentials(json_body(), state)
    if hook is None:
        raise no_authentication_hook()
    if throttle is None:
        identity = await_result(hook(name, password))
    else:
        attempt = begin_sign_in(state, throttle, known, current_request(), name, refresh_token)
        identity = counted(throttle, attempt, lambda: await_result(hook(name, password)))
    if not identity:
        raise _invalid_credentials()
    changed_at = getattr(identity, "password_changed_at", None)
    return sign_in_user(state, known, identity, name, changed_at=changed_at, remember=remember)


def sign_in_user(
    state: AppState,
    known: RequestState,
    identity: Any,
    name: str,
    *,
    changed_at: Any,
    remember: bool,
) -> Any:
    """Answer with the tokens of a user whose name and password were right."""
    cookies, users = None if known.drop_cookies else state.cookies, state.extension.users
    access_token, tokens = state.issue_tokens(
        state,
        identity,
        remember=remember,
        methods=BY_PASSWORD,
        check=None if cookies is None else cookies.check_access,
    )
    if users is not None and not is_checked_user(state, users, identity, changed_at, tokens):
        raise _invalid_credentials()
    if cookies is not None:
        return _browser_answer(state, cookies, known, identity, name, access_token, tokens)
    return await_result(state.extension.auth_response_callback(access_token, identity))


def _browser_answer(
    state: AppState,
    cookies: Cookies,
    known: RequestState,
    identity: Any,
    name: str,
    access_token: AccessToken,
    tokens: SessionTokens | None,
) -> Response:
    hook = state.extension.auth_response_callback
    if hook is default_auth_response_callback:
        response, in_cookies = _browser_response(state, cookies, access_token, tokens)
    else:
        response = current_app.make_response(await_result(hook(access_token, identity)))
        # A hook in place of ours may have called it: a CSRF value is in its answer already.
        pending, known.pending_answer = known.pending_answer, None
        in_cookies = None if pending is None else pending[2]
    if _takes_cookies(known, response):
        if in_cookies is None or in_cookies.access_token != access_token:
            if tokens is None:
                in_cookies = access_cookies(state, cookies, access_token)
            else:
                in_cookies = session_cookies(cookies, tokens)
        put_cookies(cookies, known, current_request(), response, in_cookies)
        if tokens is not None:
            known.cookie_session = tokens.sid, tokens.access_token
        if state.throttle is not None:
            subject = subject_of_claims(state, own_claims(state, access_token))
            put_device_cookie(state, state.throttle, cookies, response, name, subject)
    return response


def default_auth_response_callback(access_token: str, _identity: Any) -> Response:
    """Answer with the token as JSON; with sessions, with all that :rfc:`6749` section 5.1 names.

    With cookies the CSRF value is added, and where they are the only place, no token is shown.
    """
    state, known = current_state(), request_state(current_request())
    session: RequestSession | None = known.session
    tokens: SessionTokens | None = None
    if session is not None and session.tokens.access_token == access_token:
        tokens = session.tokens
    cookies = None if known.drop_cookies else state.cookies
    if cookies is None:
        return jsonify({"access_token": access_token} if tokens is None else tokens.body())
    response, in_cookies = _browser_response(state, cookies, access_token, tokens)
    known.pending_answer = response, access_token, in_cookies
    return response


def _browser_response(
    state: AppState, cookies: Cookies, access_token: str, tokens: SessionTokens | None
) -> tuple[Response, CookieTokens | None]:
    """Return the answer with a CSRF value, and what belongs into its cookies if that is known."""
    if tokens is None:
        body, in_cookies = {"access_token": access_token}, None
        csrf_value = access_csrf_value(state, cookies, access_token)
    else:
        body, in_cookies = tokens.body(), session_cookies(cookies, tokens)
        csrf_value = in_cookies.csrf_value
    if not cookies.in_bodies:
        body = {name: value for name, value in body.items() if name not in _IN_COOKIES}
    return jsonify({**body, "csrf_token": csrf_value}), in_cookies


def _takes_cookies(known: RequestState, response: Response) -> bool:
    # No cookies are set where a hook has answered with an error, or has set or deleted them itself.
    return response.status_code < 400 and not known.app_handled


def no_authentication_hook() -> ConfigurationError:
    """Return the error of an application that can't check a password."""
    return ConfigurationError(
        "there is no authentication handler: JWT(app, authenticate, identity), JWT(app, users=…), "
        "or @jwt.authentication_handler; an application without sign-in sets JWT_AUTH_URL_RULE to "
        "None"
    )


class _Credentials(NamedTuple):
    """What a sign-in says."""

    username: str
    password: str
    remember: bool
    #: Of a session of the user's before, if the client has one.
    refresh_token: str | None

    def __repr__(self) -> str:
        return "<credentials>"


def _credentials(body: dict[str, Any], state: AppState) -> _Credentials:
    settings = state.settings[SignInSettings]
    remember, refresh_token = True, None
    if state.sessions is not None:
        if _REMEMBER in body:
            remember = remember_in(body)
        if REFRESH_TOKEN in body:
            refresh_token = refresh_token_in(body)
            del body[REFRESH_TOKEN]
    username = body.get(settings.username_key)
    password = body.get(settings.password_key)
    if len(body) == 2 and is_credential(username) and is_credential(password):
        return _Credentials(username, password, remember, refresh_token)
    tell_of_body(
        f"it has to have {settings.username_key!r} and {settings.password_key!r} alone, strings of "
        f"1 to {MAX_CREDENTIAL_BYTES} bytes"
    )
    raise _invalid_credentials()


def remember_in(body: dict[str, Any]) -> bool:
    """Take out of a body whether a session is to have a long life, which it has unless told."""
    remember = body.pop(_REMEMBER, True)
    if type(remember) is not bool:
        raise refused(f"{_REMEMBER} has to be a boolean")
    return remember


def is_credential(value: Any) -> TypeGuard[str]:
    """Tell whether a member of a body may be a name or a password."""
    # The parser lets neither NUL nor lone surrogates pass. No megabyte is encoded to be measured.
    longest = MAX_CREDENTIAL_BYTES
    return type(value) is str and 0 < len(value) <= longest and len(value.encode()) <= longest


def _invalid_credentials() -> JWTError:
    return JWTError("Bad Request", "Invalid credentials", error_code="invalid_credentials")
