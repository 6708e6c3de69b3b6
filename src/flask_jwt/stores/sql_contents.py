"""What a database keeps for us: its tables, and how errors speak of them."""

from __future__ import annotations

import logging
from collections.abc import Container
from typing import NamedTuple

from sqlalchemy import MetaData

from ..errors import ConfigurationError
from ..sessions.errors import StoreCrowded

# The table by which Alembic knows what it has done; a name of one's own is not looked for.
_VERSIONS = "alembic_version"

_logger = logging.getLogger("flask_jwt")
# The places of contents whose tables an application's migrations know, or whose lack was logged.
_settled: set[str] = set()


class Contents(NamedTuple):
    """What is kept together."""

    #: Where it is configured.
    place: str
    #: What it is, in the plural.
    things: str
    #: Where it is kept, as logs say it.
    keeper: str
    #: The tables.
    metadata: MetaData
    #: What copies them into an application's metadata.
    add_tables: str
    #: What comes of it when all is lost.
    loss: str
    #: When it writes.
    writes: str
    #: How a file of its own is asked for.
    own_file: str
    #: What is taken in the place of an SQLite database without a file, where that will not do.
    without_file: str | None = None

    def __repr__(self) -> str:
        return "<Contents>"

    def misconfigured(self, mend: str) -> ConfigurationError:
        """Return the error that names the place and the mend."""
        return ConfigurationError(f"{self.place}: {mend}")

    def crowded(self) -> StoreCrowded:
        """Return the error of a call that got no connection."""
        return StoreCrowded(f"all connections of the {self.keeper} are in use")

    @property
    def named_tables(self) -> str:
        """The names of the tables, as a sentence has them."""
        *before, last = [table.name for table in self.metadata.sorted_tables]
        return f"{', '.join(before)} and {last}" if before else last

    def add_to(self, to: MetaData) -> None:
        """Copy the tables into a MetaData of the application, whose migrations make them."""
        for table in self.metadata.sorted_tables:
            table.to_metadata(to)
        _settled.add(self.place)

    def warn_of_migrations(self, present: Container[str]) -> None:
        """Warn once in a process that Alembic looks after a database and would drop the tables."""
        if self.place not in _settled and _VERSIONS in present:
            _settled.add(self.place)
            _logger.warning(
                "%s: its database has a table %s, and nothing has added the tables of %s to your "
                "metadata: the next alembic revision --autogenerate would drop them. Call %s, "
                "beside your models",
                self.place,
                _VERSIONS,
                self.things,
                self.add_tables,
            )
