"""Malformed bodies at each route that reads one: refused, with nothing done and nothing logged."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from tests.support.accounts import NEW, Accounts
from tests.support.browsing import HEADER
from tests.support.members import refusal

#: Must not show up in a log or in an answer.
PRIVATE = "hunter2-of-the-body"
MEGABYTE = 2**20
JSON = "application/json"
#: What each route takes.
GOOD = {
    "/auth": {"username": "ann", "password": PRIVATE},
    "/auth/register": {"username": "eve", "password": PRIVATE, "email": "eve@example.com"},
    "/auth/password": {"password": PRIVATE, "new_password": NEW},
    "/auth/refresh": {"refresh_token": PRIVATE},
    "/auth/logout": {"refresh_token": PRIVATE},
}
#: The value of a member, as JSON has it: of no type that a member has, or no text that one may be.
VALUES = {
    "null": b"null",
    "true": b"true",
    "a number": b"12345678",
    "a list": json.dumps([PRIVATE]).encode(),
    "an object": json.dumps({"$gt": PRIVATE}).encode(),
    "NUL, escaped": rb'"hunter2-of-the-body\u0000"',
    "NUL, raw": b'"hunter2-of-the-body\0"',
    "lone surrogate, escaped": rb'"hunter2-of-the-body\ud800"',
    "lone surrogate, raw": b'"hunter2-of-the-body\xed\xa0\x80"',
    "bytes": b'"hunter2-of-the-body\xff"',
    "a megabyte": b'"' + b"p" * MEGABYTE + b'"',
    "deep": b"[" * 10_000 + b"]" * 10_000,
    "not a number": b"NaN",
}


def with_value(good: dict[str, str], name: str, value: bytes) -> bytes:
    """Return a body with another value of one member."""
    return json.dumps({**good, name: "?"}).encode().replace(b'"?"', value)


def bodies(good: dict[str, str]) -> Iterator[tuple[str, bytes, str | None]]:
    """Yield names, bodies and content types."""
    text = json.dumps(good).encode()
    for name in good:
        for what, value in VALUES.items():
            yield f"{name} is {what}", with_value(good, name, value), JSON
    first = next(iter(good))
    yield "a member twice", text.replace(b"{", b'{"%s": "x", ' % first.encode(), 1), JSON
    yield "a list", b"[%s]" % text, JSON
    yield "a text", json.dumps(PRIVATE).encode(), JSON
    yield "null", b"null", JSON
    yield "nothing", b"", JSON
    yield "blanks", b" " * 100, JSON
    yield "no member", b"{}", JSON
    yield "deep", b"[" * 60_000, JSON
    yield "byte-order mark", b"\xef\xbb\xbf" + text, JSON
    yield "UTF-16", text.decode().encode("utf-16"), JSON
    yield "two objects", text + text, JSON
    yield "cut off", text[:-1], JSON
    yield (
        "a form",
        b"username=ann&password=" + PRIVATE.encode(),
        "application/x-www-form-urlencoded",
    )
    yield "a form with files", text, "multipart/form-data; boundary=x"
    yield "plain text", text, "text/plain"
    yield "no type", text, None


PLACES = [*((path, "headers") for path in GOOD), *((path, "cookies") for path in [*GOOD][:3])]


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(("path", "place"), PLACES)
def test_refused(path: str, place: str, debug: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A refusal of the usual shape: no password is looked at, and nobody is added."""
    rule = {"JWT_REGISTER_URL_RULE": "/auth/register"}
    accounts = Accounts(**rule, JWT_TOKEN_LOCATION=[place], DEBUG=debug)
    caplog.set_level(logging.DEBUG)
    expected = {400, 413, 415}
    if path in ("/auth", "/auth/logout"):
        # No credentials; and at sign-out no token, which may be elsewhere.
        expected.add(401)
    entered = accounts.enter().get_json()
    headers = {HEADER: accounts.value}
    if place == "headers" and path == "/auth/password":
        headers = {"Authorization": f"JWT {entered['access_token']}"}
    verified, users = accounts.directory.verified, dict(accounts.directory.users)

    for name, body, kind in bodies(GOOD[path]):
        answer = accounts.visit("POST", path, data=body, content_type=kind, headers=headers)
        assert refusal(answer)[0] in expected, name
        assert PRIVATE not in answer.text, name

    assert (accounts.directory.verified, accounts.directory.users) == (verified, users)
    assert PRIVATE not in caplog.text
    assert "Traceback" not in caplog.text
