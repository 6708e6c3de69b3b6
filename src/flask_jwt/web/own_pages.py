"""What an application's own pages need against forged requests: the value, and the check."""

from __future__ import annotations

import re

from flask import Request

from .afterwards import afterwards
from .context import current_request, current_token
from .cookies import Cookies
from .origins import check_origin
from .state import cookies_of, current_state

# What an HMAC-SHA256 is in base64url.
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")


def csrf_token() -> str | None:
    """Return what a form on the page that this request asks for has to send back.

    It belongs into a hidden field with the name of ``JWT_CSRF_FIELD_NAME``. In a guarded view it is
    the value of the token that was let in, elsewhere what the browser's cookie says.

    :return: the value, or None where nobody is signed in by cookie.
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``.
    :raises RuntimeError: there is no request.
    """
    cookies, this = cookies_of(current_state()), current_request()
    # The page is for this user alone.
    afterwards(this).saw_cookies = True
    name = cookies.csrf.name_of(current_token.claims) if current_token else None
    return value_in_cookie(cookies, this) if name is None else cookies.csrf.of(name)


def check_request_origin() -> None:
    """Refuse this request if a page of another origin has sent it; for sign-ins of one's own.

    Without it somebody else's page signs its visitors in to an account of its own choice. An
    answer of another site that signs in, as OAuth's, has a ``state`` instead.

    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``.
    :raises JWTError: 403, it comes from an origin that is neither this one nor named in
        ``JWT_COOKIE_ORIGINS``.
    :raises RuntimeError: there is no request.
    """
    check_origin(current_request(), cookies_of(current_state()).settings.origins)


def value_in_cookie(cookies: Cookies, this: Request) -> str | None:
    """Return what the cookie for CSRF values says; None where that is nothing like one.

    Whoever may have put it there: a value that is not the session's own opens nothing.
    """
    values = cookies.csrf_values(this)
    return values[0] if values and _VALUE.fullmatch(values[0]) else None
