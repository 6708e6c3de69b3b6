"""PostgreSQL through a pooler whose connections change hands at each transaction."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from flask_jwt.core.clock import system_clock
from flask_jwt.sessions import SessionStore
from flask_jwt.stores import open_store
from flask_jwt.stores.sql import SQLStore
from flask_jwt.testing import SessionStoreContract
from tests.support.members import members_now, refusal, sid_of
from tests.support.pgbouncer import pooled_database
from tests.support.visitor import Visitor

from .test_locks import held
from .test_processes import serving


@pytest.fixture
def pooled_url(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database behind a pooler with three connections."""
    with pooled_database(tmp_path) as url:
        yield url


class TestByURL(SessionStoreContract):
    """Nothing but the URL is given."""

    url: str

    @pytest.fixture(autouse=True)
    def _make(self, pooled_url: str) -> None:
        self.url = pooled_url

    def make_store(self) -> SessionStore:
        return open_store(self.url, "/", system_clock)

    def same_store(self, store: SessionStore) -> SessionStore:
        return self.make_store()


def test_the_applications_own_engine(pooled_url: str) -> None:
    """It is set up for a pooler as psycopg asks for it, and serves the store too."""
    engine = create_engine(pooled_url, connect_args={"prepare_threshold": None})
    members = members_now(SQLStore(engine), JWT_REVOCATION_REFRESH=0)
    tokens = members.sign_in()
    for _ in range(12):
        tokens = members.refreshed(tokens["refresh_token"])

    assert members.me(tokens) == 200
    members.end_all()
    assert members.me(tokens) == 401
    engine.dispose()


def test_workers(pooled_url: str, tmp_path: Path) -> None:
    """Users of four workers sign in, refresh again and again, and sign out."""
    with serving(pooled_url, tmp_path) as server:

        def visit(number: int) -> None:
            visitor = Visitor(server, f"user {number}")
            for _ in range(8):
                visitor.refresh()
                answer = visitor.me()
                assert (answer.status, answer.json["user"]) == (200, f"user {number}")
            assert visitor.sign_out().status == 204
            assert [visitor.me().status for _ in range(8)] == [401] * 8

        with ThreadPoolExecutor(12) as pool:
            list(pool.map(visit, range(24)))


def test_a_session_that_is_held(tmp_path: Path) -> None:
    """Its user is asked to come back, and nobody else notices, nor has to wait for a connection."""
    with pooled_database(tmp_path, connections=2) as url:
        members = members_now(url, JWT_REVOCATION_REFRESH=0)
        ann, bob = members.sign_in(), members.sign_in("bob")
        with held(url, "flask_jwt_sessions", "sid", sid_of(ann)):
            for _ in range(3):
                answer = members.refresh(ann["refresh_token"])
                assert refusal(answer)[:2] == (503, "Service Unavailable")
                assert members.me(bob) == 200
                bob = members.refreshed(bob["refresh_token"])

        assert members.refreshed(ann["refresh_token"])
