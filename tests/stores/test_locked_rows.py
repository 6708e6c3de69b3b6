"""Somebody else holds a row of the database locked: that is no outage for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.members import Members, members_now, refusal, sid_of
from tests.support.stores import connected, empty_store


@pytest.fixture(params=["postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database that locks rows."""
    with empty_store(request.param, tmp_path) as found:
        yield found


@contextmanager
def held(url: str, table: str, column: str, value: str) -> Iterator[None]:
    """Hold one row locked, as a transaction does that nobody ends."""
    with connected(url) as connection:
        connection.execute(text("START TRANSACTION"))
        words = f"SELECT {column} FROM {table} WHERE {column} = :value FOR UPDATE"
        assert len(connection.execute(text(words), {"value": value}).fetchall()) == 1
        yield
        connection.execute(text("ROLLBACK"))


def test_a_session_that_is_held(url: str) -> None:
    """Its user is asked to come back, and nobody else notices."""
    members = members_now(url, JWT_REVOCATION_REFRESH=0)
    ann, bob = members.sign_in(), members.sign_in("bob")
    with held(url, "flask_jwt_sessions", "sid", sid_of(ann)):
        for attempt in ("refresh", "sign-out"):
            answer = (
                members.refresh(ann["refresh_token"])
                if attempt == "refresh"
                else members.sign_out(ann)
            )
            assert refusal(answer)[:2] == (503, "Service Unavailable")
            assert answer.headers["Retry-After"] == "1"
            assert members.me(bob) == 200
            bob = members.refreshed(bob["refresh_token"])
            assert members.me(members.sign_in("bob")) == 200

    ann = members.refreshed(ann["refresh_token"])
    assert members.me(ann) == 200
    assert members.sign_out(ann).status_code == 204
    assert members.me(ann) == 401


def test_the_row_that_counts_is_held(url: str) -> None:
    """Nobody can sign out meanwhile; who is signed in goes on, and others can sign in."""
    members = members_now(url, JWT_REVOCATION_REFRESH=0)
    ann, bob = members.sign_in(), members.sign_in("bob")
    with held(url, "flask_jwt_store", "id", "1"):
        assert members.sign_out(ann).status_code == 503
        assert (members.me(ann), members.me(bob)) == (200, 200)
        bob = members.refreshed(bob["refresh_token"])
        assert members.me(members.sign_in()) == 200

    assert members.sign_out(ann).status_code == 204
    assert (members.me(ann), members.me(bob)) == (401, 200)


def test_a_worker_that_starts_meanwhile(url: str) -> None:
    """It has nothing to write, and so nothing to wait for."""
    tokens = members_now(url).sign_in()
    with held(url, "flask_jwt_store", "id", "1"):
        later: Members = members_now(url)

        assert later.me(tokens) == 200
        assert later.me(later.refreshed(tokens["refresh_token"])) == 200
