"""Servers that load the application, use its store, and fork: each worker is on its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

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
