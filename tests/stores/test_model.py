"""Whatever is done in whatever order, each store behaves as the same simple model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    rule,
    run_state_machine_as_test,
)

from flask_jwt.sessions import (
    NewSession,
    RefreshTokenReused,
    RevokedToken,
    SessionEnded,
    SessionExpired,
    SessionStore,
)
from flask_jwt.sessions.circuit_breaker import CircuitBreaker
from flask_jwt.sessions.models import Lifetimes, Use, subject_key
from flask_jwt.sessions.refresh_tokens import new_sid, parse_refresh_token
from flask_jwt.sessions.revocations import RevocationCache
from flask_jwt.sessions.service import SessionService
from tests.support.revoking import store_of
from tests.support.stores import KINDS, empty_store

SUBJECTS = [subject_key(one) for one in (1, "1", "ann")]


@dataclass
class Expected:
    """What the model knows of a session."""

    subject: str
    expired: bool
    tokens: list[str]
    ended: bool = False
    gone: bool = False

    @property
    def live(self) -> bool:
        return not (self.ended or self.expired)


@dataclass
class Process:
    """A worker, with what it knows."""

    service: SessionService
    replica: RevocationCache


@dataclass
class Machinery:
    """A store that two workers share, or one where it can't be shared."""

    stores: list[SessionStore]
    grace: float
    processes: list[Process] = field(init=False)

    def __post_init__(self) -> None:
        lifetimes = Lifetimes(300.0, 1000.0, 5000.0, 500.0, self.grace)
        self.processes = []
        for store in self.stores:
            outage = CircuitBreaker(lambda error: None)
            replica = RevocationCache(
                store,
                outage,
                refresh=0.0,
                max_stale=0.0,
                max_lifetime=300.0,
                user_of=lambda claims: claims["subject"],
                clock=time,
                warn=lambda line: None,
            )
            service = SessionService(
                store,
                outage,
                replica,
                lifetimes,
                time,
                secrets=[b"s" * 32],
                per_user=10**6,
                user_of=lambda claims: claims["subject"],
                on_event=lambda name, /, **values: None,
            )
            self.processes.append(Process(service, replica))


class Sessions(RuleBasedStateMachine):
    """Sign-ins, refreshes and ends in any order, by either worker."""

    machinery: Machinery
    sids = Bundle("sids")
    jtis = Bundle("jtis")
    worker = st.integers(0, 1)
    seldom = st.sampled_from([False] * 9 + [True])

    def __init__(self) -> None:
        super().__init__()
        # Each run has subjects of its own in a store that others have used.
        self.run = new_sid()
        self.expected: dict[str, Expected] = {}
        self.revoked: set[str] = set()
        self.mine: list[str] = []

    def process(self, worker: int) -> Process:
        processes = self.machinery.processes
        return processes[worker % len(processes)]

    @rule(target=sids, worker=worker, subject=st.sampled_from(SUBJECTS), expired=st.booleans())
    def start(self, worker: int, subject: str, expired: bool) -> str:
        """Begin a session, of which some expire at once."""
        sid, span = new_sid(), 0.0 if expired else 1000.0
        subject = f"{self.run}{subject}"
        use = Use(time() + 300, "192.0.2.1", None)
        new = NewSession(sid, subject, "ab" * 16, span, 5000.0, {"a": [1]}, {}, (), use)
        service = self.process(worker).service
        service.begin_start()
        token = service.start(new)
        assert token is not None
        self.expected[sid] = Expected(subject, expired, [token])
        return sid

    @rule(sid=sids, worker=worker, back=st.integers(0, 3), gone=seldom)
    def refresh(self, sid: str, worker: int, back: int, gone: bool) -> None:
        """Present the current token, or an earlier one."""
        expected = self.expected[sid]
        back = min(back, len(expected.tokens) - 1)
        token = expected.tokens[-1 - back]

        outcome: Any
        try:
            outcome = self.refreshed(self.process(worker).service, token, gone)
        except (SessionExpired, SessionEnded, RefreshTokenReused) as error:
            outcome = type(error)
        self.judge(expected, back, outcome, gone)

    def refreshed(self, service: SessionService, token: str, gone: bool) -> tuple[str, bool]:
        """Return the refresh token that is current now, and whether it was so before."""
        pending = service.begin_refresh(parse_refresh_token(token), "192.0.2.2")
        if gone:
            raise service.end_refused(pending.session, "unknown user")
        current = service.commit_refresh(pending, Use(time() + 300, "192.0.2.2", None))
        return current, pending.decision == "repeat"

    def judge(self, expected: Expected, back: int, outcome: Any, gone: bool) -> None:
        if expected.ended:
            assert issubclass(outcome, SessionEnded)
        elif expected.expired:
            assert outcome is SessionExpired
        elif back > (1 if self.machinery.grace else 0):
            assert outcome is RefreshTokenReused
            expected.ended = True
        elif gone:
            assert issubclass(outcome, SessionEnded)
            expected.ended = True
        else:
            current, repeated = outcome
            assert repeated is bool(back)
            if back:
                assert current == expected.tokens[-1]
            else:
                assert current not in expected.tokens
                expected.tokens.append(current)

    @rule(sid=sids, worker=worker)
    def end(self, sid: str, worker: int) -> None:
        """Sign out."""
        expected = self.expected[sid]

        assert self.process(worker).service.end(sid, "logout") is not expected.ended
        expected.ended = True

    @rule(sid=sids, worker=worker, spare=st.booleans())
    def end_all(self, sid: str, worker: int, spare: bool) -> None:
        """Sign out everywhere, or everywhere else."""
        subject = self.expected[sid].subject
        ended = list(self.process(worker).service.end_all(subject, sid if spare else None, "all"))

        theirs = {name for name, one in self.expected.items() if one.subject == subject}
        still = {name for name in theirs if not self.expected[name].ended}
        assert set(ended) == still - ({sid} if spare else set())
        for name in ended:
            self.expected[name].ended = True

    @rule(target=jtis, sid=sids, worker=worker)
    def revoke_token(self, sid: str, worker: int) -> str:
        """Revoke one access token."""
        jti = new_sid()
        claims = {"jti": jti, "exp": time() + 300}
        self.process(worker).service.revoke_token(claims)
        self.revoked.add(jti)
        return jti

    @rule(sid=sids, jti=st.one_of(jtis, st.just("unknown")), worker=worker)
    def use(self, sid: str, jti: str, worker: int) -> None:
        """Use an access token."""
        claims = {"sid": sid, "jti": jti, "iat": int(time())}
        try:
            self.process(worker).replica.check(claims)
            let_in = True
        except RevokedToken:
            let_in = False

        assert let_in is not (self.expected[sid].ended or jti in self.revoked)

    @rule(worker=worker)
    def prune(self, worker: int) -> None:
        """Housekeeping takes nothing that anybody needs."""
        self.process(worker).service.prune(10)

    @rule(sid=sids, worker=worker)
    def listed(self, sid: str, worker: int) -> None:
        """The list has the live sessions of a user, and no others."""
        subject = self.expected[sid].subject
        found = {one.sid for one in self.process(worker).service.sessions_of(subject, 1000)}

        live = {name for name, one in self.expected.items() if one.live}
        assert found == {name for name in live if self.expected[name].subject == subject}


@pytest.fixture(params=[0.0, 1000.0], ids=["no grace", "grace"])
def grace(request: pytest.FixtureRequest) -> float:
    """How long a token that was exchanged is forgiven."""
    found: float = request.param
    return found


@pytest.fixture(params=KINDS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[SessionStore]]:
    """The stores of two workers, or of one where it can't be shared."""
    with empty_store(request.param, tmp_path) as url:
        count = 1 if request.param == "memory" else 2
        yield [store_of(url) for _ in range(count)]


def test_every_store_is_the_same_model(stores: list[SessionStore], grace: float) -> None:
    """Each answer is the model's, whichever store and whichever worker gives it."""

    class Machine(Sessions):
        machinery = Machinery(stores, grace)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
