"""A store that has lost its memory, in whole or in part: nobody comes back who was signed out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.support.members import Members, by_hand, members_now, refusal, sid_of
from tests.support.stores import connected, empty, empty_store

DAY = 86400


class TestTokensWithoutSession:
    """Tokens from before there were sessions, which only the store's memory can deny."""

    def test_one_that_lives_long(self) -> None:
        """One that would outlive the store's memory is refused before a restart and after it."""
        members = Members()
        old = by_hand(members.now - 10, exp=int(members.now) + 30 * DAY)
        members.end_all()
        assert members.me(old) == 401

        restarted = Members()

        assert restarted.me(old) == 401
        assert refusal(restarted.ask("GET", "/me", old))[1] == "Invalid token"

    def test_a_store_that_is_emptied(self, shared_url: str) -> None:
        """A worker that sees its store lose its memory refuses all of them from then on."""
        members = members_now(shared_url, JWT_REVOCATION_REFRESH=0)
        ann, bob = (by_hand(members.now - 10, identity=name) for name in ("ann", "bob"))
        members.end_all()
        assert (members.me(ann), members.me(bob)) == (401, 200)

        empty(shared_url)

        assert (members.me(ann), members.me(bob)) == (401, 401)
        assert members.me(members.sign_in()) == 200
        assert members.me(by_hand(members.now)) == 401


@pytest.mark.parametrize("first", ["sign-in", "refresh", "guard", "list", "sign-out", "end all"])
def test_emptied_while_the_application_runs(shared_url: str, first: str) -> None:
    """Whatever comes first then, old tokens are refused, and a sign-in is as good as any."""
    members = members_now(shared_url, JWT_REVOCATION_REFRESH=0)
    old = members.sign_in()
    empty(shared_url)
    # Tokens of the second in which the memory begins anew can't be told apart.
    members.now += 2

    def present() -> TestResponse:
        return members.refresh(old["refresh_token"])

    if first == "refresh":
        assert present().status_code == 401
    elif first == "guard":
        assert members.me(old) == 401
    elif first == "list":
        assert members.ask("GET", "/auth/sessions", old).status_code == 401
    elif first == "sign-out":
        assert members.sign_out(old).status_code == 401
    elif first == "end all":
        members.end_all()

    new = members.sign_in()
    assert members.me(new) == 200
    assert (members.me(old), present().status_code) == (401, 401)
    assert members.refreshed(new["refresh_token"])
    assert members.sign_out(new).status_code == 204
    assert members.me(new) == 401


def test_emptied_under_two_processes(shared_url: str) -> None:
    """The second one takes up what the first has begun anew."""
    here, there = (members_now(shared_url, JWT_REVOCATION_REFRESH=0) for _ in range(2))
    old = here.sign_in()
    assert there.me(old) == 200
    empty(shared_url)
    here.now += 2
    there.now += 2

    one, two = here.sign_in(), there.sign_in()

    assert [worker.me(one) for worker in (here, there)] == [200, 200]
    assert [worker.me(two) for worker in (here, there)] == [200, 200]
    assert [worker.me(old) for worker in (here, there)] == [401, 401]
    assert here.sign_out(two).status_code == 204
    assert there.me(two) == 401


def test_the_row_that_counts_is_gone(sql_url: str) -> None:
    """A sign-out goes on to work where one row alone was lost, and other workers hear of it."""
    here, there = (members_now(sql_url, JWT_REVOCATION_REFRESH=0) for _ in range(2))
    former, present = here.sign_in(), here.sign_in()
    assert here.sign_out(former).status_code == 204
    assert (there.me(former), there.me(present)) == (401, 200)
    with connected(sql_url) as connection:
        connection.execute(text("DELETE FROM flask_jwt_store"))

    assert here.sign_out(present).status_code == 204
    later, last = here.sign_in(), there.sign_in()
    assert here.sign_out(later).status_code == 204

    assert [there.me(one) for one in (former, present, later, last)] == [401, 401, 401, 200]
    assert [here.me(one) for one in (former, present, later, last)] == [401, 401, 401, 200]


def test_numbers_of_another_clock(tmp_path: Path) -> None:
    """Redis may count from lower on after a failover: what was revoked since is refused too."""
    with empty_store("redis", tmp_path) as url:
        members = members_now(url, JWT_REVOCATION_REFRESH=0)
        lost, ended, kept = (members.sign_in() for _ in range(3))
        assert members.sign_out(lost).status_code == 204
        assert (members.me(lost), members.me(ended)) == (401, 200)
        server, _, prefix = url.partition("?prefix=")
        stream, now = f"{prefix}:{{feed}}", time()
        revocation = {"kind": "sid", "value": sid_of(ended), "not_before": 0}
        revocation["expires_at"] = round((now + 1000) * 1_000_000)
        with Redis.from_url(server) as client:
            client.delete(stream)
            client.xadd(stream, revocation, id=f"{round(now * 1000) - 5000}-0")

        assert members.me(ended) == 401
        assert (members.me(lost), members.me(kept)) == (401, 200)


class Ticking(Members):
    """An application whose clock has gone on by a second each time that it is looked at."""

    _now = 0.0

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        self._now += 1
        return self._now

    @now.setter
    def now(self, now: float) -> None:
        self._now = now


def lose_the_row(url: str) -> None:
    """Have a store lose the one row that says since when it remembers."""
    if url.startswith("redis"):
        server, _, prefix = url.partition("?prefix=")
        with Redis.from_url(server) as client:
            client.delete(f"{prefix}:{{feed}}:memory")
        return
    with connected(url) as connection:
        connection.execute(text("DELETE FROM flask_jwt_store"))


@pytest.mark.parametrize("lose", [empty, lose_the_row])
def test_the_first_who_signs_in(shared_url: str, lose: Callable[[str], None]) -> None:
    """The token is good at once: at the very first use, after a loss, and in every worker."""
    here, there = (Ticking(shared_url, JWT_REVOCATION_REFRESH=1000) for _ in range(2))
    first = here.sign_in()
    assert [worker.me(first) for worker in (here, there)] == [200, 200]

    lose(shared_url)
    here.now += 60
    later = Ticking(shared_url)
    # Another process, whose clock is not ahead of this one's.
    later.now = here.now
    new = here.sign_in()

    assert [worker.me(new) for worker in (here, later)] == [200, 200]
    assert [worker.me(first) for worker in (here, later)] == [401, 401]


def test_lost_at_the_worst_moment(sql_url: str) -> None:
    """Lost between the look at the store and the sign-in: that is made anew, and good at once."""
    members = Ticking(sql_url, JWT_REVOCATION_REFRESH=1000)
    members.now = time()
    first = members.sign_in()

    @members.jwt.jwt_payload_handler
    def lose_once(user: dict[str, Any]) -> dict[str, Any]:
        if not made:
            empty(sql_url)
        made.append(user["id"])
        now = int(members.now)
        return {"identity": user["id"], "iat": now, "nbf": now, "exp": now + 200}

    made: list[str] = []
    new = members.sign_in()

    assert made == ["ann", "ann"]
    assert (members.me(new), members.me(first)) == (200, 401)
    assert members.refreshed(new["refresh_token"])
