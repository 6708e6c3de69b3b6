"""What a store has to do when sessions end."""

from __future__ import annotations

import threading
from typing import Any

from ..sessions.errors import StoreForgot
from ..sessions.models import NewSession, Revocation, subject_key
from ..sessions.refresh_tokens import new_sid
from .factories import (
    LONGEST,
    MARGIN,
    StoreTests,
    a_use,
    at_once,
    listed,
    new_session,
    reading_of,
    rounded,
    soon,
    values_of,
)


class RevocationContract(StoreTests):
    """Ends, revocations and their feed; part of :class:`.SessionStoreContract`."""

    def test_a_store_that_was_never_opened_forgot(self) -> None:
        """A feed of nothing is not mistaken for one without revocations."""
        store = self.make_store()
        try:
            store.feed(None)
        except StoreForgot:
            return
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
        assert [one.longest for one in (before, between, after)] == [LONGEST, LONGEST, LONGEST * 2]

    def test_the_feed_goes_on_where_it_was(self) -> None:
        """A position leads to what was revoked since, in order and whole."""
        store = self.opened()
        given = [
            Revocation("jti", "j" * 22, soon(store)),
            Revocation("subject", subject_key("späť"), soon(store), 1234.5),
            Revocation("sid", new_sid(), soon(store) + 1),
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
                        store.revoke([Revocation("jti", f"{place}-{number}", soon(store))])
                finally:
                    with lock:
                        writing -= 1
                return
            last = False
            while not last:
                # What was committed by the time that nobody writes, the last look has to find.
                last = not writing
                feed = reader.feed(position)
                position = feed.position
                seen.extend(values_of(feed.revocations))

        at_once(5, act)

        assert sorted(seen) == sorted(f"{one}-{two}" for one in range(1, 5) for two in range(25))

    def test_end(self) -> None:
        """An end stays, says why, and revokes the session's access tokens once."""
        store = self.opened()
        new = new_session()
        store.insert(new)
        position = store.feed(None).position
        session = reading_of(store, new.sid).session

        (revocation,) = store.end(new.sid, "logout", MARGIN)

        assert (revocation.kind, revocation.value) == ("sid", new.sid)
        assert abs(revocation.expires_at - session.access_until - MARGIN) < 0.01
        ended = reading_of(self.same_store(store), new.sid).session
        assert ended.ended_because == "logout"
        assert ended.ended_at is not None
        assert not store.rotate(new.sid, 0, a_use())
        assert not store.repeat(new.sid, 0, a_use())
        assert store.end(new.sid, "again", MARGIN) == []
        assert listed(store, new.subject) == []
        assert values_of(self.same_store(store).feed(position).revocations) == [new.sid]

    def test_one_of_many_ends(self) -> None:
        """Of many ends at once, one is told that it has ended the session."""
        store = self.opened()
        new = new_session()
        store.insert(new)
        stores = [store, self.same_store(store)]

        found = at_once(12, lambda place: stores[place % 2].end(new.sid, "logout", MARGIN))

        assert [one.value for revoked in found for one in revoked] == [new.sid]

    def test_end_all(self) -> None:
        """All sessions of one subject end, but for the one that is spared."""
        store = self.opened()
        mine = [new_session(subject=subject_key(1)) for _ in range(4)]
        others = new_session(subject=subject_key("1"))
        for new in [*mine, others]:
            store.insert(new)
        spared = mine[2].sid

        revoked = store.end_batch(subject_key(1), spared, "stolen", MARGIN, 0)

        expected = {new.sid for new in mine} - {spared}
        assert {one.value for one in revoked} == expected
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
            new = new_session()
            store.insert(new)
            until = soon(store) + 500

            def act(place: int, new: NewSession = new, until: float = until) -> Any:
                if place:
                    return store.rotate(new.sid, 0, a_use(until))
                return store.end(new.sid, "logout", MARGIN)

            at_once(2, act)
            session = reading_of(store, new.sid).session

            assert session.ended_because == "logout"
            mine = [one for one in store.feed(None).revocations if one.value == new.sid]
            assert max(one.expires_at for one in mine) >= session.access_until + MARGIN - 0.01
