"""Malformed tokens over HTTP: each is refused in the same way, and the log tells nothing."""

from __future__ import annotations

import time
from functools import cache

import pytest

from tests.support.applications.recording import PASSWORD
from tests.support.applications.several import SECRET
from tests.support.http_client import Answer
from tests.support.malformed import MARKER, good_token, malformed_tokens
from tests.support.serving import Recording

CHALLENGE = 'JWT realm="Login Required", error="invalid_token"'
#: The first token of each kind of fault; ``tests/core/test_malformed.py`` has all of them.
KINDS = {
    name.split()[0]: name for name in reversed(malformed_tokens(SECRET.encode(), int(time.time())))
}


@cache
def made_at(now: int) -> dict[str, str]:
    """Return the malformed tokens, as of a time."""
    return malformed_tokens(SECRET.encode(), now)


def send(recording: Recording, token: str) -> Answer:
    """Send a token as it is."""
    return recording.server.request("GET", "/me", [("Authorization", f"JWT {token}".encode())])


@pytest.mark.parametrize("kind", KINDS)
def test_refused(recording: Recording, kind: str) -> None:
    """A 401 with ``invalid_token`` and three members; nothing of the token is in it or the log."""
    token = made_at(int(time.time()))[KINDS[kind]]
    before = len(recording.server.log)
    answer = send(recording, token)

    assert answer.status == 401
    assert answer.header("WWW-Authenticate") == CHALLENGE
    assert sorted(answer.json) == ["description", "error", "status_code"]
    assert answer.json["status_code"] == 401
    assert answer.json["error"] in ("Invalid token", "Invalid JWT header")
    assert 0 < len(answer.json["description"]) < 200
    assert MARKER not in f"{answer.headers} {answer.text}"
    parts = {part for part in token.split(".") if len(part) > 15}
    for private in ("Traceback", MARKER, recording.secret, PASSWORD, *parts):
        assert private not in recording.server.log[before:]


def test_good_token(recording: Recording) -> None:
    """The token of which all of these were made is good."""
    answer = send(recording, good_token(SECRET.encode(), int(time.time())))

    assert (answer.status, answer.json) == (200, {"id": 1})
