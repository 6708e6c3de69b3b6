"""Whoever asks again and again for what is done already fills no table."""

from __future__ import annotations

from typing import Any

from flask_jwt.sessions import SessionStore
from tests.support.members import Members, members_now
from tests.support.revoking import store_of


def count_of(store: SessionStore) -> int:
    """Return how many revocations a store keeps."""
    return len(store.feed(None).revocations)


def opened(url: str) -> tuple[Members, SessionStore]:
    """Return an application, and the store that it keeps everything in."""
    store = store_of(url)
    return members_now(store, JWT_REVOCATION_REFRESH=0), store


def test_one_expired_token(any_url: str) -> None:
    """Twenty sign-outs with a token of an ended session that has expired add nothing."""
    members, store = opened(any_url)
    tokens = members.sign_in()
    assert members.sign_out(tokens).status_code == 204
    members.now += 3600
    assert members.me(members.sign_in("bob")) == 200
    before = count_of(store)
    for _ in range(20):
        assert members.ask("POST", "/auth/logout", tokens).status_code == 204
        # Somebody else has this worker read and forget, as requests do.
        assert members.me(tokens) == 401

    assert count_of(store) == before


def test_one_that_is_good_still(any_url: str) -> None:
    """Nor do twenty with a token that has not expired, after the first."""
    members, store = opened(any_url)
    tokens = members.sign_in()
    for _ in range(20):
        assert members.ask("POST", "/auth/logout", tokens).status_code == 204
        assert members.me(tokens) == 401

    assert count_of(store) == 1


def test_one_token_of_the_application(any_url: str) -> None:
    """One access token that a program revokes twenty times is revoked once."""
    members, store = opened(any_url)
    with members.app.app_context():
        claims = {"jti": "x", "exp": members.now + 300}
        for _ in range(20):
            members.jwt.sessions.revoke(claims)
        members.jwt.sessions.revoke({**claims, "exp": members.now - 3600})

    assert count_of(store) == 1


def test_nothing_to_end(any_url: str) -> None:
    """The end of all others is nothing to keep, once all tokens have sessions."""
    members, store = opened(any_url)
    tokens = members.sign_in()
    older: Any = store
    feed = store.feed
    # As if the store had been opened that long ago, by its own clock.
    older.feed = lambda position: (found := feed(position))._replace(began=found.began - 700)
    assert members.me(tokens) == 200
    for _ in range(20):
        assert members.ask("DELETE", "/auth/sessions", tokens).status_code == 204

    assert count_of(store) == 0
    assert members.me(tokens) == 200
