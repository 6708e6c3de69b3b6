"""The store goes away while clients are at work, and comes back."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.support.http_client import Answer
from tests.support.outages import Outage, behind_a_proxy, redis_of_our_own
from tests.support.server import Server, gunicorn, wait_for
from tests.support.stores import empty, empty_store
from tests.support.visitor import Visitor

APP = "tests.support.applications.shared:create_app()"
VISITORS = 6
WORKERS = 2


@pytest.fixture(params=["postgresql", "mariadb", "redis"])
def outage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outage]:
    """A store that can be stopped, of each kind in turn."""
    kind: str = request.param
    making = redis_of_our_own(tmp_path) if kind == "redis" else behind_a_proxy(kind, tmp_path)
    with making as found:
        yield found


@contextmanager
def serving(url: str, folder: Path) -> Iterator[Server]:
    environment = {"SHARED_STORE": url, "SHARED_REFRESH": "0.2", "SHARED_GRACE": "120"}
    with gunicorn(
        APP, folder / "server.log", workers=WORKERS, threads=8, environment=environment
    ) as server:
        yield server


def wait_for_all_workers(visitor: Visitor, status: int) -> None:
    """Ask for something guarded until the latest answer of each worker is the one expected."""
    latest: dict[str | None, int] = {}

    def agree() -> bool:
        answer = visitor.me()
        latest[answer.header("Worker")] = answer.status
        return list(latest.values()) == [status] * WORKERS

    wait_for(agree, f"{status} from each worker")


def served(attempt: Callable[[], Answer]) -> Answer:
    """Do something until it is no longer put off, and return the answer."""
    answers: list[Answer] = []

    def is_served() -> bool:
        answers.append(attempt())
        return answers[-1].status != 503

    wait_for(is_served, "service")
    return answers[-1]


def check_unavailable(answer: Answer) -> None:
    """Check the one answer there is while nobody can tell who is signed in."""
    assert answer.status == 503, answer.text
    assert answer.header("Retry-After") == "1"
    assert answer.json["error"] == "Service Unavailable"


def test_stopped_and_started(outage: Outage, tmp_path: Path) -> None:
    """While the store is away: 503. Afterwards: nothing is lost, and nobody is let in."""
    with serving(outage.url, tmp_path) as server:
        gone = Visitor(server, "gone")
        assert gone.sign_out().status == 204
        # The other worker hears of it within the time of SHARED_REFRESH.
        wait_for_all_workers(gone, 401)
        visitors = [Visitor(server, f"user {number}") for number in range(VISITORS)]
        finished = threading.Event()
        statuses: list[set[int]] = [set() for _ in visitors]

        def work(place: int) -> None:
            visitor = visitors[place]
            while not finished.is_set():
                # An answer that is lost leaves the client with the token before: it tries again.
                answer = visitor.present()
                statuses[place].add(answer.status)
                if answer.status == 200:
                    visitor.tokens = answer.json
                else:
                    check_unavailable(answer)
                statuses[place].add(visitor.me().status)
                assert gone.me().status in (401, 503)

        with ThreadPoolExecutor(VISITORS) as pool:
            running = [pool.submit(work, place) for place in range(VISITORS)]
            try:
                wait_for(lambda: all(200 in one for one in statuses), "service")
                outage.stop()
                wait_for(lambda: all(503 in one for one in statuses), "refusals")
                check_unavailable(server.post("/auth", {"username": "ann", "password": "x"}))
                # The knowledge of each has grown too old.
                wait_for_all_workers(visitors[0], 503)
                check_unavailable(visitors[0].me())
                check_unavailable(visitors[0].sign_out())
                outage.start()
                wait_for(lambda: visitors[0].me().status == 200, "service again")
            finally:
                finished.set()
            for one in running:
                one.result()

        assert set.union(*statuses) <= {200, 503}
        # Each worker notices by itself that the store is back.
        for attempt in (gone.me, gone.present):
            assert served(attempt).status == 401
        for visitor in visitors:
            for _ in range(2):
                answer = served(visitor.present)
                assert answer.status == 200, answer.text
                visitor.tokens = answer.json
            assert served(visitor.me).status == 200
        assert "Traceback" not in server.log, server.log
        assert "does not answer" in server.log
        assert "eyJ" not in server.log


def test_a_locked_database(tmp_path: Path) -> None:
    """Somebody else holds SQLite's lock: who is signed in stays so, and nothing can be written."""
    with (
        empty_store("sqlite", tmp_path) as url,
        serving(url, tmp_path) as server,
    ):
        visitor = Visitor(server)
        other = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        check_unavailable(visitor.present())
        assert visitor.me().status == 200
        check_unavailable(visitor.sign_out())

        other.execute("COMMIT")
        other.close()
        wait_for(lambda: visitor.present().status == 200, "service again")
        assert "Traceback" not in server.log, server.log


def test_a_store_that_forgot(tmp_path: Path) -> None:
    """A store that was emptied signs out everybody who was there before, and takes new ones."""
    with empty_store("redis", tmp_path) as url, serving(url, tmp_path) as server:
        before = [Visitor(server, f"user {number}") for number in range(3)]
        ended = before[0]
        assert ended.sign_out().status == 204
        # Tokens of the second in which the memory begins anew can't be told apart.
        second = int(time.time())
        wait_for(lambda: time.time() >= second + 1, "the next second")
        empty(url)

        for visitor in before:
            assert visitor.present().status == 401
            wait_for_all_workers(visitor, 401)
        new = Visitor(server)
        new.refresh()
        assert new.me().status == 200
