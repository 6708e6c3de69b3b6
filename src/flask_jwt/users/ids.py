"""Ids of users: of which type they are, and what may stand for one."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import inspect as inspect_orm
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.orm import Mapper

from .model import UserMixin

# What 64 bits hold.
_LARGEST = 2**63 - 1


def id_type(given: Any) -> type[int] | type[UUID]:
    """Return the type that ids are to have, if it is one that they may have."""
    if given is int or given is UUID:
        kind: type[int] | type[UUID] = given
        return kind
    raise TypeError("ids are of type int or uuid.UUID: write ids=int, or ids=uuid.UUID")


def id_type_of(model: Any) -> type[int] | type[UUID]:
    """Return the type of the ids of an application's own model, if it is a model of users."""
    if not (isinstance(model, type) and issubclass(model, UserMixin)):
        raise TypeError(
            "model= is a class with UserMixin: class User(UserMixin, db.Model), with an id that is "
            "Mapped[int] or Mapped[uuid.UUID]"
        )
    try:
        mapper: Mapper[Any] = inspect_orm(model)
    except NoInspectionAvailable:
        raise TypeError("model= is a class that SQLAlchemy maps to a table") from None
    if [mapper.get_property_by_column(column).key for column in mapper.primary_key] != ["id"]:
        raise TypeError("the primary key of model= is its id, and nothing else")
    return id_type(mapper.primary_key[0].type.python_type)


def id_of(user: UserMixin) -> Any:
    """Return the id of a user, without a look at the database."""
    identity = inspect_orm(user).identity
    return identity[0] if identity else vars(user).get("id")


def new_id(model: type[UserMixin]) -> dict[str, UUID]:
    """Return an id for a model with UUIDs that makes none by itself."""
    column = inspect_orm(model).primary_key[0]
    makes_one = column.default is not None or column.server_default is not None
    return {} if makes_one or column.type.python_type is not UUID else {"id": uuid4()}


def read_id(kind: type[int] | type[UUID], given: Any) -> int | UUID | None:
    """Return what a token says as an id, or None where nobody can have it."""
    if kind is int:
        return given if type(given) is int and abs(given) <= _LARGEST else None
    if isinstance(given, UUID):
        return given
    return _uuid(given) if isinstance(given, str) else None


def _uuid(text: str) -> UUID | None:
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None
