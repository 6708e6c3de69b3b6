"""Users in a model of the application's own, through the sessions that it has.

They are read in the application's session, which is not flushed, committed or rolled back for it;
they are written in a session of ours on the same connection pool.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from inspect import getattr_static
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Engine, bindparam, event, literal, select
from sqlalchemy import inspect as inspect_orm
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from ..sessions.models import CALL_SECONDS
from ..stores.sql_connections import checked_engine
from .faults import Calls
from .model import UserMixin
from .tables import contents_of_model

U = TypeVar("U", bound=UserMixin)

#: The columns of a user besides its id.
COLUMNS = (
    "username",
    "username_key",
    "email",
    "roles",
    "enabled",
    "created_at",
    "password_changed_at",
    "password_hash",
)
# Where a transaction sees what was there when it began, unless it was asked for another isolation.
_SNAPSHOTS = ("mariadb", "mysql")
_WHAT_TO_GIVE = (
    "give Users(…, session=…) db.session of Flask-SQLAlchemy, db of Flask-SQLAlchemy-Lite, a "
    "sessionmaker, or a callable that returns the session of the request"
)


class UncommittedWork(RuntimeError):
    """The only connection of a database has a transaction open, which a change would commit."""

    def __init__(self) -> None:
        super().__init__(
            "this SQLite database has one connection, and a transaction is open that has written: "
            "a change of users would commit it. Commit or roll back first, or use a file"
        )


def session_of(given: Any) -> Callable[[], Session]:
    """Return what leads to the application's session at hand.

    :raises TypeError: it does not lead to one.
    """
    if isinstance(given, async_sessionmaker | async_scoped_session):
        raise TypeError(f"its sessions are asynchronous: {_WHAT_TO_GIVE}")
    if isinstance(given, scoped_session | sessionmaker):
        return given
    # Asked for without a look at it: outside of an application context it may not be there.
    if getattr_static(given, "session", None) is not None:
        return lambda: _unwrapped(given.session)
    if isinstance(given, Session) or not callable(given) or isinstance(given, type):
        raise TypeError(f"{type(given).__name__} is no source of sessions: {_WHAT_TO_GIVE}")
    return lambda: _unwrapped(given())


def _unwrapped(found: Any) -> Session:
    session = found() if isinstance(found, scoped_session) else found
    if not isinstance(session, Session):
        raise TypeError(f"{type(session).__name__} is no session of SQLAlchemy: {_WHAT_TO_GIVE}")
    return session


class ModelOfApplication(Generic[U]):
    """Users in a model of the application's own.

    :param given: where its sessions come from. Those of a ``sessionmaker`` are ours to close, and
        users leave them whole; any other is the application's, and users stay in it.
    """

    def __init__(self, model: type[U], given: Any) -> None:
        self.model = model
        self._session = session_of(given)
        self._is_ours = isinstance(given, sessionmaker)
        self._columns = [getattr(model, name) for name in COLUMNS]
        self._select: Any = select(model, *self._columns)
        self._id: Any = model.id  # type: ignore[attr-defined]
        # A number that is too large for the column would be an error, as the column has it.
        kind = self._id.type
        self._id_type: Any = BigInteger() if kind.python_type is int else kind
        # Made once: each guarded request reads a user.
        self._by_id = self._select.where(self._id == bindparam("value", type_=self._id_type))
        self._by_key = self._select.where(model.username_key == bindparam("value"))
        self._contents = contents_of_model(model)
        self.calls = Calls(self._contents, self.engine)
        # Whether the database was seen to be of a kind that there are statements for.
        self._is_checked = False

    def engine(self) -> Engine:
        """Return the application's engine."""
        with self._borrowed() as session:
            bind = self._bind(session)
        return bind.engine

    def repeats_ids(self) -> bool:
        """Tell whether the id of a deleted row may be given to another: by SQLite, unless told."""
        mapper = inspect_orm(self.model)
        if mapper.primary_key[0].type.python_type is UUID:
            return False
        table: Any = mapper.primary_key[0].table
        is_sqlite = self.engine().dialect.name == "sqlite"
        return is_sqlite and not table.dialect_options["sqlite"]["autoincrement"]

    def by_id(self, user_id: int | UUID) -> U | None:
        """Return the user with an id."""
        row = self._row(self._by_id, user_id)
        return None if row is None else row[0]

    def by_key(self, key: str) -> U | None:
        """Return the user with the key of a name."""
        row = self._row(self._by_key, key)
        return None if row is None else row[0]

    def credentials(self, key: str) -> tuple[U, str | None, bool] | None:
        """Return the user with the key of a name, the hash, and whether the user is enabled.

        As the database has them: the application may have changed its own user meanwhile.
        """
        row = self._row(self._by_key, key)
        if row is None:
            return None
        values = dict(zip(COLUMNS, row[1:], strict=True))
        return row[0], values["password_hash"], values["enabled"]

    def latest_credentials(self, user_id: int | UUID) -> tuple[str | None, bool] | None:
        """Return the hash of a user, and whether the user is enabled, as they are now."""
        latest = select(self.model.password_hash, self.model.enabled).where(
            self._id == literal(user_id, self._id_type)
        )
        with self._reading() as session, self._apart_from_snapshot(session) as current:
            row = current.execute(latest).one_or_none()
        return None if row is None else (row[0], row[1])

    def page(self, after: int | UUID | None, most: int) -> list[U]:
        """Return users in the order of their ids."""
        query = self._select.order_by(self._id).limit(most)
        if after is not None:
            query = query.where(self._id > literal(after, self._id_type))
        with self._reading() as session:
            return [_refreshed(row) for row in session.execute(query).unique()]

    @contextmanager
    def writing(self) -> Generator[Session]:
        """Give a session for one change, which is committed apart from the application's."""
        with self._borrowed() as session:
            bind = self._bind(session)
        _check_pool(bind)
        if isinstance(bind, Connection):
            _begin_outer(bind)
        with Session(
            bind, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as writing:
            if isinstance(bind, Engine):
                _limit_wait(writing.connection())
            yield writing

    def handed_over(self, user: U) -> U:
        """Return a user that was added, in the application's session where there is one."""
        if self._is_ours:
            return user
        # It is not looked for: a transaction that began before does not see it.
        with self._borrowed() as session, _transaction_as_before(session):
            return session.merge(user, load=False)

    def note(self, user_id: int | UUID, values: Mapping[str, Any]) -> None:
        """Have a user in the application's session know what was changed."""
        if self._is_ours:
            return
        key = inspect_orm(self.model).identity_key_from_primary_key((user_id,))
        user = self._session().identity_map.get(key)
        if user is not None:
            _set(user, values)

    def _row(self, query: Any, value: Any) -> Sequence[Any] | None:
        with self._reading() as session:
            row = session.execute(query, {"value": value}).unique().one_or_none()
            if row is not None:
                _refreshed(row)
        return row

    @contextmanager
    def _reading(self) -> Generator[Session]:
        with self._borrowed() as session:
            if self._is_ours:
                _check_pool(self._bind(session))
            elif not self._is_checked:
                self._bind(session)
                self._is_checked = True
            with _transaction_as_before(session), session.no_autoflush:
                yield session

    @contextmanager
    def _apart_from_snapshot(self, session: Session) -> Generator[Session]:
        """Give a session that sees what others have committed by now."""
        bind = self._bind(session)
        is_snapshot = session.in_transaction() and bind.dialect.name in _SNAPSHOTS
        if is_snapshot and isinstance(bind, Engine):
            with Session(bind) as another:
                yield another
        else:
            yield session

    @contextmanager
    def _borrowed(self) -> Generator[Session]:
        session = self._session()
        if isinstance(session, scoped_session):
            session = session()
        try:
            yield session
        finally:
            if self._is_ours:
                session.close()

    def _bind(self, session: Session) -> Engine | Connection:
        bind = session.get_bind(inspect_orm(self.model))
        checked_engine(bind.engine, self._contents)
        return bind


def _begin_outer(connection: Connection) -> None:
    """Begin a transaction of SQLite's that SQLAlchemy has begun, as tests do around all of one.

    Python's driver begins at the first change: a savepoint before it would be committed by itself.
    """
    driver: Any = connection.connection.dbapi_connection
    is_late = connection.dialect.name == "sqlite" and not driver.in_transaction
    if is_late and connection.in_transaction():
        connection.exec_driver_sql("BEGIN")


def _limit_wait(connection: Connection) -> None:
    """Have a transaction give up where a row is locked: it may be by the application's own, here.

    Nothing that is set outlives the transaction, after which the connection is the application's.
    """
    dialect: Any = connection.dialect
    if dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{CALL_SECONDS}s'")
    elif dialect.name != "sqlite" and dialect.is_mariadb:
        event.listen(connection, "before_cursor_execute", _with_short_wait, retval=True)


def _with_short_wait(
    _connection: Connection, _cursor: object, statement: str, parameters: Any, *_: object
) -> tuple[str, Any]:
    return f"SET STATEMENT innodb_lock_wait_timeout={CALL_SECONDS} FOR {statement}", parameters


@contextmanager
def _transaction_as_before(session: Session) -> Generator[None]:
    """End a transaction that begins meanwhile, and none that the application has begun.

    What is read next is what is there then, and no connection is held while a password is hashed.
    Nothing that was loaded is expired.
    """
    had_begun = session.in_transaction()
    try:
        yield
    except Exception:
        if not had_begun:
            session.rollback()
        raise
    ours = session.get_transaction()
    if not had_begun and ours is not None:
        ours.close()


def _refreshed(row: Sequence[Any]) -> Any:
    """Return the user in a row, with what the row says; the application may have read it before."""
    user = row[0]
    _set(user, dict(zip(COLUMNS, row[1:], strict=True)))
    return user


def _set(user: Any, values: Mapping[str, Any]) -> None:
    """Set what was read or written elsewhere, unless the application is changing it."""
    changing = inspect_orm(user).committed_state
    loaded = vars(user)
    for name, value in values.items():
        if name not in changing and (name not in loaded or loaded[name] != value):
            set_committed_value(user, name, value)


def _check_pool(bind: Engine | Connection) -> None:
    """Refuse to use the only connection of a database while it has work that is not committed.

    A session that ends, ours too, commits or rolls back all that was done on its connection.
    """
    if isinstance(bind, Connection):
        return
    pool: Any = bind.pool
    record = None
    if isinstance(pool, StaticPool):
        record = pool.connection
    elif isinstance(pool, SingletonThreadPool):
        record = getattr(getattr(pool, "_conn", None), "current", lambda: None)()
    if getattr(getattr(record, "dbapi_connection", None), "in_transaction", False):
        raise UncommittedWork


def is_single(engine: Engine) -> bool:
    """Tell whether all that use a database share one connection."""
    in_memory = engine.dialect.name == "sqlite" and engine.url.database in (None, "", ":memory:")
    return in_memory or isinstance(engine.pool, StaticPool | SingletonThreadPool)
