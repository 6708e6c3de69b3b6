"""What a store keeps of a user, and what the sessions of one cost, however often they ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Any

import pytest
from redis import Redis
from redis.connection import AbstractConnection
from sqlalchemy import text

from flask_jwt.sessions import SessionStore, Use
from flask_jwt.sessions.models import KEPT_SECONDS, MOST_ENDED
from flask_jwt.stores.sql import SQLStore
from flask_jwt.testing.factories import LONGEST, MARGIN, listed, new_session
from tests.support.members import Members, members_now
from tests.support.revoking import store_of
from tests.support.stores import connected, empty_store, server_url


def count_of(store: SessionStore) -> int:
    """Return how many revocations a store keeps."""
    return len(store.feed(None).revocations)


def opened(url: str) -> tuple[Members, SessionStore]:
    """Return an application, and the store that it keeps everything in."""
    store = store_of(url)
    return members_now(store, JWT_REVOCATION_REFRESH=0), store


def test_one_expired_token(any_url: str) -> None:
    """Twenty sign-outs with a token of an ended session that has expired add nothing."""
    members, store = opened(any_url)
    tokens = members.sign_in()
    assert members.sign_out(tokens).status_code == 204
    members.now += 3600
    assert members.me(members.sign_in("bob")) == 200
    before = count_of(store)
    for _ in range(20):
        assert members.ask("POST", "/auth/logout", tokens).status_code == 204
        # Somebody else has this worker read and forget, as requests do.
        assert members.me(tokens) == 401

    assert count_of(store) == before


def test_one_that_is_good_still(any_url: str) -> None:
    """Nor do twenty with a token that has not expired, after the first."""
    members, store = opened(any_url)
    tokens = members.sign_in()
    for _ in range(20):
        assert members.ask("POST", "/auth/logout", tokens).status_code == 204
        assert members.me(tokens) == 401

    assert count_of(store) == 1


def test_one_token_of_the_application(any_url: str) -> None:
    """One access token that a program revokes twenty times is revoked once."""
    members, store = opened(any_url)
    with members.app.app_context():
        claims = {"jti": "x", "exp": members.now + 300}
        for _ in range(20):
            members.jwt.sessions.revoke(claims)
        members.jwt.sessions.revoke({**claims, "exp": members.now - 3600})

    assert count_of(store) == 1


def test_nothing_to_end(any_url: str) -> None:
    """The end of all others is nothing to keep, once all tokens have sessions."""
    members, store = opened(any_url)
    tokens = members.sign_in()
    older: Any = store
    feed = store.feed
    # As if the store had been opened that long ago, by its own clock.
    older.feed = lambda position: (found := feed(position))._replace(began=found.began - 700)
    assert members.me(tokens) == 200
    for _ in range(20):
        assert members.ask("DELETE", "/auth/sessions", tokens).status_code == 204

    assert count_of(store) == 0
    assert members.me(tokens) == 200


ANN = '"ann"'
INDEX = "ix_flask_jwt_sessions_of"


class OnRedis:
    """A store in Redis, and a look at its keys."""

    def __init__(self, url: str) -> None:
        self.store = store_of(url)
        self.store.open(LONGEST)
        self.client: Any = Redis.from_url(server_url("redis"))
        prefix = url.partition("prefix=")[2]
        self.row = f"{prefix}:session:{{%s}}"
        self.keys = [f"{prefix}:subject:{{{ANN}}}{more}" for more in ("", ":leaving")]

    @property
    def indexed(self) -> list[int]:
        """How many sessions each half of the index has."""
        return [self.client.zcard(key) for key in self.keys]


@pytest.fixture
def on_redis(tmp_path: Path) -> Iterator[OnRedis]:
    """An empty store in Redis."""
    with empty_store("redis", tmp_path) as url:
        found = OnRedis(url)
        yield found
        found.client.close()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One entry for each time that something is sent to Redis."""
    found: list[None] = []
    real: Any = AbstractConnection.send_packed_command

    def send(self: Any, *args: Any, **kwargs: Any) -> None:
        found.append(None)
        real(self, *args, **kwargs)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", send)
    return found


class TestRedis:
    """The index of a user's sessions in Redis."""

    def test_an_end_leaves_nothing(self, on_redis: OnRedis) -> None:
        """What has ended, one by one or all at once, is not in the index any more."""
        store = on_redis.store
        news = [new_session() for _ in range(5)]
        for new in news:
            store.insert(new)
        store.end(news[0].sid, "logout", MARGIN)
        assert on_redis.indexed == [4, 4]

        store.end_batch(ANN, news[1].sid, "all", MARGIN, 0)
        assert on_redis.indexed == [1, 1]

    def test_an_end_that_got_no_further_than_the_row(self, on_redis: OnRedis) -> None:
        """It is finished by the next look, and nobody is shown a session that has ended."""
        store, new = on_redis.store, new_session()
        store.insert(new)
        on_redis.client.hset(on_redis.row % new.sid, mapping={"ended_at": "1"})

        assert listed(store, ANN) == []
        assert on_redis.indexed == [0, 0]

    def test_a_row_that_has_gone(self, on_redis: OnRedis) -> None:
        """So it is with a row whose time to live is over."""
        store, gone, kept = on_redis.store, new_session(), new_session()
        store.insert(gone)
        store.insert(kept)
        on_redis.client.delete(on_redis.row % gone.sid)

        assert listed(store, ANN) == [kept.sid]
        assert on_redis.indexed == [1, 1]
        on_redis.client.delete(on_redis.row % kept.sid)
        assert store.end_batch(ANN, None, "all", MARGIN, 0) == []
        assert on_redis.indexed == [0, 0]

    def test_sign_ins_take_out_what_is_past(self, on_redis: OnRedis) -> None:
        """Who never asks for a list has no index that grows for ever."""
        for _ in range(5):
            on_redis.store.insert(
                new_session(life_span=10.0 - KEPT_SECONDS, use=Use(1.0, None, None))
            )
        assert on_redis.indexed == [5, 5]
        for key in on_redis.keys[1:]:
            for sid in on_redis.client.zrange(key, 0, -1):
                on_redis.client.zadd(key, {sid: 1})

        on_redis.store.insert(new_session())

        assert on_redis.indexed == [1, 1]
        assert all(0 < on_redis.client.ttl(key) <= 5000 + KEPT_SECONDS + 1 for key in on_redis.keys)

    def test_round_trips(self, on_redis: OnRedis, sent: list[None]) -> None:
        """A list is two round trips, a sign-in has one for the limit, and so on: however many."""
        store = on_redis.store
        for _ in range(150):
            store.insert(new_session())
        sent.clear()
        assert len(store.sessions_of(ANN, 101, None)) == 101
        assert len(sent) == 2

        sent.clear()
        assert store.end_batch(ANN, None, "limit", MARGIN, 150) == []
        assert len(sent) == 1

        sent.clear()
        assert len(store.end_batch(ANN, None, "all", MARGIN, 0)) == 150
        assert len(sent) <= 10


class TestDatabases:
    """The index of a user's sessions in a database."""

    @pytest.fixture
    def opened(self, sql_url: str) -> SQLStore:
        """A store in which a user has many sessions, most of which have ended."""
        store: Any = store_of(sql_url)
        store.open(LONGEST)
        for _ in range(MOST_ENDED + 20):
            store.insert(new_session())
        store.end_batch(ANN, None, "all", MARGIN, 0)
        for subject in (ANN, '"bob"'):
            for _ in range(20):
                store.insert(new_session(subject=subject))
        found: SQLStore = store
        return found

    @pytest.mark.parametrize("statement", ["sessions_of", "surplus", "unended"])
    def test_nothing_is_sorted(self, opened: SQLStore, sql_url: str, statement: str) -> None:
        """Each question is answered from the index in its order: the first rows are found first."""
        database = opened._database()
        words, kind = (
            getattr(database.statements, statement),
            sql_url.partition("+")[0].partition(":")[0],
        )
        values = {"a_subject": ANN, "most": 10, "newest": 5, "began": 1e300, "a_sid": ""}
        with connected(sql_url) as connection:
            connection.execute(
                text({"mariadb": "ANALYZE TABLE flask_jwt_sessions"}.get(kind, "ANALYZE"))
            )
        explain = {"sqlite": "EXPLAIN QUERY PLAN "}.get(kind, "EXPLAIN ")
        with database.cursor() as cursor:
            if kind == "postgresql":
                # A table of a few pages is read whole otherwise.
                cursor.execute_raw("SET enable_seqscan = off")
            parameters = words.parameters(values, time)
            cursor.driver_cursor.execute(explain + words.sql, parameters)
            plan = str(cursor.driver_cursor.fetchall())
            if kind == "postgresql":
                cursor.execute_raw("RESET enable_seqscan")

        assert INDEX in plan
        assert not any(word in plan for word in ("Sort", "TEMP B-TREE", "filesort")), plan
