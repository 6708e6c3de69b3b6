"""The check for requests that another site's page may have sent, and the value for own pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Request

from ..current import cookies_of, current_state
from .body import FORMS, URL_ENCODED, BodyTooLargeError, body_within, read
from .context import current_request, current_token, request_state
from .cookies import Cookies
from .errors import JWTError
from .origins import CSRF_ERROR, check_origin

#: The longest form in which a CSRF value is looked for, in bytes: Flask's own limit for a field. Of
#: ``multipart/form-data`` each field may be as long; files go to the disk.
MAX_FORM_BYTES = 500_000


def check_csrf(this: Request, cookies: Cookies, claims: Mapping[str, Any]) -> None:
    """Refuse a request that another site's page may have made."""
    check_origin(this, cookies.settings.origins)
    name = cookies.csrf.binding_of(claims)
    if name is None:
        raise _refusal(this, cookies, "The token has neither sid nor jti", "csrf_unbound")
    if not cookies.csrf.matches(name, csrf_value(this, cookies)):
        raise wrong_csrf(this, cookies)


def csrf_value(this: Request, cookies: Cookies) -> str:
    """Return the CSRF value that a request has."""
    value = csrf_value_or_none(this, cookies)
    if not value:
        raise _refusal(this, cookies, "The CSRF value is missing", "csrf_missing")
    return value


def csrf_value_or_none(this: Request, cookies: Cookies) -> str | None:
    """Return the CSRF value that a request has, or None."""
    value = this.headers.get(cookies.settings.csrf_header)
    if value or this.mimetype not in FORMS:
        return value
    try:
        found: str | None = read(lambda: _form_of(this).get(cookies.settings.csrf_field), "body")
    except BodyTooLargeError:
        raise JWTError(
            "Request Entity Too Large",
            f"The form is too large to be looked at for the CSRF value: send that in the header "
            f"{cookies.settings.csrf_header}",
            413,
        ) from None
    return found


def _form_of(this: Request) -> Mapping[str, str]:
    if this.max_form_memory_size is None:
        # Nothing that Flask 3.0 would do.
        this.max_form_memory_size = MAX_FORM_BYTES
    if this.mimetype == URL_ENCODED and "form" not in vars(this):
        body_within(this, MAX_FORM_BYTES)
    return this.form


def wrong_csrf(this: Request, cookies: Cookies) -> JWTError:
    """Return the refusal of a request whose CSRF value is not that of its session."""
    return _refusal(this, cookies, "The CSRF value is not that of this session", "csrf_wrong")


def _refusal(this: Request, cookies: Cookies, fault: str, code: str) -> JWTError:
    settings = cookies.settings
    source = f"the cookie {cookies.names(this).csrf}"
    if cookies.csrf_url_rule is not None:
        source += f" (or GET {this.root_path}{cookies.csrf_url_rule})"
    to_send = f"{settings.csrf_header}, or in the form field {settings.csrf_field}"
    return JWTError(
        CSRF_ERROR,
        f"{fault}: send what {source} says in the header {to_send}",
        403,
        error_code=code,
    )


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
    request_state(this).vary_cookie = True
    name = cookies.csrf.binding_of(current_token.claims) if current_token else None
    return value_in_cookie(cookies, this) if name is None else cookies.csrf.create(name)


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
