"""A user with many sessions: the limit, pages, and ends in batches."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flask_jwt import JWTError
from flask_jwt.sessions import StoreUnavailable, circuit_breaker, service
from flask_jwt.sessions.models import MOST_ENDED
from flask_jwt.signals import session_ended, session_started
from flask_jwt.stores import memory
from flask_jwt.testing.factories import listed, new_session
from tests.stores.test_processes import serving
from tests.support.members import Members, fault, members_now, refusal, sid_of
from tests.support.revoking import store_of
from tests.support.visitor import Visitor

ANN = '"ann"'


class Heard:
    """The ends that an application was told of, as names with reasons."""

    def __init__(self, members: Members) -> None:
        self.ends: list[tuple[str, str]] = []
        session_ended.connect(self.hear, members.app)

    def hear(self, _app: Any, sid: str, because: str, **_more: Any) -> None:
        self.ends.append((sid, because))


class TestTheLimit:
    """``JWT_SESSIONS_PER_USER``."""

    def test_the_oldest_ends(self, any_url: str) -> None:
        """A sign-in beyond it signs out the oldest, at once and with a signal; other users stay."""
        members = members_now(any_url, JWT_SESSIONS_PER_USER=2, JWT_REVOCATION_REFRESH=0)
        # In the middle of a second: in the next one, the store would have begun later.
        members.now = int(members.now) + 0.5
        heard = Heard(members)
        bob, first = members.sign_in("bob"), members.sign_in()
        members.now += 0.001
        second = members.sign_in()
        assert [members.me(one) for one in (first, second, bob)] == [200, 200, 200]

        members.now += 0.001
        third = members.sign_in()

        assert [members.me(one) for one in (first, second, third, bob)] == [401, 200, 200, 200]
        assert heard.ends == [(sid_of(first), "limit")]
        assert refusal(members.refresh(first["refresh_token"]))[2] == "Session has ended"
        assert [one["sid"] for one in members.listed(third)] == [sid_of(third), sid_of(second)]

    def test_what_is_over_does_not_count(self, any_url: str) -> None:
        """Sessions that were signed out leave their places to others."""
        members = members_now(any_url, JWT_SESSIONS_PER_USER=2, JWT_REVOCATION_REFRESH=0)
        first = members.sign_in()
        for _ in range(3):
            assert members.sign_out(members.sign_in()).status_code == 204

        members.sign_in()

        assert members.me(first) == 200

    def test_an_account_with_far_too_many(
        self, any_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each sign-in ends some, until the limit is reached; none ends the session it begins."""
        monkeypatch.setattr(service, "MAX_BATCHES", 1)
        store = store_of(any_url)
        members = members_now(store, JWT_SESSIONS_PER_USER=10)
        members.sign_in("bob")
        for _ in range(2 * MOST_ENDED):
            store.insert(new_session())
        heard = Heard(members)
        counts = []
        for number in range(3):
            newest = sid_of(members.sign_in())
            left = listed(store, ANN)
            assert newest in left, number
            counts.append(len(left))

        assert counts == [MOST_ENDED + 1, 10, 10]
        assert len(heard.ends) == 2 * MOST_ENDED + 3 - 10
        assert {because for _, because in heard.ends} == {"limit"}

    def test_several_processes(self, shared_url: str, tmp_path: Path) -> None:
        """Sign-ins in four workers at once keep the limit, and the last one in is signed in."""
        with serving(shared_url, tmp_path, SHARED_PER_USER="5") as server:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda _: Visitor(server), range(24)))
            # Of those at the very same moment one may stay beyond it, until the next.
            visitor = Visitor(server)
            token = visitor.tokens["access_token"]

            found = server.get("/auth/sessions", token=token).json["sessions"]
            assert len(found) == 5
            assert [one["this"] for one in found].count(True) == 1

    def test_a_store_that_fails_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who has signed in is signed in; the next sign-in ends what was left."""
        monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 0.0)
        store = store_of("memory://")
        members = members_now(store, JWT_SESSIONS_PER_USER=1)
        real = store.end_batch

        def fail(*_args: Any) -> Any:
            raise StoreUnavailable("away")

        first = members.sign_in()
        monkeypatch.setattr(store, "end_batch", fail)
        second = members.sign_in()
        assert (members.me(first), members.me(second)) == (200, 200)
        monkeypatch.setattr(store, "end_batch", real)
        third = members.sign_in()

        assert [members.me(one) for one in (first, second, third)] == [401, 401, 200]

    def test_signals_in_order(self) -> None:
        """A sign-in is told before the end that it causes."""
        members = members_now("memory://", JWT_SESSIONS_PER_USER=1)
        told: list[str] = []

        def started(_app: Any, **_more: Any) -> None:
            told.append("started")

        def ended(_app: Any, **_more: Any) -> None:
            told.append("ended")

        with (
            session_started.connected_to(started, members.app),
            session_ended.connected_to(ended, members.app),
        ):
            members.sign_in()
            members.sign_in()

        assert told == ["started", "started", "ended"]

    @pytest.mark.parametrize("value", [0, -1, 1.5, "100", True, [1]])
    def test_no_such_limit(self, value: Any) -> None:
        """It is a whole number of one or more."""
        assert "JWT_SESSIONS_PER_USER" in fault("memory://", JWT_SESSIONS_PER_USER=value)


class TestPages:
    """Long lists."""

    @pytest.fixture
    def members(self) -> Members:
        """An application with a user who has signed in 250 times, a second apart."""
        members = Members(JWT_SESSIONS_PER_USER=1000, JWT_EXPIRATION_DELTA=3600)
        with members.app.app_context():
            for _ in range(249):
                members.jwt.sessions.start({"id": "ann"})
                members.now += 1
        return members

    def pages(self, members: Members, query: str = "") -> list[int]:
        """Follow the pages, and return how long each one is; no session is shown twice."""
        tokens = members.sign_in()
        lengths, seen, more = [], set[str](), query
        while True:
            body = members.ask("GET", f"/auth/sessions?{more}", tokens).get_json()
            lengths.append(len(body["sessions"]))
            seen |= {one["sid"] for one in body["sessions"]}
            if "next" not in body:
                break
            more = f"{query}&after={body['next']}"
        assert sum(lengths) == len(seen)
        return lengths

    def test_by_http(self, members: Members) -> None:
        """A page has a hundred, or as many as were asked for, and names the next."""
        assert self.pages(members) == [100, 100, 50]
        assert self.pages(members, "limit=90") == [90, 90, 71]

    def test_a_full_page_that_is_the_last(self) -> None:
        """It names no next one."""
        assert self.pages(Members(), "limit=1") == [1]

    @pytest.mark.parametrize(
        "query",
        [
            *("limit=0", "limit=101", "limit=-1", "limit=", "limit=1.5", "limit=x", "limit=\u0661"),
            *(f"limit={'1' * 5000}", "after=", "after=x", "after=aaaaaaaaaaaaaaaaaaaaaA"),
        ],
    )
    def test_what_is_no_page(self, query: str) -> None:
        """A number or a place that is none is a 400."""
        members = Members()
        answer = members.ask("GET", f"/auth/sessions?{query}", members.sign_in())

        assert refusal(answer)[:2] == (400, "Bad Request")

    def test_somebody_elses_place(self) -> None:
        """A session of another user is no place in this list, whether there is one or not."""
        members = Members()
        theirs, mine = sid_of(members.sign_in("bob")), members.sign_in()
        answer = members.ask("GET", f"/auth/sessions?after={theirs}", mine)
        nobody = members.ask("GET", "/auth/sessions?after=aaaaaaaaaaaaaaaaaaaaaA", mine)

        assert answer.status_code == nobody.status_code == 400
        assert answer.data == nobody.data

    def test_from_python(self, members: Members) -> None:
        """``jwt.sessions.list`` goes on after the last one that it gave."""
        sessions = members.jwt.sessions
        with members.app.app_context():
            found = sessions.list("ann")
            assert len(found) == 100
            while page := sessions.list("ann", after=found[-1], limit=60):
                found += page
            began = [one.began_at for one in found]
            assert began == sorted(set(began), reverse=True)
            assert len(found) == 249
            for wrong in (0, 101):
                with pytest.raises(ValueError, match="1 to 100"):
                    sessions.list("ann", limit=wrong)
            with pytest.raises(ValueError, match="another user"):
                sessions.list("bob", after=found[0])

    def test_the_command(self, members: Members) -> None:
        """``flask jwt sessions list`` shows all of them below one line of titles."""
        result = members.app.test_cli_runner().invoke(args=["jwt", "sessions", "list", "ann"])
        lines = result.stdout.splitlines()

        assert len({line.split()[0] for line in lines}) == len(lines) == 250
        assert [line.startswith("SID") for line in lines].count(True) == 1


class TestBatches:
    """The end of many sessions."""

    def test_who_signs_in_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The end of all sessions comes to its end, however often somebody signs in meanwhile."""
        store: Any = store_of("memory://")
        members = members_now(store)
        members.sign_in()
        real = store.end_batch

        def end_and_begin(*args: Any) -> Any:
            ended = real(*args)
            store.insert(new_session())
            return ended

        monkeypatch.setattr(store, "end_batch", end_and_begin)
        with members.app.app_context():
            assert members.jwt.sessions.end_all("ann") == 1

    def test_an_end_that_is_interrupted(
        self, any_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What had ended stays ended and was told; the next attempt ends the rest."""
        monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 0.0)
        store: Any = store_of(any_url)
        members = members_now(store, JWT_SESSIONS_PER_USER=1000)
        heard = Heard(members)
        mine = members.sign_in()
        for _ in range(MOST_ENDED + 50):
            store.insert(new_session())
        calls, real = [0], store.end_batch

        def fail_once(*args: Any) -> Any:
            calls[0] += 1
            if calls[0] == 2:
                raise StoreUnavailable("away")
            return real(*args)

        monkeypatch.setattr(store, "end_batch", fail_once)
        with members.app.app_context():
            with pytest.raises(JWTError):
                members.jwt.sessions.end_all("ann", except_sid=sid_of(mine))
            ended = len(heard.ends)
            assert 0 < ended <= MOST_ENDED
            assert len(listed(store, ANN)) == MOST_ENDED + 51 - ended

            rest = members.jwt.sessions.end_all("ann", except_sid=sid_of(mine))

        assert ended + rest == MOST_ENDED + 50 == len({sid for sid, _ in heard.ends})
        assert listed(store, ANN) == [sid_of(mine)]


def test_an_observer_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that raises at an end keeps no other session from ending."""
    for module in (memory, service):
        monkeypatch.setattr(module, "MOST_ENDED", 2)
    members = Members()
    tokens = [members.sign_in() for _ in range(5)]

    def fail(_app: Any, **_more: Any) -> None:
        raise LookupError("no log")

    with session_ended.connected_to(fail, members.app):
        members.end_all()

    assert [members.me(one) for one in tokens] == [401] * 5
