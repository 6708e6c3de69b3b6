"""From which pages a request may come, and CORS for those that are named."""

from __future__ import annotations

from flask import Request, Response

from .csrf import SAFE_METHODS
from .errors import JWTError

#: The ``error`` of a refusal that CSRF is the reason for.
CSRF_ERROR = "CSRF Check Failed"

_FROM_ELSEWHERE = (
    "The request comes from a page of another origin (see its Sec-Fetch-Site and Origin); "
    "JWT_COOKIE_ORIGINS names the origins of front ends that may send it"
)
_NOT_THIS_SERVER = (
    "The Origin of the request is not the address that this server takes for its own; behind a "
    "proxy, set up ProxyFix"
)
_MAX_AGE = "600"
_EXPOSED = "Retry-After, WWW-Authenticate"


def check_origin(this: Request, origins: frozenset[str]) -> None:
    """Refuse a request that a page of somebody else's has made.

    Browsers send at least one of the two headers with what changes something. What has neither
    comes from no browser of today, and is for the CSRF value to judge.

    :param this: the request.
    :param origins: origins of front ends elsewhere.
    :raises JWTError: 403, it comes from another origin.
    """
    origin, site = this.headers.get("Origin"), this.headers.get("Sec-Fetch-Site")
    if origin in origins:
        return
    if site is not None:
        # "none": the user's own doing, in the address bar. "same-site" is another origin.
        if site not in ("same-origin", "none"):
            raise _refusal(_FROM_ELSEWHERE)
    elif origin is not None and origin.lower() != f"{this.scheme}://{this.host}".lower():
        raise _refusal(_NOT_THIS_SERVER if origin != "null" else _FROM_ELSEWHERE)


def allow_origin(this: Request, response: Response, origins: frozenset[str], header: str) -> None:
    """Let a front end on another origin read an answer, if it is one that is named.

    :param this: the request.
    :param response: the answer.
    :param origins: the origins that are named.
    :param header: the header for CSRF values, which such a page may send.
    """
    if not origins:
        return
    response.vary.add("Origin")
    origin = this.headers.get("Origin")
    # One of our own list: nothing that was sent is echoed.
    named = next((one for one in origins if one == origin), None)
    if named is None:
        return
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = named
    headers["Access-Control-Allow-Credentials"] = "true"
    headers["Access-Control-Expose-Headers"] = _EXPOSED
    if this.method == "OPTIONS" and "Access-Control-Request-Method" in this.headers:
        methods = response.headers.get("Allow") or ", ".join(sorted(SAFE_METHODS - {"TRACE"}))
        headers["Access-Control-Allow-Methods"] = methods
        headers["Access-Control-Allow-Headers"] = f"Authorization, Content-Type, {header}"
        headers["Access-Control-Max-Age"] = _MAX_AGE


def _refusal(description: str) -> JWTError:
    return JWTError(CSRF_ERROR, description, 403, error_code="csrf_origin")
