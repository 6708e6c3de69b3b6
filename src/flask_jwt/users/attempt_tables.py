"""The table with the counts of attempts, and its statements, compiled once for a dialect."""

from __future__ import annotations

from sqlalchemy import (
    ClauseElement,
    Column,
    Dialect,
    Double,
    Insert,
    Integer,
    MetaData,
    Table,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from ..stores.sql_contents import Contents
from ..stores.sql_schema import ENGINE, ascii_text
from ..stores.sql_statements import Statement
from ..throttle.attempts import FREE_PER_ACCOUNT, MAX_KEY

# Part of the text of a statement.
_ZERO, _FREE = (literal_column(str(n), Integer) for n in (0, FREE_PER_ACCOUNT))

#: The table below; :func:`.add_tables` copies it.
metadata = MetaData()

#: One row for each key. Times are seconds since 1970.
attempts = Table(
    "flask_jwt_attempts",
    metadata,
    Column("key", ascii_text(MAX_KEY), primary_key=True),
    # NULL for a mark, whose moment is last_at.
    Column("failures", Integer),
    Column("last_at", Double, nullable=False),
    Column("kept_until", Double, nullable=False, index=True),
    **ENGINE,
)

#: What the table is, for errors.
ATTEMPTS = Contents(
    place="Users(…), where it counts attempts to sign in",
    things="counts of attempts",
    keeper="table of attempts",
    metadata=metadata,
    add_tables="add_tables(db.metadata), of flask_jwt.users",
    loss="forgets failed attempts",
    writes="somebody signs in",
    own_file="Users('sqlite:///users.db')",
)


class AttemptStatements:
    """All statements on the table."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._prepare_counts()
        self._prepare_marks()
        self._prepare_pruning()

    def _compiled(self, element: ClauseElement) -> Statement:
        return Statement(element, self._dialect)

    def _insert_unless_there(self) -> Insert:
        # The driver's error for a duplicate would cost the connection.
        if self._dialect.name == "sqlite":
            return sqlite.insert(attempts).on_conflict_do_nothing()
        if self._dialect.name == "postgresql":
            return postgresql.insert(attempts).on_conflict_do_nothing()
        return insert(attempts).prefix_with("IGNORE")

    def _prepare_counts(self) -> None:
        row = attempts.c
        failures = bindparam("counted", type_=Integer)
        moment, until = bindparam("moment", type_=Double), bindparam("until", type_=Double)
        its = row.key == bindparam("a_key")
        self.read = self._compiled(select(row.failures, row.last_at).where(its))
        self.insert = self._compiled(
            self._insert_unless_there().values(
                key=bindparam("a_key"), failures=failures, last_at=moment, kept_until=until
            )
        )
        # The one compare-and-swap.
        self.swap = self._compiled(
            update(attempts)
            .where(
                its,
                row.failures == bindparam("counted_before", type_=Integer),
                row.last_at == bindparam("moment_before", type_=Double),
            )
            .values(failures=failures, last_at=moment, kept_until=until)
        )
        self.clear = self._compiled(delete(attempts).where(its))

    def _prepare_marks(self) -> None:
        row = attempts.c
        moment, until = bindparam("moment", type_=Double), bindparam("until", type_=Double)
        self.mark = self._compiled(
            update(attempts)
            .where(row.key == bindparam("a_key"))
            .values(
                last_at=case((row.last_at < moment, moment), else_=row.last_at),
                kept_until=case((row.kept_until < until, until), else_=row.kept_until),
            )
        )

    def _prepare_pruning(self) -> None:
        row = attempts.c
        oldest = (
            select(row.key, row.kept_until)
            .order_by(row.kept_until)
            .limit(bindparam("most", type_=Integer))
            .offset(_ZERO)
        )
        self.count = self._compiled(select(func.count()).select_from(attempts))
        self.forgotten = self._compiled(
            oldest.where(row.kept_until <= bindparam("moment", type_=Double))
        )
        self.oldest_free = self._compiled(oldest.where(row.failures < _FREE))
        # Marks are kept longer than any count, and so are the last of them.
        self.oldest = self._compiled(oldest)
        # Unless it was used meanwhile.
        self.delete = self._compiled(
            delete(attempts).where(
                row.key == bindparam("a_key"),
                row.kept_until == bindparam("until", type_=Double),
            )
        )
