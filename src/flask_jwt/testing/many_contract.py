"""What a store has to do when one user has many sessions."""

from __future__ import annotations

from ..sessions.models import MOST_ENDED, NewSession, SessionStore, subject_key
from .factories import MARGIN, StoreTests, at_once, listed, new_session, reading_of, values_of

_ANN, _BOB = subject_key("ann"), subject_key("bob")


class ManySessionsContract(StoreTests):
    """Pages, batches and the limit of a user; part of :class:`.SessionStoreContract`."""

    def test_pages(self) -> None:
        """Pages follow each other without gap or overlap, whatever ends in between."""
        store = self.opened()
        news = _begun(store, 7)
        whole = listed(store, _ANN)
        assert set(whole) == {new.sid for new in news}

        first = store.sessions_of(_ANN, 3, None)
        assert [one.sid for one in first] == whole[:3]
        store.end(whole[2], "logout", MARGIN)
        store.end(whole[4], "logout", MARGIN)
        _begun(store, 1)
        second = store.sessions_of(_ANN, 3, first[-1])
        assert [one.sid for one in second] == [whole[3], whole[5], whole[6]]
        assert store.sessions_of(_ANN, 3, second[-1]) == []

    def test_a_page_of_live_ones(self) -> None:
        """What has ended or expired takes no place of a page."""
        store = self.opened()
        (first,) = _begun(store, 1)
        expired = [new_session(idle_span=0.0) for _ in range(4)]
        for new in expired:
            store.insert(new)
        for new in _begun(store, 4):
            store.end(new.sid, "logout", MARGIN)
        (last,) = _begun(store, 1)

        assert [one.sid for one in store.sessions_of(_ANN, 2, None)] == [last.sid, first.sid]

    def test_the_newest_go_on(self) -> None:
        """Those beyond the newest live ones end, each with its revocation; other users' do not."""
        store = self.opened()
        old = new_session()
        store.insert(old)
        for _ in range(3):
            # These are none of the live ones.
            store.insert(new_session(idle_span=0.0))
        _begun(store, 4)
        theirs = new_session(subject=_BOB)
        store.insert(theirs)
        whole = listed(store, _ANN)

        assert store.end_batch(_ANN, whole[0], "limit", MARGIN, 5) == []
        revoked = store.end_batch(_ANN, whole[0], "limit", MARGIN, 3)

        assert sorted(values_of(revoked)) == sorted(whole[3:])
        assert set(values_of(store.feed(None).revocations)) == set(whole[3:])
        assert reading_of(self.same_store(store), old.sid).session.ended_because == "limit"
        assert listed(store, _ANN) == whole[:3]
        assert listed(store, _BOB) == [theirs.sid]
        assert store.end_batch(_ANN, whole[0], "limit", MARGIN, 3) == []

    def test_one_that_is_spared(self) -> None:
        """The session that has just begun goes on, although a clock makes it the oldest."""
        store = self.opened()
        _begun(store, 3)
        whole = listed(store, _ANN)

        revoked = store.end_batch(_ANN, whole[-1], "limit", MARGIN, 1)

        assert values_of(revoked) == [whole[1]]
        assert listed(store, _ANN) == [whole[0], whole[2]]

    def test_batches(self) -> None:
        """Many sessions end in batches; together they are all of them, each one once."""
        store = self.opened()
        news = _begun(store, MOST_ENDED + 3)
        spared = news[0].sid

        batches = [store.end_batch(_ANN, spared, "all", MARGIN, 0)]
        while len(batches[-1]) == MOST_ENDED:
            batches.append(self.same_store(store).end_batch(_ANN, spared, "all", MARGIN, 0))

        assert [len(batch) for batch in batches] == [MOST_ENDED, 2]
        ended = [one for batch in batches for one in values_of(batch)]
        assert sorted(ended) == sorted(new.sid for new in news[1:])
        assert sorted(values_of(store.feed(None).revocations)) == sorted(ended)
        assert listed(store, _ANN) == [spared]

    def test_many_sign_ins_at_once(self) -> None:
        """Sign-ins at the same moment leave no more than the limit, and one beyond at most."""
        store = self.opened()
        stores = [store, self.same_store(store)]

        def sign_in(place: int) -> list[str]:
            mine, new = stores[place % 2], new_session()
            mine.insert(new)
            ended = values_of(mine.end_batch(_ANN, new.sid, "limit", MARGIN, 3))
            assert new.sid not in ended
            return ended

        ended = [sid for some in at_once(12, sign_in) for sid in some]

        # Of two that began at once, either may be the first to be seen.
        assert 3 <= len(listed(store, _ANN)) <= 4
        assert len(ended) == len(set(ended))
        sign_in(0)
        assert len(listed(store, _ANN)) == 3

    def test_many_ends_at_once(self) -> None:
        """Of many that end all sessions at once, each session is ended by one."""
        store = self.opened()
        news = _begun(store, 20)
        stores = [store, self.same_store(store)]

        found = at_once(6, lambda place: stores[place % 2].end_batch(_ANN, None, "all", MARGIN, 0))

        ended = [one for revoked in found for one in values_of(revoked)]
        assert sorted(ended) == sorted(new.sid for new in news)


def _begun(store: SessionStore, count: int) -> list[NewSession]:
    news = [new_session() for _ in range(count)]
    for new in news:
        store.insert(new)
    return news
