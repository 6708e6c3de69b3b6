"""Which errors of a database say that it works, and somebody else was in the way."""

from __future__ import annotations

# serialization_failure and deadlock_detected (PostgreSQL's appendix A); ER_LOCK_DEADLOCK and
# ER_CHECKREAD (MariaDB's list of error codes): decided at once, and worth another attempt.
_STOPPED = {"40001", "40P01", 1213, 1020}
# lock_not_available and query_canceled (by statement_timeout), ER_LOCK_WAIT_TIMEOUT: these have
# waited for as long as a call may take.
_WAITED = {"55P03", "57014", 1205}
# unique_violation, ER_DUP_ENTRY.
_DUPLICATE = {"23505", 1062}
# duplicate_table, which counts for indexes too; ER_TABLE_EXISTS_ERROR, ER_DUP_KEYNAME.
_THERE = {"42P07", 1050, 1061}
# SQLITE_ERROR: all that SQLite says of it is in the text.
_SQLITE_ERROR = 1
# SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE.
_SQLITE_DUPLICATE = {1555, 2067}
# SQLITE_BUSY and SQLITE_LOCKED, whose low byte extended codes keep.
_SQLITE = {5, 6}


def was_stopped(error: BaseException) -> bool:
    """Tell whether a call had to give way to another, and may succeed at once.

    :param error: what the call ended with.
    """
    return not _codes(error).isdisjoint(_STOPPED)


def is_busy(error: BaseException) -> bool:
    """Tell whether a call may succeed a moment later.

    :param error: what the call ended with.
    """
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE
    return was_stopped(error) or not _codes(error).isdisjoint(_WAITED)


def is_duplicate(error: BaseException) -> bool:
    """Tell whether a row with the same key is there already.

    :param error: what the call ended with.
    """
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return code in _SQLITE_DUPLICATE
    return not _codes(error).isdisjoint(_DUPLICATE)


def is_there_already(error: BaseException) -> bool:
    """Tell whether a table or an index has been made by somebody else meanwhile.

    :param error: what the call ended with.
    """
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return code == _SQLITE_ERROR and "already exists" in str(error)
    return not _codes(error).isdisjoint(_THERE)


def _codes(error: BaseException) -> set[object]:
    arguments: tuple[object, ...] = getattr(error, "args", ())
    first = [one for one in arguments[:1] if isinstance(one, int)]
    return {getattr(error, "sqlstate", None), *first}
