"""Tables of our own, made at first use or by the application's migrations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import MetaData, Table

from ..stores.sql_contents import Contents
from .attempt_tables import ATTEMPTS
from .model import User, UUIDUser

_ADD_TABLES = "add_tables(db.metadata), of flask_jwt.users"
#: The models of our own tables, by the type of their ids.
MODELS: dict[type[int] | type[UUID], type[User] | type[UUIDUser]] = {int: User, UUID: UUIDUser}


def contents_of(metadata: MetaData, place: str) -> Contents:
    """Return what users and their tables are, for errors."""
    return Contents(
        place=place,
        things="users",
        keeper="database of users",
        metadata=metadata,
        add_tables=_ADD_TABLES,
        loss="loses all users",
        writes="a user is added or changed",
        own_file="Users('sqlite:///users.db')",
    )


#: What our own tables are, by the type of their ids.
OWN = {kind: contents_of(model.metadata, "Users(…)") for kind, model in MODELS.items()}


def contents_of_model(model: type[Any]) -> Contents:
    """Return what the table of an application's own model is; migrations or others make it."""
    # Only its name: what it refers to is the application's.
    metadata = MetaData()
    table = model.__table__
    Table(table.name, metadata, schema=table.schema)
    return contents_of(metadata, f"Users(model={model.__name__}, …)")


def add_tables(to: MetaData, *, ids: type[int] | type[UUID] | None = int) -> None:
    """Copy the tables into a MetaData of the application's, so that its migrations make them.

    :param to: the application's, ``db.metadata`` for one.
    :param ids: of which type the ids of users are; None where users are in a model of the
        application's own, whose table is in its metadata already.
    """
    if ids is not None:
        OWN[ids].add_to(to)
    ATTEMPTS.add_to(to)
