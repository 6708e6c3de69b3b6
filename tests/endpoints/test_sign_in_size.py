"""How much of a sign-in's body is read."""

from __future__ import annotations

import socket
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask, request

from flask_jwt import JWT
from flask_jwt.authentication.body import MAX_BODY_BYTES
from tests.support.secret import secret
from tests.support.server import gunicorn

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
        (None, MAX_BODY_BYTES, 200),
        (None, MAX_BODY_BYTES + 1, 413),
        (None, 30_000_000, 413),
        (10**9, MAX_BODY_BYTES + 1, 413),
        (1000, 1000, 200),
        (1000, 1001, 413),
    ],
)
def test_declared(configured: int | None, length: int, status: int) -> None:
    """A body over 64 KiB is refused, or over the application's own limit, if that is smaller."""
    app = make_app(MAX_CONTENT_LENGTH=configured)
    answer = app.test_client().post("/auth", data=body_of(length), content_type="application/json")

    assert answer.status_code == status
    if status == 413:
        assert answer.get_json() == TOO_LARGE


def test_other_views_keep_theirs() -> None:
    """The limit is the sign-in's alone."""
    app = make_app()
    app.add_url_rule("/up", "up", lambda: str(len(request.data)), methods=["POST"])

    assert app.test_client().post("/up", data=b"x" * 200_000).text == "200000"


@pytest.mark.parametrize(
    ("configured", "length", "status"),
    [(None, MAX_BODY_BYTES, 200), (None, MAX_BODY_BYTES + 1, 413), (1000, 1001, 413)],
)
@pytest.mark.parametrize("looked_at", ["nothing", "form", "stream", "data"])
def test_without_a_length(configured: int | None, length: int, status: int, looked_at: str) -> None:
    """A body in chunks is measured too, also when the application has looked at the request."""
    app = make_app(MAX_CONTENT_LENGTH=configured)

    @app.before_request
    def look() -> None:
        getattr(request, looked_at, None)

    answer = app.test_client().post(
        "/auth",
        input_stream=BytesIO(body_of(length)),
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert answer.status_code == status
    if status == 413:
        assert answer.get_json() == TOO_LARGE


def test_in_chunks(tmp_path: Path) -> None:
    """A body without a length is counted as it comes, and not kept."""
    with gunicorn("tests.support.applications.crowd:app", tmp_path / "log.txt") as server:
        with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
            connection.sendall(
                b"POST /auth HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
                b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            )
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
