"""Users who are disabled or removed: what they had ends everywhere, within a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flask_jwt.users import User, Users
from tests.support.accounts import PASSWORD, Accounts
from tests.support.applications.accounts import create_app
from tests.support.members import refusal
from tests.support.server import Server, gunicorn, wait_for

APP = "tests.support.applications.accounts:create_app()"
GONE = (401, "Invalid JWT", "User does not exist")
UNKNOWN = {"username": "ann", "password": PASSWORD}
LONG = "correct horse battery"
BODY = {"username": "ann", "password": LONG}


def end(accounts: Accounts, how: str) -> None:
    with accounts.app.app_context():
        getattr(accounts.directory, how)(accounts.ann)


@pytest.mark.parametrize("how", ["disable", "remove"])
@pytest.mark.parametrize("store", ["memory://", None])
def test_no_route_is_left(store: str | None, how: str) -> None:
    """Each guarded route refuses, and sign-in answers as to a wrong password."""
    accounts = Accounts(store)
    tokens = accounts.sign_in()
    wrong = accounts.client.post("/auth", json={**UNKNOWN, "password": "guessed"})

    end(accounts, how)

    for answer in (
        accounts.ask("GET", "/who", tokens),
        accounts.ask("GET", "/auth/me", tokens),
        accounts.change(tokens),
    ):
        assert answer.status_code == 401
    if store:
        assert accounts.refresh(tokens["refresh_token"]).status_code == 401
        assert accounts.ask("GET", "/auth/sessions", tokens).status_code == 401
    answer = accounts.client.post("/auth", json=UNKNOWN)
    assert (answer.status_code, answer.data) == (wrong.status_code, wrong.data)


def test_enabled_again() -> None:
    """Where there are sessions, none comes back; the user signs in anew."""
    accounts = Accounts()
    tokens = accounts.sign_in()
    end(accounts, "disable")
    end(accounts, "enable")

    assert accounts.who(tokens) == 401
    assert refusal(accounts.refresh(tokens["refresh_token"]))[2] == "Session has ended"
    assert accounts.who(accounts.sign_in()) == 200


def test_enabled_again_without_sessions() -> None:
    """Without sessions the tokens that have not expired are good again."""
    accounts = Accounts(None)
    tokens = accounts.sign_in()
    end(accounts, "disable")
    assert refusal(accounts.ask("GET", "/who", tokens)) == GONE
    end(accounts, "enable")

    assert accounts.who(tokens) == 200


@contextmanager
def served(folder: Path) -> Iterator[tuple[Server, Users[User]]]:
    """Serve users in a database by four workers; yield their directory as a program has it, too."""
    environment = {"ACCOUNTS": f"sqlite:///{folder / 'users.db'}"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        app = create_app()
    users: Users[User] = app.extensions["jwt"].users
    with app.app_context():
        users.add("ann", LONG)
        with gunicorn(
            APP, folder / "log.txt", workers=4, preload=True, environment=environment
        ) as server:
            yield server, users


def workers_that_answer(server: Server, token: str, status: int) -> None:
    """Ask until all four workers have answered, each time with the same status."""
    found: set[str] = set()

    def ask() -> bool:
        answer = server.get("/who", token=token)
        assert answer.status == status, answer.text
        found.add(answer.header("Worker") or "")
        return len(found) == 4

    wait_for(ask, "all workers")


def test_in_every_worker(tmp_path: Path) -> None:
    """Whom a program disables no worker lets in; enabled again, they have to sign in again."""
    with served(tmp_path) as (server, users):
        tokens = server.post("/auth", BODY).json
        workers_that_answer(server, tokens["access_token"], 200)
        ann = users.by_name("ann")

        users.disable(ann)
        workers_that_answer(server, tokens["access_token"], 401)
        assert server.post("/auth", BODY).status == 401

        users.enable(ann)
        # What a worker knows of ended sessions is a second old at most.
        wait_for(lambda: server.get("/who", token=tokens["access_token"]).status == 401, "the end")
        refresh_token = {"refresh_token": tokens["refresh_token"]}
        assert server.post("/auth/refresh", refresh_token).status == 401
        fresh = server.post("/auth", BODY).json["access_token"]
        workers_that_answer(server, fresh, 200)
        assert "Traceback" not in server.log
