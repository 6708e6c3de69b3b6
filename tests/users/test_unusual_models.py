"""Models that inherit, hide rows, or want more of a row than ours do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql  # type: ignore[import-untyped]
import pytest
from sqlalchemy import Connection, Engine, ForeignKey, String, create_engine, event, make_url, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    mapped_column,
    sessionmaker,
    with_loader_criteria,
)

from flask_jwt.errors import ConfigurationError
from flask_jwt.user_directory import DirectoryUnavailable, UnfitEmail, UserExists
from flask_jwt.users import UserMixin, Users
from tests.support.stores import empty_store

PASSWORD = "correct horse battery staple"


class Base(DeclarativeBase):
    """Other tables of the application's."""


class Member(UserMixin, Base):
    """A user of one of several classes, of which each has an address of its own."""

    __tablename__ = "members"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    is_deleted: Mapped[bool] = mapped_column(default=False)
    __mapper_args__: dict[str, Any] = {  # noqa: RUF012
        "polymorphic_on": "kind",
        "polymorphic_identity": "member",
    }


class Staff(Member):
    """Rows of the same table."""

    __mapper_args__: dict[str, Any] = {"polymorphic_identity": "staff"}  # noqa: RUF012


class Partner(Member):
    """Rows of another table besides."""

    __tablename__ = "partners"
    id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    company: Mapped[str | None] = mapped_column(String(50))
    __mapper_args__: dict[str, Any] = {"polymorphic_identity": "partner"}  # noqa: RUF012


class Elsewhere(UserMixin, Base):
    """Users in a schema of their own."""

    __tablename__ = "people"
    __table_args__: Any = ({"schema": "accounts"},)
    id: Mapped[int] = mapped_column(primary_key=True)


def make_tables(bind: Engine | Connection, *models: type[Base]) -> None:
    """Make the tables of some models."""
    tables = [Base.metadata.tables[str(model.__table__)] for model in models]
    Base.metadata.create_all(bind, tables=tables)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path / 'members.db'}")
    make_tables(made, Member, Partner)
    yield made
    made.dispose()


@pytest.mark.parametrize("model", [Staff, Partner])
def test_a_class_of_several(engine: Engine, model: type[Member]) -> None:
    """Users of one class of a table are changed alike, and names of other classes are taken."""
    Users(model=Member, session=sessionmaker(engine)).add("ann", PASSWORD)
    users = Users(model=model, session=sessionmaker(engine))
    bob = users.add("bob", PASSWORD)

    users.set_password(bob, PASSWORD + "!")
    users.set_roles(bob, ["admin"])

    assert users.verify("bob", PASSWORD + "!").roles == ("admin",)  # type: ignore[union-attr]
    assert users.by_name("ann") is None
    with pytest.raises(UserExists):
        users.add("ann")
    users.remove(bob)
    assert users.page() == []


def test_rows_that_are_hidden(engine: Engine) -> None:
    """The name of a row that the application keeps, and shows to nobody, is taken."""

    def hide(state: ORMExecuteState) -> None:
        if state.is_select:
            state.statement = state.statement.options(
                with_loader_criteria(Member, Member.is_deleted.is_(False))
            )

    users = Users(model=Member, session=sessionmaker(engine))
    users.add("ann")
    with Session(engine) as session, session.begin():
        session.query(Member).update({"is_deleted": True})
    event.listen(Session, "do_orm_execute", hide)
    try:
        assert users.by_name("ann") is None
        with pytest.raises(UserExists):
            users.add("ann")
    finally:
        event.remove(Session, "do_orm_execute", hide)


def test_addresses_that_are_unique(engine: Engine) -> None:
    """Where a model has them unique, an address of somebody else's is refused as such."""
    users = Users(model=Member, session=sessionmaker(engine))
    users.add("ann", email="ann@example.org")

    with pytest.raises(UnfitEmail, match="of that address"):
        users.add("bob", email="ann@example.org")

    assert users.by_name("bob") is None


def test_a_schema(tmp_path: Path) -> None:
    """In a schema of its own a table is there: what the server refuses is not for lack of it."""
    with empty_store("postgresql", tmp_path) as url:
        made = create_engine(url)
        with made.begin() as connection:
            connection.execute(text("CREATE SCHEMA accounts"))
            make_tables(connection, Elsewhere)
            connection.execute(
                text(
                    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                    "RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$;"
                    "CREATE TRIGGER refuse BEFORE INSERT ON accounts.people "
                    "FOR EACH ROW EXECUTE FUNCTION refuse()"
                )
            )
        users = Users(model=Elsewhere, session=sessionmaker(made))

        with pytest.raises(DirectoryUnavailable):
            users.add("ann")

        made.dispose()


def test_a_change_that_changes_nothing(tmp_path: Path) -> None:
    """A driver that counts no row that is as it was (a creator= of one's own) loses no user."""
    with empty_store("mariadb", tmp_path) as url:
        server = make_url(url)
        made = create_engine(
            url,
            creator=lambda: pymysql.connect(
                host=server.host, port=server.port or 0, user=server.username,
                password=server.password or "", database=server.database,
            ),
        )  # fmt: skip
        make_tables(made, Member)
        users = Users(model=Member, session=sessionmaker(made))
        ann = users.add("ann")

        users.enable(ann)

        assert users.by_id(ann.id).enabled  # type: ignore[union-attr]
        made.dispose()


def test_an_asynchronous_engine(tmp_path: Path) -> None:
    """An engine that blocks no thread is refused at the first use, in a line that says why."""
    with empty_store("postgresql", tmp_path) as url:
        session = AsyncSession(create_async_engine(url)).sync_session
        users = Users(model=Member, session=lambda: session)

        with pytest.raises(ConfigurationError, match="asynchronous"):
            users.by_id(1)
