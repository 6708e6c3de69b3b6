"""The directory of users: one implementation over our own tables and an application's model."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar, overload
from uuid import UUID

import argon2
from flask import current_app, has_app_context
from sqlalchemy import Engine, select, update
from sqlalchemy import inspect as inspect_orm
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..app_state import Extension
from ..core.clock import system_clock
from ..errors import ConfigurationError
from ..sessions.errors import StoreUnavailable
from ..stores.sql_faults import meaning_of
from ..throttle.attempts import AttemptCounts
from ..tokens.user_sessions import end_sign_ins
from ..user_directory import (
    DirectoryUnavailable,
    NoSuchUser,
    UnfitEmail,
    UnfitName,
    UserError,
    UserExists,
    UserInUse,
)
from ..user_names import key_and_fault, name_key
from .attempt_counts import CountsBesideUsers
from .email_addresses import checked_address
from .faults import Calls
from .foreign_hashes import is_known
from .hashing import Hashing
from .ids import id_of, id_type, id_type_of, new_id, read_id
from .model import User, UserMixin, UUIDUser
from .own_database import OwnDatabase
from .passwords import Refusal, check_password
from .session_kinds import ModelOfApplication, UncommittedWork

U = TypeVar("U", bound=UserMixin)
T = TypeVar("T")

#: How many users a page has, at most.
MOST_LISTED = 1000
# The characters of all roles of a user, as JSON has them.
_MOST_ROLES = 16_000
_TAKEN_ADDRESS = "There is a user of that address"
_WHAT_TO_WRITE = (
    "write Users('sqlite:///users.db') for tables of their own, or Users(model=User, "
    "session=db.session) for your model with UserMixin"
)

_logger = logging.getLogger("flask_jwt")


class _Source(Protocol[U]):
    """Where users are: in tables of our own, or in a model of the application's."""

    model: type[U]
    calls: Calls

    def engine(self) -> Engine: ...
    def repeats_ids(self) -> bool: ...
    def by_id(self, user_id: int | UUID) -> U | None: ...
    def by_key(self, key: str) -> U | None: ...
    def credentials(self, key: str) -> tuple[U, str | None, bool] | None: ...
    def latest_credentials(self, user_id: int | UUID) -> tuple[str | None, bool] | None: ...
    def page(self, after: int | UUID | None, most: int) -> list[U]: ...
    def writing(self) -> AbstractContextManager[Session]: ...
    def handed_over(self, user: U) -> U: ...
    def note(self, user_id: int | UUID, values: Mapping[str, Any]) -> None: ...


class Users(Generic[U]):
    """The users of an application, in a database. Safe for threads and forks.

    Either in tables of their own, made at first use if they are not there::

        users = Users("sqlite:///users.db")

    or in a model of the application's own, with :class:`UserMixin`, read through its session::

        users = Users(model=User, session=db.session)

    What the application has pending there is neither flushed nor committed: changes of users are
    written in a session of their own, at once.

    :param url: of SQLite (a relative path lies in the instance folder), PostgreSQL or MariaDB.
    :param model: a class mapped by SQLAlchemy, with an ``id`` that is an ``int`` or a ``UUID``.
    :param session: ``db.session`` of Flask-SQLAlchemy, ``db`` of Flask-SQLAlchemy-Lite, another
        ``scoped_session``, a ``sessionmaker``, or a callable that returns the session at hand.
    :param ids: with a URL, the type of ids: ``int``, or ``uuid.UUID`` for random ones.
    :param hasher: with parameters of one's own.
    :param refuse_password: called with a new password that is well otherwise; returns whether it
        is refused, or a line for the client that says why.
    :raises TypeError: the arguments do not go together.
    :raises ConfigurationError: the URL, the model or the hasher will not do.
    """

    @overload
    def __init__(
        self: Users[User],
        url: str,
        *,
        ids: type[int] = ...,
        hasher: argon2.PasswordHasher | None = ...,
        refuse_password: Refusal | None = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Users[UUIDUser],
        url: str,
        *,
        ids: type[UUID],
        hasher: argon2.PasswordHasher | None = ...,
        refuse_password: Refusal | None = ...,
    ) -> None: ...
    @overload
    def __init__(
        self,
        *,
        model: type[U],
        session: Any,
        hasher: argon2.PasswordHasher | None = ...,
        refuse_password: Refusal | None = ...,
    ) -> None: ...

    def __init__(
        self,
        url: str | None = None,
        *,
        model: type[U] | None = None,
        session: Any = None,
        ids: Any = None,
        hasher: argon2.PasswordHasher | None = None,
        refuse_password: Refusal | None = None,
    ) -> None:
        self._hashing = Hashing(hasher)
        self._refuse = refuse_password
        self._source: Callable[[], _Source[U]]
        if isinstance(url, str) and model is None and session is None:
            self._ids = id_type(int if ids is None else ids)
            self._source = OwnDatabase[U](url, self._ids).take
            return
        if url is not None or model is None or session is None:
            raise TypeError(_WHAT_TO_WRITE)
        if ids is not None:
            raise TypeError("ids= is for tables of our own; the model says of which type its id is")
        self._ids = id_type_of(model)
        source = ModelOfApplication(model, session)
        self._source = lambda: source

    def __repr__(self) -> str:
        return "<Users>"

    @property
    def attempt_counts(self) -> AttemptCounts:
        """What counts attempts beside the users, for one application: it may have its own file."""
        return CountsBesideUsers(lambda: self._source().engine())

    def add(
        self,
        name: str,
        password: str | None = None,
        *,
        email: str | None = None,
        roles: Iterable[str] = (),
        password_hash: str | None = None,
        wrap: bool = False,
    ) -> U:
        """Add a user, and return it.

        :param name: as it is shown, 150 characters at most.
        :param password: None for a user who can't sign in by password.
        :param email: an address of electronic mail, 254 characters at most.
        :param roles: what the user may do, in texts.
        :param password_hash: in the place of a password: a hash that was brought, of Werkzeug,
            bcrypt, Django or Argon2.
        :param wrap: hash that hash by Argon2id once more, at once.
        :raises UnfitName: nobody may have such a name.
        :raises UnfitEmail: the address is none; or, where the model says so, somebody has it, or
            there has to be one.
        :raises UserExists: somebody has the name.
        :raises WeakPassword: the password is none that will do.
        :raises ValueError: the hash is of no kind that is known, or the roles are too many.
        :raises TypeError: there are a password and a hash.
        :raises DirectoryUnavailable: the database can't be asked, or all cores hash passwords.
        :raises ConfigurationError: it can't be asked, and no waiting mends that.
        """
        key, fault = key_and_fault(name)
        if fault:
            raise UnfitName(fault)
        source = self._source()
        address = _checked_address(source.model, email)
        now = _now()
        values: dict[str, Any] = {
            "username": name,
            "username_key": key,
            "email": address,
            "roles": _checked_roles(roles),
            "enabled": True,
            "created_at": now,
            "password_changed_at": now,
            "password_hash": self._first_hash(name, address, password, password_hash, wrap=wrap),
            **new_id(source.model),
        }
        added: U = source.calls.write(_insert, source, values)
        if source.repeats_ids():
            self._end_former(source, added)
        return added

    def by_id(self, user_id: Any, /) -> U | None:
        """Return the user with an id, enabled or not, or None.

        :param user_id: an int of 64 bits, or a UUID or its text, as the ids are; nobody has
            anything else.
        :raises DirectoryUnavailable: the database can't be asked.
        :raises ConfigurationError: it can't be asked, and no waiting mends that.
        """
        checked = read_id(self._ids, user_id)
        if checked is None:
            return None
        source = self._source()
        return source.calls.read(source.by_id, checked)

    def by_name(self, name: str, /) -> U | None:
        """Return the user with a name, enabled or not, or None.

        :param name: in any case and form; see :func:`flask_jwt.users.name_key`.
        :raises DirectoryUnavailable: the database can't be asked.
        :raises ConfigurationError: it can't be asked, and no waiting mends that.
        """
        key = name_key(name)
        if key is None:
            return None
        source = self._source()
        return source.calls.find(source.by_key, key)

    def verify(self, name: str, password: str, /) -> U | None:
        """Return the user with a name and a password, or None.

        A user who is unknown or disabled, has no password or another one costs the same work, and
        gets the same answer. A hash that is out of date is replaced where the password is right.

        :param name: what was typed: any text.
        :param password: what was typed: any text.
        :raises DirectoryUnavailable: the database can't be asked, or all cores hash passwords.
        :raises ConfigurationError: it can't be asked, and no waiting mends that.
        """
        source = self._source()
        key = name_key(name)
        found = None if key is None else source.calls.find(source.credentials, key)
        user, stored, enabled = found or (None, None, False)
        verdict = _hashed(self._hashing.verify, stored if enabled else None, password)
        if user is None or not verdict:
            return None
        user_id = id_of(user)
        # Verifying takes its time: meanwhile another process may have changed the user.
        if source.calls.read(source.latest_credentials, user_id) != (stored, True):
            return None
        if verdict.needs_rehash:
            self._replace_hash(source, user_id, stored, password)
        return user

    def check_password(self, user: U, password: str, /) -> None:
        """Refuse a new password that will not do, and change nothing.

        :param user: a user.
        :param password: the new one.
        :raises WeakPassword: the password is none that will do.
        """
        check_password(password, name=user.username, email=user.email, refuse=self._refuse)

    def set_password(self, user: U | Any, password: str, /, *, keep_sid: str | None = None) -> None:
        """Give a user another password, and end what the user has signed in to.

        :param user: a user, or an id.
        :param password: the new one.
        :param keep_sid: of a session that goes on.
        :raises WeakPassword: the password is none that will do.
        :raises NoSuchUser: the user is gone.
        :raises DirectoryUnavailable: the database can't be asked, or all cores hash passwords.
        :raises ConfigurationError: it can't be asked, and no waiting mends that.
        """
        found = self._found(user)
        self.check_password(found, password)
        made = _hashed(self._hashing.hash, password)
        self._change(found, password_hash=made, password_changed_at=_now())
        end_sign_ins(self, found, "password", except_sid=keep_sid)

    def disable(self, user: U | Any, /) -> None:
        """Have a user neither sign in nor go on; what the user has signed in to ends.

        :param user: a user, or an id.
        :raises NoSuchUser: the user is gone.
        :raises DirectoryUnavailable: the database can't be asked.
        :raises ConfigurationError: it can't be asked, and no waiting mends that.
        """
        found = self._found(user)
        self._change(found, enabled=False)
        end_sign_ins(self, found, "disabled")

    def enable(self, user: U | Any, /) -> None:
        """Have a user who was disabled sign in again.

        :param user: a user, or an id.
        :raises NoSuchUser: the user is gone.
        :raises DirectoryUnavailable: the database can't be asked.
        :raises ConfigurationError: it can't be asked, and no waiting mends that.
        """
        self._change(self._found(user), enabled=True)

    def set_roles(self, user: U | Any, roles: Iterable[str], /) -> None:
        """Say what a user may do from now on; tokens follow at their next refresh.

        :param user: a user, or an id.
        :param roles: texts, in the place of those before.
        :raises NoSuchUser: the user is gone.
        :raises ValueError: the roles are too many.
        :raises DirectoryUnavailable: the database can't be asked.
        :raises ConfigurationError: it can't be asked, and no waiting mends that.
        """
        checked = _checked_roles(roles)
        self._change(self._found(user), roles=checked)

    def remove(self, user: U | Any, /) -> None:
        """Delete a user; what the user has signed in to ends.

        :param user: a user, or an id.
        :raises NoSuchUser: the user is gone.
        :raises UserInUse: rows of other tables belong to the user.
        :raises DirectoryUnavailable: the database can't be asked.
        :raises ConfigurationError: it can't be asked, and no waiting mends that.
        """
        found = self._found(user)
        source = self._source()
        source.calls.write(_delete, source, id_of(found))
        end_sign_ins(self, found, "removed")

    def page(self, after: U | Any = None, limit: int = 100) -> list[U]:
        """Return users in the order of their ids.

        :param after: the last user of the page before, or the id; None for the first page.
        :param limit: how many, from 1 to 1000.
        :raises ValueError: the limit is another one, or ``after`` is no id.
        :raises DirectoryUnavailable: the database can't be asked.
        :raises ConfigurationError: it can't be asked, and no waiting mends that.
        """
        if not 1 <= limit <= MOST_LISTED:
            raise ValueError(f"a page has from 1 to {MOST_LISTED} users")
        start = None
        if after is not None:
            start = self._id_given(after)
            if start is None:
                raise ValueError("after= is a user, or an id")
        source = self._source()
        return source.calls.read(source.page, start, limit)

    def _end_former(self, source: _Source[U], added: U) -> None:
        """End what a user had signed in to whose id is given anew; else nobody is added."""
        try:
            end_sign_ins(self, added, "id given anew")
        except Exception:
            # The store of sessions is down, or a hook of the application's has failed.
            source.calls.write(_delete, source, id_of(added))
            raise

    def _first_hash(
        self,
        name: str,
        email: str | None,
        password: str | None,
        password_hash: str | None,
        *,
        wrap: bool,
    ) -> str | None:
        if password is not None and password_hash is not None:
            raise TypeError("give a password, or a password_hash, and not both")
        if password is not None:
            check_password(password, name=name, email=email, refuse=self._refuse)
            return _hashed(self._hashing.hash, password)
        if password_hash is None:
            return None
        if not is_known(password_hash):
            raise ValueError("the password_hash is of no kind that is known")
        return _hashed(self._hashing.wrap, password_hash) if wrap else password_hash

    def _id_given(self, user: Any) -> int | UUID | None:
        return read_id(self._ids, id_of(user) if isinstance(user, UserMixin) else user)

    def _found(self, user: Any) -> U:
        user_id = self._id_given(user)
        source = self._source()
        found = None if user_id is None else source.calls.read(source.by_id, user_id)
        if found is None:
            raise NoSuchUser("there is no such user (any more)")
        return found

    def _change(self, user: U, **values: Any) -> None:
        source = self._source()
        user_id = id_of(user)
        if not source.calls.write(_update, source, user_id, {}, values):
            raise NoSuchUser("there is no such user any more")
        source.note(user_id, values)

    def _replace_hash(
        self, source: _Source[U], user_id: int | UUID, stored: str | None, password: str
    ) -> None:
        """Write today's hash in the place of one that is out of date, and of no other."""
        try:
            values = {"password_hash": self._hashing.hash(password)}
            if source.calls.write(_update, source, user_id, {"password_hash": stored}, values):
                source.note(user_id, values)
        except (
            DirectoryUnavailable,
            StoreUnavailable,
            UncommittedWork,
            ConfigurationError,
        ) as error:
            _logger.warning("a hash that is out of date was not replaced: %s", error)


def _now() -> datetime:
    extension = current_app.extensions.get("jwt") if has_app_context() else None
    clock = extension.clock if isinstance(extension, Extension) else system_clock
    return datetime.fromtimestamp(clock(), UTC)


def _hashed(call: Callable[..., T], *args: Any) -> T:
    try:
        return call(*args)
    except StoreUnavailable:
        raise DirectoryUnavailable("Passwords can't be checked at the moment") from None


def _checked_address(model: type[UserMixin], email: str | None) -> str | None:
    if email is not None:
        return checked_address(email)
    # A model of an application's own may say so.
    if not inspect_orm(model).columns["email"].nullable:
        raise UnfitEmail("A user has an address of electronic mail")
    return None


def _checked_roles(roles: Iterable[Any]) -> tuple[str, ...]:
    if isinstance(roles, str):
        raise TypeError("roles are several: give a list of texts")
    checked = tuple(roles)
    if not all(isinstance(role, str) for role in checked):
        raise TypeError("roles are texts")
    try:
        "".join(checked).encode()
    except UnicodeEncodeError:
        # A token that has one would be refused.
        raise ValueError("a role is no text that UTF-8 can encode") from None
    # Six characters of JSON stand for one that is not ASCII, or twelve.
    if sum(map(len, checked)) + 4 * len(checked) > _MOST_ROLES / 12:
        raise ValueError("the roles of a user are too many for their column")
    return checked


def _insert(source: _Source[U], values: dict[str, Any]) -> U:
    model = source.model
    with source.writing() as session:
        user = model(**values)
        session.add(user)
        try:
            session.commit()
        except IntegrityError as error:
            session.rollback()
            if meaning_of(error.orig or error) == "duplicate":
                _refuse_duplicate(session, model, values)
            raise
        # What the database has set itself: the rest is there.
        session.refresh(user)
    return source.handed_over(user)


def _refuse_duplicate(session: Session, model: type[UserMixin], values: Mapping[str, Any]) -> None:
    """Refuse a user whose name another one has, or whose address, where a model has them unique."""
    # Of the table: the model may leave rows out, such as those of another class, or deleted ones.
    columns = inspect_orm(model).columns
    # It compares them as its columns do: two names may be one to a collation.
    refusals: dict[str, UserError] = {
        "username_key": UserExists(),
        "email": UnfitEmail(_TAKEN_ADDRESS),
        "username": UserExists(),
    }
    for name, refusal in refusals.items():
        column, value = columns[name], values[name]
        if value is not None and session.scalar(select(column).where(column == value).limit(1)):
            raise refusal from None


def _update(
    source: _Source[U],
    user_id: int | UUID,
    expected: Mapping[str, Any],
    values: Mapping[str, Any],
) -> bool:
    """Change a row that is as expected, and tell whether there was one."""
    # The class whose table has the columns, which one with a table of its own may have inherited.
    model: Any = inspect_orm(source.model).get_property("username_key").parent.class_
    change = update(model).where(model.id == user_id).values(**values)
    for name, value in expected.items():
        change = change.where(getattr(model, name) == value)
    with source.writing() as session:
        result: Any = session.execute(change, execution_options={"synchronize_session": False})
        session.commit()
        if result.rowcount or expected:
            return bool(result.rowcount)
        # MariaDB counts no row that is as it was, unless its driver was told otherwise.
        return session.scalar(select(model.id).where(model.id == user_id)) is not None


def _delete(source: _Source[U], user_id: int | UUID) -> None:
    with source.writing() as session:
        user = session.get(source.model, user_id)
        if user is None:
            raise NoSuchUser("there is no such user any more")
        session.delete(user)
        try:
            session.commit()
        except IntegrityError:
            raise UserInUse from None
