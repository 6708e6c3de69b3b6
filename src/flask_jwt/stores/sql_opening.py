"""A database made ready by many at once: each step is repeated until it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import uniform
from time import monotonic, sleep
from typing import TypeVar

from sqlalchemy import Engine, inspect
from sqlalchemy.exc import DBAPIError

from .sql_connection import DatabaseFault
from .sql_faults import is_busy, is_duplicate, is_there_already
from .sql_migrations import warn_of_migrations
from .sql_schema import metadata

T = TypeVar("T")

# Those who have met once do not meet again.
_PAUSE_SECONDS = (0.01, 0.1)


def until_it_stands(step: Callable[[], T], until: float) -> T:
    """Do something that others do at the same moment, again and again while they are in the way."""
    while True:
        try:
            return step()
        except DatabaseFault as fault:
            if not _is_in_the_way(fault.cause) or monotonic() > until:
                raise
        sleep(uniform(*_PAUSE_SECONDS))  # noqa: S311


def make_tables(engine: Engine, until: float) -> None:
    """Make the tables that are not there, with their indexes."""
    present = _made(lambda: inspect(engine).get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in present:
            # An index by itself, too: its table may be there since, by whoever makes both.
            for make in (table.create, *(index.create for index in table.indexes)):
                until_it_stands(partial(_made, partial(make, engine, checkfirst=True)), until)
    warn_of_migrations(present)


def _made(step: Callable[[], T]) -> T:
    try:
        return step()
    except DBAPIError as error:
        cause = error.orig or error
        raise DatabaseFault(cause, disconnected=error.connection_invalidated) from error


def _is_in_the_way(cause: BaseException) -> bool:
    return is_busy(cause) or is_duplicate(cause) or is_there_already(cause)
