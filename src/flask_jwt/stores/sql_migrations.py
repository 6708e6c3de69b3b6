"""The tables and the application's migrations: Alembic drops what its metadata does not know."""

from __future__ import annotations

import logging
from collections.abc import Container

from sqlalchemy import MetaData

from .sql_schema import metadata

# The table by which Alembic knows what it has done; a name of one's own is not looked for.
_VERSIONS = "alembic_version"
_UNKNOWN = (
    "app.config['JWT_SESSION_STORE']: its database has a table alembic_version, and nothing has "
    "added the session tables to your metadata: the next alembic revision --autogenerate would "
    "drop them. Call add_tables(db.metadata), of flask_jwt.stores.sql, beside your models"
)

_logger = logging.getLogger("flask_jwt")
# In this process: "added", or "told" that they are not.
_settled: set[str] = set()


def add_tables(to: MetaData) -> None:
    """Copy the tables into a MetaData of the application's, so that its migrations make them."""
    for table in metadata.sorted_tables:
        table.to_metadata(to)
    _settled.add("added")


def warn_of_migrations(present: Container[str]) -> None:
    """Warn once in a process that Alembic looks after a database and would drop the tables."""
    if not _settled and _VERSIONS in present:
        _settled.add("told")
        _logger.warning(_UNKNOWN)
