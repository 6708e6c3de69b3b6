"""Trusted issuers in a real gunicorn, whose worker was forked after the first fetch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from flask_jwt.testing import FakeIssuer
from tests.support.misbehaving import MisbehavingServer, Visit, answer
from tests.support.server import gunicorn, wait_for

META = "/.well-known/openid-configuration"
APPLICATION = "tests.support.applications.trusting:create_app()"


@pytest.mark.parametrize("kind", ["gthread", "gevent"])
def test_worker_that_was_forked(kind: str, server: MisbehavingServer, tmp_path: Path) -> None:
    """The worker goes on with the keys of its parent, and fetches by a connection of its own.

    While it does, for a key that nobody knows yet, it answers requests with known ones.
    """
    with FakeIssuer() as issuer:
        known = issuer.token(iss=server.url)
        server.on[META] = answer({"issuer": server.url, "jwks_uri": f"{server.url}/jwks"})
        server.on["/jwks"] = answer(issuer.jwks)
        issuer.rotate()
        unknown = issuer.token(iss=server.url)
    answered = Event()

    def answer_late(visit: Visit) -> None:
        answered.wait(20)
        answer(issuer.jwks)(visit)

    environment = {"TRUSTING_ISSUER": server.url, "TRUSTING_TOKEN": known}
    log = tmp_path / "log.txt"
    with (
        gunicorn(
            APPLICATION, log, threads=4, kind=kind, preload=True, environment=environment
        ) as api,
        ThreadPoolExecutor() as pool,
    ):
        assert server.paths() == [META, "/jwks"]
        assert server.connections == 1
        assert [api.get("/", token=known).status for _ in range(3)] == [200] * 3
        assert len(server.visits) == 2
        server.on["/jwks"] = answer_late
        waiting = [pool.submit(api.get, "/", token=unknown) for _ in range(2)]
        wait_for(lambda: server.paths()[2:] == [META, "/jwks"], "a fetch by the worker")
        assert api.get("/", token=known).status == 200
        assert not any(one.done() for one in waiting)
        answered.set()
        assert [one.result().status for one in waiting] == [200] * 2

    assert len(server.visits) == 4
    assert server.connections == 2
    assert "Traceback" not in log.read_text()
