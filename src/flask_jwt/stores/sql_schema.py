"""The tables, made by the store itself, or by the application's migrations.

Alembic drops tables that its metadata does not know: :func:`add_tables` makes them known.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Double, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects import mysql

from ..sessions.models import MAX_ADDRESS, MAX_METHODS, MAX_REASON, MAX_SUBJECT_KEY, MAX_USER_AGENT
from .faults import KEY
from .sql_contents import Contents

# Compared byte by byte: MariaDB's own collations take Ann for ann.
_ASCII = "ascii_bin"


def ascii_text(length: int) -> String:
    """Return the type of ASCII text, compared byte by byte."""
    kind = String(length)
    exact = mysql.VARCHAR(length, charset="ascii", collation=_ASCII)
    return kind.with_variant(exact, "mysql", "mariadb")


def unicode_text(length: int, collation: str | None = None) -> String:
    """Return the type of any text."""
    wide = mysql.VARCHAR(length, charset="utf8mb4", collation=collation)
    return String(length).with_variant(wide, "mysql", "mariadb")


_CLAIMS = Text().with_variant(mysql.MEDIUMTEXT(charset="utf8mb4"), "mysql", "mariadb")

#: The tables below; :func:`.add_tables` copies them.
metadata = MetaData()
#: The options of each table.
ENGINE: dict[str, Any] = {"mysql_engine": "InnoDB", "mariadb_engine": "InnoDB"}

#: One row for each session; see :class:`flask_jwt.sessions.Session`. Times are seconds since 1970.
sessions = Table(
    "flask_jwt_sessions",
    metadata,
    Column("sid", ascii_text(22), primary_key=True),
    Column("subject", ascii_text(MAX_SUBJECT_KEY), nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("salt", ascii_text(32), nullable=False),
    Column("began_at", Double, nullable=False),
    Column("rotated_at", Double, nullable=False),
    Column("used_at", Double, nullable=False),
    Column("idle_span", Double, nullable=False),
    Column("idle_until", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("access_until", Double, nullable=False),
    Column("claims", _CLAIMS, nullable=False),
    Column("added", _CLAIMS, nullable=False),
    Column("methods", ascii_text(MAX_METHODS), nullable=False),
    Column("address", ascii_text(MAX_ADDRESS)),
    Column("user_agent", unicode_text(MAX_USER_AGENT)),
    Column("ended_at", Double),
    Column("ended_because", ascii_text(MAX_REASON)),
    # In whole hours: an index that changed with each refresh would cost as much as the refresh.
    Column("purge_hour", Integer, nullable=False, index=True),
    # Of one user those that have not ended, in order: however many there are, or have ended.
    Index("ix_flask_jwt_sessions_of", "subject", "ended_at", "began_at", "sid"),
    **ENGINE,
)

#: One row for each revocation, numbered in the order in which they were committed.
revocations = Table(
    "flask_jwt_revocations",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", ascii_text(8), nullable=False),
    Column("value", ascii_text(MAX_SUBJECT_KEY), nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
    Column("not_before", Double, nullable=False),
    **ENGINE,
)

#: One row: since when the store remembers, and the number of the last revocation.
memory = Table(
    "flask_jwt_store",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", ascii_text(32), nullable=False),
    Column("began", Double, nullable=False),
    Column("longest", Double, nullable=False),
    Column("number", BigInteger, nullable=False),
    **ENGINE,
)

#: What the tables are, for errors.
SESSIONS = Contents(
    place=KEY,
    things="sessions",
    keeper="session store",
    metadata=metadata,
    add_tables="add_tables(db.metadata), of flask_jwt.stores.sql",
    loss="signs everybody out",
    writes="a session begins, moves on or ends",
    own_file="JWT_SESSION_STORE = 'sqlite:///sessions.db'",
    without_file="memory://",
)


def add_tables(to: MetaData) -> None:
    """Copy the tables into a MetaData of the application's, so that its migrations make them."""
    SESSIONS.add_to(to)
