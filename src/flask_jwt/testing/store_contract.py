"""What a store of sessions has to do, as tests that it can be put to."""

from __future__ import annotations

from contextlib import suppress

from ..errors import ConfigurationError
from ..sessions.errors import StoreBusy
from ..sessions.models import NewSession, Revocation, SessionStore, Use, subject_key
from ..sessions.refresh_tokens import new_sid
from .factories import (
    LONG_AGO,
    MARGIN,
    a_use,
    at_once,
    in_child,
    listed,
    new_session,
    reading_of,
    soon,
    values_of,
)
from .many_contract import ManySessionsContract
from .revocation_contract import RevocationContract

# So many that an answer to another process would be met.
_READS = 100


class SessionStoreContract(RevocationContract, ManySessionsContract):
    """The tests that every store of this package passes.

    Make a class of pytest's out of it, with the store to test::

        class TestMyStore(SessionStoreContract):
            def make_store(self):
                return MyStore(…)

    Each test asks for one store of its own. Nothing here waits.
    """

    def test_a_session_is_kept_whole(self) -> None:
        """What is read is what was inserted, with times that the store has set."""
        store = self.opened()
        claims = {"identity": 1, "roles": ["späť", "\U0001f511"], "deep": {"a": [None, True, 1.5]}}
        new = new_session(claims=claims, added={"tenant": "acme"}, methods=("pwd", "otp"))
        store.insert(new)

        session, now = reading_of(self.same_store(store), new.sid)

        assert (session.sid, session.subject, session.salt) == (new.sid, new.subject, new.salt)
        assert (session.claims, session.added, session.methods) == (
            claims,
            {"tenant": "acme"},
            ("pwd", "otp"),
        )
        assert (session.address, session.user_agent) == ("203.0.113.9", "a browser")
        assert (session.counter, session.ended_at, session.ended_because) == (0, None, None)
        assert session.began_at == session.rotated_at == session.used_at
        assert abs(session.idle_until - session.began_at - new.idle_span) < 0.01
        assert abs(session.expires_at - session.began_at - new.life_span) < 0.01
        assert abs(session.access_until - new.use.access_until) < 0.01
        assert session.began_at <= now
        assert session.is_live(now)

    def test_names_of_all_sessions(self) -> None:
        """A store that says it knows all sessions there are knows those that it was given."""
        store = self.opened()
        new = new_session()
        store.insert(new)

        assert store.issued is None or new.sid in store.issued

    def test_nobody_knows_the_rest(self) -> None:
        """A name that was never given to a session leads nowhere."""
        store = self.opened()
        sid = new_sid()

        assert store.read(sid) is None
        assert not store.rotate(sid, 0, a_use())
        assert not store.repeat(sid, 0, a_use())
        assert store.end(sid, "test", MARGIN) == []
        assert listed(store, subject_key(sid)) == []

    def test_names_differ_by_case(self) -> None:
        """Neither sessions nor subjects are taken for others whose letters differ in case alone."""
        store = self.opened()
        new = new_session(subject=subject_key("ann"), sid="aaaaaaaaaaaaaaaaaaaaaA")
        store.insert(new)

        assert store.read("AAAAAAAAAAAAAAAAAAAAAA") is None
        assert listed(store, subject_key("Ann")) == []
        assert listed(store, subject_key("ann ")) == []
        assert listed(store, subject_key("ann")) == [new.sid]

    def test_nothing_is_known_of_the_device(self) -> None:
        """A session may begin without an address, and a program may have a long name."""
        store = self.opened()
        new = new_session(use=Use(soon(store), None, None))
        store.insert(new)
        before = reading_of(store, new.sid).session
        assert (before.address, before.user_agent) == (None, None)

        assert store.rotate(new.sid, 0, Use(1.0, "::1", "x" * 5000))
        after = reading_of(store, new.sid).session

        assert after.address == "::1"
        assert after.user_agent is not None
        assert "x" * 100 in after.user_agent

    def test_rotate(self) -> None:
        """A rotation moves the counter by one, and all that goes with it."""
        store = self.opened()
        new = new_session()
        store.insert(new)
        before = reading_of(store, new.sid).session
        until = before.access_until + 60

        assert store.rotate(new.sid, 0, Use(until, "192.0.2.1", "a telephone"))
        after, now = reading_of(self.same_store(store), new.sid)

        assert after.counter == 1
        assert before.rotated_at <= after.rotated_at == after.used_at <= now
        assert before.idle_until <= after.idle_until <= after.expires_at
        assert after.expires_at == before.expires_at
        assert after.began_at == before.began_at
        assert abs(after.access_until - until) < 0.01
        assert (after.address, after.user_agent) == ("192.0.2.1", "a telephone")

    def test_rotate_compares(self) -> None:
        """Nothing changes where the counter is another one."""
        store = self.opened()
        new = new_session()
        store.insert(new)
        assert store.rotate(new.sid, 0, a_use())
        before = reading_of(store, new.sid).session

        assert not store.rotate(new.sid, 0, a_use())
        assert not store.rotate(new.sid, 2, a_use())
        assert not store.repeat(new.sid, 0, a_use())
        assert reading_of(store, new.sid).session == before

    def test_access_until_never_sinks(self) -> None:
        """A shorter access token does not make the revocation of a longer one too short."""
        store = self.opened()
        new = new_session()
        store.insert(new)
        highest = reading_of(store, new.sid).session.access_until

        assert store.rotate(new.sid, 0, a_use(1.0))
        assert store.repeat(new.sid, 1, a_use(2.0))
        assert reading_of(store, new.sid).session.access_until == highest

    def test_repeat(self) -> None:
        """A repetition moves neither the counter, nor the rotation's time, nor the expiry."""
        store = self.opened()
        new = new_session()
        store.insert(new)
        assert store.rotate(new.sid, 0, a_use())
        before = reading_of(store, new.sid).session
        until = before.access_until + 60

        assert store.repeat(new.sid, 1, Use(until, "192.0.2.7", "a thief"))
        after = reading_of(store, new.sid).session

        assert abs(after.access_until - until) < 0.01
        assert after.used_at >= before.used_at
        assert after == before._replace(used_at=after.used_at, access_until=after.access_until)

    def test_extend(self) -> None:
        """Another access token moves neither the counter nor the time of the rotation."""
        store = self.opened()
        new = new_session()
        store.insert(new)
        before = reading_of(store, new.sid).session
        until = before.access_until + 60

        assert store.extend(new.sid, Use(until, "192.0.2.8", "a watch"))
        after, now = reading_of(self.same_store(store), new.sid)

        assert (after.counter, after.rotated_at) == (before.counter, before.rotated_at)
        assert before.used_at <= after.used_at <= now
        assert before.idle_until <= after.idle_until <= after.expires_at == before.expires_at
        assert abs(after.access_until - until) < 0.01
        assert (after.address, after.user_agent) == ("192.0.2.8", "a watch")
        assert store.rotate(new.sid, 0, a_use())

    def test_what_has_ended_is_not_extended(self) -> None:
        """Neither an end nor an expiry is undone."""
        store = self.opened()
        ended, expired = new_session(), new_session(idle_span=0.0)
        for new in (ended, expired):
            store.insert(new)
        store.end(ended.sid, "logout", MARGIN)

        assert not store.extend(ended.sid, a_use())
        assert not store.extend(expired.sid, a_use())
        assert not store.extend(new_sid(), a_use())
        assert reading_of(store, ended.sid).session.ended_because == "logout"

    def test_the_life_of_a_session_bounds_it(self) -> None:
        """No refresh takes a session past its end."""
        store = self.opened()
        new = new_session(idle_span=1000.0, life_span=500.0)
        store.insert(new)
        assert store.rotate(new.sid, 0, a_use())
        session = reading_of(store, new.sid).session

        assert session.idle_until == session.expires_at

    def test_an_expired_session(self) -> None:
        """One that was idle too long, or is past its end, neither moves nor is listed."""
        store = self.opened()
        for new in (new_session(idle_span=0.0), new_session(idle_span=0.0, life_span=0.0)):
            store.insert(new)
            session, now = reading_of(store, new.sid)

            assert not session.is_live(now)
            assert not store.rotate(new.sid, 0, a_use())
            assert not store.repeat(new.sid, 0, a_use())
            assert listed(store, new.subject) == []

    def test_the_newest_first(self) -> None:
        """Sessions are listed in the order in which they began, the newest first."""
        store = self.opened()
        news = [new_session() for _ in range(5)]
        for new in news:
            store.insert(new)

        found = store.sessions_of(news[0].subject, 100, None)

        assert {one.sid for one in found} == {new.sid for new in news}
        began = [one.began_at for one in found]
        assert began == sorted(began, reverse=True)

    def test_one_of_many_wins(self) -> None:
        """Of many rotations at once from one counter, one is done."""
        store = self.opened()
        new = new_session()
        store.insert(new)
        stores = [store, self.same_store(store)]

        done = at_once(12, lambda place: stores[place % 2].rotate(new.sid, 0, a_use()))

        assert sorted(done) == [False] * 11 + [True]
        assert reading_of(store, new.sid).session.counter == 1

    def test_a_refusal_is_no_outage(self) -> None:
        """What the server refuses harms that call alone, and is told from a server that is away."""
        store = self.opened()
        kept, refused = new_session(), new_session(subject=subject_key("bob"))
        store.insert(kept)
        refusing = self.refusing(refused.subject)
        if refusing is not None:
            with refusing:
                assert isinstance(_error_of(store, refused), StoreBusy | ConfigurationError)
                assert store.rotate(kept.sid, 0, a_use())
                assert reading_of(store, kept.sid).session.counter == 1
                assert isinstance(_error_of(store, refused), StoreBusy | ConfigurationError)
                store.revoke([Revocation("jti", "revoked meanwhile", soon(store))])
                assert "revoked meanwhile" in values_of(store.feed(None).revocations)

        store.insert(refused)

        assert listed(store, refused.subject) == [refused.sid]

    def test_prune(self) -> None:
        """What is long past goes, and what is not stays."""
        store = self.opened()
        old = new_session(idle_span=LONG_AGO, life_span=LONG_AGO, use=Use(1.0, None, None))
        new = new_session()
        store.insert(old)
        store.insert(new)
        kept = Revocation("jti", "kept", soon(store))
        store.revoke([Revocation("jti", "gone", 1.0), kept])

        while store.prune(100):
            pass

        assert store.read(old.sid) is None
        assert reading_of(store, new.sid).session.sid == new.sid
        assert "kept" in values_of(store.feed(None).revocations)

    def test_a_clock_that_jumps(self) -> None:
        """What has expired an hour ago by the store's clock is kept: it may be an hour ahead."""
        store = self.opened()
        new = new_session(idle_span=-3600, life_span=-3600, use=Use(1.0, None, None))
        store.insert(new)
        store.revoke([Revocation("jti", "kept", reading_of(store, new.sid).now - 3600)])

        while store.prune(100):
            pass

        assert "kept" in values_of(store.feed(None).revocations)
        assert reading_of(store, new.sid).session.sid == new.sid

    def test_prune_is_bounded(self) -> None:
        """No more is deleted in one go than was asked for."""
        store = self.opened()
        for _ in range(7):
            store.insert(
                new_session(idle_span=LONG_AGO, life_span=LONG_AGO, use=Use(1.0, None, None))
            )

        assert store.prune(3) <= 3

    def test_after_a_fork(self) -> None:
        """A child process has connections of its own, or is refused; the parent's go on.

        Nobody tells the store of the fork.
        """
        store = self.opened()
        ours, theirs = new_session(), new_session()
        for new in (ours, theirs):
            store.insert(new)

        with in_child(lambda: _unless_refused(store, theirs.sid)):
            _read_often(store, ours.sid)

        assert store.rotate(ours.sid, 0, a_use())


def _error_of(store: SessionStore, new: NewSession) -> Exception | None:
    try:
        store.insert(new)
    except Exception as error:
        return error
    return None


def _unless_refused(store: SessionStore, sid: str) -> None:
    with suppress(ConfigurationError):
        _read_often(store, sid)


def _read_often(store: SessionStore, sid: str) -> None:
    for _ in range(_READS):
        assert reading_of(store, sid).session.sid == sid
