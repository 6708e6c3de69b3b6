"""Sign-in bodies that are not what they should be: refused in JSON, and the log tells nothing."""

from __future__ import annotations

import gzip
import json
import socket
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from flask_jwt import JWT
from flask_jwt.authentication.body import MAX_BODY_BYTES
from tests.support.applications.recording import PASSWORD, USERNAME
from tests.support.http_client import Answer, Header
from tests.support.secret import secret
from tests.support.server import gunicorn
from tests.support.serving import Recording

JSON: Header = ("Content-Type", "application/json")
FORM: Header = ("Content-Type", "application/x-www-form-urlencoded")
# As deep as what is read can be.
DEEP = 10_000
MEGABYTE = 2**20
#: Passwords that must not show up anywhere.
PRIVATE = "a-password-to-keep-out-of-the-log"


def dumped(*, username: Any = USERNAME, password: Any = PASSWORD, **more: Any) -> bytes:
    """Return a body, with the right credentials where nothing else is said."""
    return json.dumps({"username": username, "password": password, **more}).encode()


GOOD = dumped()

#: Bodies sent as JSON, with the status of the answer; ``core/test_strict_json.py`` has more texts.
BODIES: dict[str, tuple[bytes, int]] = {
    # No JSON, or no object.
    "empty": (b"", 400),
    "list": (b'["alice", "pw"]', 400),
    "null": (b"null", 400),
    "NaN": (b"NaN", 400),
    "huge integer inside": (b'{"username": ' + b"9" * 10_000 + b', "password": "pw"}', 400),
    "deep lists": (b"[" * DEEP + b"]" * DEEP, 400),
    "deep password": (
        b'{"username": "alice", "password": ' + b"[" * DEEP + b"]" * DEEP + b"}",
        400,
    ),
    "two documents": (GOOD + GOOD, 400),
    "cut off": (GOOD[:-7], 400),
    "form": (b"username=alice&password=pw", 400),
    "invalid UTF-8": (b'{"username": "\xff\xfe\xfd", "password": "pw"}', 400),
    "UTF-16": (GOOD.decode().encode("utf-16"), 400),
    "byte-order mark": (b"\xef\xbb\xbf" + GOOD, 400),
    "member twice": (b'{"username": "bob", ' + GOOD[1:], 400),
    "member twice, deep inside": (dumped(username={})[:-1] + b', "a": {"b": 1, "b": 1}}', 400),
    "33 levels": (b'{"username": ' + b"[" * 32 + b"]" * 32 + b', "password": "pw"}', 400),
    "raw NUL": (b'{"username": "al\x00ice", "password": "pw"}', 400),
    "gzip": (gzip.compress(GOOD), 400),
    # An object that holds no credentials.
    "no members": (b"{}", 401),
    "no password": (b'{"username": "alice"}', 401),
    "third field": (dumped(remember=True), 401),
    "other names": (b'{"user": "alice", "pass": "pw"}', 401),
    "username in a list": (dumped(username=[USERNAME]), 401),
    "username of null": (dumped(username=None), 401),
    "username a number": (dumped(username=0), 401),
    "username NaN": (dumped(username=float("nan")), 400),
    "username empty": (dumped(username=""), 401),
    "password in an object": (dumped(password={"$gt": ""}), 401),
    "password of null": (dumped(password=None), 401),
    "password a number": (dumped(password=12345), 401),
    "password empty": (dumped(password=""), 401),
    "NUL in the username": (dumped(username=f"{USERNAME}\0"), 400),
    "NUL in the password": (dumped(password=f"{PASSWORD}\0"), 400),
    "lone surrogate in the username": (b'{"username": "\\ud800", "password": "pw"}', 400),
    "lone surrogate in the password": (b'{"username": "alice", "password": "\\udfff"}', 400),
    "password of a megabyte": (dumped(password="p" * MEGABYTE), 413),
    "three megabytes": (dumped(password="p" * 3 * MEGABYTE), 413),
}

#: Good JSON, sent under the wrong name.
KINDS: dict[str, list[Header]] = {
    "no content type": [],
    "empty content type": [("Content-Type", "")],
    "a form": [FORM],
    "a multipart form": [("Content-Type", "multipart/form-data; boundary=x")],
    "plain text": [("Content-Type", "text/plain")],
    "HTML": [("Content-Type", "text/html")],
    "XML": [("Content-Type", "application/xml")],
    "bytes": [("Content-Type", "application/octet-stream")],
    "not quite JSON": [("Content-Type", "application/jsonx")],
    "non-ASCII": [("Content-Type", b"application/json\xff")],
    "a list of types": [("Content-Type", "text/plain, application/json")],
}

#: Headers that say something odd about a good body.
ODD_HEADERS: dict[str, list[Header]] = {
    "said to be gzip": [JSON, ("Content-Encoding", "gzip")],
    "said to be UTF-16": [("Content-Type", "application/json; charset=utf-16")],
    "unknown charset": [("Content-Type", "application/json; charset=none-such")],
}


def check(answer: Answer, status: int) -> None:
    """Check that an answer is a refusal of the usual shape."""
    assert answer.status == status, answer
    assert sorted(answer.json) == ["description", "error", "status_code"]
    assert answer.json["status_code"] == status
    for name in ("description", "error"):
        assert isinstance(answer.json[name], str)
        assert answer.json[name]


@pytest.mark.parametrize("name", BODIES)
def test_body(recording: Recording, name: str) -> None:
    """A body that holds no credentials is refused, and the hook is not asked."""
    body, status = BODIES[name]
    before = len(recording.calls)

    answer = recording.server.request("POST", "/auth", [JSON], body)
    check(answer, status)
    assert (answer.json["description"] == "Invalid credentials") is (status == 401)
    assert len(recording.calls) == before


@pytest.mark.parametrize("name", KINDS)
def test_content_type(recording: Recording, name: str) -> None:
    """A body that does not call itself JSON is refused with 415."""
    check(recording.server.request("POST", "/auth", KINDS[name], GOOD), 415)


@pytest.mark.parametrize("name", ODD_HEADERS)
def test_odd_headers(recording: Recording, name: str) -> None:
    """JSON is UTF-8 whatever else is said of it, and the hook sees what was meant."""
    before = len(recording.calls)
    answer = recording.server.request("POST", "/auth", ODD_HEADERS[name], GOOD)

    assert answer.status == 200
    assert recording.calls[before:] == [([USERNAME, PASSWORD], {})]


@pytest.mark.parametrize(
    ("body", "announced"), [(GOOD[:-7], len(GOOD)), (GOOD, 20), (GOOD, 0), (b"", 50)]
)
def test_length_that_is_wrong(recording: Recording, body: bytes, announced: int) -> None:
    """A body that is cut off before the length announced, or goes on after it, is refused."""
    check(recording.server.request("POST", "/auth", [JSON], body, announced=announced), 400)


def test_length_that_is_too_much(recording: Recording) -> None:
    """A body that is announced as too large is refused before it is sent."""
    answer = recording.server.request("POST", "/auth", [JSON], b"", announced=3 * MEGABYTE)

    check(answer, 413)


def test_no_body(recording: Recording) -> None:
    """A request without a body is refused, with a content type and without."""
    check(recording.server.request("POST", "/auth", [JSON]), 400)
    check(recording.server.request("POST", "/auth"), 415)


def test_credentials_in_the_query(recording: Recording) -> None:
    """Credentials in the query string are none."""
    path = f"/auth?username={USERNAME}&password=pw"

    check(recording.server.request("POST", path, [JSON], b"{}"), 401)


def test_log_is_clean(recording: Recording) -> None:
    """No malformed sign-in leaves a traceback, a password, a token or the secret in the log."""
    answers = [
        recording.server.request("POST", "/auth", [JSON], dumped(username=1, password=PRIVATE)),
        recording.server.request("POST", "/auth", [JSON], b"{" + PRIVATE.encode()),
        recording.server.request("POST", "/auth", [FORM], b"password=" + PRIVATE.encode()),
        *(recording.server.request("POST", "/auth", [JSON], body) for body, _ in BODIES.values()),
    ]
    token = recording.token()

    log = recording.server.log
    for private in ("Traceback", PRIVATE, PASSWORD, token, recording.secret, "pppppppp"):
        assert private not in log
        assert not any(private in answer.text for answer in answers)


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


CHUNKED = (
    b"POST /auth HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"
    b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
)


@pytest.mark.parametrize("name", CHUNKS)
def test_broken_chunks(recording: Recording, name: str) -> None:
    """Broken chunks are a 400 of the usual shape: nobody is asked, and the log tells nothing."""
    before = len(recording.calls)

    check(recording.server.raw("POST", CHUNKED + CHUNKS[name]), 400)
    assert len(recording.calls) == before
    assert PRIVATE not in recording.server.log
    assert "Traceback" not in recording.server.log


TOO_LARGE = {
    "status_code": 413,
    "error": "Request Entity Too Large",
    "description": "The body of the request is too large",
}


def body_of(length: int) -> bytes:
    """Return credentials in a body of some length."""
    head = b'{"username": "ann", "password": "pw"'
    return head + b" " * (length - len(head) - 1) + b"}"


def make_app(**config: object) -> Flask:
    """Make an application."""
    app = Flask("sized")
    app.config.update(SECRET_KEY=secret("s"), **config)
    JWT(app, lambda username, password: {"id": username}, dict)
    return app


@pytest.mark.parametrize(
    ("configured", "length", "status"),
    [
        (None, MAX_BODY_BYTES, 200), (None, MAX_BODY_BYTES + 1, 413), (None, 3_000_000, 413),
        (10**9, MAX_BODY_BYTES + 1, 413), (1000, 999, 200), (1000, 1001, 413),
    ],
)  # fmt: skip
@pytest.mark.parametrize("looked_at", [None, "nothing", "form", "stream", "data"])
def test_size(configured: int | None, length: int, status: int, looked_at: str | None) -> None:
    """A body over 64 KiB, or the application's own limit, if that is smaller, is refused: by the
    length that is announced, and in chunks, also when the application has looked at the request.
    """
    app = make_app(MAX_CONTENT_LENGTH=configured)
    announced: dict[str, Any] = {"data": body_of(length)}
    chunked = {
        "input_stream": BytesIO(body_of(length)),
        "headers": {"Transfer-Encoding": "chunked"},
        "environ_overrides": {"wsgi.input_terminated": True},
    }

    @app.before_request
    def look() -> None:
        getattr(request, looked_at or "", None)

    sent = chunked if looked_at else announced
    answer = app.test_client().post("/auth", content_type="application/json", **sent)

    assert answer.status_code == status
    if status == 413:
        assert answer.get_json() == TOO_LARGE


def test_other_views_keep_theirs() -> None:
    """The limit is the sign-in's alone."""
    app = make_app()
    app.add_url_rule("/up", "up", lambda: str(len(request.data)), methods=["POST"])

    assert app.test_client().post("/up", data=b"x" * 200_000).text == "200000"


def test_in_chunks(tmp_path: Path) -> None:
    """A body without a length is counted as it comes, and not kept."""
    with gunicorn("tests.support.applications.crowd:app", tmp_path / "log.txt") as server:
        with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
            connection.sendall(CHUNKED)
            chunk = b"2000\r\n" + b" " * 0x2000 + b"\r\n"
            try:
                for _ in range(64):
                    connection.sendall(chunk)
                connection.sendall(b"0\r\n\r\n")
            except OSError:
                # The server need not read to the end what it has refused.
                pass
            answer = connection.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"The body of the request is too large" in answer
        assert "Traceback" not in server.log
