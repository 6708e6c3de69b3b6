"""Bodies of sign-in, refresh and sign-out: each is read by the one strict parser, or refused."""

from __future__ import annotations

import json
import logging

import pytest
from werkzeug.test import TestResponse

from tests.support.members import Members, refusal

PATHS = ("/auth", "/auth/refresh", "/auth/logout")
NOT_STRICT = "The body of the request is not a strict JSON object"
#: What must not show up in the log.
PRIVATE = "hunter2-of-the-body"


def sent(members: Members, path: str, data: str | bytes) -> TestResponse:
    """Send a body as JSON."""
    return members.client.post(path, data=data, content_type="application/vnd.api+json")


@pytest.mark.parametrize("path", PATHS)
def test_a_member_twice(path: str) -> None:
    """Whichever of the two a proxy has looked at: nobody is signed in, refreshed or signed out."""
    members = Members()
    token = members.sign_in()["refresh_token"]
    body = {"username": "ann", "password": "x"} if path == "/auth" else {"refresh_token": token}
    once = json.dumps(body)
    twice = f'{{"username": "bob", "refresh_token": "x", {once[1:]}'

    assert refusal(sent(members, path, twice)) == (400, "Bad Request", NOT_STRICT)
    assert sent(members, path, once).status_code in (200, 204)


@pytest.mark.parametrize(
    ("begin", "encoding", "why"),
    [
        ('{"a": {"b": 1, "b": 2}, ', "utf-8", "duplicate member"),
        ('{"a": NaN, ', "utf-8", "not a finite number"),
        ('{"a": ' + "9" * 300 + ", ", "utf-8", "number too long"),
        ('{"a": ' + "[" * 32 + "]" * 32 + ", ", "utf-8", "nested too deeply"),
        ("[" * 60_000, "utf-8", "nested too deeply"),
        ('{"a": "\\ud800", ', "utf-8", "lone surrogate in a string"),
        ("{", "utf-16", "not UTF-8"),
        ("{}{", "utf-8", "extra data"),
        ("[]", "utf-8", "extra data"),
        ("{,", "utf-8", "property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ],
)
def test_the_log_in_debug(
    begin: str, encoding: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It says what was wrong with a body, and nothing of what was in it."""
    members = Members(DEBUG=True)
    caplog.set_level(logging.DEBUG, members.app.logger.name)
    data = begin + json.dumps({"username": "ann", "password": PRIVATE})[1:]

    assert refusal(sent(members, "/auth", data.encode(encoding)))[2] == NOT_STRICT
    (record,) = caplog.records
    assert record.getMessage().endswith(why)
    assert PRIVATE not in caplog.text


def test_the_log_outside_debug(caplog: pytest.LogCaptureFixture) -> None:
    """No client fills it."""
    sent(Members(), "/auth", "{")

    assert caplog.text == ""


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"x" * 70_000, "application/json", 413),
        (b" " * 10, "application/json", 400),
        (b"{}", "text/plain", 415),
    ],
)
def test_what_is_no_json(path: str, data: bytes, kind: str, status: int) -> None:
    """None of them is a 500."""
    answer = Members().client.post(path, data=data, content_type=kind)

    assert refusal(answer)[0] == status


@pytest.mark.parametrize("remember", [1, "yes", None, [], {}])
def test_remember_is_a_boolean(remember: object) -> None:
    """Nobody is signed in for a week, or for a day, by a slip of a program."""
    body = {"username": "ann", "password": "x", "remember": remember}

    assert refusal(Members().client.post("/auth", json=body)) == (
        400,
        "Bad Request",
        "remember has to be a boolean",
    )


@pytest.mark.parametrize(
    "body",
    [
        {"username": "ann"},
        {"username": PRIVATE, "password": 1},
        {"username": "ann", "password": "x", PRIVATE: True},
        {"username": "ann", "password": PRIVATE * 300},
    ],
)
def test_a_field_that_is_wrong(body: object, caplog: pytest.LogCaptureFixture) -> None:
    """The client is told that its credentials are; in debug the log says which fields there are."""
    members = Members(DEBUG=True, JWT_AUTH_PASSWORD_KEY="password")
    caplog.set_level(logging.DEBUG, members.app.logger.name)

    assert refusal(members.client.post("/auth", json=body))[2] == "Invalid credentials"
    assert "it has to have 'username' and 'password' alone" in caplog.text
    assert PRIVATE not in caplog.text
