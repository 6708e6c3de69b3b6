"""Several workers, several threads, and the reloader, each started for real."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.support.applications.crowd import SECRET
from tests.support.server import Server, flask_run, gunicorn, wait_for
from tests.support.tokens import claims, compact

APP = "tests.support.applications.crowd:app"
CLIENTS = 8
REQUESTS = 12

RELOADED = """
from flask import Flask
from flask_jwt import JWT, jwt_required, current_identity

app = Flask(__name__)
app.config["SECRET_KEY"] = "super-secret"


def authenticate(username, password):
    return {"id": username}


def identity(payload):
    return {"name": payload["identity"]}


jwt = JWT(app, authenticate, identity)


@app.route("/")
@jwt_required()
def index():
    return "first edition for %s" % current_identity["name"]
"""


@pytest.fixture(
    params=[{"workers": 2, "preload": True}, {"threads": 8}, {"workers": 2, "threads": 4}],
    ids=["preload", "threads", "both"],
)
def crowd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """Serve the application with several workers, several threads, or both."""
    with gunicorn(APP, tmp_path / "log.txt", **request.param) as server:
        yield server


def ask(server: Server, number: int) -> tuple[set[str], set[int]]:
    """Sign in as one client and ask again and again; return the names and the processes seen."""
    username = f"client-{number}"
    credentials = {"username": username, "password": username[::-1]}
    token = server.post("/auth", credentials).json["access_token"]
    names: set[str] = set()
    processes: set[int] = set()
    for _ in range(REQUESTS):
        answer = server.get("/me", token=token)
        assert answer.status == 200, answer
        names.update(answer.json["names"])
        processes.add(answer.json["process"])
    return names, processes


def test_each_client_is_itself(crowd: Server) -> None:
    """Of eight clients at once, each sees its own identity in each of its answers."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        seen = list(pool.map(lambda number: ask(crowd, number), range(CLIENTS)))

    assert [names for names, _ in seen] == [{f"client-{number}"} for number in range(CLIENTS)]
    assert "Traceback" not in crowd.log


def test_good_and_bad_at_once(crowd: Server) -> None:
    """Refusals in one thread do not touch the requests of another."""
    good = compact(claims("good"), SECRET)
    wrong = compact(claims("good"), "another secret of a sufficient length")
    tokens = [good, wrong, None, good, "bogus"] * 8

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = list(pool.map(lambda token: crowd.get("/me", token=token).status, tokens))

    assert statuses == [200, 401, 401, 200, 401] * 8
    assert "Traceback" not in crowd.log


def test_workers_share_a_secret(tmp_path: Path) -> None:
    """A token that one worker made is good in the other."""
    token = compact(claims("ann"), SECRET)
    processes: set[int] = set()

    def ask_both() -> bool:
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(lambda _: server.get("/me", token=token), range(CLIENTS)))
        assert {answer.status for answer in answers} == {200}
        processes.update(answer.json["process"] for answer in answers)
        return len(processes) == 2

    with gunicorn(APP, tmp_path / "log.txt", workers=2, preload=True) as server:
        wait_for(ask_both, "an answer from each of the workers")


def test_reloader(tmp_path: Path) -> None:
    """``flask run --debug`` serves, starts again when a file changes, and tokens stay good."""
    program = tmp_path / "edition.py"
    program.write_text(RELOADED)
    with flask_run("edition", tmp_path / "log.txt", reload=True, directory=tmp_path) as server:
        answer = server.post("/auth", {"username": "ann", "password": "any"})
        token = answer.json["access_token"]
        assert server.get("/", token=token).text == "first edition for ann"
        assert server.get("/").status == 401

        program.write_text(RELOADED.replace("first edition", "second edition"))
        # For a moment nobody listens, or the old process still does.
        wait_for(lambda: reads(server, token, "second edition for ann"), "the second edition")
        assert server.get("/").status == 401
        assert "Traceback" not in server.log


def reads(server: Server, token: str, text: str) -> bool:
    """Tell whether the page reads as it should; a server that is starting again is no error.

    It may go in the middle of an answer.
    """
    try:
        return server.get("/", token=token).text == text
    except (OSError, HTTPException):
        return False
