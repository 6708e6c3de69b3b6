"""A model of the application's own: what the application has pending stays pending."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import StaticPool, create_engine, event, select
from sqlalchemy import inspect as inspect_orm
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Mapped, Session, mapped_column, scoped_session, sessionmaker

from flask_jwt.user_directory import DirectoryUnavailable, UserInUse
from flask_jwt.users import UncommittedWork, UserMixin, Users
from tests.support.stores import SQL, empty_store

from .models import SESSION_KINDS, Application, Base, Person, application, names_in

PASSWORD = "correct horse battery staple"
CHANGES: dict[str, Callable[[Users[Person], Person], object]] = {
    "read": lambda users, user: (users.by_id(user.id), users.by_name("ann"), users.page()),
    "verify": lambda users, user: users.verify("ann", PASSWORD),
    "add": lambda users, user: users.add("bob", PASSWORD),
    "set_password": lambda users, user: users.set_password(user, PASSWORD),
    "disable": lambda users, user: users.disable(user),
    "set_roles": lambda users, user: users.set_roles(user, ["admin"]),
    "remove": lambda users, user: users.remove(user),
}
SHARED = [kind for kind in SESSION_KINDS if kind != "sessionmaker"]


class Order(Base):
    """Something that belongs to a user."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int]


@pytest.fixture(params=SQL)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_store(request.param, tmp_path) as found:
        yield found


@pytest.fixture(params=SESSION_KINDS)
def mine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Application]:
    """An application over SQLite with each kind of session in turn, in its context."""
    with (
        application(request.param, f"sqlite:///{tmp_path / 'people.db'}", tmp_path) as made,
        made.app.app_context(),
    ):
        yield made


def pending(name: str) -> Person:
    """Return a user whom the application adds by itself, and has not committed."""
    now = datetime.now(UTC)
    return Person(
        username=name, username_key=name, roles=(), created_at=now, password_changed_at=now
    )


@pytest.mark.parametrize("kind", SHARED)
def test_what_is_pending_stays_pending(url: str, kind: str, tmp_path: Path) -> None:
    """Whatever is done to users, the application's work is neither flushed, kept nor lost."""
    with application(kind, url, tmp_path) as made, made.app.app_context():
        users = made.users()
        ann = users.add("ann", PASSWORD)
        session = made.session()
        for change, make in CHANGES.items():
            session.add(pending(f"before-{change}"))
            ann.nickname = f"Ann before {change}"

            make(users, ann)

            new = [one.username for one in session.new if isinstance(one, Person)]
            assert new == [f"before-{change}"]
            assert ann in session.dirty
            with Session(session.get_bind()) as another:
                assert f"before-{change}" not in names_in(another)
            if change != "remove":
                session.commit()
                assert f"before-{change}" in names_in(session)
                assert ann.nickname == f"Ann before {change}"


@pytest.mark.parametrize("kind", SHARED)
@pytest.mark.parametrize("database", [kind for kind in SQL if kind != "sqlite"])
def test_what_is_flushed_is_not_committed(database: str, kind: str, tmp_path: Path) -> None:
    """An open transaction stays the application's to commit, or to roll back."""
    with (
        empty_store(database, tmp_path) as url,
        application(kind, url, tmp_path) as made,
        made.app.app_context(),
    ):
        users = made.users()
        ann = users.add("ann", PASSWORD)
        session = made.session()
        for change in CHANGES.values():
            session.add(pending("flushed"))
            session.flush()

            change(users, ann)

            assert "flushed" in names_in(session)
            with Session(session.get_bind()) as another:
                assert "flushed" not in names_in(another)
            session.rollback()
            assert "flushed" not in names_in(session)


def test_a_writer_at_a_time(tmp_path: Path) -> None:
    """SQLite has one writer: a change that waits for the application's own is told so."""
    url = f"sqlite:///{tmp_path / 'people.db'}"
    with (
        application("lite", url, tmp_path, connect_args={"timeout": 0}) as made,
        made.app.app_context(),
    ):
        users = made.users()
        session = made.session()
        session.add(pending("flushed"))
        session.flush()

        with pytest.raises(DirectoryUnavailable):
            users.add("ann")

        session.commit()
        assert users.add("ann").username == "ann"


@pytest.mark.parametrize("kind", SESSION_KINDS)
def test_a_database_of_one_connection(kind: str, tmp_path: Path) -> None:
    """In memory a change would commit the application's work: it is refused while there is some."""
    with (
        application(
            kind,
            "sqlite://",
            tmp_path,
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
        ) as made,
        made.app.app_context(),
    ):
        users = made.users()
        ann = users.add("ann", PASSWORD)
        session = made.session()
        session.add(pending("flushed"))
        session.flush()

        for change in ("add", "disable", "set_roles", "remove"):
            with pytest.raises(UncommittedWork):
                CHANGES[change](users, ann)

        session.rollback()
        users.disable(ann)
        assert names_in(session) == ["ann"]
        session.close()


def test_the_user_is_the_applications(mine: Application) -> None:
    """A user whom the application has is that very object, and knows of changes at once."""
    users = mine.users()
    ann = users.add("ann", PASSWORD)
    if isinstance(mine.given, sessionmaker):
        assert inspect_orm(ann).detached
        return
    assert ann in mine.session()
    assert users.by_id(ann.id) is users.by_name("ann") is users.verify("ann", PASSWORD) is ann

    users.disable(ann.id)
    users.set_roles(ann, ["admin"])

    assert (ann.enabled, ann.roles) == (False, ("admin",))
    assert ann not in mine.session().dirty


def test_a_change_by_another_process(mine: Application) -> None:
    """What another process has changed is seen at the next look, although it was read before."""
    users = mine.users()
    ann = users.add("ann", PASSWORD)
    with Session(users._source().engine()) as another:
        person = another.scalars(select(Person)).one()
        person.enabled, person.roles = False, ("guest",)
        another.commit()

    found = users.by_id(ann.id)

    assert found is not None
    assert (found.enabled, found.roles) == (False, ("guest",))
    assert users.verify("ann", PASSWORD) is None


def test_detached_and_whole(tmp_path: Path) -> None:
    """A user out of a session of ours has all columns, after that session has ended."""
    with application("sessionmaker", f"sqlite:///{tmp_path / 'people.db'}", tmp_path) as made:
        users = made.users()
        users.add("ann", PASSWORD, email="ann@example.org")

        found = users.by_name("ann")

        assert found is not None
        assert inspect_orm(found).detached
        assert (found.email, found.nickname, found.enabled) == ("ann@example.org", None, True)


def test_statements(mine: Application) -> None:
    """A look at a user is one SELECT, and no transaction stays open for it."""
    users = mine.users()
    ann = users.add("ann", PASSWORD)
    seen: list[str] = []
    event.listen(
        users._source().engine(),
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: seen.append(statement),
    )

    users.by_id(ann.id)

    assert len(seen) == 1, seen
    assert seen[0].startswith("SELECT")
    if not isinstance(mine.given, sessionmaker):
        assert not mine.session().in_transaction()


@pytest.mark.parametrize("database", SQL)
def test_an_outer_transaction(database: str, tmp_path: Path) -> None:
    """Where tests hold a connection in a transaction, changes join it and end with it."""
    with empty_store(database, tmp_path) as url:
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        with engine.connect() as connection:
            outer = connection.begin()
            session = scoped_session(
                sessionmaker(connection, join_transaction_mode="create_savepoint")
            )
            users = Users(model=Person, session=session)
            ann = users.add("ann", PASSWORD)
            users.disable(ann)
            assert users.verify("ann", PASSWORD) is None
            session.remove()
            outer.rollback()
        with Session(engine) as another:
            assert names_in(another) == []
        engine.dispose()


def test_somebody_elses_rows(tmp_path: Path) -> None:
    """A user to whom rows of other tables belong is not removed, and the reason is named."""
    with (
        empty_store("postgresql", tmp_path) as url,
        application("lite", url, tmp_path) as made,
        made.app.app_context(),
    ):
        users = made.users()
        ann = users.add("ann")
        session = made.session()
        session.connection().exec_driver_sql(
            "ALTER TABLE orders ADD FOREIGN KEY (person_id) REFERENCES people (id)"
        )
        session.add(Order(person_id=ann.id))
        session.commit()

        with pytest.raises(UserInUse):
            users.remove(ann)

        assert users.by_name("ann") is not None


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ({}, "write Users('sqlite:///users.db')"),
        ({"url": Path("users.db")}, "write Users('sqlite:///users.db')"),
        ({"model": Person}, "session=db.session"),
        ({"session": sessionmaker()}, "model=User"),
        ({"url": "sqlite://", "model": Person, "session": sessionmaker()}, "write Users("),
        ({"url": "sqlite://", "ids": str}, "ids=uuid.UUID"),
        ({"model": Person, "session": sessionmaker(), "ids": int}, "the model says"),
        ({"model": Order, "session": sessionmaker()}, "UserMixin"),
        ({"model": UserMixin, "session": sessionmaker()}, "SQLAlchemy maps"),
        ({"model": Person, "session": Session()}, "a sessionmaker"),
        ({"model": Person, "session": create_engine("sqlite://")}, "a sessionmaker"),
        ({"model": Person, "session": AsyncSession}, "a sessionmaker"),
        ({"model": Person, "session": async_sessionmaker()}, "asynchronous"),
    ],
)
def test_what_does_not_go_together(named: dict[str, Any], hint: str) -> None:
    """Arguments that are wrong are refused with a line that says what to write."""
    with pytest.raises(TypeError, match=re.escape(hint)):
        Users(**named)


def test_roles_that_no_token_can_have(mine: Application) -> None:
    """A role that UTF-8 can't encode is refused: each token with it would be."""
    users = mine.users()

    with pytest.raises(ValueError, match="UTF-8"):
        users.add("ann", PASSWORD, roles=["\udcff"])
