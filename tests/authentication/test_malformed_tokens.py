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
PATHS = ["/me", "/resource/me"]


@cache
def made_at(now: int) -> dict[str, str]:
    """Return the malformed tokens, as of a time."""
    return malformed_tokens(SECRET.encode(), now)


def send(recording: Recording, token: str, path: str = "/me") -> Answer:
    """Send a token as it is."""
    return recording.server.request("GET", path, [("Authorization", f"JWT {token}".encode())])


@pytest.mark.parametrize("kind", made_at(int(time.time())))
def test_refused(recording: Recording, kind: str) -> None:
    """A malformed token is a 401 with ``invalid_token`` and the usual three members."""
    token = made_at(int(time.time()))[kind]
    for path in PATHS:
        answer = send(recording, token, path)

        assert answer.status == 401
        assert answer.header("WWW-Authenticate") == CHALLENGE
        assert sorted(answer.json) == ["description", "error", "status_code"]
        assert answer.json["status_code"] == 401
        assert answer.json["error"] in ("Invalid token", "Invalid JWT header")
        assert 0 < len(answer.json["description"]) < 200
        assert MARKER not in f"{answer.headers} {answer.text}"


def test_good_token(recording: Recording) -> None:
    """The token of which all of these were made is good."""
    token = good_token(SECRET.encode(), int(time.time()))

    for path in PATHS:
        answer = send(recording, token, path)
        assert (answer.status, answer.json) == (200, {"id": 1})


def test_log_is_clean(recording: Recording) -> None:
    """No malformed token leaves a traceback, a part of itself or the secret in the log."""
    tokens = made_at(int(time.time()))
    for token in tokens.values():
        send(recording, token)

    log = recording.server.log
    parts = {part for token in tokens.values() for part in token.split(".") if len(part) > 15}
    for private in ("Traceback", MARKER, recording.secret, PASSWORD, *parts):
        assert private not in log
