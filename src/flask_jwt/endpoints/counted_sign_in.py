"""A sign-in that is counted: by its device where that is known, else by address and account."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Request, Response

from ..app_state import AppState
from ..authentication.cookies import Cookies, cookie_values, put_device
from ..authentication.errors import JWTError, answered
from ..authentication.request_state import RequestState, request_state
from ..core.compact_jws import encode_base64url
from ..http import current_request
from ..sessions.errors import InvalidRefreshToken
from ..sessions.refresh_tokens import parse_refresh_token
from ..throttle.device_cookie import Device
from ..throttle.throttle import Attempt, Throttle
from ..tokens.user_sessions import subject_of_user
from ..user_names import folded


def counted(throttle: Throttle, attempt: Attempt, check: Callable[[], Any]) -> Any:
    """Return what a check of a password finds, and let its attempt count only where it fails."""
    with throttle.counting(attempt):
        found = check()
    if found:
        throttle.succeed(attempt)
    return found


def begin_sign_in(
    state: AppState,
    throttle: Throttle,
    known: RequestState,
    request: Request,
    name: str,
    refresh_token: str | None,
) -> Attempt:
    """Count a sign-in before its password is looked at."""
    device = None
    if refresh_token is not None:
        device = _session_device(state, throttle, name, refresh_token)
    if device is None and state.cookies is not None and not known.drop_cookies:
        browser = _browser(state, throttle, state.cookies, request, name)
        device = None if browser is None else f"cookie:{encode_base64url(browser.id).decode()}"
    return throttle.begin_sign_in(name, request, device)


def put_device_cookie(
    state: AppState,
    throttle: Throttle,
    cookies: Cookies,
    response: Response,
    name: str,
    subject: str,
    after: float | None = None,
) -> None:
    """Let this browser be known as one in which a subject has signed in with a name."""
    request = current_request()
    # The answer has tokens that are there once: it has to arrive, whoever can be asked of devices.
    with suppress(JWTError):
        known = _browser(state, throttle, cookies, request, name)
        put_device(cookies, request, response, throttle.device_cookie(name, subject, known, after))


def _browser(
    state: AppState, throttle: Throttle, cookies: Cookies, request: Request, name: str
) -> Device | None:
    known = request_state(request)
    if known.device is None:
        values = cookie_values(request, cookies.profile(request).device)
        device = throttle.device_of_cookies(values, name)
        if device is not None and _is_of_another(state, throttle, device, name):
            device = None
        known.device = (device,)
    found: Device | None = known.device[0]
    return found


def _is_of_another(state: AppState, throttle: Throttle, device: Device, name: str) -> bool:
    """Tell whether somebody else has the name now with which a user has signed in.

    An application may have given the name to another row of its own model.
    """
    extension = state.extension
    users = extension.users
    # An identity handler of the application's own may know users by anything.
    if users is None or extension.identity_callback is not extension.user_of:
        return False
    user = users.by_name(name)
    return user is not None and not throttle.is_of(device, subject_of_user(state, user))


@answered
def _session_device(
    state: AppState, throttle: Throttle, name: str, refresh_token: str
) -> str | None:
    """Return the session of a refresh token as a device, if it was that of the user with a name."""
    users, sessions = state.extension.users, state.sessions
    # Without a directory nothing tells whose name it is before the password is right.
    if users is None or sessions is None:
        return None
    try:
        session = sessions.session_of_token(parse_refresh_token(refresh_token))
    except InvalidRefreshToken:
        return None
    if session is None:
        return None
    # The user is found by the session: whether anybody has the name makes no difference.
    user = users.by_id(state.extension.named_in(session.claims))
    if user is None or folded(user.username) != folded(name):
        return None
    if subject_of_user(state, user) != session.subject:
        return None
    return f"session:{session.sid}" if throttle.knows(session.subject, session.used_at) else None
