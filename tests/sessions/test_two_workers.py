"""What one worker has ended, another one that believes itself up to date has to learn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from flask_jwt.sessions import StoreUnavailable, circuit_breaker
from tests.support.members import Members, by_hand, members_now, sid_of
from tests.support.revoking import store_of

# Long enough for a worker never to ask by itself in a test.
REFRESH = 1000


def lose_one_answer(store: Any, name: str) -> None:
    """Have the next call of a method be carried out, and its answer lost."""
    real: Callable[..., Any] = getattr(store, name)

    def lossy(*args: Any) -> Any:
        setattr(store, name, real)
        real(*args)
        raise StoreUnavailable("the answer was lost")

    setattr(store, name, lossy)


def end_all_others(members: Members, tokens: dict[str, Any]) -> int:
    return members.ask("DELETE", "/auth/sessions", tokens).status_code


class TestEndedElsewhere:
    """A worker is asked to end what another one has ended."""

    @pytest.fixture
    def workers(self, shared_url: str) -> tuple[Members, Members]:
        """Two workers that ask for revocations once in a thousand seconds."""
        here, there = (members_now(shared_url, JWT_REVOCATION_REFRESH=REFRESH) for _ in range(2))
        return here, there

    def test_by_refresh_token(self, workers: tuple[Members, Members]) -> None:
        """The second sign-out has nothing to end, and the next check refuses."""
        here, there = workers
        tokens = here.sign_in()
        assert here.me(tokens) == 200
        assert there.sign_out(tokens).status_code == 204
        assert here.me(tokens) == 200

        assert here.sign_out(tokens).status_code == 204

        assert here.me(tokens) == 401

    def test_by_the_application(self, workers: tuple[Members, Members]) -> None:
        """The same where a program of the application's ends it."""
        here, there = workers
        tokens = here.sign_in()
        assert here.me(tokens) == 200
        assert there.sign_out(tokens).status_code == 204

        with here.app.app_context():
            assert not here.jwt.sessions.end(sid_of(tokens))

        assert here.me(tokens) == 401

    def test_by_all(self, workers: tuple[Members, Members]) -> None:
        """The end of all other sessions reaches those that had ended elsewhere."""
        here, there = workers
        mine, lost = here.sign_in(), here.sign_in()
        assert (here.me(mine), here.me(lost)) == (200, 200)
        assert end_all_others(there, mine) == 204
        assert here.me(lost) == 200

        assert end_all_others(here, mine) == 204

        assert (here.me(mine), here.me(lost)) == (200, 401)


@pytest.mark.parametrize("way", ["sign-out", "all others", "one of the list"])
def test_an_answer_that_was_lost(
    shared_url: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end that failed and is tried again is an end, in this worker's next check."""
    monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 0.0)
    store = store_of(shared_url)
    members = members_now(store, JWT_REVOCATION_REFRESH=REFRESH)
    mine, lost = members.sign_in(), members.sign_in()
    assert members.me(lost) == 200
    lose_one_answer(store, "end_batch" if way == "all others" else "end")

    def attempt() -> int:
        if way == "sign-out":
            return members.sign_out(lost).status_code
        path = "" if way == "all others" else f"/{sid_of(lost)}"
        return members.ask("DELETE", f"/auth/sessions{path}", mine).status_code

    assert [attempt(), attempt()] == [503, 404 if way == "one of the list" else 204]
    assert (members.me(lost), members.me(mine)) == (401, 200)


def test_a_token_that_others_have_made(shared_url: str) -> None:
    """A worker that has read nothing yet denies tokens for as long as others let them live."""
    day = 86400
    there = members_now(
        shared_url, JWT_EXPIRATION_DELTA=day, JWT_REVOCATION_REFRESH=0, JWT_LEEWAY=0
    )
    made = partial(by_hand, there.now - 10, exp=int(there.now) + day)
    ann, bob = made(), made(identity="bob")
    assert (there.me(ann), there.me(bob)) == (200, 200)
    here = members_now(shared_url)

    here.end_all()

    assert (there.me(ann), there.me(bob)) == (401, 200)
    there.now += day - 60
    assert (there.me(ann), there.me(bob)) == (401, 200)
