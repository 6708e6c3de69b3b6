"""Databases that were set up by others: in another encoding, with another isolation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from flask_jwt.testing.factories import run_concurrently
from tests.support.members import members_now
from tests.support.stores import connected, empty_database

AT_ONCE = 12
# As an administrator of long ago may have made it.
SQL_ASCII = "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
REPEATABLE_READ = "options=-c%20default_transaction_isolation%3Drepeatable%5C%20read"


@pytest.fixture
def ascii_url() -> Iterator[str]:
    """The URL of a database that knows no letters beyond ASCII."""
    with empty_database("postgresql", SQL_ASCII) as url:
        yield url


@pytest.mark.parametrize("agent", ["Téléphone/2", "\xff\xfe", "a" * 254 + "é", "é" * 5000])
def test_a_database_without_encoding(ascii_url: str, agent: str) -> None:
    """A browser whose name has other bytes signs in, and is listed."""
    members = members_now(ascii_url)
    body = {"username": "ann", "password": "x"}
    answer = members.client.post("/auth", json=body, headers={"User-Agent": agent})
    assert answer.status_code == 200, answer.text
    tokens = answer.get_json()
    assert members.refresh(tokens["refresh_token"], **{"User-Agent": agent}).status_code == 200

    (session,) = members.listed(tokens)

    assert session["user_agent"].isascii()
    assert len(session["user_agent"]) == min(len(agent), 255)


def test_a_user_with_other_letters(ascii_url: str) -> None:
    """So does a user, with claims in whatever script."""
    name = "späť \U0001f511"
    members = members_now(ascii_url)
    members.users[name] = {"id": name}
    tokens = members.sign_in(name)

    assert members.ask("GET", "/me", tokens).text == name
    tokens = members.refreshed(tokens["refresh_token"])
    assert len(members.listed(tokens)) == 1
    assert members.sign_out(tokens).status_code == 204
    assert members.me(tokens) == 401


@pytest.fixture
def repeatable_url() -> Iterator[str]:
    """The URL of a database whose transactions see one picture each, unless told."""
    with empty_database("postgresql") as plain:
        url = f"{plain}?{REPEATABLE_READ}"
        with connected(url) as connection:
            found = connection.execute(text("SHOW default_transaction_isolation")).scalar()
            assert found == "repeatable read"
        yield url


def test_many_refreshes_in_frozen_pictures(repeatable_url: str) -> None:
    """Refreshes at the same moment, within the grace, are all answered with the same token."""
    members = members_now(repeatable_url)
    body = {"refresh_token": members.sign_in()["refresh_token"]}

    answers = run_concurrently(
        AT_ONCE, lambda _: members.app.test_client().post("/auth/refresh", json=body)
    )

    assert [answer.status_code for answer in answers] == [200] * AT_ONCE
    assert len({answer.get_json()["refresh_token"] for answer in answers}) == 1


def test_ends_in_frozen_pictures(repeatable_url: str) -> None:
    """Sign-outs at the same moment all succeed, and one of them has ended the session."""
    members = members_now(repeatable_url, JWT_REVOCATION_REFRESH=0)
    tokens = [members.sign_in() for _ in range(AT_ONCE)]

    def sign_out(place: int) -> int:
        body = {"refresh_token": tokens[place % 4]["refresh_token"]}
        return members.app.test_client().post("/auth/logout", json=body).status_code

    assert run_concurrently(AT_ONCE, sign_out) == [204] * AT_ONCE
    assert [members.me(one) for one in tokens] == [401] * 4 + [200] * (AT_ONCE - 4)
