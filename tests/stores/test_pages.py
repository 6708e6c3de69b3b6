"""A feed that is longer than one page is read whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import time
from typing import Any

import pytest
from sqlalchemy import text

from flask_jwt.sessions import Revocation, SessionStore
from flask_jwt.stores import redis, sql
from flask_jwt.stores.sql_engine import Cursor
from flask_jwt.testing.factories import values_of
from tests.support.revoking import is_refused, replica_of, store_of
from tests.support.stores import connected

PAGE = 3


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "_PAGE", PAGE)
    monkeypatch.setattr(redis, "_ENTRIES", PAGE)


def revoke(store: SessionStore, numbers: Sequence[int]) -> list[str]:
    """Revoke sessions that are named by numbers; return the names."""
    names = [f"{number}" for number in numbers]
    store.revoke([Revocation("sid", name, time() + 1000) for name in names])
    return names


def opened(url: str) -> SessionStore:
    store = store_of(url)
    store.open(300.0)
    return store


class TestPages:
    """Three revocations are a page here."""

    @pytest.mark.parametrize("count", [1, 3, 4, 6, 7])
    def test_from_the_beginning(self, shared_url: str, count: int) -> None:
        """However many there are, a worker that begins knows them all."""
        store = opened(shared_url)
        names = revoke(store, range(count))
        feed = store.feed(None)

        assert values_of(feed.revocations) == names
        assert list(store.feed(feed.position).revocations) == []

    def test_from_a_position(self, shared_url: str) -> None:
        """A worker that was away for more than a page learns of the rest, and of no more."""
        store = opened(shared_url)
        revoke(store, range(4))
        position = store.feed(None).position
        names = revoke(store, range(4, 12))
        feed = store.feed(position)

        assert values_of(feed.revocations) == names
        assert list(store.feed(feed.position).revocations) == []
        assert is_refused(replica_of(store), {"sid": "11", "iat": time()})

    @pytest.mark.parametrize(
        "gone", [[1], [4, 5, 6], [1, 2, 3, 4], [3, 4, 6], [9, 10], range(1, 11)]
    )
    def test_with_gaps(self, sql_url: str, gone: Sequence[int]) -> None:
        """What was deleted in between hides nothing that comes after it."""
        store = opened(sql_url)
        revoke(store, range(1, 11))
        position = store.feed(None).position
        with connected(sql_url) as connection:
            for number in gone:
                words = "DELETE FROM flask_jwt_revocations WHERE number = :number"
                connection.execute(text(words), {"number": number})
        later = revoke(store, range(11, 16))

        left = [f"{number}" for number in range(1, 11) if number not in gone]
        assert values_of(store.feed(None).revocations) == left + later
        assert values_of(store.feed(position).revocations) == later

    def test_committed_between_two_pages(
        self, sql_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What others commit while the pages are read comes with them, or with the next feed."""
        store, other = opened(sql_url), opened(sql_url)
        names = revoke(store, range(7))
        statement: Any = other.database().statements.revocations  # type: ignore[attr-defined]
        real: Callable[..., Any] = Cursor.fetch

        def fetch(self: Cursor, asked: Any, values: Any) -> Any:
            rows = real(self, asked, values)
            if asked.sql == statement.sql and len(names) < 15:
                names.extend(revoke(other, range(len(names), len(names) + 2)))
            return rows

        monkeypatch.setattr(Cursor, "fetch", fetch)
        found: list[str] = []
        position: object = None
        while len(found) < len(names):
            feed = store.feed(position)
            assert feed.revocations
            found += values_of(feed.revocations)
            position = feed.position

        assert found == names
