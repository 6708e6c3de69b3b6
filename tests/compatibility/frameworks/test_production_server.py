"""Refusals through gunicorn, as in production."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.http_client import Answer, Header
from tests.support.server import Server, gunicorn

from .answers import every_framework
from .applications.framework import Framework
from .applications.refusals import GOOD, REPRESENTATIVE


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve an application of each framework."""
    log = tmp_path_factory.mktemp("frameworks") / "log.txt"
    with gunicorn("tests.compatibility.frameworks.applications.every:served()", log) as server:
        yield server


def get(server: Server, framework: Framework, authorization: str | None) -> Answer:
    """Ask for the protected view."""
    sent: list[Header] = [] if authorization is None else [("Authorization", authorization)]
    return server.get(f"/{framework.name}{framework.path}", *sent)


@every_framework
def test_refusals(server: Server, framework: Framework) -> None:
    """A client sees what it sees of plain Flask, and no traceback is logged."""
    for refusal in REPRESENTATIVE:
        answer = get(server, framework, refusal.authorization)

        assert (answer.status, answer.json) == (refusal.status, refusal.value)
        assert answer.header("WWW-Authenticate") == refusal.challenge
        assert {name: answer.header(name) for name in refusal.headers} == refusal.headers
    assert "Traceback" not in server.log


@every_framework
def test_good_token(server: Server, framework: Framework) -> None:
    """A good token lets its user in."""
    answer = get(server, framework, GOOD)

    assert (answer.status, answer.json) == (200, {"name": "ann"})
