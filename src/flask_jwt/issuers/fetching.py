"""How other servers are asked: a request, a response, and the function between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from types import MappingProxyType
from typing import Any, NamedTuple

from .errors import FetchError

#: How long a server is waited for, in seconds.
MAX_SECONDS = 3.0
#: The longest body that is read, in bytes.
MAX_BYTES = 262_144
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class FetchRequest(NamedTuple):
    """What is asked of a server.

    :param url: the address: https, or http on this machine.
    :param method: ``GET`` or ``POST``.
    :param headers: headers by their names in lower case.
    :param body: the body of a ``POST``, or None.
    :param timeout: how long the answer may take in all, in seconds.
    :param max_bytes: how long its body may be, in bytes.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = _NO_HEADERS
    body: bytes | None = None
    timeout: float = MAX_SECONDS
    max_bytes: int = MAX_BYTES

    def __repr__(self) -> str:
        # Headers and body hold tokens and a client's secret.
        return f"<FetchRequest {self.method} {self.url}>"


class FetchResponse(NamedTuple):
    """What a server has answered.

    :param status: the status.
    :param headers: headers by their names in lower case.
    :param body: the body, whole.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<FetchResponse {self.status}>"


#: Asks a server; raises :exc:`.FetchError` where there is no answer.
Fetch = Callable[[FetchRequest], FetchResponse]


def guarded(fetch: Fetch) -> Fetch:
    """Return a fetcher that answers whole, or raises nothing but :exc:`.FetchError`."""

    def guarded_fetch(request: FetchRequest) -> FetchResponse:
        try:
            response: object = fetch(request)
        except FetchError:
            raise
        except Exception as error:
            # Its text may quote anything.
            raise FetchError(f"{request.url}: fetch raised {type(error).__name__}") from None
        if type(response) is not FetchResponse or not _is_whole(response):
            raise FetchError(f"{request.url}: fetch returned no FetchResponse that is whole")
        if len(response.body) > request.max_bytes:
            raise FetchError(f"{request.url}: the answer is longer than {request.max_bytes} bytes")
        return response

    return guarded_fetch


def with_deadline(fetch: Fetch) -> Fetch:
    """Return a fetcher whose requests have three seconds all together."""
    deadline = monotonic() + MAX_SECONDS

    def fetch_in_time(request: FetchRequest) -> FetchResponse:
        left = deadline - monotonic()
        if left <= 0:
            raise FetchError(f"{request.url} was not asked: {MAX_SECONDS:g} seconds are over")
        return fetch(request._replace(timeout=min(request.timeout, left)))

    return fetch_in_time


def _is_whole(response: tuple[Any, ...]) -> bool:
    status, headers, body = response
    return type(status) is int and isinstance(headers, Mapping) and type(body) is bytes
