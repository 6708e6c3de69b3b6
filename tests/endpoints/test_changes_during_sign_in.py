"""A user who is changed between the check of a password and the tokens for it.

Whoever knows a former password signs in again and again while it is changed: a session that begins
after all others have ended must not be theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flask_jwt.stores.memory import MemoryStore
from tests.endpoints.test_accounts_in_a_database import KINDS, accounts_in
from tests.support.accounts import NEW, PASSWORD, Accounts
from tests.support.dict_directory import DictDirectory
from tests.support.members import good

BODY = {"username": "ann", "password": PASSWORD}


class Interrupted(DictDirectory):
    """A directory in which something happens once a password was found to be right."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] = lambda: None

    def verify(self, name: str, password: str, /) -> Any:
        """Return the user with a name and a password, who is another one by then."""
        found = super().verify(name, password)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return found


def changed(accounts: Accounts, users: Any, how: str) -> Callable[[], None]:
    """Return what somebody does in another request, and what ends all sessions there are."""

    def change() -> None:
        with accounts.app.app_context():
            user = users.by_name("ann")
            if how == "set_password":
                users.set_password(user, NEW)
                if accounts.jwt.sessions is not None and accounts.app.config["JWT_SESSION_STORE"]:
                    accounts.jwt.sessions.end_all(user.id)
            else:
                getattr(users, how)(user)

    return change


def wrong(accounts: Accounts) -> tuple[int, bytes]:
    answer = accounts.client.post("/auth", json={**BODY, "password": "guessed"})
    return answer.status_code, answer.data


@pytest.mark.parametrize("how", ["set_password", "disable", "remove"])
@pytest.mark.parametrize("store", ["memory://", None])
def test_nobody_is_signed_in(store: str | None, how: str) -> None:
    """The sign-in is refused as any other that fails, and leaves no session."""
    users = Interrupted()
    accounts = Accounts(store, users)
    users.clock = lambda: accounts.now
    ann = users.put("ann", PASSWORD)
    accounts.now += 10
    users.meanwhile = changed(accounts, users, how)

    answer = accounts.client.post("/auth", json=BODY)

    assert (answer.status_code, answer.data) == wrong(accounts)
    assert "Set-Cookie" not in answer.headers
    if store:
        with accounts.app.app_context():
            assert accounts.jwt.sessions.list(ann.id) == []


@pytest.mark.parametrize("kind", KINDS)
def test_up_to_the_last_moment(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last moment is the one at which the session is kept, wherever users are."""
    store = MemoryStore(lambda: accounts.now)
    with accounts_in(kind, tmp_path, store) as accounts:  # type: ignore[arg-type]
        users = accounts.jwt.users
        assert users is not None
        with accounts.app.app_context():
            ann = users.add("ann", PASSWORD + PASSWORD)  # type: ignore[attr-defined]
        body = {**BODY, "password": PASSWORD + PASSWORD}
        accounts.now += 10
        good(accounts.client.post("/auth", json=body))
        insert, change = store.insert, changed(accounts, users, "set_password")

        def too_late(session: Any) -> None:
            monkeypatch.setattr(store, "insert", insert)
            change()
            insert(session)

        monkeypatch.setattr(store, "insert", too_late)

        assert accounts.client.post("/auth", json=body).status_code == 401
        with accounts.app.app_context():
            assert accounts.jwt.sessions.list(ann.id) == []
        good(accounts.client.post("/auth", json={**BODY, "password": NEW}))
