"""Tokens in the cookies of Flask-JWT-Extended."""

from __future__ import annotations

from flask import Response

from ..app_state import current_state
from ..http import mark_no_store
from .config import config
from .internal_utils import get_jwt_manager
from .sessions import end_by_cookies
from .settings import ExtendedRequestSettings
from .tokens import get_csrf_token


def set_access_cookies(
    response: Response,
    encoded_access_token: str,
    max_age: int | None = None,
    domain: str | None = None,
) -> None:
    """Put an access token into its cookie, and its CSRF value into another.

    No cache keeps such an answer.

    :param response: the answer.
    :param encoded_access_token: the token.
    :param max_age: for how many seconds browsers keep the cookies; ``JWT_SESSION_COOKIE`` says so
        unless given.
    :param domain: their domain; ``JWT_COOKIE_DOMAIN`` unless given.
    :raises jwt.InvalidTokenError: the token is none of the application's.
    """
    _set(response, encoded_access_token, max_age, domain, refresh=False)


def set_refresh_cookies(
    response: Response,
    encoded_refresh_token: str,
    max_age: int | None = None,
    domain: str | None = None,
) -> None:
    """Put a refresh token into its cookie, and its CSRF value into another.

    :param response: the answer.
    :param encoded_refresh_token: the token.
    :param max_age: see :func:`set_access_cookies`.
    :param domain: see there.
    :raises jwt.InvalidTokenError: see there.
    """
    _set(response, encoded_refresh_token, max_age, domain, refresh=True)


def unset_jwt_cookies(response: Response, domain: str | None = None) -> None:
    """Delete all four cookies. With ``JWT_SESSION_STORE`` that is a sign-out: the session ends.

    :param response: the answer.
    :param domain: their domain; ``JWT_COOKIE_DOMAIN`` unless given.
    """
    end_by_cookies(current_state())
    unset_access_cookies(response, domain)
    unset_refresh_cookies(response, domain)


def unset_access_cookies(response: Response, domain: str | None = None) -> None:
    """Delete the cookie with the access token, and the one with its CSRF value.

    :param response: the answer.
    :param domain: see :func:`unset_jwt_cookies`.
    """
    _set(response, None, None, domain, refresh=False)


def unset_refresh_cookies(response: Response, domain: str | None = None) -> None:
    """Delete the cookie with the refresh token, and the one with its CSRF value.

    :param response: the answer.
    :param domain: see :func:`unset_jwt_cookies`.
    """
    _set(response, None, None, domain, refresh=True)


def _set(
    response: Response,
    token: str | None,
    max_age: int | None,
    domain: str | None,
    *,
    refresh: bool,
) -> None:
    # Raises under another extension, which has no such settings.
    get_jwt_manager()
    settings = current_state().settings[ExtendedRequestSettings]
    names = settings.cookies(refresh=refresh)
    values = [(names.name, token or "", names.path, True)]
    if settings.csrf_protect and settings.csrf_in_cookies:
        csrf_value = "" if token is None else get_csrf_token(token)
        values.append((names.csrf_cookie, csrf_value, names.csrf_path, False))
    if token is not None:
        mark_no_store(response)
        max_age = max_age or config.cookie_max_age
    for name, value, where, for_servers in values:
        response.set_cookie(
            name,
            value,
            max_age=max_age,
            expires=0 if token is None else None,
            path=where,
            domain=domain or settings.cookie_domain,
            secure=settings.cookie_secure,
            # Pages of this site read the CSRF value.
            httponly=for_servers,
            samesite=settings.cookie_same_site,
        )
