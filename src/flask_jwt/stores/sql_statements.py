"""The statements, each compiled once for a dialect: a refresh pays for no SQL to be made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Dialect,
    Double,
    Integer,
    Select,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from ..core.clock import Clock
from ..sessions.models import KEPT_SECONDS, MOST_ENDED, Revocation, Session
from .sql_schema import memory, revocations, sessions

#: The name of the parameter with the time, for a database that has no clock of its own.
NOW_PARAMETER = "store_now"

# By the statement's time, which moves on inside a transaction; in UTC, which has no summer time.
_CLOCKS = {
    "postgresql": "CAST(EXTRACT(EPOCH FROM statement_timestamp()) AS DOUBLE PRECISION)",
    "mariadb": "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000000e0)",
}
_CLOCKS["mysql"] = _CLOCKS["mariadb"]
# The columns of a new session that are kept as they are given.
_GIVEN = ("sid", "subject", "salt", "claims", "added", "methods", "address", "user_agent")

#: The names of parameters for a batch of sessions; in a smaller one the last is named repeatedly.
SIDS = tuple(f"sid_{place}" for place in range(MOST_ENDED))


class Statement:
    """SQL as the driver takes it."""

    __slots__ = ("_order", "_takes_time", "sql")

    def __init__(self, element: ClauseElement, dialect: Dialect) -> None:
        compiled = element.compile(dialect=dialect)
        #: The text.
        self.sql = str(compiled)
        self._takes_time = NOW_PARAMETER in (compiled.params or {})
        order = getattr(compiled, "positiontup", None)
        self._order: tuple[str, ...] | None = None if order is None else tuple(order)

    def parameters(self, values: Mapping[str, Any], clock: Clock) -> Any:
        """Return parameters in the form that the driver takes."""
        if self._takes_time:
            values = {**values, NOW_PARAMETER: clock()}
        order = self._order
        return values if order is None else tuple([values[name] for name in order])


def _number(value: int) -> ColumnElement[int]:
    # Part of the text: the driver has nothing to convert for it.
    return literal_column(str(value), Integer)


_HOUR = literal_column("3600.0", Double)
# A row outlives its last access token by two to three hours.
_HOURS_KEPT = _number(KEPT_SECONDS // 3600)
_ZERO, _ONE = _number(0), _number(1)


def _page(query: Select[Any], skipped: ColumnElement[int] = _ZERO) -> Select[Any]:
    return query.limit(bindparam("most", type_=Integer)).offset(skipped)


class Statements:
    """All statements of the store."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        sqlite = dialect.name == "sqlite"
        self._now: ColumnElement[float] = (
            bindparam(NOW_PARAMETER, type_=Double)
            if sqlite
            else literal_column(_CLOCKS[dialect.name], Double)
        )
        self._least = func.min if sqlite else func.least
        self._greatest = func.max if sqlite else func.greatest
        self._prepare_uses()
        self._prepare_ends()
        self._prepare_feed()
        self._prepare_pruning()

    def _compiled(self, element: ClauseElement) -> Statement:
        return Statement(element, self._dialect)

    def _purge_hour(self, *times: Any) -> ColumnElement[int]:
        return cast(self._greatest(*times) / _HOUR, Integer) + _HOURS_KEPT

    def _newest_first(
        self, query: Select[Any], which: ColumnElement[bool], skipped: ColumnElement[int] = _ZERO
    ) -> Select[Any]:
        table = sessions.c
        order = [table.began_at.desc(), table.sid.desc()]
        if self._dialect.name == "postgresql":
            # It does not see that NULL is the same in all of them, and would sort.
            order.insert(0, table.ended_at.desc())
        # As the index has it, which is read backwards.
        ordered = query.where(table.subject == bindparam("a_subject"), which).order_by(*order)
        return _page(ordered, skipped)

    def _prepare_uses(self) -> None:
        now, table = self._now, sessions.c
        columns = [sessions.c[name] for name in Session._fields]
        a_session = table.sid == bindparam("a_sid")
        ends = now + bindparam("life_span", type_=Double)
        idle = now + bindparam("idle", type_=Double)
        until = bindparam("until", type_=Double)
        self.insert = self._compiled(
            insert(sessions).values(
                counter=_ZERO,
                began_at=now,
                rotated_at=now,
                used_at=now,
                idle_span=bindparam("idle", type_=Double),
                idle_until=self._least(idle, ends),
                expires_at=ends,
                access_until=until,
                purge_hour=self._purge_hour(self._least(idle, ends), until),
                **{name: bindparam(name) for name in _GIVEN},
            )
        )
        self.read = self._compiled(select(*columns, now.label("now")).where(a_session))
        is_live = and_(table.ended_at.is_(None), table.idle_until > now, table.expires_at > now)
        live = update(sessions).where(a_session, is_live)
        current = live.where(table.counter == bindparam("current"))
        access_until = self._greatest(table.access_until, until)
        idle_until = self._least(now + table.idle_span, table.expires_at)
        a_use = {
            "used_at": now,
            "idle_until": idle_until,
            "access_until": access_until,
            "address": bindparam("address"),
            "user_agent": bindparam("user_agent"),
            "purge_hour": self._purge_hour(idle_until, access_until),
        }
        self.rotate = self._compiled(
            current.values(counter=table.counter + _ONE, rotated_at=now, **a_use),
        )
        self.extend = self._compiled(live.values(**a_use))
        self.repeat = self._compiled(
            current.values(
                used_at=now,
                access_until=access_until,
                purge_hour=self._purge_hour(table.idle_until, access_until),
            )
        )
        began = bindparam("began", type_=Double)
        self.sessions_of = self._compiled(
            self._newest_first(select(*columns), is_live).where(
                table.began_at <= began, or_(table.began_at < began, table.sid < bindparam("a_sid"))
            )
        )
        self.surplus = self._compiled(
            self._newest_first(select(table.sid), is_live, bindparam("newest", type_=Integer))
        )

    def _prepare_ends(self) -> None:
        table = sessions.c
        not_ended = (
            select(table.sid, table.access_until)
            .where(table.ended_at.is_(None))
            .order_by(table.sid)
            # SQLite has no row locks; its transactions lock everything.
            .with_for_update()
        )
        end = update(sessions).values(
            ended_at=self._now,
            ended_because=bindparam("because"),
            purge_hour=self._purge_hour(self._now, table.access_until),
        )
        one, many = table.sid == bindparam("sid_0"), table.sid.in_(map(bindparam, SIDS))
        self.lock_one, self.lock_many = map(self._compiled, map(not_ended.where, (one, many)))
        self.end_one, self.end_many = map(self._compiled, map(end.where, (one, many)))
        self.unended = self._compiled(
            self._newest_first(select(table.sid), table.ended_at.is_(None))
        )

    def _prepare_feed(self) -> None:
        row = memory.c
        self.number = self._compiled(
            update(memory).where(row.id == _ONE).values(number=row.number + bindparam("more"))
        )
        self.last_number = self._compiled(select(row.number).where(row.id == _ONE))
        self.revoke = self._compiled(
            insert(revocations).values(
                {name: bindparam(name) for name in revocations.c.keys()}  # noqa: SIM118
            )
        )
        self.begin = self._compiled(
            insert(memory)
            # Its key is part of the text, and need not be returned.
            .inline()
            .values(
                id=_ONE,
                epoch=bindparam("epoch"),
                began=self._now,
                longest=bindparam("longest"),
                # Where this row alone was lost, numbers go on after those that are taken.
                number=select(
                    func.coalesce(func.max(revocations.c.number), _ZERO)
                ).scalar_subquery(),
            )
        )
        at_least = bindparam("at_least", type_=Double)
        self.raise_longest = self._compiled(
            update(memory).where(row.id == _ONE, row.longest < at_least).values(longest=at_least)
        )
        self.memory = self._compiled(
            select(row.epoch, row.began, self._now.label("now"), row.longest, row.number).where(
                row.id == _ONE
            )
        )
        self.move_back = self._compiled(
            update(memory).where(row.id == _ONE, row.began > self._now).values(began=self._now)
        )
        columns = revocations.c
        self.revocations = self._compiled(
            _page(
                select(*(columns[name] for name in ("number", *Revocation._fields)))
                .where(columns.number > bindparam("seen"))
                .order_by(columns.number)
            )
        )

    def _prepare_pruning(self) -> None:
        is_past = sessions.c.purge_hour < cast(self._now / _HOUR, Integer)
        self.expired_sessions = self._compiled(_page(select(sessions.c.sid).where(is_past)))
        self.delete_session = self._compiled(
            delete(sessions).where(sessions.c.sid == bindparam("a_sid"), is_past)
        )
        is_past = revocations.c.expires_at < self._now - _number(KEPT_SECONDS)
        self.expired_revocations = self._compiled(
            _page(select(revocations.c.number).where(is_past))
        )
        self.delete_revocation = self._compiled(
            delete(revocations).where(revocations.c.number == bindparam("a_number"))
        )
