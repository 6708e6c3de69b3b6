"""What a user is: the columns that any model of users has, and the models of our own tables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Dialect, Double, Integer, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from ..stores.sql_schema import ENGINE, unicode_text
from ..user_names import MAX_CHARACTERS, MAX_KEY_CHARACTERS
from .email_addresses import MAX_ADDRESS

#: The table of users, unless a model names its own.
TABLE = "flask_jwt_users"


@lru_cache(maxsize=256)
def _texts(written: str) -> tuple[str, ...]:
    # Many users have the same roles, and each guarded request reads some.
    return tuple(json.loads(written))


class Roles(TypeDecorator[tuple[str, ...]]):
    """Texts in their order, as JSON. Read as a tuple: what is changed in place would be lost."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return what is stored: ASCII, whatever the database's encoding is."""
        return None if value is None else json.dumps(list(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002
        """Return what was stored."""
        return self.read(value)

    @staticmethod
    def read(value: str | None) -> tuple[str, ...] | None:
        """Return the texts that a value of the driver's stands for."""
        return None if value is None else _texts(value)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, in UTC when it is read; seconds since 1970 in the database."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> float | None:  # noqa: ARG002
        """Return what is stored. A datetime without a zone is UTC."""
        if value is None:
            return None
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()

    def process_result_value(self, value: float | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return what was stored."""
        return self.read(value)

    @staticmethod
    def read(value: float | None) -> datetime | None:
        """Return the moment that a value of the driver's stands for."""
        return None if value is None else datetime.fromtimestamp(value, UTC)


class UserMixin:
    """The columns of a user, for a model of an application's own.

    The model has an ``id`` besides, an ``int`` or a :class:`uuid.UUID`, which is its primary key, a
    table name, and whatever else it likes, as long as a row can be made without it::

        class User(UserMixin, db.Model):
            id: Mapped[int] = mapped_column(primary_key=True)
    """

    #: The name as it was typed.
    username: Mapped[str] = mapped_column(unicode_text(MAX_CHARACTERS))
    #: What names are compared by. Byte by byte: MariaDB's own collations take ann for änn. A
    #: constraint is made with the table; before an index of its own is, two could have one name.
    username_key: Mapped[str] = mapped_column(
        unicode_text(MAX_KEY_CHARACTERS, "utf8mb4_bin"), unique=True
    )
    #: An address of electronic mail, or None. Not unique.
    email: Mapped[str | None] = mapped_column(unicode_text(MAX_ADDRESS))
    #: What the user may do.
    roles: Mapped[tuple[str, ...]] = mapped_column(Roles, default=())
    #: Whether the user may sign in, and go on.
    enabled: Mapped[bool] = mapped_column(default=True)
    #: When the user was added.
    created_at: Mapped[datetime] = mapped_column(Moment)
    #: When the password was set last; for a user who has never had one, ``created_at``.
    password_changed_at: Mapped[datetime] = mapped_column(Moment)
    #: The hash of the password, or None.
    password_hash: Mapped[str | None] = mapped_column(Text)

    def __repr__(self) -> str:
        # Of what is loaded: a repr asks no database.
        loaded = vars(self)
        return f"<{type(self).__name__} {loaded.get('id')} {loaded.get('username')!r}>"


class _Base(DeclarativeBase):
    metadata = MetaData()


class _UUIDBase(DeclarativeBase):
    metadata = MetaData()


class User(UserMixin, _Base):
    """A user in the table ``flask_jwt_users``, with a number for an id."""

    __tablename__ = TABLE
    # A number that was given once is never given to another user.
    __table_args__: Any = ({**ENGINE, "sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


class UUIDUser(UserMixin, _UUIDBase):
    """A user in the table ``flask_jwt_users``, with a random UUID for an id."""

    __tablename__ = TABLE
    __table_args__: Any = (ENGINE,)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
