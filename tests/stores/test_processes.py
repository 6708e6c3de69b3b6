"""Several processes begin at once, share sessions, and some of them die."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from tests.support.http_client import Answer
from tests.support.members import members_now
from tests.support.server import Server, gunicorn
from tests.support.stores import SQL, empty_store
from tests.support.visitor import Visitor

APP = "tests.support.applications.shared:create_app()"
AT_ONCE = 50


@contextmanager
def serving(
    url: str,
    folder: Path,
    *,
    preload: bool = False,
    workers: int = 4,
    threads: int = 8,
    **variables: str,
) -> Iterator[Server]:
    """Serve the application with several workers."""
    environment = {"SHARED_STORE": url, **variables}
    log = folder / "server.log"
    with gunicorn(
        APP, log, workers=workers, threads=threads, preload=preload, environment=environment
    ) as server:
        yield server
        assert "Traceback" not in server.log, server.log
        assert "eyJ" not in server.log


def at_once(visitor: Visitor) -> list[Answer]:
    """Present one refresh token many times at the same moment."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda _: visitor.present(), range(AT_ONCE)))


def test_fifty_at_once_within_the_grace(shared_url: str, tmp_path: Path) -> None:
    """All are answered with the one token that follows, and nobody is signed out."""
    with serving(shared_url, tmp_path) as server:
        visitor = Visitor(server)
        answers = at_once(visitor)

        assert Counter(answer.status for answer in answers) == {200: AT_ONCE}
        assert len({answer.json["refresh_token"] for answer in answers}) == 1
        assert len({answer.json["access_token"] for answer in answers}) == AT_ONCE
        for answer in answers[::10]:
            visitor.tokens = answer.json
            assert visitor.me().status == 200
        visitor.refresh()
        token = visitor.tokens["access_token"]
        assert len(server.get("/auth/sessions", token=token).json["sessions"]) == 1


def test_fifty_at_once_without_grace(shared_url: str, tmp_path: Path) -> None:
    """One is answered, the others are refused, and the session has ended."""
    with serving(shared_url, tmp_path, SHARED_GRACE="0") as server:
        visitor = Visitor(server)
        answers = at_once(visitor)

        assert Counter(answer.status for answer in answers) == {200: 1, 401: AT_ONCE - 1}
        (visitor.tokens,) = [answer.json for answer in answers if answer.status == 200]
        assert visitor.me().status == 401
        assert visitor.present().status == 401


def test_killed_between_commit_and_reply(shared_url: str, tmp_path: Path) -> None:
    """The client hears nothing, tries again, and has the token that follows."""
    trap = tmp_path / "trap"
    with serving(shared_url, tmp_path, SHARED_DEADLY=str(trap)) as server:
        visitor = Visitor(server)
        trap.touch()
        try:
            lost = visitor.present().status
        except OSError:
            lost = 0

        assert lost == 0
        assert not trap.exists()
        visitor.refresh()
        visitor.refresh()
        assert visitor.me().status == 200


def test_restart_then_replay(shared_url: str, tmp_path: Path) -> None:
    """What was exchanged or ended before a restart is refused after it, and the rest goes on."""
    with serving(shared_url, tmp_path) as server:
        stolen, ended, kept = (Visitor(server, name) for name in ("ann", "bob", "eve"))
        oldest = stolen.refresh()
        stolen.refresh()
        assert ended.sign_out().status == 204
    with serving(shared_url, tmp_path) as server:
        for visitor in (stolen, ended, kept):
            visitor.server = server

        assert stolen.me().status == kept.me().status == 200
        assert ended.me().status == ended.present().status == 401
        assert stolen.present(oldest).status == 401
        assert stolen.me().status == stolen.present().status == 401
        kept.refresh()
        assert kept.me().status == 200


WORKERS = 6
DATABASES = 5
SIGN_INS = 18
# Only a test that has failed comes to it.
MOST_SECONDS = 60


def begin_on_each(urls: list[str], gate: Any, told: Connection) -> None:
    """Sign in on one empty database after the other, each time together with other processes."""
    found: list[int] = []
    for url in urls:
        members = members_now(url)
        gate.wait()
        answer = members.client.post("/auth", json={"username": "ann", "password": "x"})
        found.append(answer.status_code)
        if answer.status_code == 200:
            found.append(members.me(answer.get_json()))
    told.send(found)


@pytest.mark.parametrize("kind", SQL)
def test_processes(kind: str, tmp_path: Path) -> None:
    """Each of six processes is served, on five empty databases one after the other."""
    # What the parent has imported they need not import: they meet.
    context = get_context("fork")
    with ExitStack() as stack:
        urls = []
        for number in range(DATABASES):
            folder = tmp_path / str(number)
            folder.mkdir()
            urls.append(stack.enter_context(empty_store(kind, folder)))
        gate = context.Barrier(WORKERS, timeout=MOST_SECONDS)
        receiving, sending = context.Pipe(duplex=False)
        processes: list[Any] = [
            context.Process(target=begin_on_each, args=(urls, gate, sending))
            for _ in range(WORKERS)
        ]
        for process in processes:
            process.start()
        # Now the end of all processes is the end of the pipe, should one of them fail.
        sending.close()
        statuses = Counter(status for _ in processes for status in receiving.recv())
        for process in processes:
            process.join()

    assert statuses == {200: 2 * WORKERS * DATABASES}


def test_workers(sql_url: str, tmp_path: Path) -> None:
    """Everybody who signs in at once at a server of six workers is signed in."""
    with serving(sql_url, tmp_path, workers=WORKERS, threads=1, preload=True) as server:

        def sign_in(number: int) -> int:
            body = {"username": f"user {number}", "password": "x"}
            return server.post("/auth", body).status

        with ThreadPoolExecutor(SIGN_INS) as pool:
            assert Counter(pool.map(sign_in, range(SIGN_INS))) == {200: SIGN_INS}, server.log
