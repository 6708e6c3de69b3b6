"""What a store of sessions has to do, as tests that it can be put to."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import Any

from ..errors import ConfigurationError
from ..sessions.errors import StoreBusy, StoreForgot
from ..sessions.models import MOST_ENDED, NewSession, Revocation, SessionStore, Use, subject_key
from ..sessions.refresh_tokens import new_sid
from .factories import (
    LONG_AGO,
    LONGEST,
    MARGIN,
    begin,
    future_time,
    in_child,
    listed,
    make_use,
    new_session,
    reading_of,
    rounded,
    run_concurrently,
    values_of,
)

# So many that an answer to another process would be met.
_READS = 100
_ANN, _BOB = subject_key("ann"), subject_key("bob")


class SessionStoreContract:
    """The tests that every store of this package passes.

    Make a class of pytest's out of it, with the store to test::

        class TestMyStore(SessionStoreContract):
            def make_store(self):
                return MyStore(…)

    Each test asks for one store of its own. Nothing here waits.
    """

    def make_store(self) -> SessionStore:
        """Return a store that is empty and not open yet. Has to be overridden."""
        raise NotImplementedError

    def same_store(self, store: SessionStore) -> SessionStore:
        """Return another object for what a store keeps, as another process would make it."""
        return store

    def refusing(self, subject: str) -> AbstractContextManager[object] | None:  # noqa: ARG002
        """Have the server behind a store refuse to keep new sessions of a subject.

        A trigger in a database does that, for example, or a value of another kind in Redis.
        """
        return None

    def opened(self) -> SessionStore:
        """Return a store that is open."""
        store = self.make_store()
        store.open(LONGEST)
        return store

    def begun(self, **fields: Any) -> tuple[SessionStore, NewSession]:
        """Return a store that is open, and a session that has begun in it."""
        store = self.opened()
        return store, begin(store, **fields)

    def test_a_session_is_kept_whole(self) -> None:
        """What is read is what was inserted, with times that the store has set."""
        claims = {"identity": 1, "roles": ["späť", "\U0001f511"], "deep": {"a": [None, True, 1.5]}}
        store, new = self.begun(claims=claims, added={"tenant": "acme"}, methods=("pwd", "otp"))

        session, now = reading_of(self.same_store(store), new.sid)

        for name in ("sid", "subject", "salt", "claims", "added", "methods"):
            assert getattr(session, name) == getattr(new, name)
        assert (session.address, session.user_agent) == ("203.0.113.9", "a browser")
        assert (session.counter, session.ended_at, session.ended_because) == (0, None, None)
        assert session.began_at == session.rotated_at == session.used_at
        assert abs(session.idle_until - session.began_at - new.idle_span) < 0.01
        assert abs(session.expires_at - session.began_at - new.life_span) < 0.01
        assert abs(session.access_until - new.use.access_until) < 0.01
        assert session.began_at <= now
        assert session.is_live(now)

    def test_a_session_begins_once(self) -> None:
        """A session whose name is there already stays as it is, moved on or ended."""
        store, new = self.begun()
        store.rotate(new.sid, 0, make_use())
        moved = reading_of(store, new.sid).session

        store.insert(new)

        assert reading_of(self.same_store(store), new.sid).session == moved

    def test_names_of_all_sessions(self) -> None:
        """A store that says it knows all sessions there are knows those that it was given."""
        store, new = self.begun()

        assert store.issued is None or new.sid in store.issued

    def test_nobody_knows_the_rest(self) -> None:
        """A name that was never given to a session leads nowhere."""
        store = self.opened()
        sid = new_sid()

        assert store.read(sid) is None
        assert not store.rotate(sid, 0, make_use())
        assert not store.repeat(sid, 0, make_use())
        assert store.end(sid, "test", MARGIN) == []
        assert listed(store, subject_key(sid)) == []

    def test_names_differ_by_case(self) -> None:
        """Neither sessions nor subjects are taken for others whose letters differ in case alone."""
        store, new = self.begun(subject=subject_key("ann"), sid="aaaaaaaaaaaaaaaaaaaaaA")

        assert store.read("AAAAAAAAAAAAAAAAAAAAAA") is None
        assert listed(store, subject_key("Ann")) == []
        assert listed(store, subject_key("ann ")) == []
        assert listed(store, subject_key("ann")) == [new.sid]

    def test_nothing_is_known_of_the_device(self) -> None:
        """A session may begin without an address, and a program may have a long name."""
        store = self.opened()
        new = begin(store, use=Use(future_time(store), None, None))
        before = reading_of(store, new.sid).session
        assert (before.address, before.user_agent) == (None, None)

        assert store.rotate(new.sid, 0, Use(1.0, "::1", "x" * 5000))
        after = reading_of(store, new.sid).session

        assert after.address == "::1"
        assert after.user_agent is not None
        assert "x" * 100 in after.user_agent

    def test_rotate(self) -> None:
        """A rotation moves the counter by one, and all that goes with it."""
        store, new = self.begun()
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
        store, new = self.begun()
        assert store.rotate(new.sid, 0, make_use())
        before = reading_of(store, new.sid).session

        assert not store.rotate(new.sid, 0, make_use())
        assert not store.rotate(new.sid, 2, make_use())
        assert not store.repeat(new.sid, 0, make_use())
        assert reading_of(store, new.sid).session == before

    def test_access_until_never_sinks(self) -> None:
        """A shorter access token does not make the revocation of a longer one too short."""
        store, new = self.begun()
        highest = reading_of(store, new.sid).session.access_until

        assert store.rotate(new.sid, 0, make_use(1.0))
        assert store.repeat(new.sid, 1, make_use(2.0))
        assert reading_of(store, new.sid).session.access_until == highest

    def test_repeat(self) -> None:
        """A repetition moves neither the counter, nor the rotation's time, nor the expiry."""
        store, new = self.begun()
        assert store.rotate(new.sid, 0, make_use())
        before = reading_of(store, new.sid).session
        until = before.access_until + 60

        assert store.repeat(new.sid, 1, Use(until, "192.0.2.7", "a thief"))
        after = reading_of(store, new.sid).session

        assert abs(after.access_until - until) < 0.01
        assert after.used_at >= before.used_at
        assert after == before._replace(used_at=after.used_at, access_until=after.access_until)

    def test_extend(self) -> None:
        """Another access token moves neither the counter nor the time of the rotation."""
        store, new = self.begun()
        before = reading_of(store, new.sid).session
        until = before.access_until + 60

        assert store.extend(new.sid, Use(until, "192.0.2.8", "a watch"))
        after, now = reading_of(self.same_store(store), new.sid)

        assert (after.counter, after.rotated_at) == (before.counter, before.rotated_at)
        assert before.used_at <= after.used_at <= now
        assert before.idle_until <= after.idle_until <= after.expires_at == before.expires_at
        assert abs(after.access_until - until) < 0.01
        assert (after.address, after.user_agent) == ("192.0.2.8", "a watch")
        assert store.rotate(new.sid, 0, make_use())

    def test_what_has_ended_is_not_extended(self) -> None:
        """Neither an end nor an expiry is undone."""
        store = self.opened()
        ended, expired = begin(store), begin(store, idle_span=0.0)
        store.end(ended.sid, "logout", MARGIN)

        assert not store.extend(ended.sid, make_use())
        assert not store.extend(expired.sid, make_use())
        assert not store.extend(new_sid(), make_use())
        assert reading_of(store, ended.sid).session.ended_because == "logout"

    def test_the_life_of_a_session_bounds_it(self) -> None:
        """No refresh takes a session past its end."""
        store, new = self.begun(idle_span=1000.0, life_span=500.0)
        assert store.rotate(new.sid, 0, make_use())
        session = reading_of(store, new.sid).session

        assert session.idle_until == session.expires_at

    def test_an_expired_session(self) -> None:
        """One that was idle too long, or is past its end, neither moves nor is listed."""
        store = self.opened()
        for life_span in (5000.0, 0.0):
            new = begin(store, idle_span=0.0, life_span=life_span)
            session, now = reading_of(store, new.sid)

            assert not session.is_live(now)
            assert not store.rotate(new.sid, 0, make_use())
            assert not store.repeat(new.sid, 0, make_use())
            assert listed(store, new.subject) == []

    def test_the_newest_first(self) -> None:
        """Sessions are listed in the order in which they began, the newest first."""
        store = self.opened()
        news = [begin(store) for _ in range(5)]

        sessions = store.sessions_of(news[0].subject, 100, None)

        assert {session.sid for session in sessions} == {new.sid for new in news}
        began = [session.began_at for session in sessions]
        assert began == sorted(began, reverse=True)

    def test_one_of_many_wins(self) -> None:
        """Of many rotations at once from one counter, one is done."""
        store, new = self.begun()
        stores = [store, self.same_store(store)]

        done = run_concurrently(12, lambda place: stores[place % 2].rotate(new.sid, 0, make_use()))

        assert sorted(done) == [False] * 11 + [True]
        assert reading_of(store, new.sid).session.counter == 1

    def test_a_refusal_is_no_outage(self) -> None:
        """What the server refuses harms that call alone, and is told from a server that is away."""
        store = self.opened()
        kept, refused = begin(store), new_session(subject=_BOB)
        refusing = self.refusing(refused.subject)
        if refusing is not None:
            with refusing:
                assert isinstance(_error_of(store, refused), StoreBusy | ConfigurationError)
                assert store.rotate(kept.sid, 0, make_use())
                assert reading_of(store, kept.sid).session.counter == 1
                assert isinstance(_error_of(store, refused), StoreBusy | ConfigurationError)
                store.revoke([Revocation("jti", "revoked meanwhile", future_time(store))])
                assert "revoked meanwhile" in values_of(store.feed(None).revocations)

        store.insert(refused)

        assert listed(store, refused.subject) == [refused.sid]

    def test_prune(self) -> None:
        """What is long past goes, and what is not stays."""
        store = self.opened()
        old = begin(store, idle_span=LONG_AGO, life_span=LONG_AGO, use=Use(1.0, None, None))
        new = begin(store)
        kept = Revocation("jti", "kept", future_time(store))
        store.revoke([Revocation("jti", "gone", 1.0), kept])

        while store.prune(100):
            pass

        assert store.read(old.sid) is None
        assert reading_of(store, new.sid).session.sid == new.sid
        assert "kept" in values_of(store.feed(None).revocations)

    def test_a_clock_that_jumps(self) -> None:
        """What has expired an hour ago by the store's clock is kept: it may be an hour ahead."""
        store, new = self.begun(idle_span=-3600, life_span=-3600, use=Use(1.0, None, None))
        store.revoke([Revocation("jti", "kept", reading_of(store, new.sid).now - 3600)])

        while store.prune(100):
            pass

        assert "kept" in values_of(store.feed(None).revocations)
        assert reading_of(store, new.sid).session.sid == new.sid

    def test_prune_is_bounded(self) -> None:
        """No more is deleted in one go than was asked for."""
        store = self.opened()
        for _ in range(7):
            begin(store, idle_span=LONG_AGO, life_span=LONG_AGO, use=Use(1.0, None, None))

        assert store.prune(3) <= 3

    def test_after_a_fork(self) -> None:
        """A child process has connections of its own, or is refused; the parent's go on.

        The store is not told of the fork.
        """
        store = self.opened()
        of_parent, of_child = begin(store), begin(store)

        with in_child(lambda: _unless_refused(store, of_child.sid)):
            _read_often(store, of_parent.sid)

        assert store.rotate(of_parent.sid, 0, make_use())

    def test_a_store_that_was_never_opened_forgot(self) -> None:
        """A feed of nothing is not mistaken for one without revocations."""
        store = self.make_store()

        with suppress(StoreForgot):
            store.feed(None)
            raise AssertionError("an empty store gave a feed")

    def test_memory_begins_once(self) -> None:
        """A store that is opened again has its memory still; the longest life is kept."""
        store = self.opened()
        before = store.feed(None)
        other = self.same_store(store)
        assert other.open(LONGEST / 2) == 0
        between = other.feed(None)
        assert other.open(LONGEST * 2) == 0
        after = store.feed(None)

        assert before.epoch == between.epoch == after.epoch
        assert 0 <= before.age <= between.age <= after.age
        assert before.longest == between.longest == LONGEST
        assert after.longest == LONGEST * 2

    def test_the_feed_goes_on_where_it_was(self) -> None:
        """A position leads to what was revoked since, in order and whole."""
        store = self.opened()
        given = [
            Revocation("jti", "j" * 22, future_time(store)),
            Revocation("subject", subject_key("späť"), future_time(store), 1234.5),
            Revocation("sid", new_sid(), future_time(store) + 1),
        ]
        store.revoke(given[:1])
        first = store.feed(None)
        self.same_store(store).revoke(given[1:])
        second = store.feed(first.position)
        third = store.feed(second.position)

        assert rounded(first.revocations) == rounded(given[:1])
        assert rounded(second.revocations) == rounded(given[1:])
        assert list(third.revocations) == []
        assert rounded(store.feed(None).revocations) == rounded(given)

    def test_no_revocation_is_missed(self) -> None:
        """A reader that goes on from its last position sees what many writers commit meanwhile."""
        store = self.opened()
        reader = self.same_store(store)
        seen: list[str] = []
        position: object = None
        lock, writing = threading.Lock(), 4

        def act(place: int) -> None:
            nonlocal position, writing
            if place:
                try:
                    for number in range(25):
                        store.revoke([Revocation("jti", f"{place}-{number}", future_time(store))])
                finally:
                    with lock:
                        writing -= 1
                return
            last = False
            while not last:
                # After the last writer has committed, one more look has to find it.
                last = not writing
                feed = reader.feed(position)
                position = feed.position
                seen.extend(values_of(feed.revocations))

        run_concurrently(5, act)

        assert sorted(seen) == sorted(
            f"{writer}-{number}" for writer in range(1, 5) for number in range(25)
        )

    def test_end(self) -> None:
        """An end stays, says why, and revokes the session's access tokens once."""
        store, new = self.begun()
        position = store.feed(None).position
        session = reading_of(store, new.sid).session

        (revocation,) = store.end(new.sid, "logout", MARGIN)

        assert (revocation.kind, revocation.value) == ("sid", new.sid)
        assert abs(revocation.expires_at - session.access_until - MARGIN) < 0.01
        ended = reading_of(self.same_store(store), new.sid).session
        assert ended.ended_because == "logout"
        assert ended.ended_at is not None
        assert not store.rotate(new.sid, 0, make_use())
        assert not store.repeat(new.sid, 0, make_use())
        assert store.end(new.sid, "again", MARGIN) == []
        assert listed(store, new.subject) == []
        assert values_of(self.same_store(store).feed(position).revocations) == [new.sid]

    def test_one_of_many_ends(self) -> None:
        """Of many ends at once, one is told that it has ended the session."""
        store, new = self.begun()
        stores = [store, self.same_store(store)]

        batches = run_concurrently(12, lambda place: stores[place % 2].end(new.sid, "out", MARGIN))

        assert [sid for batch in batches for sid in values_of(batch)] == [new.sid]

    def test_end_all(self) -> None:
        """All sessions of one subject end, but for the one that is spared."""
        store = self.opened()
        news = [begin(store, subject=subject_key(1)) for _ in range(4)]
        others = begin(store, subject=subject_key("1"))
        spared = news[2].sid

        revoked = store.end_batch(subject_key(1), spared, "stolen", MARGIN, 0)

        expected = {new.sid for new in news} - {spared}
        assert set(values_of(revoked)) == expected
        assert set(values_of(store.feed(None).revocations)) >= expected
        assert listed(store, subject_key(1)) == [spared]
        assert listed(store, subject_key("1")) == [others.sid]
        (last,) = store.end_batch(subject_key(1), None, "all", MARGIN, 0)
        assert last.value == spared
        assert store.end_batch(subject_key(1), None, "all", MARGIN, 0) == []

    def test_an_end_and_a_rotation_at_once(self) -> None:
        """Whichever comes first: the session has ended, and the revocation outlives its tokens."""
        store = self.opened()
        for _ in range(5):
            new = begin(store)
            until = future_time(store) + 500
            run_concurrently(2, partial(_end_or_rotate, store, new.sid, until))
            session = reading_of(store, new.sid).session

            assert session.ended_because == "logout"
            revocations = store.feed(None).revocations
            until = max(until for _, sid, until, _ in revocations if sid == new.sid)
            assert until >= session.access_until + MARGIN - 0.01

    def test_pages(self) -> None:
        """Pages follow each other without gap or overlap, whatever ends in between."""
        store = self.opened()
        news = [begin(store) for _ in range(7)]
        sids = listed(store, _ANN)
        assert set(sids) == {new.sid for new in news}

        first = store.sessions_of(_ANN, 3, None)
        assert [session.sid for session in first] == sids[:3]
        store.end(sids[2], "logout", MARGIN)
        store.end(sids[4], "logout", MARGIN)
        begin(store)
        second = store.sessions_of(_ANN, 3, first[-1])
        assert [session.sid for session in second] == [sids[3], sids[5], sids[6]]
        assert store.sessions_of(_ANN, 3, second[-1]) == []

    def test_a_page_of_live_ones(self) -> None:
        """What has ended or expired takes no place of a page."""
        store = self.opened()
        first = begin(store)
        for _ in range(4):
            begin(store, idle_span=0.0)
            store.end(begin(store).sid, "logout", MARGIN)
        last = begin(store)

        page = store.sessions_of(_ANN, 2, None)
        assert [session.sid for session in page] == [last.sid, first.sid]

    def test_the_newest_go_on(self) -> None:
        """Those beyond the newest live ones end, each with its revocation; other users' do not."""
        store = self.opened()
        old = begin(store)
        for _ in range(3):
            # These are none of the live ones.
            begin(store, idle_span=0.0)
        for _ in range(4):
            begin(store)
        of_bob = begin(store, subject=_BOB)
        sids = listed(store, _ANN)

        assert store.end_batch(_ANN, sids[0], "limit", MARGIN, 5) == []
        revoked = store.end_batch(_ANN, sids[0], "limit", MARGIN, 3)

        assert sorted(values_of(revoked)) == sorted(sids[3:])
        assert set(values_of(store.feed(None).revocations)) == set(sids[3:])
        assert reading_of(self.same_store(store), old.sid).session.ended_because == "limit"
        assert listed(store, _ANN) == sids[:3]
        assert listed(store, _BOB) == [of_bob.sid]
        assert store.end_batch(_ANN, sids[0], "limit", MARGIN, 3) == []

    def test_one_that_is_spared(self) -> None:
        """The session that has just begun goes on, although a clock makes it the oldest."""
        store = self.opened()
        for _ in range(3):
            begin(store)
        sids = listed(store, _ANN)

        revoked = store.end_batch(_ANN, sids[-1], "limit", MARGIN, 1)

        assert values_of(revoked) == [sids[1]]
        assert listed(store, _ANN) == [sids[0], sids[2]]

    def test_batches(self) -> None:
        """Many sessions end in batches; together they are all of them, each one once."""
        store = self.opened()
        news = [begin(store) for _ in range(MOST_ENDED + 3)]
        spared = news[0].sid

        batches = [store.end_batch(_ANN, spared, "all", MARGIN, 0)]
        while len(batches[-1]) == MOST_ENDED:
            batches.append(self.same_store(store).end_batch(_ANN, spared, "all", MARGIN, 0))

        assert [len(batch) for batch in batches] == [MOST_ENDED, 2]
        ended = [sid for batch in batches for sid in values_of(batch)]
        assert sorted(ended) == sorted(new.sid for new in news[1:])
        assert sorted(values_of(store.feed(None).revocations)) == sorted(ended)
        assert listed(store, _ANN) == [spared]

    def test_many_sign_ins_at_once(self) -> None:
        """Sign-ins at the same moment leave no more than the limit, and one beyond at most."""
        store = self.opened()
        stores = [store, self.same_store(store)]

        def sign_in(place: int) -> list[str]:
            own_store = stores[place % 2]
            new = begin(own_store)
            ended = values_of(own_store.end_batch(_ANN, new.sid, "limit", MARGIN, 3))
            assert new.sid not in ended
            return ended

        ended = [sid for some in run_concurrently(12, sign_in) for sid in some]

        # Of two that began at once, either may be the first to be seen.
        assert 3 <= len(listed(store, _ANN)) <= 4
        assert len(ended) == len(set(ended))
        sign_in(0)
        assert len(listed(store, _ANN)) == 3

    def test_many_ends_at_once(self) -> None:
        """Of many that end all sessions at once, each session is ended by one."""
        store = self.opened()
        news = [begin(store) for _ in range(20)]
        stores = [store, self.same_store(store)]

        batches = run_concurrently(
            6, lambda place: stores[place % 2].end_batch(_ANN, None, "all", MARGIN, 0)
        )

        ended = [sid for batch in batches for sid in values_of(batch)]
        assert sorted(ended) == sorted(new.sid for new in news)


def _end_or_rotate(store: SessionStore, sid: str, until: float, place: int) -> None:
    if place:
        store.rotate(sid, 0, make_use(until))
    else:
        store.end(sid, "logout", MARGIN)


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
