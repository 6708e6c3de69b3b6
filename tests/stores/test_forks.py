"""Processes that fork, at any moment: each worker is on its own, and waits for no parent."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from time import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine

from flask_jwt import JWT, create_access_token
from flask_jwt.sessions import Revocation, RevokedToken, SessionStore
from flask_jwt.sessions.refresh_tokens import new_sid
from flask_jwt.stores.sql import SQLStore
from flask_jwt.testing.factories import LONGEST, in_child, make_use, new_session
from tests.support.members import SECRET
from tests.support.revoking import replica_of, store_of
from tests.support.server import Server, gunicorn, uwsgi
from tests.support.stores import SHARED, empty_store
from tests.support.visitor import Visitor

APP = "tests.support.applications.shared:create_app()"
SERVERS: dict[str, Callable[..., AbstractContextManager[Server]]] = {
    "uwsgi": partial(uwsgi, workers=4),
    "gunicorn": partial(gunicorn, workers=4, threads=8, preload=True),
    "gevent": partial(gunicorn, workers=2, preload=True, kind="gevent"),
}
USERS = ("ann", "bob", "eve", "kim")
ROUNDS, REFRESHES = 4, 3


@pytest.fixture(params=[*SHARED, "engine"])
def used_before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of an application that uses its store at import, with each store in turn."""
    given = {"SHARED_ENGINE": "1"} if request.param == "engine" else {}
    kind = "postgresql" if given else request.param
    with empty_store(kind, tmp_path) as url:
        yield {"SHARED_STORE": url, "SHARED_EARLY": "1", **given}


def life(server: Server, username: str) -> Iterator[tuple[str, Any]]:
    """Yield what a user sees who signs in, looks at their sessions, refreshes and signs out."""
    for _ in range(ROUNDS):
        visitor = Visitor(server, username)
        for _ in range(REFRESHES):
            answer = server.get("/auth/sessions", token=visitor.tokens["access_token"])
            shown = answer.json.get("sessions", answer.text)
            yield "sessions", shown if len(shown) != 1 else shown[0]["this"]
            yield "me", visitor.me().json.get("user", 0) == username
            answer = visitor.present()
            yield "refresh", answer.status
            visitor.tokens = answer.json
        yield "sign-out", visitor.sign_out().status
        yield "signed out", visitor.me().status


@pytest.mark.parametrize("kind", SERVERS)
def test_nobody_has_the_answers_of_others(
    kind: str, used_before: dict[str, str], tmp_path: Path
) -> None:
    """Users at once see their own sessions, are refreshed and signed out, and nobody waits."""
    with SERVERS[kind](APP, tmp_path / "log.txt", environment=used_before) as server:
        with ThreadPoolExecutor(len(USERS)) as pool:
            lives = pool.map(lambda user: list(life(server, user)), USERS)
            seen = Counter(f"{what}: {found}" for one in lives for what, found in one)

        rounds = len(USERS) * ROUNDS
        assert seen == {
            "sessions: True": rounds * REFRESHES,
            "me: True": rounds * REFRESHES,
            "refresh: 200": rounds * REFRESHES,
            "sign-out: 204": rounds,
            "signed out: 401": rounds,
        }, server.log
        assert "Traceback" not in server.log, server.log
        assert "does not answer" not in server.log, server.log


class CutShort(list[Revocation]):
    """Revocations of which a child process has heard only the first."""

    def __init__(self, revocations: list[Revocation], in_child_: Callable[[], None]) -> None:
        super().__init__(revocations)
        self._in_child = in_child_

    def __iter__(self) -> Iterator[Revocation]:
        first, *rest = super().__iter__()
        yield first
        with in_child(self._in_child):
            pass
        yield from rest


def test_half_a_feed(tmp_path: Path) -> None:
    """A child does not take what its parent had read so far for all that was revoked."""
    store: Any = store_of(f"sqlite:///{tmp_path / 'sessions.db'}")
    replica = replica_of(store, max_stale=1000.0)
    sids = [new_sid(), new_sid()]
    claims = [{"sid": sid, "iat": time() + 60} for sid in sids]
    for one in claims:
        replica.check(one)
    store.revoke([Revocation("sid", sid, time() + 1000) for sid in sids])
    real = store.feed

    def revoked() -> None:
        store.feed = real
        for one in claims:
            with pytest.raises(RevokedToken):
                replica.check(one)

    def feed(position: object | None) -> Any:
        found = real(position)
        return found._replace(revocations=CutShort(found.revocations, revoked))

    store.feed = feed
    with pytest.raises(RevokedToken):
        replica.check(claims[0])


def test_first_use_of_an_engine(tmp_path: Path) -> None:
    """A child asks for the application's engine itself."""
    engine = create_engine(f"sqlite:///{tmp_path / 'sessions.db'}")
    forks = [True]

    def given() -> Any:
        if forks and forks.pop():
            with in_child(lambda: store.open(LONGEST)):
                pass
        return engine

    store = SQLStore(given)
    store.open(LONGEST)
    engine.dispose()


def test_first_use_of_an_application(tmp_path: Path) -> None:
    """A child reads the configuration itself."""
    forks = [True]

    class Forking(Flask):
        @property
        def instance_path(self) -> str:
            if forks and forks.pop():
                with in_child(make):
                    pass
            return str(tmp_path)

        @instance_path.setter
        def instance_path(self, path: str) -> None:
            """Flask sets it."""

    def make() -> None:
        with app.app_context():
            assert create_access_token({"id": "ann"})

    forks.clear()
    app = Forking("forking")
    app.config.update(SECRET_KEY=SECRET, JWT_SESSION_STORE="sqlite:///sessions.db")
    JWT(app, lambda username, password: None, dict)
    forks.append(True)
    make()


def test_the_end_of_a_child(shared_url: str) -> None:
    """A child that throws a store away, or ends, closes nothing of its parent's."""
    stores: list[SessionStore] = [store_of(shared_url)]
    stores[0].open(LONGEST)
    new = new_session()
    stores[0].insert(new)

    def throw_away() -> None:
        stores.clear()
        gc.collect()

    with in_child(throw_away):
        pass

    # It is not tried a second time.
    assert stores[0].rotate(new.sid, 0, make_use())
