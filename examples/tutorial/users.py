"""Who may sign in: a table in an SQLite file, with hashed passwords."""

from __future__ import annotations

from sqlalchemy import Engine, String, insert, inspect, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from werkzeug.security import check_password_hash, generate_password_hash

# Verified where there is no such user, so that the answer takes as long as for a wrong password:
# whoever tries names must not learn from the clock which of them exist.
_NOBODYS_HASH = generate_password_hash("nobody's password")


class Base(DeclarativeBase):
    """The tables of the application."""


class User(Base):
    """One person who may sign in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str]


def fill(engine: Engine) -> None:
    """Create the table, with one user in it, unless it is there: who was deleted stays so.

    Several workers may start at the same moment: whoever comes second finds it done.
    """
    with engine.begin() as connection:
        # Locked before the look: the driver by itself locks at the first insertion.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        if inspect(connection).has_table(User.__tablename__):
            return
        User.metadata.create_all(connection)
        password_hash = generate_password_hash("abc123")
        connection.execute(
            insert(User).values(id=123, username="masnun", password_hash=password_hash)
        )


def user_with_password(engine: Engine, username: str, password: str) -> User | None:
    """Return the user whose name and password these are, or None."""
    with Session(engine) as session:
        user = session.scalar(select(User).where(User.username == username))
    known = check_password_hash(user.password_hash if user else _NOBODYS_HASH, password)
    return user if known else None


def user_with_id(engine: Engine, user_id: int) -> User | None:
    """Return a user by number, or None."""
    with Session(engine) as session:
        return session.get(User, user_id)
