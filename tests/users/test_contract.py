"""The shipped contracts: every database, every kind of session, and a directory of dicts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from flask_jwt.testing import UserDirectoryContract, UserStoreContract
from flask_jwt.user_directory import UserDirectory
from flask_jwt.users import Users
from tests.support.dict_directory import DictDirectory
from tests.support.stores import SQL, empty_store

from .models import SESSION_KINDS, Application, Person, PersonOfUUID, application


@pytest.mark.parametrize("ids", [int, UUID])
@pytest.mark.parametrize("kind", [*SQL, "memory"])
class TestByURL(UserStoreContract):
    """Tables of our own, in each database that a URL names."""

    url: str
    ids: Any
    app: Flask

    @pytest.fixture(autouse=True)
    def _make(self, kind: str, ids: Any, tmp_path: Path) -> Iterator[None]:
        self.ids, self.app = ids, Flask("urls")
        with empty_store(kind, tmp_path) as url, self.app.app_context():
            self.url = url.replace("memory://", "sqlite://")
            yield

    def make_store(self) -> Users[Any]:
        return Users(self.url, ids=self.ids)

    def context(self) -> AbstractContextManager[object]:
        return self.app.app_context()


class OwnModel(UserStoreContract):
    """A model of the application's own."""

    application: Application
    model: Any = Person

    @pytest.fixture(autouse=True)
    def _make(self, kind: str, session: str, tmp_path: Path) -> Iterator[None]:
        with (
            empty_store(kind, tmp_path) as url,
            application(session, url, tmp_path) as self.application,
            self.application.app.app_context(),
        ):
            yield

    def make_store(self) -> Users[Any]:
        return Users(model=self.model, session=self.application.given)

    def context(self) -> AbstractContextManager[object]:
        return self.application.app.app_context()

    def same_store(self, store: Users[Any]) -> Users[Any]:
        return self.make_store()


# What a database does, and what a session does, have nothing to do with each other.
@pytest.mark.parametrize(("session", "kind"), list(zip(SESSION_KINDS, SQL, strict=True)))
class TestOwnModel(OwnModel):
    """A model with numbers for ids, through each kind of session, each with another database."""


@pytest.mark.parametrize(("session", "kind"), [("lite", "mariadb")])
class TestOwnModelOfUUIDs(OwnModel):
    """A model whose ids are UUIDs, which it does not make by itself."""

    model: Any = PersonOfUUID


class TestDictDirectory(UserDirectoryContract):
    """A directory of an application's own."""

    def make_directory(self) -> UserDirectory:
        """Return a directory with two users."""
        directory = DictDirectory()
        directory.put(self.name, self.password)
        directory.disable(directory.put(str(self.disabled_name), self.password))
        return directory
