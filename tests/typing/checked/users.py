"""With a directory, what an application asks of its users has their type. Checked, never run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_type
from uuid import UUID

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

from flask_jwt import JWT
from flask_jwt.user_directory import UserDirectory
from flask_jwt.users import User, UserMixin, Users, UUIDUser


class Base(DeclarativeBase):
    pass


class Member(UserMixin, Base):
    __tablename__ = "member"

    id: Mapped[int] = mapped_column(primary_key=True)
    nickname: Mapped[str | None]


@dataclass
class Person:
    id: str
    username: str


class Company:
    def by_id(self, user_id: Any) -> Person | None:
        return Person(user_id, user_id)

    def by_name(self, name: str) -> Person | None:
        return self.by_id(name)

    def verify(self, name: str, password: str) -> Person | None:
        return self.by_id(name) if password else None


class Anything:
    def by_id(self, user_id: Any) -> Any:
        return user_id

    def by_name(self, name: str) -> Any:
        return name

    def verify(self, name: str, password: str) -> Any:
        return name if password else None


def grants(member: Member) -> list[str]:
    return [member.nickname or member.username]


users = Users("sqlite:///users.db")
assert_type(users.add("ann", "as tall as a tree").id, int)
assert_type(Users("sqlite://", ids=UUID).page(), list[UUIDUser])
assert_type(JWT(users=users).identity, User | None)

members = Users(model=Member, session=sessionmaker(create_engine("sqlite://")))
assert_type(members.verify("ann", "as tall as a tree"), Member | None)
assert_type(JWT(users=members, scopes=grants, roles=grants).identity, Member | None)

assert_type(JWT(users=Company()).identity, Person | None)
assert_type(JWT(users=Anything()), JWT[Any])
directory: UserDirectory = Company()
JWT[Person](users=directory)
