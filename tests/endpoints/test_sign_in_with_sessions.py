"""Sign-in with sessions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.members import NOW, Members, signed_in
from tests.support.tokens import parts_of


def claims_of(tokens: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = parts_of(tokens["access_token"])[1]
    return found


def test_the_answer() -> None:
    """Sign-in gives both tokens, the scheme, and after how long the first expires."""
    tokens = Members().sign_in()

    assert tokens.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("JWT", 300)
    claims = claims_of(tokens)
    assert claims.keys() == {"exp", "iat", "nbf", "identity", "jti", "sid", "auth_time", "amr"}
    assert (claims["identity"], claims["exp"]) == ("ann", NOW + 300)
    assert (claims["auth_time"], claims["amr"]) == (NOW, ["pwd"])


def test_no_two_are_alike() -> None:
    """Each sign-in is a session of its own."""
    members = Members()
    first, second = members.sign_in(), members.sign_in()

    assert first["refresh_token"] != second["refresh_token"]
    assert claims_of(first)["sid"] != claims_of(second)["sid"]
    assert claims_of(first)["jti"] != claims_of(second)["jti"]


def test_a_refresh_token_is_no_jwt() -> None:
    """A refresh token opens nothing: it is no JWT, with the published keys or without."""
    members, tokens = signed_in()
    token = tokens["refresh_token"]

    assert "." not in token
    assert members.me({"access_token": token}) == 401


def test_without_a_store_nothing_changes() -> None:
    """Without a store the answer is that of 0.3.2, and the routes are not there."""
    members = Members(None)
    answer = members.client.post("/auth", json={"username": "ann", "password": "x"})

    assert answer.get_json().keys() == {"access_token"}
    assert parts_of(answer.get_json()["access_token"])[1].keys() == {
        "exp",
        "iat",
        "nbf",
        "identity",
    }
    for path in ("/auth/refresh", "/auth/logout", "/auth/sessions"):
        assert members.client.post(path, json={}).status_code == 404


@pytest.mark.parametrize(
    ("remember", "longest"), [(True, 7 * 86400), (False, 12 * 3600)], ids=["long", "short"]
)
def test_remember(remember: bool, longest: int) -> None:
    """Who does not want to be remembered is signed out after half a day."""
    members = Members()
    tokens = members.sign_in(remember=remember)
    (session,) = members.listed(tokens)

    assert 0.95 * longest - 1 <= session["expires_at"] - NOW <= longest
    members.now = session["expires_at"] + 1
    assert members.refresh(tokens["refresh_token"]).status_code == 401


def test_a_short_session_does_not_grow() -> None:
    """Refreshes do not make a short session longer than it was meant to be."""
    members = Members()
    tokens = members.sign_in(remember=False)
    ends = members.listed(tokens)[0]["expires_at"]
    members.now = ends - 60
    tokens = members.refreshed(tokens["refresh_token"])

    assert members.listed(tokens)[0]["expires_at"] == ends
    assert claims_of(tokens)["exp"] == ends
    assert tokens["expires_in"] == 60


def test_sessions_do_not_end_together() -> None:
    """The life of each session is drawn: those that began together do not end together."""
    members = Members()
    for _ in range(20):
        tokens = members.sign_in()
    ends = {session["expires_at"] for session in members.listed(tokens)}

    assert len(ends) > 15
