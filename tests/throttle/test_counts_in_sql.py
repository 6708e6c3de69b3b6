"""Counts of attempts in a table beside the users: kept small, and apart from what others do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.pool import StaticPool

from flask_jwt import ConfigurationError
from flask_jwt.sessions import StoreBusy, StoreUnavailable
from flask_jwt.stores import sql_retries
from flask_jwt.throttle.attempts import FORGOTTEN_SECONDS
from flask_jwt.users import attempt_counts
from flask_jwt.users.attempt_counts import CountsBesideUsers, SQLCounts
from flask_jwt.users.attempt_tables import attempts
from tests.support.outages import behind_a_proxy
from tests.support.stores import SQL, connected, empty, empty_store
from tests.throttle.counting import KEY, MARK, NOW, each_call, is_counted, sql_counts


@pytest.fixture(params=SQL)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind in turn."""
    with empty_store(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The URL of an empty SQLite database."""
    return f"sqlite:///{tmp_path / 'users.db'}"


def keys_in(url: str) -> set[str]:
    """Return the keys that a database keeps."""
    with connected(url) as connection:
        return set(connection.scalars(select(attempts.c.key)))


def test_what_is_forgotten_is_deleted(url: str) -> None:
    """A count goes a day after its last attempt, and a mark when its time is over."""
    counts = sql_counts(url)
    for key, past in (("forgotten", FORGOTTEN_SECONDS), ("kept", FORGOTTEN_SECONDS - 1)):
        counts.begin(key, 5, NOW - past)
    counts.mark("old mark", NOW - 20, 20)
    counts.mark("mark", NOW - 20, 21)

    assert counts.prune(NOW) == 2

    assert keys_in(url) == {"kept", "mark"}


def test_no_more_keys_than_there_may_be(url: str) -> None:
    """Those go first that are free, the oldest of them; then those that wait, and marks last."""
    counts = sql_counts(url, most=3)
    counts.mark("mark", NOW, FORGOTTEN_SECONDS + 100)
    counted = [*["waits"] * 5, *["waits too"] * 5, *["free"] * 4, "free too", "free as well"]
    for later, key in enumerate(counted):
        counts.begin(key, 5, NOW + later)

    assert counts.prune(NOW) == 3
    assert keys_in(url) == {"mark", "waits", "waits too"}
    few = sql_counts(url, most=1)
    assert few.prune(NOW) == 2
    assert keys_in(url) == {"mark"}


def test_a_process_prunes_now_and_then(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute after the last time, an attempt deletes what is forgotten, and is counted itself."""
    clock = [0.0]
    monkeypatch.setattr(attempt_counts, "monotonic", lambda: clock[0])
    counts = sql_counts(file)
    counts.begin("forgotten", 5, NOW - FORGOTTEN_SECONDS)
    counts.begin(KEY, 5, NOW)
    assert keys_in(file) == {"forgotten", KEY}

    clock[0] = 60.0
    counts.begin(KEY, 5, NOW)

    assert keys_in(file) == {KEY}


def test_a_table_that_was_dropped_is_made_again(url: str) -> None:
    """Whatever took the table away, the next attempt is counted."""
    counts = sql_counts(url)
    assert is_counted(counts)

    empty(url)

    assert is_counted(counts)


@pytest.mark.parametrize("kind", SQL[1:])
def test_an_outage(kind: str, tmp_path: Path) -> None:
    """While the database is down, each call says so; it is back without a restart."""
    with behind_a_proxy(kind, tmp_path) as outage:
        counts = sql_counts(outage.url)
        assert is_counted(counts)

        outage.stop()
        for call in each_call(counts):
            with pytest.raises(StoreUnavailable, match="table of attempts does not answer"):
                call()
        outage.start()
        counts.clear(KEY)

        assert is_counted(counts)


def test_a_file_that_somebody_writes_to(file: str) -> None:
    """Where another holds the file, nobody guesses without being counted."""
    counts = sql_counts(file)
    assert is_counted(counts)

    with connected(file) as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="table of attempts was busy"):
            counts.begin("another", 1, NOW)
        connection.exec_driver_sql("ROLLBACK")

    assert counts.begin("another", 1, NOW) == 0


def test_a_table_of_others(file: str) -> None:
    """A table of the name that is another one is named, with what mends it."""
    with connected(file) as connection:
        connection.exec_driver_sql("CREATE TABLE flask_jwt_attempts (id INTEGER)")

    with pytest.raises(ConfigurationError, match=r"Users\(…\).*flask_jwt_attempts are not those"):
        sql_counts(file).begin(KEY, 1, NOW)


def test_what_the_application_has_open_stays_open(url: str) -> None:
    """By an engine of the application's, its transaction is neither committed nor waited for."""
    engine = create_engine(url)
    counts = SQLCounts(lambda: engine)
    counts.clear(KEY)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            # SQLite has one writer at a time.
            connection.execute(text("INSERT INTO theirs VALUES (1)"))
        connection.execute(text("SELECT * FROM theirs")).all()

        assert is_counted(counts)

        connection.rollback()
        assert connection.execute(text("SELECT * FROM theirs")).all() == []
    engine.dispose()


def test_a_database_in_memory() -> None:
    """Beside users in the memory of a process counts are in memory, too."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    counts = CountsBesideUsers(lambda: engine)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
        connection.commit()
        connection.execute(text("INSERT INTO theirs VALUES (1)"))

        assert is_counted(counts)
        counts.give_back(KEY, 2, NOW)
        counts.clear(KEY)
        counts.mark(MARK, NOW, 10)

        assert counts.marked(MARK) == NOW
        connection.rollback()
        assert connection.execute(text("SELECT * FROM theirs")).all() == []
    engine.dispose()


def test_as_few_statements_as_can_be(file: str) -> None:
    """An attempt, or its return, is a read and a write, a refusal is a read, a success a write."""
    engine, statements = create_engine(file), list[str]()
    event.listen(engine, "connect", lambda each, _: each.set_trace_callback(statements.append))
    counts = CountsBesideUsers(lambda: engine)
    counts.clear(KEY)
    calls: list[tuple[str, Callable[[], object]]] = [
        ("SELECT INSERT", lambda: counts.begin(KEY, 2, NOW)),
        ("SELECT UPDATE", lambda: counts.begin(KEY, 2, NOW)),
        ("SELECT", lambda: counts.begin(KEY, 2, NOW)),
        ("SELECT UPDATE", lambda: counts.give_back(KEY, 2, NOW)),
        ("DELETE", lambda: counts.clear(KEY)),
    ]

    for expected, call in calls:
        statements.clear()
        call()
        verbs = [statement.split()[0] for statement in statements]
        # SQLAlchemy's own, which reads and writes nothing of the file.
        assert " ".join(verb for verb in verbs if verb != "PRAGMA") == expected
    engine.dispose()


def test_a_new_file_is_opened_at_once(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the opening does stands in the way of what it does next."""
    monkeypatch.setattr(sql_retries, "sleep", lambda _: pytest.fail("it waited for itself"))

    assert is_counted(sql_counts(file))
