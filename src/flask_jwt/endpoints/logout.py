"""``POST /auth/logout``: the end of a session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from flask import Request, Response, current_app

from ..core.errors import TokenError
from ..sessions.errors import InvalidRefreshToken
from ..web.afterwards import afterwards
from ..web.authenticate import credential, verified_expired
from ..web.context import current_request
from ..web.cookies import Cookies
from ..web.csrf import session_name
from ..web.errors import JWTError, authorization_required
from ..web.origins import check_origin
from ..web.places import Places
from ..web.presented import check_csrf, csrf_value, wrong_csrf
from ..web.session_ends import end_session
from ..web.session_tokens import answered, sessions_of
from ..web.sessions_in_use import SessionsInUse
from ..web.state import ApplicationState, current_state
from ..web.transport import default_request_callback
from .body import json_body_or_none
from .refresh import refresh_token_in, refresh_tokens_in_cookies

_BECAUSE = "logout"


def answer_logout() -> Response:
    """End the session of the refresh token in the body, or of the access token of this request.

    Either may be old: whoever was silent for an hour can still sign out. A browser that has sent
    neither signs out of the session of its cookies, which are deleted.

    :return: an empty answer, 204, also where the session had ended before.
    :raises JWTError: 400, there are two tokens of two sessions, or one of none; 401, there is no
        token, or one that is none of ours; 403, there are cookies, and the CSRF value of their
        session did not come with them; 503, the session store does not answer.
    """
    state = current_state()
    body = json_body_or_none()
    refresh_token = None if body is None else refresh_token_in(body)
    access_token = _access_token(state)
    with answered(state):
        # Without sessions there is nothing to end but what a browser keeps.
        if state.sessions is not None and (refresh_token or access_token):
            _sign_out(state, sessions_of(state), refresh_token, access_token)
        elif state.places is not None and state.places.cookies is not None:
            _sign_out_browser(state, state.places, state.places.cookies)
        else:
            raise authorization_required(state, state.settings.realm)
    return current_app.response_class(status=204)


def _access_token(state: ApplicationState) -> str | None:
    places, realm = state.places, state.settings.realm
    if state.extension.request_callback is default_request_callback:
        return credential(state, realm) if places is None or "headers" in places.order else None
    token = credential(state, realm)
    if places is not None and token is not None:
        # Wherever the application's hook has found it, a page of another site may have sent it.
        with answered(state):
            check_csrf(current_request(), places, verified_expired(state, token).claims)
    return token


def _sign_out(
    state: ApplicationState,
    in_use: SessionsInUse,
    refresh_token: str | None,
    access_token: str | None,
) -> None:
    by_refresh = None if refresh_token is None else in_use.service.session_of(refresh_token).sid
    claims = None if access_token is None else verified_expired(state, access_token).claims
    sid = by_refresh if claims is None else claims.get("sid")
    if by_refresh is not None and by_refresh != sid:
        raise JWTError("Bad Request", "The two tokens belong to two sessions", 400)
    if sid is not None:
        _end(in_use, sid, claims)
    else:
        _revoke(in_use.service.revoke_token, claims or {})


def _sign_out_browser(state: ApplicationState, places: Places, cookies: Cookies) -> None:
    this = current_request()
    check_origin(this, places.settings.origins)
    refresh_tokens = {
        f"sid:{token.sid}": text for text, token in refresh_tokens_in_cookies(this, places)
    }
    accesses = _accesses(state, this, cookies)
    names = refresh_tokens.keys() | accesses.keys()
    if names:
        # Others than the page's own session are let alone, whoever has put them there.
        name = _name_of_page(places, this, names)
        _end_of_page(state, refresh_tokens.get(name), accesses.get(name))
    # With tokens that are none any more, a browser has nothing to lose but its cookies.
    afterwards(this).clear = True


def _accesses(
    state: ApplicationState, this: Request, cookies: Cookies
) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for text in this.cookies.getlist(cookies.names(this).access):
        try:
            claims = verified_expired(state, text).claims
        except TokenError:
            continue
        name = session_name(claims)
        if name is not None:
            found[name] = claims
    return found


def _name_of_page(places: Places, this: Request, names: Iterable[str]) -> str:
    value = csrf_value(this, places)
    for name in names:
        if places.csrf is not None and places.csrf.fits(name, value):
            return name
    raise wrong_csrf(this, places)


def _end_of_page(
    state: ApplicationState, refresh_token: str | None, claims: Mapping[str, Any] | None
) -> None:
    if state.sessions is None:
        return
    in_use = sessions_of(state)
    if claims is not None and "sid" in claims:
        _end(in_use, claims["sid"], claims)
    elif refresh_token is not None:
        # Its row may be gone: then there is nothing to end.
        with suppress(InvalidRefreshToken):
            _end(in_use, in_use.service.session_of(refresh_token).sid, None)


def _end(in_use: SessionsInUse, sid: Any, claims: Mapping[str, Any] | None) -> None:
    if not isinstance(sid, str):
        raise JWTError("Bad Request", "The token belongs to no session", 400)
    if not end_session(in_use, sid, _BECAUSE) and claims and not in_use.is_revoked(sid):
        # The row is gone, and this token may be good still.
        _revoke(partial(in_use.service.revoke_session, sid), claims)


def _revoke(how: Callable[[Mapping[str, Any]], None], claims: Mapping[str, Any]) -> None:
    try:
        how(claims)
    except ValueError:
        raise JWTError("Bad Request", "The token belongs to no session", 400) from None
