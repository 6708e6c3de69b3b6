"""Calls to a database of users: repeated where that helps, and otherwise the errors of a directory.

Nothing of what a driver says is shown but its first line, in a log: what follows has values.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any, NoReturn, TypeVar

from flask import current_app, has_app_context
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ..sessions.circuit_breaker import CircuitBreaker
from ..sessions.errors import StoreForgot, StoreUnavailable
from ..stores.sql_connections import checked_engine
from ..stores.sql_contents import Contents
from ..stores.sql_engine import Database, DatabaseError, IdleCursors
from ..stores.sql_faults import meaning_of
from ..stores.sql_retries import refuse
from ..user_directory import DirectoryUnavailable, UnfitName

T = TypeVar("T")

# How often a call is made, and for how many seconds another attempt begins.
_ATTEMPTS = 3
_SECONDS = 0.5
_ROW = (
    "the database refuses a row of users: a constraint of the table is not met; give each column "
    "that users.add() does not set a default, or let it be NULL"
)
_TEXT = "The database has no characters, or no room, for the name or the address"


def _log(error: Exception) -> None:
    logger = current_app.logger if has_app_context() else logging.getLogger("flask_jwt")
    logger.error("%s", error)


class Calls:
    """Makes calls to one database.

    :param engine: returns the engine, for calls that fail.
    """

    def __init__(self, contents: Contents, engine: Callable[[], Engine]) -> None:
        self._contents = contents
        self._engine = engine
        self._breaker = CircuitBreaker(_log)

    def read(self, step: Callable[..., T], *args: Any) -> T:
        """Make a call that changes nothing, a second time where a connection was lost."""
        return self._made(step, args, is_repeatable=True)

    def find(self, step: Callable[..., T | None], key: str) -> T | None:
        """Look for a text: None, too, where the database has no such characters."""
        try:
            return self.read(step, key)
        except UnfitName:
            return None

    def write(self, step: Callable[..., T], *args: Any) -> T:
        """Make a call that may have been carried out although no answer came."""
        return self._made(step, args, is_repeatable=False)

    def _made(self, step: Callable[..., T], args: tuple[Any, ...], *, is_repeatable: bool) -> T:
        try:
            return self._breaker.call(self._attempted, step, args, is_repeatable)
        except StoreUnavailable:
            raise DirectoryUnavailable from None

    def _attempted(self, step: Callable[..., T], args: tuple[Any, ...], is_repeatable: bool) -> T:
        until = monotonic() + _SECONDS
        failure: DatabaseError | None = None
        for left in reversed(range(_ATTEMPTS)):
            try:
                return step(*args)
            except PendingRollbackError:
                # The application's transaction is lost with its connection, and not ours to end.
                if failure is None:
                    raise
                self._refuse(failure)
            except UnicodeEncodeError:
                # The driver's: the connection has the encoding of the database.
                raise UnfitName(_TEXT) from None
            except (DatabaseError, DBAPIError, PoolTimeoutError) as error:
                failure = self._failure(error)
                # What was rolled back in favour of another was not carried out.
                is_worthwhile = meaning_of(failure.cause) == "deadlock" or (
                    is_repeatable and failure.disconnected
                )
                if not (left and is_worthwhile and monotonic() < until):
                    self._refuse(failure)
        raise AssertionError("the last attempt returns or raises")

    def _failure(self, error: DatabaseError | DBAPIError | PoolTimeoutError) -> DatabaseError:
        if isinstance(error, PoolTimeoutError):
            raise self._contents.crowded() from None
        cause = error.cause if isinstance(error, DatabaseError) else error.orig or error
        if meaning_of(cause) == "unfit text":
            raise UnfitName(_TEXT) from None
        if isinstance(error, DatabaseError):
            return error
        if isinstance(error, IntegrityError | DataError):
            raise self._contents.misconfigured(_ROW) from None
        return DatabaseError(
            cause,
            self._database(),
            disconnected=error.connection_invalidated,
            # No statement was under way: there was no connection yet.
            unreachable=error.statement is None,
        )

    def _database(self) -> Database[None]:
        engine = checked_engine(self._engine(), self._contents)
        return Database(engine, IdleCursors(), self._contents, lambda _: None)

    def _refuse(self, failure: DatabaseError) -> NoReturn:
        try:
            refuse(failure)
        except StoreForgot:
            raise self._contents.misconfigured(
                f"the table {self._contents.named_tables} is not there; run the migrations that "
                "make it, or db.create_all()"
            ) from None
