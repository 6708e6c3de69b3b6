"""The HTTP client: httpcore's, held to a deadline, to one origin and to a length."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import cache
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, unquote_to_bytes, urljoin, urlsplit
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


class _Turn:
    """One request: until when it has to be done, and whether a connection was opened for it."""

    __slots__ = ("deadline", "has_connected")

    def __init__(self, seconds: float) -> None:
        self.deadline = monotonic() + seconds
        self.has_connected = False


# That of the thread or greenlet. A thread-local that was made before gevent came would be shared.
_turn: ContextVar[_Turn] = ContextVar("flask_jwt_turn")


class HTTPClient:
    """Asks servers: a :data:`~flask_jwt.issuers.Fetch`. No connection crosses a fork."""

    def __init__(self) -> None:
        self._pools = PerProcess(_Pools)

    def __call__(self, request: FetchRequest) -> FetchResponse:
        """Ask a server, and follow it to no other origin."""
        _turn.set(_Turn(request.timeout))
        url: str | None = request.url
        for _ in range(_MAX_REDIRECTS + 1):
            if url is None:
                raise FetchError(f"{request.url} redirects to another origin")
            response = self._ask(request, url)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or location is None or request.method != "GET":
                return response
            url = _within_origin(url, location)
        raise FetchError(f"{request.url} redirects again and again")

    def _ask(self, request: FetchRequest, url: str) -> FetchResponse:
        # Errors name the address that was asked first: the others are the server's words.
        named = request.url
        try:
            return self._ask_connected(request, url)
        except httpcore.TimeoutException:
            raise FetchError(f"{named} has not answered in time") from None
        except httpcore.ProxyError as error:
            # The status, without the proxy's words.
            status = str(error).partition(" ")[0]
            raise FetchError(f"{named} can't be reached: the proxy answered {status}") from None
        except httpcore.NetworkError as error:
            way = "" if _proxy_for(urlsplit(url)) is None else " through the environment's proxy"
            raise FetchError(f"{named} can't be reached{way}: {_reason(error)}") from None
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            # What the server has sent may stand in the error.
            raise FetchError(f"{named} has sent no HTTP that can be read") from None

    def _ask_connected(self, request: FetchRequest, url: str) -> FetchResponse:
        """Ask on a connection that is there; the server may just have closed it: then again."""
        turn = _turn.get()
        turn.has_connected = False
        pool = self._pools.take().pool_for(url)
        while True:
            try:
                return _exchange(pool, request, url)
            except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError):
                if turn.has_connected:
                    raise


def _tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not _has_roots(context):
        # A slim image has no certificates of its own.
        context.load_verify_locations(certifi.where())
    return context


class _Pools:
    """The connections of one process, by the proxy that they go through."""

    def __init__(self) -> None:
        self._pools: dict[str | None, httpcore.ConnectionPool] = {}
        # Made here, and no cached_property: Python 3.11 has one lock for all of those, which a
        # fork in the middle of another thread's leaves taken.
        self._tls = _tls_context()

    def pool_for(self, url: str) -> httpcore.ConnectionPool:
        proxy = _proxy_for(urlsplit(url))
        pool = self._pools.get(proxy)
        if pool is None:
            try:
                made = self._make(proxy)
            except ValueError:
                # Its address may hold a password.
                fault = "its address is none by http"
                raise httpcore.ConnectError(fault) from None
            pool = self._pools.setdefault(proxy, made)
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
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        # TLS within TLS knows no deadline but that of each read.
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        if parts.username is not None:
            options["proxy_auth"] = (
                unquote_to_bytes(parts.username),
                unquote_to_bytes(parts.password or ""),
            )
        return httpcore.HTTPProxy(f"http://{host}:{_port(parts)}", **options)


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
        _turn.get().has_connected = True
        fault: Exception | None = None
        for tried, (*_, address) in enumerate(found):
            # One that swallows everything leaves time for the others.
            seconds = _left() / (len(found) - tried)
            try:
                stream = self._backend.connect_tcp(
                    str(address[0]), port, seconds, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
            else:
                return _TimedStream(stream)
        raise fault or httpcore.ConnectError("it has no address")


def _left() -> float:
    left = _turn.get().deadline - monotonic()
    if left <= 0:
        raise httpcore.TimeoutException
    return left


def _exchange(pool: httpcore.ConnectionPool, request: FetchRequest, url: str) -> FetchResponse:
    headers = {"user-agent": _user_agent(), "accept-encoding": "identity", **request.headers}
    with pool.stream(
        request.method,
        url,
        headers=list(headers.items()),
        content=request.body,
        extensions={"timeout": {"pool": _left()}},
    ) as response:
        answered = _headers(response.headers)
        return FetchResponse(response.status, answered, _body(response, answered, request))


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


def _within_origin(url: str, location: str) -> str | None:
    """Return where a redirect leads; None where that is another origin, or no address."""
    try:
        target = urljoin(url, location)
    except ValueError:
        return None
    fits = is_server_url(target, on_loopback=True) and _origin(target) == _origin(url)
    return target if fits else None


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, _port(parts)


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def _proxy_for(parts: SplitResult) -> str | None:
    host = parts.netloc if parts.port else f"{parts.netloc}:{_port(parts)}"
    if is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def _has_roots(context: ssl.SSLContext) -> bool:
    """Tell whether it is decided which roots are trusted: by the system, or the environment."""
    if os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        return True
    # Those of a folder are read when they are needed, and not counted.
    folder = ssl.get_default_verify_paths().capath
    return context.cert_store_stats()["x509_ca"] > 0 or bool(folder and any(Path(folder).iterdir()))


def _reason(error: Exception) -> str:
    text = str(error)
    return text if text.isprintable() and len(text) <= _MAX_REASON else type(error).__name__


@cache
def _user_agent() -> str:
    return f"Flask-JWT-Reborn/{version('flask-jwt-reborn')}"
