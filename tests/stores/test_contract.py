"""The shipped contract, over every store there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

from flask_jwt.core.clock import system_clock
from flask_jwt.sessions import SessionStore
from flask_jwt.stores import open_store
from flask_jwt.stores.sql import SQLStore
from flask_jwt.testing import SessionStoreContract
from tests.support.stores import SHARED, empty_store, refusing


class TestMemory(SessionStoreContract):
    """In the memory of one process."""

    def make_store(self) -> SessionStore:
        return open_store("memory://", "/", system_clock)


@pytest.mark.parametrize("kind", SHARED)
class TestByURL(SessionStoreContract):
    """Each store that a URL names."""

    url: str

    @pytest.fixture(autouse=True)
    def _make(self, kind: str, tmp_path: Path) -> Iterator[None]:
        with empty_store(kind, tmp_path) as self.url:
            yield

    def make_store(self) -> SessionStore:
        return open_store(self.url, "/", system_clock)

    def same_store(self, store: SessionStore) -> SessionStore:
        return self.make_store()

    def refusing(self, subject: str) -> AbstractContextManager[None]:
        return refusing(self.url, subject)


@pytest.mark.parametrize("kind", [kind for kind in SHARED if kind != "redis"])
@pytest.mark.parametrize("given", ["engine", "session"])
class TestApplicationsOwn(SessionStoreContract):
    """The application's engine, with whatever isolation it has chosen; or its session."""

    url: str
    given: str
    engines: list[Engine]

    @pytest.fixture(autouse=True)
    def _make(self, kind: str, given: str, tmp_path: Path) -> Iterator[None]:
        self.given, self.engines = given, list[Engine]()
        with empty_store(kind, tmp_path) as self.url:
            yield
            for engine in self.engines:
                engine.dispose()

    def make_store(self) -> SessionStore:
        engine = create_engine(self.url, isolation_level="SERIALIZABLE")
        self.engines.append(engine)
        if self.given == "engine":
            return SQLStore(engine)
        session = scoped_session(sessionmaker(engine))
        return SQLStore(lambda: session())

    def same_store(self, store: SessionStore) -> SessionStore:
        return self.make_store()

    def refusing(self, subject: str) -> AbstractContextManager[None]:
        return refusing(self.url, subject)
