"""Receivers of signals that fail: the log says so, and nothing else changes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from blinker import NamedSignal

from flask_jwt import signals
from tests.support.members import Members, refusal, sid_of

SIGNALS = {
    name: signal
    for name, signal in vars(signals).items()
    # Those about keys of issuers have tests of their own.
    if isinstance(signal, NamedSignal) and not name.startswith("issuer_")
}
SECRET = "of-the-receiver"


class Ears:
    """Receivers of every signal of one application: one that fails, and one on each side of it."""

    def __init__(self, members: Members) -> None:
        self.heard: list[tuple[str, str]] = []
        self._keep: list[Any] = []
        for name, signal in SIGNALS.items():
            for place in ("before", "failing", "after"):
                self._connect(members, signal, name, place)

    def _connect(self, members: Members, signal: NamedSignal, name: str, place: str) -> None:
        def hear(_app: object, **_values: object) -> None:
            self.heard.append((name, place))
            if place == "failing":
                raise RuntimeError("the audit's disk is full")

        self._keep.append(hear)
        signal.connect(hear, members.app)

    def all_of(self, *names: str) -> bool:
        """Tell whether signals were heard by all, one time each, and no other was; forget them."""
        heard, self.heard = self.heard, []
        places = ("before", "failing", "after")
        return sorted(heard) == sorted((name, place) for name in names for place in places)


@pytest.fixture
def members() -> Iterator[Members]:
    """An application whose receivers are gone with the test."""
    members = Members()
    yield members
    for signal in SIGNALS.values():
        for receiver in list(signal.receivers_for(members.app)):
            signal.disconnect(receiver)


def test_one_that_raises(members: Members, caplog: pytest.LogCaptureFixture) -> None:
    """Every answer is what it is without it, every other receiver is called, the log has each."""
    ears = Ears(members)
    tokens = members.sign_in()
    assert ears.all_of("session_started")
    old, tokens = tokens, members.refreshed(tokens["refresh_token"])
    assert ears.all_of("session_refreshed")
    assert members.refreshed(old["refresh_token"])
    assert ears.all_of("refresh_repeated")

    members.now += 60
    assert refusal(members.refresh(old["refresh_token"]))[2] == "Refresh token was used before"
    assert ears.all_of("refresh_token_reused", "session_ended")
    assert members.me(tokens) == 401

    others = [members.sign_in() for _ in range(3)]
    ears.heard.clear()
    members.end_all()
    assert ears.all_of(*["session_ended"] * 3)
    assert {members.me(one) for one in others} == {401}

    failures = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(failures) == 5 + 3 + 3
    assert {record.getMessage() for record in failures} == {
        f"a receiver of the signal {signal.name} has failed" for signal in SIGNALS.values()
    }
    assert "the audit's disk is full" in caplog.text
    assert sid_of(tokens) not in caplog.text


def test_a_coroutine(members: Members) -> None:
    """A receiver may be a coroutine function, as those of Flask's own signals."""
    heard = []

    async def hear(_app: object, sid: str, **_values: object) -> None:
        heard.append(sid)

    signals.session_started.connect(hear, members.app)

    assert [sid_of(members.sign_in())] == heard


def test_muted(members: Members) -> None:
    """Whoever mutes a signal hears nothing."""
    ears = Ears(members)
    with signals.session_started.muted():
        members.sign_in()

    assert ears.heard == []
