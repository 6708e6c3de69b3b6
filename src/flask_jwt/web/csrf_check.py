"""Whether one of the application's own pages has sent a request that changes something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Request

from .body import BodyTooLargeError, body_within
from .cookies import Cookies
from .errors import JWTError
from .origins import CSRF_ERROR, check_origin
from .reading import read

_URL_ENCODED = "application/x-www-form-urlencoded"
#: The types of bodies that forms without a script send.
FORMS = frozenset({_URL_ENCODED, "multipart/form-data"})
#: The longest form in which a CSRF value is looked for, in bytes: Flask's own limit for a field. Of
#: ``multipart/form-data`` each field may be as long; files go to the disk.
MAX_FORM_BYTES = 500_000


def check_csrf(this: Request, cookies: Cookies, claims: Mapping[str, Any]) -> None:
    """Refuse a request that another site's page may have made."""
    check_origin(this, cookies.settings.origins)
    name = cookies.csrf.name_of(claims)
    if name is None:
        raise _refusal(this, cookies, "The token has neither sid nor jti", "csrf_unbound")
    if not cookies.csrf.fits(name, csrf_value(this, cookies)):
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
    if this.mimetype == _URL_ENCODED and "form" not in vars(this):
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
