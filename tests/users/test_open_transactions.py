"""A transaction that the application has open, on another connection than changes of users."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import argon2
import pytest

from flask_jwt.user_directory import DirectoryUnavailable
from tests.support.stores import empty_store

from .models import application, names_in

PASSWORD = "correct horse battery staple"


@pytest.mark.parametrize("database", ["postgresql", "mariadb"])
def test_a_row_that_is_locked_here(database: str, tmp_path: Path) -> None:
    """A row that the application itself has locked is not waited for without end."""
    with (
        empty_store(database, tmp_path) as url,
        application("lite", url, tmp_path) as made,
        made.app.app_context(),
    ):
        users, session = made.users(), made.session()
        ann = users.add("ann", PASSWORD)
        ann.nickname = "Annie"
        session.flush()

        for change in (users.disable, users.remove):
            with pytest.raises(DirectoryUnavailable):
                change(ann)

        session.commit()
        users.disable(ann)
        assert (ann.nickname, ann.enabled) == ("Annie", False)


def test_a_password_that_changes_under_a_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MariaDB shows a transaction what was there before; who signs in is looked at as of now."""
    with (
        empty_store("mariadb", tmp_path) as url,
        application("lite", url, tmp_path) as made,
        application("sessionmaker", url, tmp_path) as elsewhere,
        made.app.app_context(),
    ):
        users, others = made.users(), elsewhere.users()
        ann = users.add("ann", PASSWORD)
        really = argon2.PasswordHasher.verify

        def verify(self: argon2.PasswordHasher, stored: Any, password: Any) -> bool:
            others.set_password(ann.id, PASSWORD + "!")
            return really(self, stored, password)

        assert names_in(made.session()) == ["ann"]
        monkeypatch.setattr(argon2.PasswordHasher, "verify", verify)

        assert users.verify("ann", PASSWORD) is None
