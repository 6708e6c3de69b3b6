"""CSRF: requests that another site's page may have sent, and the value that own pages send back.

A value is an HMAC of the session's name under a key of the application. A page on a sibling domain
can put cookies into a browser, and can't make such a value: so the value is compared with the
session, and not with a cookie that says the same (double submit).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Request

from ..app_state import cookies_of, current_state
from ..core.compact_jws import decode_base64url, encode_base64url
from ..core.errors import InvalidIssuer, MalformedToken
from ..core.secret_ring import SecretRing
from ..core.verifier import VerifiedToken
from ..http import SAFE_METHODS, current_request
from .body import FORMS, URL_ENCODED, BodyTooLargeError, body_within, read_or_400
from .cookies import Cookies, cookie_values
from .errors import JWTError, csrf_failed, invalid_token
from .origins import check_handshake, check_origin
from .request_state import current_token, request_state
from .sources import CredentialSource

#: The longest form in which a CSRF value is looked for, in bytes: Flask's own limit for a field. Of
#: ``multipart/form-data`` each field may be as long; files go to the disk.
MAX_FORM_BYTES = 500_000
_LABEL = b"flask_jwt csrf value"


class CSRFTokens:
    """Makes and checks the values of one application."""

    __slots__ = ("_claims", "_ring")

    def __init__(self, secrets: Sequence[bytes], *, sessions: bool) -> None:
        self._ring = SecretRing(secrets, _key_of)
        # Without sessions a hook of the application may say anything under "sid".
        self._claims = ("sid", "jti") if sessions else ("jti",)

    def __repr__(self) -> str:
        return f"<CSRFTokens: {self._ring!r}>"

    def binding_of(self, claims: Mapping[str, Any]) -> str | None:
        """Return what a value is bound to: the session, or the token where there is none."""
        for claim in self._claims:
            name = claims.get(claim)
            if name is not None:
                return f"{claim}:{name}" if isinstance(name, str) and name else None
        return None

    def value_for(self, claims: Mapping[str, Any]) -> str | None:
        """Return the value of the session or token of claims, or None where they name neither."""
        binding = self.binding_of(claims)
        return None if binding is None else self.create(binding)

    def create(self, binding: str) -> str:
        """Return the value of a session."""
        return encode_base64url(self._ring.mac(binding.encode("utf-8", "surrogatepass"))).decode()

    def matches(self, binding: str, value: str) -> bool:
        """Tell in constant time whether a value is that of a session."""
        if not value.isascii():
            return False
        try:
            mac = decode_base64url(value.encode(), "CSRF value")
        except MalformedToken:
            return False
        return self._ring.matches(binding.encode("utf-8", "surrogatepass"), mac)


def session_binding(sid: str) -> str:
    """Return what the values of a session are bound to."""
    return f"sid:{sid}"


def _key_of(secret: bytes) -> bytes:
    return hmac.digest(secret, _LABEL, "sha256")


def check_sender(
    cookies: Cookies, request: Request, source: CredentialSource, verified: VerifiedToken
) -> None:
    """Refuse what a page of another site can have a browser send, without what it can't know."""
    if source.is_csrf_safe:
        return
    origins = cookies.settings.origins
    # A hook may find a token without any cookie there: in a header of a program's, or a proxy's.
    # Which page has sent it is looked at all the same; browsers keep passwords, too.
    has_cookies = source.name != "hook" or "HTTP_COOKIE" in request.environ
    if has_cookies and not verified.is_own:
        # CSRF values are bound to sessions and tokens of ours.
        raise invalid_token(InvalidIssuer())
    if request.method in SAFE_METHODS:
        if source.is_ambient:
            check_handshake(request, origins, must_say=has_cookies)
        return
    check_origin(request, origins)
    if not has_cookies:
        return
    name = cookies.csrf.binding_of(verified.claims)
    if name is None:
        raise _refusal(request, cookies, "The token has neither sid nor jti", "csrf_unbound")
    if not cookies.csrf.matches(name, csrf_value(request, cookies)):
        raise wrong_csrf(request, cookies)


def csrf_value(request: Request, cookies: Cookies) -> str:
    """Return the CSRF value that a request has."""
    value = csrf_value_or_none(request, cookies)
    if not value:
        raise _refusal(request, cookies, "The CSRF value is missing", "csrf_missing")
    return value


def csrf_value_or_none(request: Request, cookies: Cookies) -> str | None:
    """Return the CSRF value that a request has, or None."""
    value: str | None = request.headers.get(cookies.settings.csrf_header)
    if value or request.mimetype not in FORMS:
        return value
    try:
        form: Mapping[str, str] = read_or_400(lambda: _form_of(request), "body")
    except BodyTooLargeError:
        raise JWTError(
            "Request Entity Too Large",
            f"The form is too large to be looked at for the CSRF value: send that in the header "
            f"{cookies.settings.csrf_header}",
            413,
        ) from None
    return form.get(cookies.settings.csrf_field)


def _form_of(request: Request) -> Mapping[str, str]:
    if request.max_form_memory_size is None:
        # Flask 3.0 has no default.
        request.max_form_memory_size = MAX_FORM_BYTES
    if request.mimetype == URL_ENCODED and "form" not in vars(request):
        body_within(request, MAX_FORM_BYTES)
    return request.form


def wrong_csrf(request: Request, cookies: Cookies) -> JWTError:
    """Return the refusal of a request whose CSRF value is not that of its session."""
    return _refusal(request, cookies, "The CSRF value is not that of this session", "csrf_wrong")


def _refusal(request: Request, cookies: Cookies, fault: str, code: str) -> JWTError:
    settings = cookies.settings
    source = f"the cookie {cookies.profile(request).csrf}"
    if cookies.csrf_url_rule is not None:
        source += f" (or GET {request.root_path}{cookies.csrf_url_rule})"
    to_send = f"{settings.csrf_header}, or in the form field {settings.csrf_field}"
    return csrf_failed(f"{fault}: send what {source} says in the header {to_send}", code)


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
    cookies, request = cookies_of(current_state()), current_request()
    # The page is for this user alone.
    request_state(request).vary_cookie = True
    is_own = current_token and current_token.is_own
    value = cookies.csrf.value_for(current_token.claims) if is_own else None
    return value or value_in_cookie(cookies, request)


def check_request_origin() -> None:
    """Refuse this request if a page of another origin has sent it; for sign-ins of one's own.

    Without it a page of another site can sign its visitors in to an account of that site's choice.
    An answer of another site that signs in, as OAuth's, has a ``state`` instead.

    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``.
    :raises JWTError: 403, it comes from an origin that is neither this one nor named in
        ``JWT_COOKIE_ORIGINS``.
    :raises RuntimeError: there is no request.
    """
    check_origin(current_request(), cookies_of(current_state()).settings.origins)


def value_in_cookie(cookies: Cookies, request: Request) -> str | None:
    """Return the value in the cookie for CSRF values; None where it is nothing like one."""
    # A sibling domain may have put it there: a value that is not the session's own opens nothing.
    values = cookie_values(request, cookies.profile(request).csrf)
    return values[0] if values and _VALUE.fullmatch(values[0]) else None
