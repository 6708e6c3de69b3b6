"""``GET /auth/me``: who asks, and by which session."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from flask_jwt import JWT
from flask_jwt.stores.memory import MemoryStore
from tests.support.accounts import Accounts
from tests.support.members import NOW, by_hand, refusal, sid_of
from tests.support.secret import secret

PATH = "/auth/me"


def test_the_answer() -> None:
    """The user with what the directory says of them, and the session, as in their list."""
    accounts = Accounts()
    tokens = accounts.sign_in()

    answer = accounts.ask("GET", PATH, tokens)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json() == {
        "user": {
            "id": 1,
            "username": "ann",
            "email": "ann@example.com",
            "roles": ["staff"],
            "created_at": "2027-01-15T08:00:00Z",
            "password_changed_at": "2027-01-15T08:00:00Z",
        },
        "session": accounts.listed(tokens)[0],
    }
    assert answer.get_json()["session"]["sid"] == sid_of(tokens)


def test_in_a_browser() -> None:
    """A browser asks by its cookie, without a CSRF value, and no cache keeps the answer."""
    accounts = Accounts(JWT_TOKEN_LOCATION=["cookies"])
    accounts.enter("bob")

    answer = accounts.visit("GET", PATH)

    assert answer.get_json()["user"]["username"] == "bob"
    assert answer.get_json()["user"]["email"] is None
    assert answer.get_json()["session"]["this"]
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-store", "Cookie")


def test_without_sessions() -> None:
    """Where there are no sessions, or the token is from before them, none is shown."""
    accounts = Accounts(None)
    older = Accounts(MemoryStore(lambda: 0.0))

    for answer in (
        accounts.ask("GET", PATH, accounts.sign_in()),
        older.ask("GET", PATH, by_hand(older.now, identity=1)),
    ):
        assert answer.get_json()["user"]["username"] == "ann"
        assert answer.get_json()["session"] is None


def test_who_may_not_ask() -> None:
    """Without a token, with a bad one, and by somebody who is not there any more: 401."""
    accounts = Accounts()
    tokens = accounts.sign_in()

    assert accounts.client.get(PATH).status_code == 401
    assert accounts.ask("GET", PATH, {"access_token": "x.y.z"}).status_code == 401
    del accounts.directory.users[1]
    assert refusal(accounts.ask("GET", PATH, tokens)) == (
        401,
        "Invalid JWT",
        "User does not exist",
    )


class Guest:
    """A user with no more than a directory has to know."""

    id = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
    username = "guest"


class Guests:
    """A directory with one user."""

    def by_id(self, user_id: Any, /) -> Guest | None:
        """Return the guest, by the text of the id."""
        return Guest() if user_id == str(Guest.id) else None

    def by_name(self, name: str, /) -> Guest | None:
        """Return the guest."""
        return Guest() if name == "guest" else None

    def verify(self, name: str, _password: str, /) -> Guest | None:
        """Return the guest."""
        return self.by_name(name)


@pytest.mark.parametrize("replaced", [False, True])
def test_only_what_there_is(replaced: bool) -> None:
    """What a user does not have is left out; an identity handler of one's own changes nothing."""
    app = Flask("guests")
    app.config["SECRET_KEY"] = secret("guests")
    jwt = JWT(app, users=Guests(), clock=lambda: NOW)

    @jwt.jwt_payload_handler
    def payload(user: Guest) -> dict[str, Any]:
        return {"iat": NOW, "nbf": NOW, "exp": NOW + 60, "identity": str(user.id)}

    if replaced:

        @jwt.identity_handler
        async def identity(claims: dict[str, Any]) -> Any:
            return claims["identity"]

    client = app.test_client()
    token = client.post("/auth", json={"username": "guest", "password": "x"}).get_json()

    answer = client.get(PATH, headers={"Authorization": f"JWT {token['access_token']}"})

    assert answer.get_json() == {
        "user": {"id": str(Guest.id), "username": "guest"},
        "session": None,
    }
    assert client.post("/auth/password", json={}).status_code == 404


def test_a_time_without_a_zone() -> None:
    """A moment without a zone is one of UTC, one of another zone is told in UTC; None is null."""
    accounts = Accounts()
    user = accounts.ann
    for created_at, shown in (
        (datetime(2026, 11, 30, 12), "2026-11-30T12:00:00Z"),
        (datetime(2026, 11, 30, 12, tzinfo=timezone(timedelta(hours=2))), "2026-11-30T10:00:00Z"),
    ):
        accounts.directory.users[1] = replace(user, created_at=created_at)
        answer = accounts.ask("GET", PATH, accounts.sign_in()).get_json()
        assert answer["user"]["created_at"] == shown


def test_a_handler_that_knows_more() -> None:
    """Whom an identity handler of one's own lets in, and the directory does not know, is nobody."""
    accounts = Accounts()
    tokens = accounts.sign_in()
    accounts.jwt.identity_handler(dict)
    del accounts.directory.users[1]

    assert refusal(accounts.ask("GET", PATH, tokens))[2] == "User does not exist"


def test_while_nobody_can_be_asked() -> None:
    """Where the directory or the sessions can't be asked: 503, and when to ask again."""
    accounts = Accounts()
    tokens = accounts.sign_in()
    accounts.directory.is_down = True

    answer = accounts.ask("GET", PATH, tokens)
    assert refusal(answer)[::2] == (503, "Users can't be looked up at the moment")
    assert answer.headers["Retry-After"] == "1"

    accounts.directory.is_down = False
    assert accounts.ask("GET", PATH, tokens).status_code == 200
