"""Sign-in bodies in chunks that are none (RFC 9112 section 7.1).

The server finds the fault while the application reads the body, and its complaint may quote what it
has read: a password, where a client names the coding and does not use it.
"""

from __future__ import annotations

import json

import pytest

from tests.support.applications.recording import PASSWORD, USERNAME
from tests.support.http_client import Answer
from tests.support.serving import Recording

PRIVATE = "a-password-to-keep-out-of-the-log"
GOOD = json.dumps({"username": USERNAME, "password": PASSWORD}).encode()

CHUNKS = {
    "no size": b"size\r\nhello\r\n0\r\n\r\n",
    "negative size": b"-5\r\nhello\r\n0\r\n\r\n",
    "size with a space": b"5 5\r\nhello\r\n0\r\n\r\n",
    "enormous size": b"f" * 16 + b"\r\nhello",
    "too much data": b"5\r\nhello there\r\n0\r\n\r\n",
    "too little data": b"50\r\nhello",
    "no last chunk": b"5\r\nhello\r\n",
    "good JSON, then no chunk": b"%x\r\n%b\r\nsize\r\n" % (len(GOOD) - 5, GOOD[:-5]),
    "nothing": b"",
    "not chunked at all": json.dumps({"username": USERNAME, "password": PRIVATE}).encode()
    + b"\r\n",
}


def send(recording: Recording, body: bytes) -> Answer:
    """Send what passes for a body in chunks."""
    lines = [
        b"POST /auth HTTP/1.1",
        b"Host: 127.0.0.1",
        b"Connection: close",
        b"Content-Type: application/json",
        b"Transfer-Encoding: chunked",
    ]
    return recording.server.raw("POST", b"\r\n".join(lines) + b"\r\n\r\n" + body)


@pytest.mark.parametrize("name", CHUNKS)
def test_broken_chunks(recording: Recording, name: str) -> None:
    """Broken chunks are a 400 of the usual shape, and nobody is asked about credentials."""
    answer = send(recording, CHUNKS[name])

    assert answer.status == 400
    assert sorted(answer.json) == ["description", "error", "status_code"]
    assert recording.calls == []


def test_log_is_clean(recording: Recording) -> None:
    """Broken chunks leave neither a traceback nor a password in the log."""
    for body in CHUNKS.values():
        send(recording, body)

    assert PRIVATE not in recording.server.log
    assert "Traceback" not in recording.server.log
