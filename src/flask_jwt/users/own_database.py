"""The database of our own tables that a URL names, for the application at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Generic, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from flask import Flask, current_app, has_app_context
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import QueuePool

from ..app_state import current_application
from ..core.per_process import PerProcess, new_lock
from ..errors import ConfigurationError
from ..sessions.models import CALL_SECONDS
from ..stores.sql_engine import engine_of
from ..stores.urls import EXTRAS, spelled
from .model import UserMixin
from .own_tables import OwnTables
from .tables import MODELS, OWN

U = TypeVar("U", bound=UserMixin)

_SCHEMES = ("sqlite", "postgresql+psycopg", "mariadb+pymysql", "mysql+pymysql")


class OwnDatabase(Generic[U]):
    """The tables at a URL. Of a relative path, or without one, each application has its own.

    :raises ConfigurationError: the URL names no database that there are statements for.
    """

    def __init__(self, url: str, ids: type[int] | type[UUID]) -> None:
        scheme, rest = spelled(url)
        self._contents = OWN[ids]
        if scheme not in _SCHEMES:
            # Without the text, which may be a secret in the wrong place.
            known = ", ".join(f"{known}://" for known in _SCHEMES)
            raise self._contents.misconfigured(
                f"it begins with no scheme that is known (there are {known})"
            )
        self._scheme, self._url = scheme, f"{scheme}://{rest}"
        self._model = MODELS[ids]
        path = rest.partition("?")[0].removeprefix("/")
        self._is_in_memory = scheme == "sqlite" and path in ("", ":memory:")
        self._is_shared = scheme != "sqlite" or path.startswith("/")
        self._lock = PerProcess(new_lock)
        self._shared: OwnTables[U] | None = None
        self._of_applications: WeakKeyDictionary[Flask, OwnTables[U]] = WeakKeyDictionary()

    def take(self) -> OwnTables[U]:
        """Return the tables."""
        if self._is_shared:
            tables = self._shared
            if tables is None:
                with self._lock.take():
                    tables = self._shared = self._shared or self._opened(Path())
            return tables
        if not has_app_context():
            raise self._contents.misconfigured(
                "which file it is depends on the application: use it within its context "
                "(with app.app_context()), or give the whole path, as in sqlite:////srv/users.db"
            )
        app = current_application()
        tables = self._of_applications.get(app)
        if tables is None:
            with self._lock.take():
                tables = self._of_applications.get(app)
                if tables is None:
                    tables = self._opened(Path(current_app.instance_path))
                    self._of_applications[app] = tables
        return tables

    def _opened(self, instance_path: Path) -> OwnTables[U]:
        return OwnTables(self._model, self._engine(instance_path), self._contents)  # type: ignore[arg-type]

    def _engine(self, instance_path: Path) -> Engine:
        if self._is_in_memory:
            # One connection, which holds all there is, and one thread at a time that uses it.
            return create_engine(
                "sqlite://",
                poolclass=QueuePool,
                pool_size=1,
                max_overflow=0,
                pool_timeout=CALL_SECONDS,
                connect_args={"check_same_thread": False},
            )
        try:
            return engine_of(self._url, instance_path, self._contents)
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"{self._contents.place} needs the package {error.name}: pip install "
                f"'flask-jwt-reborn[users,{EXTRAS[self._scheme]}]'"
            ) from None
        except ImportError:
            raise self._contents.misconfigured(
                "the driver can't load its library libpq; pip install 'psycopg[binary]'"
            ) from None
