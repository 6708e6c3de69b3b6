"""Clocks that differ, that are set back, that stand still: leeway, grace, and housekeeping."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, time
from typing import Any

import pytest
from flask import Flask
from freezegun import freeze_time
from redis import Redis
from sqlalchemy import text

from flask_jwt import JWT, jwt_required
from flask_jwt.sessions import Revocation, StoreUnavailable, revocations, service
from flask_jwt.stores.memory import MemoryStore
from tests.support.members import NOW, SECRET, Members, by_hand, fault, members_now, refusal, sid_of
from tests.support.revoking import store_of
from tests.support.stores import connected, empty, empty_store
from tests.support.tokens import parts_of

HOUR = 3600
DAY = 86400


class TestLeeway:
    """``JWT_LEEWAY`` brings nobody back."""

    def test_longer_than_revocations_are_kept(self) -> None:
        """It can't be longer than what is kept beyond a token's end; without a store it can."""
        assert "JWT_LEEWAY" in fault("memory://", JWT_LEEWAY=301)
        assert Members(JWT_LEEWAY=300).sign_in()
        assert Members(None, JWT_LEEWAY=301).me({"access_token": "x"}) == 401

    def test_raised_later(self) -> None:
        """What was signed out without any stays so when the application is given the most."""
        clock = [NOW]
        store = MemoryStore(lambda: clock[0])
        members = Members(store, JWT_LEEWAY=0)
        gone, kept = members.sign_in(), members.sign_in()
        assert members.sign_out(gone).status_code == 204
        later = Members(store, JWT_LEEWAY=300)
        later.now = clock[0] = NOW + 300 + 299
        store.prune(100)

        assert (later.me(gone), later.me(kept)) == (401, 200)


class TestGrace:
    """The grace of a token that was exchanged, whatever the clock says."""

    @pytest.mark.parametrize(
        ("grace", "moved", "status"),
        [(0, 0, 401), (0, -1, 401), (10, -3600, 401), (10, 3600, 401), (10, -5, 200), (10, 5, 200)],
    )
    def test_a_clock_that_is_set(self, grace: int, moved: int, status: int) -> None:
        """No grace is none, and ten seconds are ten seconds in both directions."""
        members = Members(JWT_REFRESH_GRACE_DELTA=grace)
        old = members.sign_in()["refresh_token"]
        members.refreshed(old)
        members.now += moved
        answer = members.refresh(old)

        assert answer.status_code == status
        if status == 401:
            assert refusal(answer)[2] == "Refresh token was used before"


class TestHousekeeping:
    """Rows that nobody needs any more go by themselves."""

    @pytest.fixture
    def pass_a_minute(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        """Have a minute pass by the clock that nobody sets."""
        now = [0.0]
        monkeypatch.setattr(service, "monotonic", lambda: now[0])

        def move() -> None:
            now[0] += 61

        return move

    # The two whose clock is the application's.
    @pytest.mark.parametrize("kind", ["memory", "sqlite"])
    def test_a_sign_in_cleans_up(
        self, kind: str, tmp_path: Path, pass_a_minute: Callable[[], None]
    ) -> None:
        """The first sign-in or refresh after a minute deletes what has expired long ago."""
        with empty_store(kind, tmp_path) as url:
            members = Members(url)
            store: Any = store_in_use(members)
            old = sid_of(members.sign_in())
            members.now += 60 * DAY
            kept = members.sign_in()
            assert store.read(old) is not None

            pass_a_minute()
            members.sign_in()

            assert store.read(old) is None
            assert members.me(kept) == 200

    def test_a_refresh_cleans_up(self, pass_a_minute: Callable[[], None]) -> None:
        """So does a refresh, and not another one right after it."""
        members = Members()
        store: Any = store_in_use(members)
        old = sid_of(members.sign_in())
        members.now += 60 * DAY
        tokens = members.sign_in()
        pass_a_minute()
        tokens = members.refreshed(tokens["refresh_token"])
        assert store.read(old) is None
        store.prune = None

        assert members.refreshed(tokens["refresh_token"])

    def test_a_store_that_can_not(self, pass_a_minute: Callable[[], None]) -> None:
        """A sign-in is good although the housekeeping after it fails."""
        store: Any = MemoryStore()

        def prune(most: int) -> int:
            raise StoreUnavailable("no time")

        store.prune = prune
        members = Members(store)
        members.sign_in()
        pass_a_minute()

        assert members.me(members.sign_in()) == 200


def store_in_use(members: Members) -> Any:
    """Return the store that an application has opened."""
    registration = members.jwt.route_configs[members.app]
    return registration.store(members.app.instance_path, lambda: members.now)


class TestAClockThatJumps:
    """An hour ahead and back: in a worker that was there, and in one that begins afterwards."""

    def test_what_was_revoked_stays_so(self, any_url: str) -> None:
        """Neither workers nor stores forget anything meanwhile that denies afterwards."""
        here = members_now(any_url, JWT_REVOCATION_REFRESH=0)
        signed_out, revoked, kept = (here.sign_in() for _ in range(3))
        older = by_hand(here.now, identity="bob")
        assert here.sign_out(signed_out).status_code == 204
        revoke(here, revoked)
        here.end_all("bob")

        here.now += HOUR
        assert here.me(here.sign_in()) == 200
        while store_in_use(here).prune(100):
            pass
        here.now -= HOUR

        for worker in (here, another(here)):
            found = [worker.me(one) for one in (signed_out, revoked, older, kept)]
            assert found == [401, 401, 401, 200]

    def test_what_is_revoked_meanwhile(self) -> None:
        """What seems to have expired is revoked all the same."""
        here = Members(JWT_REVOCATION_REFRESH=0)
        revoked = here.sign_in()
        here.now += HOUR
        revoke(here, revoked)
        assert here.me(here.sign_in()) == 200
        here.now -= HOUR

        assert [worker.me(revoked) for worker in (here, another(here))] == [401, 401]

    def test_a_worker_that_begins_meanwhile(self) -> None:
        """It keeps what it reads for as long as a token can live by the clock that nobody sets."""
        here = Members()
        signed_out = here.sign_in()
        assert here.sign_out(signed_out).status_code == 204
        there = another(here)
        there.now += HOUR
        assert there.me(there.sign_in()) == 200
        there.now -= HOUR

        assert there.me(signed_out) == 401

    def test_a_token_that_was_made_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its time comes when the clock is there again, and so long it stays revoked."""
        here = Members(JWT_REVOCATION_REFRESH=0)
        here.now += HOUR
        tokens, kept = here.sign_in(), here.sign_in()
        assert here.sign_out(tokens).status_code == 204
        here.now -= HOUR
        now = monotonic()
        monkeypatch.setattr(revocations, "monotonic", lambda: now + HOUR)
        here.now += HOUR + 10
        assert here.me(kept) == 200

        assert here.me(tokens) == 401

    def test_the_stream_of_a_server(self, tmp_path: Path) -> None:
        """Redis, whose clock trims: entries are kept for two hours more than the longest lives."""
        with empty_store("redis", tmp_path) as url:
            store: Any = store_of(url)
            store.open(300.0)
            server, _, prefix = url.partition("?prefix=")
            with Redis.from_url(server) as client:
                # Whole nodes are trimmed, of 100 entries each.
                for number in range(150):
                    old = {"kind": "sid", "value": number, "expires_at": 0, "not_before": 0}
                    ago = int(time() - HOUR) * 1000 + number
                    client.xadd(f"{prefix}:{{feed}}", old, id=str(ago))
            store.revoke([Revocation("sid", "new", time() + 300)])

            assert len(store.feed(None).revocations) == 151


def another(members: Members) -> Members:
    """Return an application on the same store, which has not read anything yet."""
    there = Members(store_in_use(members), JWT_REVOCATION_REFRESH=0)
    there.now = members.now
    return there


def revoke(members: Members, tokens: dict[str, Any]) -> None:
    """Revoke one access token, and not its session."""
    with members.app.app_context():
        members.jwt.sessions.revoke(parts_of(tokens["access_token"])[1])


class TestTheMemorysClock:
    """The date since when a store remembers, and clocks that were wrong when it was written."""

    @pytest.mark.parametrize("hours", [-12, 12])
    def test_a_clock_that_is_put_right(
        self, shared_url: str, hours: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A store that was first opened by a wrong clock is as good as any: in all workers."""
        here, there = (members_now(shared_url, JWT_REVOCATION_REFRESH=0) for _ in range(2))
        wrong = hours * 3600
        here.now += wrong
        there.now += wrong
        early = here.sign_in()
        assert [worker.me(early) for worker in (here, there)] == [200, 200]

        for worker in (here, there):
            worker.now += 2 - wrong
        tokens = here.sign_in()

        for worker in (here, there, members_now(shared_url)):
            worker.now = here.now
            assert [worker.me(one) for one in (early, tokens)] == [401, 200]
        said = [one.message for one in caplog.records if one.levelname == "WARNING"]
        moved = hours > 0 and shared_url.startswith("sqlite")
        assert len(said) == (1 if moved else 0)

    def test_a_server_whose_clock_is_put_right(
        self, shared_url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Where the store's clock was ahead, its memory begins now, and the log says so once."""
        here = members_now(shared_url, JWT_REVOCATION_REFRESH=0)
        early = here.sign_in()
        begin_later(shared_url, 12 * 3600)
        here.now += 60

        tokens = here.sign_in()
        there = members_now(shared_url, JWT_REVOCATION_REFRESH=0)
        there.now = here.now

        for worker in (here, there):
            assert [worker.me(one) for one in (early, tokens)] == [401, 200]
        (line,) = [one.message for one in caplog.records if one.levelname == "WARNING"]
        assert "in the future" in line
        assert abs(float(line.split(" seconds")[0].split()[-1]) - 12 * 3600) < 100

    @pytest.mark.parametrize("hours", [-12, 12])
    def test_clocks_apart(self, shared_url: str, hours: int) -> None:
        """A loss is noticed by the application's clock, whatever that of the store says."""
        here = members_now(shared_url, JWT_REVOCATION_REFRESH=0)
        here.now += hours * 3600
        old = here.sign_in()
        assert here.me(old) == 200
        empty(shared_url)
        here.now += 60

        assert here.me(old) == 401
        new = here.sign_in()
        there = members_now(shared_url)
        there.now = here.now
        for worker in (here, there):
            assert [worker.me(one) for one in (old, new)] == [401, 200]


def begin_later(url: str, seconds: int) -> None:
    """Have a store's memory begin later than it did, as by a clock that was ahead."""
    if url.startswith("redis"):
        server, _, prefix = url.partition("?prefix=")
        with Redis.from_url(server) as client:
            client.hincrby(f"{prefix}:{{feed}}:memory", "began", seconds * 1_000_000)
        return
    with connected(url) as connection:
        connection.execute(text(f"UPDATE flask_jwt_store SET began = began + {seconds}"))


def test_frozen(any_url: str) -> None:
    """Access tokens expire by it everywhere; sessions where the store has no clock of its own."""
    app = Flask("frozen")
    app.config.update(SECRET_KEY=SECRET, JWT_SESSION_STORE=any_url)
    JWT(app, lambda username, password: {"id": username}, dict)
    app.add_url_rule("/me", "me", jwt_required()(lambda: "me"))
    client = app.test_client()

    def me() -> int:
        return client.get("/me", headers={"Authorization": f"JWT {access}"}).status_code

    with freeze_time(datetime.now(UTC)) as time:
        tokens = client.post("/auth", json={"username": "ann", "password": "x"}).get_json()
        access, refresh = tokens["access_token"], {"refresh_token": tokens["refresh_token"]}
        assert me() == 200
        time.tick(timedelta(minutes=6))
        assert me() == 401
        time.tick(timedelta(days=8))
        goes_by_it = any_url.startswith(("memory", "sqlite"))
        assert client.post("/auth/refresh", json=refresh).status_code == (
            401 if goes_by_it else 200
        )
