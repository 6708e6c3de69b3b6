"""Users in tables of our own: read on the driver's cursor, for each guarded request reads one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID
from weakref import finalize

from sqlalchemy import (
    Boolean,
    Dialect,
    Engine,
    FromClause,
    Integer,
    Uuid,
    bindparam,
    literal_column,
    select,
)
from sqlalchemy import inspect as inspect_orm
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.types import TypeEngine

from ..core.clock import system_clock
from ..stores.sql_connections import Connections
from ..stores.sql_contents import Contents
from ..stores.sql_engine import Database
from ..stores.sql_retries import open_database
from ..stores.sql_statements import Statement
from .faults import Calls
from .model import Moment, Roles, UserMixin

U = TypeVar("U", bound=UserMixin)


class _Statements:
    """The statements that read users, and what turns values into the driver's and back."""

    def __init__(self, table: FromClause, dialect: Dialect) -> None:
        columns = table.columns
        everything = select(*columns)
        self.by_id = Statement(everything.where(columns.id == bindparam("an_id")), dialect)
        self.by_key = Statement(
            everything.where(columns.username_key == bindparam("a_key")), dialect
        )
        ordered = everything.order_by(columns.id).limit(bindparam("most", type_=Integer))
        # SQLite has an offset in any case; written out, it is no parameter.
        ordered = ordered.offset(literal_column("0", Integer))
        self.first_page = Statement(ordered, dialect)
        self.page = Statement(ordered.where(columns.id > bindparam("an_id")), dialect)
        #: The names of the columns, in their order.
        self.names = tuple(columns.keys())
        #: By the place of a column what reads its values, where they are not taken as they are.
        self.readers: list[tuple[int, Callable[[Any], Any]]] = [
            (place, read)
            for place, column in enumerate(columns)
            if (read := _reader(column.type, dialect)) is not None
        ]
        self.write_id: Callable[[Any], Any] | None = columns.id.type.dialect_impl(
            dialect
        ).bind_processor(dialect)


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(kind, Roles | Moment):
        return kind.read
    if isinstance(kind, Boolean):
        return bool
    if isinstance(kind, Uuid):
        return kind.dialect_impl(dialect).result_processor(dialect, None)
    return None


class OwnTables(Generic[U]):
    """Users in a table of our own, which is made at first use if it is not there."""

    def __init__(self, model: type[U], engine: Engine, contents: Contents) -> None:
        self.model = model
        self._mapper = inspect_orm(model)
        # Users are made without the ORM's own ways, which would see to it at the first of them.
        self._mapper.registry.configure()
        self._manager = self._mapper.class_manager
        self._connections: Connections[_Statements] = Connections(
            engine, contents, partial(_Statements, self._mapper.local_table), system_clock
        )
        self._is_open = False
        self.calls = Calls(contents, self.engine)
        # The engine is ours alone: an application that is thrown away leaves no connections.
        finalize(self, self._connections.close)

    def engine(self) -> Engine:
        """Return the engine, with connections of the process at hand."""
        return self._connections.take().engine

    def repeats_ids(self) -> bool:
        """Tell whether the id of a deleted row may be given to another."""
        return False

    def by_id(self, user_id: int | UUID) -> U | None:
        """Return the user with an id."""
        database = self._database()
        statements = database.statements
        rows = database.fetch(statements.by_id, {"an_id": _written(statements, user_id)})
        return self._user(statements, rows[0]) if rows else None

    def by_key(self, key: str) -> U | None:
        """Return the user with the key of a name."""
        database = self._database()
        rows = database.fetch(database.statements.by_key, {"a_key": key})
        return self._user(database.statements, rows[0]) if rows else None

    def credentials(self, key: str) -> tuple[U, str | None, bool] | None:
        """Return the user with the key of a name, the hash, and whether the user is enabled."""
        user = self.by_key(key)
        return None if user is None else (user, user.password_hash, user.enabled)

    def latest_credentials(self, user_id: int | UUID) -> tuple[str | None, bool] | None:
        """Return the hash of a user, and whether the user is enabled, as they are now."""
        user = self.by_id(user_id)
        return None if user is None else (user.password_hash, user.enabled)

    def page(self, after: int | UUID | None, most: int) -> list[U]:
        """Return users in the order of their ids."""
        database = self._database()
        statements = database.statements
        values: dict[str, Any] = {"most": most}
        if after is not None:
            values["an_id"] = _written(statements, after)
        which = statements.first_page if after is None else statements.page
        return [self._user(statements, row) for row in database.fetch(which, values)]

    def writing(self) -> Session:
        """Return a session for one change."""
        return Session(self._database().engine, expire_on_commit=False)

    def handed_over(self, user: U) -> U:
        """Return a user that was added, as the application gets it."""
        return user

    def note(self, user_id: int | UUID, values: Mapping[str, Any]) -> None:
        """Nothing: what was read before belongs to no session."""

    def _database(self) -> Database[_Statements]:
        database = self._connections.take()
        if not self._is_open:
            open_database(database)
            self._is_open = True
        return database

    def _user(self, statements: _Statements, row: Sequence[Any]) -> U:
        # Without __init__, and without a session: as one that was loaded and detached.
        values = list(row)
        for place, read in statements.readers:
            values[place] = read(values[place])
        user: U = self._manager.new_instance()
        user.__dict__.update(zip(statements.names, values, strict=True))
        instance_state(user).key = self._mapper.identity_key_from_primary_key((user.id,))  # type: ignore[attr-defined]
        return user


def _written(statements: _Statements, user_id: int | UUID) -> Any:
    return user_id if statements.write_id is None else statements.write_id(user_id)
