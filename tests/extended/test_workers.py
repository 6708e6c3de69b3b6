"""Programs of Flask-JWT-Extended in production: several workers, and sessions that they share."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flask_jwt.extended import create_refresh_token
from tests.support.applications import moved
from tests.support.http_client import Answer
from tests.support.server import Server, gunicorn
from tests.support.stores import SHARED, empty_store

THREADS = 8


@pytest.fixture(scope="module", params=SHARED)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A program whose two workers share a store, of each kind in turn."""
    app, folder = "tests.support.applications.moved:create_app()", tmp_path_factory.mktemp("moved")
    with empty_store(request.param, folder) as url:
        environment = {"MOVED_STORE": url}
        with gunicorn(
            app, folder / "log", workers=2, threads=4, environment=environment
        ) as running:
            yield running


def send(server: Server, method: str, path: str, token: str) -> Answer:
    return server.request(method, path, [("Authorization", f"Bearer {token}")])


def at_once(server: Server, token: str) -> list[Any]:
    """Return what many refreshes with one token are answered, all at the same time."""
    with ThreadPoolExecutor(THREADS) as pool:
        sent = [pool.submit(send, server, "POST", "/refresh", token) for _ in range(THREADS)]
        answers = [answer.result() for answer in sent]
    assert {answer.status for answer in answers} == {200}, [answer.text for answer in answers]
    return [answer.json for answer in answers]


def sessions(server: Server, access_token: str) -> list[Any]:
    listed: list[Any] = send(server, "GET", "/auth/sessions", access_token).json["sessions"]
    return listed


def test_sign_out(server: Server) -> None:
    """What one worker has signed out is refused by all of them."""
    tokens = server.post("/login", {"username": "ann"}).json
    assert send(server, "POST", "/auth/logout", tokens["access_token"]).status == 204
    for _ in range(THREADS):
        assert send(server, "GET", "/me", tokens["access_token"]).status == 401
        assert send(server, "POST", "/refresh", tokens["refresh_token"]).status == 401


def test_refreshes_at_once(server: Server) -> None:
    """Refreshes with one token at the same time are one rotation: the pages of one browser."""
    tokens = server.post("/login", {"username": "bob"}).json
    answers = at_once(server, tokens["refresh_token"])
    for answer in answers:
        assert send(server, "GET", "/me", answer["access_token"]).status == 200
    assert len(sessions(server, answers[0]["access_token"])) == 1
    assert send(server, "POST", "/refresh", answers[-1]["refresh_token"]).status == 200


def test_first_use_at_once(server: Server) -> None:
    """A token from before there were sessions begins one, however many use it at the same time."""
    with moved.create_app().app_context():
        former = create_refresh_token("eve")
    answers = at_once(server, former)
    assert len(sessions(server, answers[0]["access_token"])) == 1
