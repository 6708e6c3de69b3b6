"""A fault of a database -> the error of the store that says whether waiting helps, and for whom."""

from __future__ import annotations

from typing import NoReturn

from sqlalchemy import Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from ..sessions.errors import StoreBusy, StoreCrowded, StoreForgot, StoreUnavailable
from .faults import misconfigured
from .sql_connection import Database, DatabaseFault
from .sql_faults import TABLES, is_answer, is_busy, is_of_other_tables, mend_of
from .sql_schema import metadata
from .sqlite_file import is_locked_here

# What the log says of a process that waits for itself.
_WAITS = (
    "this very process has a transaction open that has written to the same SQLite file, which has "
    "one writer at a time; commit it, or roll it back, before a session begins, moves on or ends, "
    "or keep sessions in a file of their own (JWT_SESSION_STORE = 'sqlite:///sessions.db')"
)


def refuse(fault: DatabaseFault, database: Database) -> NoReturn:
    """Raise what a fault means to the caller of a store."""
    cause, engine = fault.cause, database.engine
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    if is_busy(cause):
        # Another thread's use of the store ends by itself.
        waits_for_itself = file is not None and not database.in_use and is_locked_here(file)
        raise StoreBusy(
            f"the session store was busy: {_WAITS if waits_for_itself else fault}"
        ) from fault
    if fault.disconnected:
        raise StoreUnavailable(f"the session store does not answer: {fault}") from fault
    mend = mend_of(cause, file)
    if mend is not None:
        # Without what the driver says of users and addresses.
        raise misconfigured(mend) from None
    if fault.unreachable and not is_answer(cause):
        raise StoreUnavailable(f"the session store does not answer: {fault}") from fault
    if not _has_tables(engine):
        raise StoreForgot("the store is empty") from fault
    if is_of_other_tables(cause):
        raise misconfigured(TABLES) from None
    raise StoreBusy(f"the session store refused: {fault}") from fault


def all_in_use() -> StoreCrowded:
    """Return the error of a call that has waited for a connection of the pool."""
    return StoreCrowded("all connections of the session store are in use")


def _has_tables(engine: Engine) -> bool:
    try:
        return set(inspect(engine).get_table_names()) >= metadata.tables.keys()
    except SQLAlchemyError:
        # It can't be asked, or all connections are in use: then it has not forgotten.
        return True
