"""``POST /auth/register``: a new user, who is signed in at once."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Response, current_app

from ..app_state import AppState, current_state
from ..authentication.body import json_body, refused
from ..authentication.request_state import RequestState, request_state
from ..http import current_request, mark_no_store
from ..user_directory import UserError, UserStore, refused_user
from .own_user import no_directory
from .settings import SignInSettings
from .sign_in import (
    MAX_CREDENTIAL_BYTES,
    browser_sign_in_view,
    is_credential,
    remember_in,
    sign_in_user,
)

_EMAIL = "email"


def register_view(**_values: object) -> Response:
    """Add the user in the body of this request, and answer with tokens."""
    return mark_no_store(_register(current_state(), request_state(current_request())))


def browser_register_view(**_values: object) -> Response:
    """Add the user in the body of this request, and answer where cookies may hold the tokens."""
    return browser_sign_in_view(_register)


class _Registration(NamedTuple):
    """What the body says."""

    username: str
    password: str
    email: str | None
    remember: bool

    def __repr__(self) -> str:
        return "<registration>"


def _register(state: AppState, known: RequestState) -> Response:
    username, password, email, remember = _registration(json_body(), state)
    user = _add(state, username, password, email)
    # The directory may keep moments less exactly than it has returned this one.
    answer = sign_in_user(state, known, user, username, changed_at=None, remember=remember)
    response = current_app.make_response(answer)
    if response.status_code == HTTPStatus.OK:
        response.status_code = HTTPStatus.CREATED
    return response


def _registration(body: dict[str, Any], state: AppState) -> _Registration:
    settings = state.settings[SignInSettings]
    remember = True if state.sessions is None else remember_in(body)
    username, password = (
        body.pop(name, None) for name in (settings.username_key, settings.password_key)
    )
    # It may be what users sign in with, and then it is no member of its own.
    is_fit = _EMAIL not in body or is_credential(body[_EMAIL])
    email = body.pop(_EMAIL, None)
    if not body and is_fit and is_credential(username) and is_credential(password):
        return _Registration(username, password, email, remember)
    raise refused(
        f"The JSON has to have {settings.username_key} and {settings.password_key}, may have "
        f"{_EMAIL}, and nothing else: strings of 1 to {MAX_CREDENTIAL_BYTES} bytes"
    )


def _add(state: AppState, username: str, password: str, email: str | None) -> Any:
    """Add a user, as often as this address may."""
    users, throttle = state.extension.users, state.throttle
    if not isinstance(users, UserStore):
        raise no_directory()
    count: AbstractContextManager[None] = nullcontext()
    if throttle is not None:
        count = throttle.counting(throttle.begin_registration(current_request()))
    try:
        with count:
            return users.add(username, password, email=email)
    except UserError as error:
        raise refused_user(error) from error
