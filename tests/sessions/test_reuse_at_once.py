"""A token that was exchanged before comes many times at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest

from flask_jwt.sessions import Revocation
from flask_jwt.signals import refresh_token_reused, session_ended
from flask_jwt.stores.memory import MemoryStore
from flask_jwt.testing.factories import run_concurrently
from tests.support.members import NOW, Members, refusal, sid_of

AT_ONCE = 12
# Only a test that has failed comes to it.
_MOST_SECONDS = 20

REUSED = "Refresh token was used before"
ENDED = "Session has ended"


class Gathering(MemoryStore):
    """A store that ends nothing before all have come to end it."""

    gate: threading.Barrier | None = None

    def end(self, sid: str, because: str, margin: float) -> list[Revocation]:
        if self.gate is not None:
            self.gate.wait(_MOST_SECONDS)
        return super().end(sid, because, margin)


class Listener:
    """Keeps what is told of the ends of sessions."""

    def __init__(self, members: Members) -> None:
        self.ended: list[tuple[str, str]] = []
        self.reused: list[str] = []
        session_ended.connect(self.hear_of_end, members.app)
        refresh_token_reused.connect(self.hear_of_reuse, members.app)

    def hear_of_end(self, sender: Any, sid: str, because: str, **data: Any) -> None:
        self.ended.append((sid, because))

    def hear_of_reuse(self, sender: Any, sid: str, **data: Any) -> None:
        self.reused.append(sid)


@pytest.fixture
def members() -> Members:
    """An application without grace, whose store gathers."""
    return Members(Gathering(lambda: NOW), JWT_REFRESH_GRACE_DELTA=0)


def all_at_once(members: Members, path: str, body: dict[str, Any]) -> Counter[str]:
    """Post the same many times at one moment; return how often each answer came."""
    store: Any = members.app.config["JWT_SESSION_STORE"]
    store.gate = threading.Barrier(AT_ONCE)

    def post(_: int) -> str:
        answer = members.app.test_client().post(path, json=body)
        return refusal(answer)[2] if answer.status_code == 401 else f"{answer.status_code}"

    answers = Counter(run_concurrently(AT_ONCE, post))
    store.gate = None
    return answers


def test_one_is_told(members: Members) -> None:
    """One request is told of the reuse, and the signals are sent once: it is one alarm."""
    tokens = members.sign_in()
    current = members.refreshed(tokens["refresh_token"])
    listener = Listener(members)
    body = {"refresh_token": tokens["refresh_token"]}

    answers = all_at_once(members, "/auth/refresh", body)

    assert answers == {REUSED: 1, ENDED: AT_ONCE - 1}
    assert listener.ended == [(sid_of(tokens), "reuse")]
    assert listener.reused == [sid_of(tokens)]
    assert members.me(current) == 401


def test_a_user_who_is_gone(members: Members) -> None:
    """The same where the user was deleted: the session ends once."""
    tokens = members.sign_in()
    members.users.clear()
    listener = Listener(members)

    answers = all_at_once(members, "/auth/refresh", {"refresh_token": tokens["refresh_token"]})

    assert answers == {ENDED: AT_ONCE}
    assert listener.ended == [(sid_of(tokens), "unknown user")]


def test_sign_outs(members: Members) -> None:
    """Of many sign-outs all are good, and one of them has ended the session."""
    tokens = members.sign_in()
    listener = Listener(members)

    answers = all_at_once(members, "/auth/logout", {"refresh_token": tokens["refresh_token"]})

    assert answers == {"204": AT_ONCE}
    assert listener.ended == [(sid_of(tokens), "logout")]
