"""A refresh token in the body of a sign-in: whose session it is, is no stranger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from blinker import NamedSignal

from flask_jwt import signals
from tests.support.secret import secret
from tests.throttle.signing_in import BAD, SITE, Site

DAY = 86_400
SIGNALS = [value for value in vars(signals).values() if isinstance(value, NamedSignal)]


def with_sessions(**config: Any) -> Site:
    return Site(**{"JWT_SESSION_STORE": "memory://", **config})


def token_of(site: Site, name: str = "ann") -> str:
    """Return the refresh token of somebody who signs in; the account then has to wait."""
    answer = site.sign_in(name)
    assert answer.status_code == 200
    site.now += 1
    return str(answer.get_json()["refresh_token"])


def refresh(site: Site, token: str) -> Any:
    return site.client.post("/auth/refresh", json={"refresh_token": token}, base_url=SITE)


def refreshed(site: Site, token: str) -> str:
    answer = refresh(site, token)
    assert answer.status_code == 200
    return str(answer.get_json()["refresh_token"])


def sign_out(site: Site, token: str) -> None:
    answer = site.client.post("/auth/logout", json={"refresh_token": token}, base_url=SITE)
    assert answer.status_code == 204


def end_all(site: Site, token: str) -> None:
    with site.app.app_context():
        site.jwt.sessions.end_all(1)


def end_one(site: Site, token: str) -> None:
    access = site.client.post("/auth/refresh", json={"refresh_token": token}, base_url=SITE)
    headers = {"Authorization": f"JWT {access.get_json()['access_token']}"}
    (session,) = site.client.get("/auth/sessions", base_url=SITE, headers=headers).get_json()[
        "sessions"
    ]
    path = f"/auth/sessions/{session['sid']}"
    assert site.client.delete(path, base_url=SITE, headers=headers).status_code == 204


def expire(site: Site, token: str) -> None:
    site.now += 400 * DAY


def replay(site: Site, token: str) -> None:
    refreshed(site, token)
    # After the grace.
    site.now += 600
    assert refresh(site, token).status_code == 401


def sign_out_and_end_all(site: Site, token: str) -> None:
    sign_out(site, token)
    site.now += 1
    end_all(site, token)


def use(site: Site, token: str) -> None:
    refreshed(site, token)


def leave(site: Site, token: str) -> None:
    """Leave the session as it is."""


@pytest.mark.parametrize("happen", [leave, use, sign_out, expire])
def test_it_counts_for_itself(happen: Callable[[Site, str], None]) -> None:
    """Live, used before, expired or signed out: neither account nor address keep its user out."""
    site = with_sessions()
    token = token_of(site)
    happen(site, token)
    site.fail(5)
    for number in range(30):
        site.fail(1, f"n{number}", address="203.0.113.7")
    assert site.wait() == 1

    waits = site.waits_of_one(refresh_token=token)
    site.now += 8
    assert waits == [1, 2, 4]
    assert site.sign_in(refresh_token=token).status_code == 200


def test_its_success_clears_its_own_count_alone() -> None:
    """What strangers have done to the account stays."""
    site = with_sessions()
    token = token_of(site)
    site.fail(5)
    for _ in range(2):
        for _ in range(4):
            assert site.sign_in(password=BAD, refresh_token=token).status_code == 401
        assert site.sign_in(refresh_token=token).status_code == 200

    assert site.wait() == 1


@pytest.mark.parametrize("happen", [end_all, end_one, replay, sign_out_and_end_all])
def test_it_is_as_if_it_were_not_there(happen: Callable[[Site, str], None]) -> None:
    """A session that was ended against its will, or lost to a thief, is a stranger's."""
    site = with_sessions()
    token = token_of(site)
    happen(site, token)
    site.fail(5)

    assert site.wait(refresh_token=token) == 1
    site.now += 1
    assert site.sign_in(refresh_token=token).status_code == 200


def test_a_disabled_user() -> None:
    """Whoever is disabled is refused by a token as without one."""
    site = with_sessions()
    token = token_of(site)
    site.users.users["ann"].enabled = False
    assert refresh(site, token).status_code == 401
    site.fail(5)

    assert site.wait(refresh_token=token) == 1


def test_a_session_that_a_sign_in_has_replaced() -> None:
    """A browser that signs in anew ends its session before: that one's token is a stranger's."""
    site = with_sessions(JWT_TOKEN_LOCATION=["headers", "cookies"])
    client = site.app.test_client()
    token = site.sign_in(client=client).get_json()["refresh_token"]
    site.now += 1
    assert site.sign_in(client=client).status_code == 200
    site.fail(5)

    assert site.wait(refresh_token=token) == 1


def test_tokens_of_others_and_of_nobody() -> None:
    """Another user's, a forged one, one of another application, an access token, any text."""
    site, other = with_sessions(), with_sessions(SECRET_KEY=secret("another"))
    mine, of_mallory = token_of(site), token_of(site, "mallory")
    forged = mine[:-4] + ("AAAA" if mine[-4:] != "AAAA" else "BBBB")
    access = site.sign_in().get_json()["access_token"]
    site.fail(5)
    for token in (of_mallory, forged, token_of(other), access, "", "A" * 72, "\u00e9", "x" * 9000):
        assert site.wait(refresh_token=token) == 1, token
    site.fail(5, "mallory")

    assert site.sign_in("mallory", refresh_token=of_mallory).status_code == 200
    assert site.wait("mallory", refresh_token=mine) == 1
    assert site.wait("nobody", refresh_token=mine) is None


def test_it_may_be_null() -> None:
    """A client that has none may say so."""
    site = with_sessions()

    assert site.sign_in(refresh_token=None).status_code == 200


@contextmanager
def heard(site: Site) -> Iterator[list[str]]:
    names: list[str] = []

    def hear(_sender: object, **_fields: object) -> None:
        names.append("something")

    for signal in SIGNALS:
        signal.connect(hear, site.app)
    try:
        yield names
    finally:
        for signal in SIGNALS:
            signal.disconnect(hear, site.app)


def test_presenting_it_does_nothing() -> None:
    """Nothing rotates, ends or is told of, although an old token at refresh would end it all."""
    site = with_sessions()
    old = token_of(site)
    current = refreshed(site, refreshed(site, old))
    with heard(site) as names:
        for token in (old, current):
            assert site.sign_in(password=BAD, refresh_token=token).status_code == 401
        assert names == []
        assert site.sign_in(refresh_token=old).status_code == 200
        # The session of this sign-in.
        assert len(names) == 1

    assert refresh(site, current).status_code == 200


@pytest.mark.parametrize("value", [1, True, [], {}, ["a"]])
def test_what_is_no_text(value: object) -> None:
    """It is a malformed body, as at refresh, which is neither counted nor checked."""
    site = with_sessions()
    for _ in range(40):
        answer = site.sign_in(refresh_token=value)
        assert answer.status_code == 400
        assert answer.get_json()["description"] == "The refresh_token has to be a string"

    assert site.checks == 0
    assert site.sign_in().status_code == 200


def test_without_sessions() -> None:
    """There a body with such a member is no sign-in, as ever."""
    site = Site()
    answer = site.sign_in(refresh_token="A" * 72)

    assert answer.status_code == 401
    assert answer.get_json()["description"] == "Invalid credentials"
    assert site.checks == 0


def test_without_a_throttle() -> None:
    """A client need not know whether sign-ins are counted: the member is allowed all the same."""
    site = with_sessions(JWT_THROTTLE=False)

    assert site.sign_in(refresh_token=token_of(site)).status_code == 200


def test_users_without_a_directory() -> None:
    """There nothing tells whose name is typed before the password is right: it is not looked at."""
    site = with_sessions(authenticate=by_name, JWT_THROTTLE=True)
    token = token_of(site)
    site.fail(5)

    assert site.wait(refresh_token=token) == 1
    site.now += 1
    assert site.sign_in(refresh_token=token).status_code == 200


def by_name(name: str, password: str) -> dict[str, Any] | None:
    return None if password == BAD else {"id": name}
