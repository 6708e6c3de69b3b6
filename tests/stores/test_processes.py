"""Several processes share sessions, and some of them die."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.support.http_client import Answer
from tests.support.server import Server, gunicorn
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
