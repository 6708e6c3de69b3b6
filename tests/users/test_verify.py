"""What signing in by password asks, costs and changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import argon2
import pytest
from sqlalchemy import event, text

from flask_jwt.users import User, Users
from tests.support.stores import connected

from .verifications import verified as verified

PASSWORD = "correct horse battery staple"
ANOTHER = "another horse, and its battery"
# Weaker than what hashes are made with, and so replaced at sign-in.
OLD = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'users.db'}"


@pytest.fixture
def users(url: str) -> Users[User]:
    made = Users(url)
    made.add("ann", PASSWORD)
    made.disable(made.add("dora", PASSWORD))
    made.add("nopassword")
    return made


def meanwhile(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Have another process change something while the next password is verified."""
    really = argon2.PasswordHasher.verify
    changes = [change]

    def verify(self: argon2.PasswordHasher, stored: Any, password: Any) -> bool:
        if changes:
            changes.pop()()
        return really(self, stored, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", verify)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ann", ANOTHER),
        ("dora", PASSWORD),
        ("nopassword", PASSWORD),
        ("unknown", PASSWORD),
        ("un known", PASSWORD),
        ("", PASSWORD),
    ],
)
def test_the_same_work(users: Users[User], verified: list[str], name: str, password: str) -> None:
    """Whatever is wrong, one hash of the same parameters is verified."""
    assert users.verify(name, password) is None

    (one,) = verified
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_disabled_meanwhile(users: Users[User], url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is disabled while the password is verified does not sign in."""
    meanwhile(monkeypatch, lambda: Users(url).disable(Users(url).by_name("ann")))

    assert users.verify("ann", PASSWORD) is None


def test_another_password_meanwhile(
    users: Users[User], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that was changed while it was verified leads nowhere, and the new one stays."""
    old = users.add("old", password_hash=OLD)
    meanwhile(monkeypatch, lambda: Users(url).set_password(old, ANOTHER))

    assert users.verify("old", PASSWORD) is None
    assert users.verify("old", ANOTHER) is not None


def test_a_hash_that_is_changed_last(users: Users[User], url: str) -> None:
    """A hash that is replaced takes the place of the one that was verified, and of no other."""
    old = users.add("old", password_hash=OLD)
    changes = [lambda: Users(url).set_password(old, ANOTHER)]

    def before(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if changes and statement.startswith("UPDATE"):
            changes.pop()()

    event.listen(users._source().engine(), "before_cursor_execute", before)
    users.verify("old", PASSWORD)

    assert users.verify("old", ANOTHER) is not None


def test_a_hash_that_can_not_be_replaced(
    users: Users[User], url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has the right password signs in, although the new hash is not kept; a log says so."""
    users.add("old", password_hash=OLD)
    with connected(url) as connection:
        connection.execute(
            text(
                "CREATE TRIGGER refuse BEFORE UPDATE ON flask_jwt_users "
                "BEGIN SELECT RAISE(ABORT, 'no room'); END"
            )
        )

    assert users.verify("old", PASSWORD) is not None

    assert "was not replaced" in caplog.text
    assert "argon2id" not in caplog.text
    assert users.by_name("old").password_hash == OLD  # type: ignore[union-attr]
