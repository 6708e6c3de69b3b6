"""The body of a request, read up to a length; what is longer stays readable for the view."""

from __future__ import annotations

from io import BufferedReader, BytesIO, RawIOBase
from typing import IO, Any

from flask import Request

#: The longest body of a sign-in, refresh or sign-out that is read, in bytes. A smaller
#: ``MAX_CONTENT_LENGTH`` counts.
MAX_BODY_BYTES = 65536


class BodyTooLargeError(Exception):
    """The body of a request is longer than what is read of it."""


def body_within(this: Request, most: int) -> bytes:
    """Return the body of a request, which later readers find as if it had not been read."""
    length = this.content_length
    if length is not None and length > most:
        raise BodyTooLargeError
    if length is None:
        # In chunks: counted as they come.
        head = _head(this.stream, most + 1)
        if len(head) > most:
            _put_stream(this, BufferedReader(_Rejoined(head, this.stream)))
            raise BodyTooLargeError
        _put_stream(this, BytesIO(head))
    data = this.get_data()
    # What the application has read before, in chunks, no limit has seen.
    if len(data) > most:
        raise BodyTooLargeError
    _put_stream(this, BytesIO(data))
    return data


def _head(stream: IO[bytes], most: int) -> bytes:
    head = BytesIO()
    while more := stream.read(most - head.tell()):
        head.write(more)
    return head.getvalue()


def _put_stream(this: Request, stream: Any) -> None:
    this.stream = stream  # pyright: ignore[reportAttributeAccessIssue]


class _Rejoined(RawIOBase):
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._head.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
