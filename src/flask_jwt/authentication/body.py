"""The body and the query string of a request, read strictly and up to a length."""

from __future__ import annotations

from collections.abc import Callable
from io import BufferedReader, BytesIO, RawIOBase
from typing import IO, Any

from flask import Request, current_app
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES

from ..core.strict_json import StrictJSONError, parse_object
from ..http import current_request
from .errors import JWTError, bad_request

#: The longest body of a sign-in, refresh or sign-out that is read, in bytes. A smaller
#: ``MAX_CONTENT_LENGTH`` counts.
MAX_BODY_BYTES = 65536
URL_ENCODED = "application/x-www-form-urlencoded"
#: The types of bodies that forms without a script send.
FORMS = frozenset({URL_ENCODED, "multipart/form-data"})


class BodyTooLargeError(Exception):
    """The body of a request is longer than its reader allows."""


def body_within(request: Request, max_bytes: int) -> bytes:
    """Return the body of a request, which later readers find as if it had not been read."""
    # For the type checkers: Werkzeug's stream is a cached property, which may be set.
    readable: Any = request
    length = request.content_length
    if length is None:
        # In chunks: counted as they come.
        head, rest = BytesIO(), request.stream
        while more := rest.read(max_bytes + 1 - head.tell()):
            head.write(more)
        length = head.tell()
        head.seek(0)
        is_whole = length <= max_bytes
        readable.stream = head if is_whole else BufferedReader(_Rejoined(head, rest))
    if length > max_bytes:
        raise BodyTooLargeError
    data = request.get_data()
    # The application may have read it before, in chunks, past any limit.
    if len(data) > max_bytes:
        raise BodyTooLargeError
    readable.stream = BytesIO(data)
    return data


class _Rejoined(RawIOBase):
    """A stream whose beginning was read already."""

    def __init__(self, head: IO[bytes], rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._head.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def read_or_400(read: Callable[[], Any], part: str) -> Any:
    """Return what a read of a part of a request gives."""
    try:
        return read()
    except (BodyTooLargeError, HTTPException):
        raise
    except Exception:
        # Servers have errors of their own for broken chunks and lengths, with the body in the text.
        raise bad_request(f"The {part} of the request can't be read") from None


def query_of(request: Request) -> MultiDict[str, str]:
    """Return the parameters in the query string of a request."""
    parameters: MultiDict[str, str] = read_or_400(lambda: request.args, "query string")
    return parameters


#: The JSON member with a refresh token (:rfc:`6749` section 6).
REFRESH_TOKEN = "refresh_token"  # noqa: S105


def refresh_token_or_none() -> str | None:
    """Return the refresh token in the body of this request, or None where there is none."""
    request = current_request()
    data = _read(request)
    # A form has a CSRF value and no token.
    if not data or request.mimetype in FORMS:
        return None
    return refresh_token_in(_parsed(request, data))


def json_body() -> dict[str, Any]:
    """Return the JSON object in the body of this request."""
    request = current_request()
    return _parsed(request, _read(request))


def json_text() -> bytes:
    """Return the body of this request, which says that it is JSON; it is not parsed."""
    request = current_request()
    data = _read(request)
    if not request.is_json:
        raise _not_json()
    return data


def refresh_token_in(body: dict[str, Any]) -> str | None:
    """Return the refresh token in a body, or None."""
    token = body.get(REFRESH_TOKEN)
    if token is not None and not isinstance(token, str):
        raise refused(f"The {REFRESH_TOKEN} has to be a string")
    return token


def refused(description: str, status: int = 400, *, why: str | None = None) -> JWTError:
    """Return the refusal of a request for a fault of its body."""
    tell_of_body(why or description)
    return JWTError(HTTP_STATUS_CODES[status], description, status)


def tell_of_body(why: str) -> None:
    """Have the log name, in debug, the fault of the body of this request."""
    if current_app.debug:
        current_app.logger.debug(
            "the body sent to %s is refused: %s", current_request().endpoint, why
        )


def _not_json() -> JWTError:
    return refused("The body of the request has to be application/json", 415)


def _parsed(request: Request, data: bytes) -> dict[str, Any]:
    if not request.is_json:
        raise _not_json()
    try:
        return parse_object(data)
    except StrictJSONError as error:
        # Its text tells places and kinds, and quotes nothing.
        why = str(error)
    raise refused("The body of the request is not a strict JSON object", why=why)


def _read(request: Request) -> bytes:
    try:
        # Flask's own limit is the whole application's (its 3.0 has no other); a smaller one counts.
        return body_within(request, MAX_BODY_BYTES)
    except (BodyTooLargeError, RequestEntityTooLarge):
        raise refused("The body of the request is too large", 413) from None
    except Exception:
        # See read_or_400.
        raise refused("The body of the request can't be read") from None
