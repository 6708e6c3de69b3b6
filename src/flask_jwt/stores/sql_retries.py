"""Calls to a database: repeated where that helps, and otherwise the errors of a store.

A call that may be made twice is repeated at once after a lost connection or a deadlock; the steps
that make the tables, while others make them too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import uniform
from time import monotonic, sleep
from typing import Any, NoReturn, TypeVar

from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ..sessions.errors import StoreBusy, StoreForgot, StoreUnavailable
from ..sessions.models import OPEN_SECONDS
from .faults import translating
from .sql_engine import Database, DatabaseError
from .sql_faults import (
    TABLES,
    is_answer,
    is_busy,
    is_locked_here,
    meaning_of,
    mend_of,
)

T = TypeVar("T")

# What another process that makes the tables, or begins the epoch, is the cause of.
_IN_THE_WAY = ("deadlock", "waited", "duplicate", "there")
# Drawn at random: two processes that have met once do not meet again.
_PAUSE_SECONDS = (0.01, 0.1)
_WAITS_FOR_ITSELF = (
    "this very process has a transaction open that has written to the same SQLite file, which has "
    "one writer at a time; commit it, or roll it back, before {contents.writes}, or keep "
    "{contents.things} in a file of their own ({contents.own_file})"
)


def until_it_stands(step: Callable[[], T], until: float) -> T:
    """Do something that others do at the same moment, again and again while they are in the way."""
    while True:
        try:
            return step()
        except DatabaseError as error:
            if meaning_of(error.cause) not in _IN_THE_WAY or monotonic() > until:
                raise
        sleep(uniform(*_PAUSE_SECONDS))  # noqa: S311


def open_database(database: Database[Any]) -> None:
    """Reach a database that has to hold its tables, and nothing in them."""
    until = monotonic() + OPEN_SECONDS
    until_it_stands(partial(make_tables, database, until), until)


def make_tables(database: Database[Any], until: float) -> None:
    """Make the tables that are not there, with their indexes."""
    with database.cursor() as cursor:
        # It can be reached: a fault from here on is another one.
        for sql in database.at_open:
            cursor.execute_raw(sql)
    engine = database.engine
    present = _made(database, lambda: inspect(engine).get_table_names())
    for table in database.contents.metadata.sorted_tables:
        if table.name not in present:
            # Each index by itself, too: another process may have made its table alone since.
            for create in (table.create, *(index.create for index in table.indexes)):
                make = partial(_made, database, partial(create, engine, checkfirst=True))
                until_it_stands(make, until)
    database.contents.warn_of_migrations(present)


def _made(database: Database[Any], step: Callable[[], T]) -> T:
    try:
        return step()
    except PoolTimeoutError as error:
        raise database.contents.crowded() from error
    except DBAPIError as error:
        cause = error.orig or error
        raise DatabaseError(cause, database, disconnected=error.connection_invalidated) from error


def refuse(error: DatabaseError) -> NoReturn:
    """Raise what a failure means to the caller of a store: whether waiting helps, and whom."""
    cause, database = error.cause, error.database
    contents = database.contents
    keeper = contents.keeper
    is_sqlite = database.engine.dialect.name == "sqlite"
    file = database.engine.url.database if is_sqlite else None
    if is_busy(cause):
        # Another thread's use of the store ends by itself.
        waits_for_itself = file is not None and not database.in_use and is_locked_here(file)
        reason = _WAITS_FOR_ITSELF.format(contents=contents) if waits_for_itself else error
        raise StoreBusy(f"the {keeper} was busy: {reason}") from error
    if error.disconnected:
        raise StoreUnavailable(f"the {keeper} does not answer: {error}") from error
    mend = mend_of(cause, file, contents)
    if mend is not None:
        # Without what the driver says of users and addresses.
        raise contents.misconfigured(mend) from None
    if error.unreachable and not is_answer(cause):
        raise StoreUnavailable(f"the {keeper} does not answer: {error}") from error
    if not _has_tables(database):
        raise StoreForgot(f"the {keeper} is empty") from error
    if meaning_of(cause) == "other tables":
        raise contents.misconfigured(TABLES.format(contents=contents)) from None
    # An error of this call alone: it does not open the circuit breaker.
    raise StoreBusy(f"the {keeper} refused: {error}") from error


#: Have the failure of a call raise an error of the store.
single_attempt = translating(DatabaseError, refuse)
#: The same of a call that may be made twice: after a restart all connections are dead.
retrying = translating(
    DatabaseError,
    refuse,
    lambda error: error.disconnected or meaning_of(error.cause) == "deadlock",
    attempts=3,
    # A call that failed at once is repeated; one that has used up its time is not.
    seconds=0.5,
)


def _has_tables(database: Database[Any]) -> bool:
    try:
        inspector = inspect(database.engine)
        return all(
            inspector.has_table(table.name, schema=table.schema)
            for table in database.contents.metadata.sorted_tables
        )
    except SQLAlchemyError:
        # It can't be asked, or all connections are in use: then it has not forgotten.
        return True
