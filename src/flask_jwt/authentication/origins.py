"""From which pages a request may come, and CORS for those that are named."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from flask import Request, Response
from werkzeug.datastructures import HeaderSet

from ..http import SAFE_METHODS, vary_on
from .errors import csrf_failed
from .settings import BrowserSettings

_FROM_ELSEWHERE = (
    "The request comes from a page of another origin (see its Sec-Fetch-Site and Origin); "
    "JWT_COOKIE_ORIGINS names the origins of front ends that may send it"
)
_NOT_THIS_SERVER = (
    "The Origin of the request is not the address that this server takes for its own; behind a "
    "proxy, set up ProxyFix"
)
_NO_ORIGIN = (
    "A websocket that cookies open has to have an Origin, which every browser sends; other clients "
    "send the token in the Authorization header"
)
# How the origins of pages begin, a page with Referrer-Policy: no-referrer included.
_OF_PAGES = ("http://", "https://", "null")
_MAX_AGE = "600"
_HEADERS = ("Authorization", "Content-Type")
_EXPOSED = ("Retry-After", "WWW-Authenticate")


def check_origin(request: Request, origins: frozenset[str]) -> None:
    """Refuse a request that a page of another origin has made."""
    fault = _fault(request, origins)
    if fault is not None:
        raise csrf_failed(fault, "csrf_origin")


def is_from_elsewhere(request: Request, origins: frozenset[str]) -> bool:
    """Tell whether a page of another origin, an app in a web view or an extension has sent it."""
    if _fault(request, origins) is not None:
        return True
    # Of an extension browsers say what they say of the user's own doing, "none".
    origin = request.headers.get("Origin")
    return origin is not None and origin not in origins and not origin.startswith(_OF_PAGES)


def _fault(request: Request, origins: frozenset[str]) -> str | None:
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin in origins:
        return None
    if site is not None:
        # "none": the user's own doing, in the address bar. "same-site" is another origin.
        return None if site in ("same-origin", "none") else _FROM_ELSEWHERE
    # Browsers send one of the two headers with what changes something. What has neither comes from
    # no browser of today, and is for the CSRF value to judge.
    if origin is None or origin.lower() == own_origin(request):
        return None
    return _FROM_ELSEWHERE if origin == "null" else _NOT_THIS_SERVER


def check_handshake(request: Request, origins: frozenset[str], *, must_say: bool) -> None:
    """Refuse a websocket that a page of another origin opens (:rfc:`6455` section 10.2).

    It begins as a GET, and is a way to change things: no CSRF value comes with it, and no CORS
    keeps the page from reading what it is sent.
    """
    if not _is_handshake(request):
        return
    if must_say and "Origin" not in request.headers:
        raise csrf_failed(_NO_ORIGIN, "csrf_origin")
    check_origin(request, origins)


def _is_handshake(request: Request) -> bool:
    # Servers hand it on in different ways. No page can set a header that begins with "Sec-".
    return (
        "websocket" in request.headers.get("Upgrade", "").lower()
        or "Sec-WebSocket-Version" in request.headers
        or request.scheme in ("ws", "wss")
    )


def own_origin(request: Request) -> str:
    """Return the origin that a request was sent to, in lower case."""
    scheme = {"ws": "http", "wss": "https"}.get(request.scheme, request.scheme)
    return f"{scheme}://{request.host}".lower()


def allow_origin(settings: BrowserSettings, request: Request, response: Response) -> None:
    """Let a front end on another origin read an answer, if it is one that is named."""
    # For caches: without an Origin, too, the answer is one of several.
    vary_on(response, "Origin")
    origin = request.headers.get("Origin")
    # The value is taken from the configured list: nothing of the request is echoed.
    named = next((known for known in settings.origins if known == origin), None)
    if named is None:
        return
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = named
    headers["Access-Control-Allow-Credentials"] = "true"
    response.access_control_expose_headers = HeaderSet(
        [*(response.access_control_expose_headers or ()), *_EXPOSED]
    )
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        if response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            _let_ask(response)
        # What the application has allowed itself stays.
        if "Access-Control-Allow-Methods" not in headers:
            headers["Access-Control-Allow-Methods"] = ", ".join(_methods(request, response))
        allowed = [*(response.access_control_allow_headers or ()), *_HEADERS, settings.csrf_header]
        response.access_control_allow_headers = HeaderSet(dict.fromkeys(allowed))
        headers["Access-Control-Max-Age"] = _MAX_AGE


def _let_ask(response: Response) -> None:
    # A guard before all requests refuses this one as well, which browsers send without cookies.
    response.status_code = HTTPStatus.NO_CONTENT
    response.set_data(b"")
    for name in ("WWW-Authenticate", "Content-Type", "Content-Length"):
        del response.headers[name]


def _methods(request: Request, response: Response) -> Iterable[str]:
    if "Allow" in response.headers:
        return list(response.allow)
    rule = request.url_rule
    return sorted(SAFE_METHODS - {"TRACE"} if rule is None else rule.methods or ())
