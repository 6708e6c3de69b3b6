"""The request at hand; hosts, methods and caches, as HTTP has them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from flask import Request, Response, current_app, request

#: Returns the request object behind the proxy; raises :exc:`RuntimeError` where there is none.
current_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]
#: Methods that ask, and change nothing (:rfc:`9110` section 9.2.1).
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its name: localhost, or an address of its own."""
    name = _name_of(host)
    address = _address(name)
    if address is None:
        return name == "localhost" or name.endswith(".localhost")
    return address.is_loopback


def is_address(host: str) -> bool:
    """Tell whether a host is a number, which no name server can lead elsewhere."""
    return _address(_name_of(host)) is not None


def _name_of(host: str) -> str:
    """Return the name or address in a ``Host`` header, without the port; "" where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        # Some Pythons read what stands behind a bracket as if it were not there.
        _, bracket, rest = host.partition("]")
        if bracket and rest and not rest.startswith(":"):
            return ""
        # To look at the port is to have it checked.
        return parts.hostname or "" if parts.port != 0 else ""
    except ValueError:
        return ""


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None


def mark_no_store(response: Response) -> Response:
    """Have no cache keep an answer that carries a token (:rfc:`6750` section 5.3)."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def vary_on(response: Response, header: str) -> None:
    """Have no cache give an answer to a request whose header says something else."""
    if "Vary" in response.headers:
        response.vary.add(header)
    else:
        # Most have none, and need not be parsed.
        response.headers["Vary"] = header


def cached_answer(body: bytes, mimetype: str, cache_control: str) -> Response:
    """Answer this request with a text by whose ``ETag`` a cache asks whether it has changed."""
    response = current_app.response_class(body, mimetype=mimetype)
    response.headers["Cache-Control"] = cache_control
    response.set_etag(_etag(body))
    response.make_conditional(request)
    return response


@lru_cache(maxsize=8)
def _etag(body: bytes) -> str:
    return sha256(body).hexdigest()[:32]
