"""The HTTP client: httpcore's, held to a deadline, to one origin and to a length."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from importlib.metadata import version
from threading import local
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import httpcore

from ..core.per_process import PerProcess
from ..http import is_loopback
from .errors import FetchError
from .fetching import FetchRequest, FetchResponse
from .options import is_server_url

_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
# Introspection asks at each request, and finds its connection open.
_KEPT_SECONDS = 15.0
_MAX_CONNECTIONS = 64
_MAX_REASON = 200

# The moment by which the request of a thread has to be done, by the monotonic clock.
_deadline = local()


class HTTPClient:
    """Asks servers: a :data:`~flask_jwt.issuers.Fetch`. No connection crosses a fork."""

    def __init__(self) -> None:
        self._pools = PerProcess(_Pools)

    def __call__(self, request: FetchRequest) -> FetchResponse:
        """Ask a server, and follow it to no other origin."""
        _deadline.value = monotonic() + request.timeout
        url = request.url
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._ask(request, url)
            if response.status not in _REDIRECTS or request.method != "GET":
                return response
            url = _redirected(request.url, url, response.headers.get("location", ""))
        raise FetchError(f"{request.url} redirects again and again")

    def _ask(self, request: FetchRequest, url: str) -> FetchResponse:
        # Errors name the address that was asked for first: where it leads, the server says.
        pool = self._pools.take().pool_for(url)
        headers = {"user-agent": _user_agent(), "accept-encoding": "identity", **request.headers}
        try:
            with pool.stream(
                request.method,
                url,
                headers=list(headers.items()),
                content=request.body,
                extensions={"timeout": {"pool": _left()}},
            ) as response:
                answered = _headers(response.headers)
                body = _body(response, answered, request)
                return FetchResponse(response.status, answered, body)
        except httpcore.TimeoutException:
            raise FetchError(f"{request.url} has not answered in time") from None
        except httpcore.NetworkError as error:
            raise FetchError(f"{request.url} can't be reached: {_reason(error)}") from None
        except httpcore.ProxyError:
            raise FetchError(f"{request.url} can't be reached: the proxy refuses it") from None
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            # What the server has sent may stand in the error.
            raise FetchError(f"{request.url} has sent no HTTP that can be read") from None


class _Pools:
    """The connections of one process, by the proxy that they go through."""

    def __init__(self) -> None:
        self._pools: dict[str | None, httpcore.ConnectionPool] = {}

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not context.cert_store_stats()["x509_ca"]:
            # A slim image has no certificates of its own.
            context.load_verify_locations(certifi.where())
        return context

    def pool_for(self, url: str) -> httpcore.ConnectionPool:
        proxy = _proxy_for(urlsplit(url))
        pool = self._pools.get(proxy)
        if pool is None:
            pool = self._pools.setdefault(proxy, self._make(proxy))
        return pool

    def _make(self, proxy: str | None) -> httpcore.ConnectionPool:
        options: dict[str, Any] = {
            "ssl_context": self._tls,
            "max_connections": _MAX_CONNECTIONS,
            "keepalive_expiry": _KEPT_SECONDS,
            "network_backend": _TimedBackend(),
        }
        if proxy is None:
            return httpcore.ConnectionPool(**options)
        parts = urlsplit(proxy)
        name = parts.hostname
        if parts.scheme not in _PORTS or not name:
            raise FetchError("the proxy of the environment is no http or https address")
        host = f"[{name}]" if ":" in name else name
        auth = None
        if parts.username is not None:
            auth = (unquote(parts.username), unquote(parts.password or ""))
        port = parts.port or _PORTS[parts.scheme]
        return httpcore.HTTPProxy(f"{parts.scheme}://{host}:{port}", auth, **options)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every operation has what is left of its request's time."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, _left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, _left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _left()))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _TimedBackend(httpcore.NetworkBackend):
    """Opens connections in time, whichever of a server's addresses answers."""

    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            # The system's resolver has a time limit of its own, and none can be set.
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from None
        fault: Exception | None = None
        for *_, address in found:
            try:
                stream = self._backend.connect_tcp(
                    str(address[0]), port, _left(), local_address, socket_options
                )
            except httpcore.ConnectError as error:
                fault = error
            else:
                return _TimedStream(stream)
        raise fault or httpcore.ConnectError("it has no address")


def _left() -> float:
    left: float = _deadline.value - monotonic()
    if left <= 0:
        raise httpcore.TimeoutException
    return left


def _body(response: httpcore.Response, headers: Mapping[str, str], request: FetchRequest) -> bytes:
    too_long = f"{request.url}: the answer is longer than {request.max_bytes} bytes"
    told = headers.get("content-length", "")
    if told.isdecimal() and int(told) > request.max_bytes:
        raise FetchError(too_long)
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise FetchError(f"{request.url}: the answer is compressed, and nobody has asked for that")
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > request.max_bytes:
            raise FetchError(too_long)
        _left()
    return bytes(body)


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _redirected(asked: str, url: str, location: str) -> str:
    """Return where an answer leads, which is on the same origin."""
    try:
        target = urljoin(url, location)
        if is_server_url(target, on_loopback=True) and _origin(target) == _origin(url):
            return target
    except ValueError:
        # It is no address at all.
        pass
    raise FetchError(f"{asked} redirects to another origin")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _proxy_for(parts: SplitResult) -> str | None:
    if is_loopback(parts.netloc) or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def _reason(error: Exception) -> str:
    text = str(error)
    return text if text.isprintable() and len(text) <= _MAX_REASON else type(error).__name__


@cache
def _user_agent() -> str:
    return f"Flask-JWT-Reborn/{version('flask-jwt-reborn')}"
