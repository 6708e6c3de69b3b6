"""A model of an application's own, through each kind of session that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy_lite import SQLAlchemy as Lite
from sqlalchemy import String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from flask_jwt.users import UserMixin, Users

#: How an application comes by its sessions.
SESSION_KINDS = ("flask-sqlalchemy", "lite", "sessionmaker")


class Base(DeclarativeBase):
    """The application's tables."""


class Person(UserMixin, Base):
    """The application's users, who have more than ours."""

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    nickname: Mapped[str | None] = mapped_column(String(50))


class PersonOfUUID(UserMixin, Base):
    """The same, whose model makes no ids by itself."""

    __tablename__ = "people_by_uuid"
    id: Mapped[UUID] = mapped_column(primary_key=True)


class Application(NamedTuple):
    """An application with users in a model of its own."""

    app: Flask
    #: What it gives to ``Users(session=…)``.
    given: Any
    #: Returns the session of the context at hand; of a ``sessionmaker`` a new one.
    session: Callable[[], Session]

    def users(self, **named: Any) -> Users[Person]:
        """Return a directory."""
        return Users(model=Person, session=self.given, **named)


@contextmanager
def application(kind: str, url: str, folder: Path, **engine_options: Any) -> Iterator[Application]:
    """Make an application with tables in a database, and close its connections at the end."""
    app = Flask("people", instance_path=str(folder))
    if kind == "flask-sqlalchemy":
        db = SQLAlchemy(model_class=Base, engine_options=engine_options)
        app.config["SQLALCHEMY_DATABASE_URI"] = url
        db.init_app(app)
        made = Application(app, db.session, db.session)
        with app.app_context():
            engine = db.engine
    elif kind == "lite":
        lite = Lite(require_default_engine=True)
        app.config["SQLALCHEMY_ENGINES"] = {"default": {"url": url, **engine_options}}
        lite.init_app(app)
        made = Application(app, lite, lambda: lite.session)
        with app.app_context():
            engine = lite.engine
    else:
        engine = create_engine(url, **engine_options)
        maker = sessionmaker(engine)
        made = Application(app, maker, maker)
    Base.metadata.create_all(engine)
    try:
        yield made
    finally:
        engine.dispose()


def names_in(session: Session) -> list[str]:
    """Return the names of all users that a session sees."""
    return list(session.scalars(select(Person.username).order_by(Person.id)))
