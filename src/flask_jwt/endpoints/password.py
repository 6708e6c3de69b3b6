"""``POST /auth/password``: another password for the user who asks, and no other session left."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Response, jsonify

from ..app_state import AppState, cookies_of, current_state
from ..authentication.body import json_body, refused
from ..authentication.errors import JWTError, answered, unknown_user
from ..authentication.request_state import request_state
from ..authentication.settings import BrowserSettings
from ..http import current_request, mark_no_store
from ..tokens.response_cookies import access_cookies, deliver_to_browser, session_cookies
from ..tokens.session_tokens import renew_session
from ..tokens.user_sessions import end_sign_ins, subject_of_user
from ..user_directory import NoSuchUser, PasswordStore, UserError, refused_user
from .counted_sign_in import counted, put_device_cookie
from .own_user import no_directory, own_sid, own_user
from .sign_in import BY_PASSWORD, MAX_CREDENTIAL_BYTES, is_credential

_PASSWORD, _NEW_PASSWORD = "password", "new_password"
_REASON = "password changed"


@answered
def password_view(**_values: object) -> Response:
    """Change the password of the user who asks, and answer with new tokens of their session."""
    state = current_state()
    user, sid, users = own_user(state), own_sid(state), state.extension.users
    if not isinstance(users, PasswordStore):
        raise no_directory()
    passwords = _passwords(state)
    _check(state, users, user, passwords.former, sid)
    _replace(users, user, passwords.new, sid)
    return _answer(state, user, sid)


class _Passwords(NamedTuple):
    """What the body says."""

    former: str
    new: str

    def __repr__(self) -> str:
        return "<passwords>"


def _passwords(state: AppState) -> _Passwords:
    body = json_body()
    authentication = request_state(current_request()).authentication
    if authentication is not None and authentication[3].reads_body:
        # The access token came with it.
        body.pop(state.settings[BrowserSettings].json_key, None)
    former, new = body.get(_PASSWORD), body.get(_NEW_PASSWORD)
    if len(body) == 2 and is_credential(former) and is_credential(new):
        return _Passwords(former, new)
    raise refused(
        f"The JSON has to have {_PASSWORD} and {_NEW_PASSWORD} alone, strings of 1 to "
        f"{MAX_CREDENTIAL_BYTES} bytes"
    )


def _check(
    state: AppState, users: PasswordStore, user: Any, password: str, sid: str | None
) -> None:
    """Check the password of the user who asks, as often as attempts are allowed."""

    def check() -> bool:
        found = users.verify(user.username, password)
        return found is not None and found.id == user.id

    throttle = state.throttle
    if throttle is None:
        is_right = check()
    else:
        whose = f"user:{subject_of_user(state, user)}" if sid is None else f"session:{sid}"
        is_right = counted(throttle, throttle.begin_password_check(whose), check)
    if not is_right:
        raise JWTError(
            "Wrong Password",
            "The password is not that of the user who asks",
            403,
            error_code="wrong_password",
        )


def _replace(users: PasswordStore, user: Any, password: str, sid: str | None) -> None:
    """Give a user another password, and end all other sessions."""
    check_password = getattr(users, "check_password", None)
    try:
        if check_password is not None:
            check_password(user, password)
        # Before: should the store of sessions be down, nothing has changed, and once the password
        # is another one nobody is left who knew the former. After: somebody may have signed in
        # with that meanwhile.
        end_sign_ins(users, user, _REASON, except_sid=sid)
        users.set_password(user, password, keep_sid=sid)
        end_sign_ins(users, user, _REASON, except_sid=sid)
    except UserError as error:
        raise refused_user(error) from error
    except NoSuchUser as error:
        raise unknown_user() from error


def _answer(state: AppState, user: Any, sid: str | None) -> Response:
    """Answer with new tokens, in the place where the request had its own."""
    request = current_request()
    known = request_state(request)
    if known.cookie_claims is None:
        access_token, tokens = _new_tokens(state, user, sid)
        return mark_no_store(
            jsonify({"access_token": access_token} if tokens is None else tokens.body())
        )
    cookies, now = cookies_of(state), state.clock()
    access_token, tokens = _new_tokens(state, user, sid, check=cookies.check_access)
    if tokens is None:
        in_cookies = access_cookies(state, cookies, access_token)
        expires_in = in_cookies.max_age
    else:
        in_cookies, expires_in = session_cookies(cookies, tokens), tokens.expires_in
    response = deliver_to_browser(cookies, request, in_cookies, expires_in)
    if state.throttle is not None:
        subject = subject_of_user(state, user)
        put_device_cookie(
            state, state.throttle, cookies, response, user.username, subject, after=now
        )
    return response


def _new_tokens(state: AppState, user: Any, sid: str | None, **check: Any) -> Any:
    if sid is not None:
        tokens = renew_session(state, sid, **check)
        return tokens.access_token, tokens
    # A token from before there were sessions has become worthless: its user gets a session.
    return state.issue_tokens(state, user, methods=BY_PASSWORD, **check)
