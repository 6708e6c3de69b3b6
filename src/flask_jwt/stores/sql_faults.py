"""What an error of a database says: others were in the way, it refuses, or it needs mending."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

from .faults import OPTION, TLS, TLS_FILE, tls_mend
from .sql_contents import Contents

#: What a database says of a call: it was rolled back in favour of another, and may succeed at once;
#: it has waited as long as a call may; its row, or its table, is there already, made by another
#: process; it has a text that no column can hold; or it does not fit the tables, if there are any.
Meaning = Literal["deadlock", "waited", "duplicate", "there", "unfit text", "other tables"]

# By SQLSTATE (PostgreSQL's appendix A), and by the numbers of MariaDB's list of error codes.
_MEANINGS: dict[object, Meaning] = {
    # serialization_failure, deadlock_detected; ER_LOCK_DEADLOCK, ER_CHECKREAD.
    **dict.fromkeys(("40001", "40P01", 1213, 1020), "deadlock"),
    # lock_not_available, query_canceled (by statement_timeout); ER_LOCK_WAIT_TIMEOUT.
    **dict.fromkeys(("55P03", "57014", 1205), "waited"),
    # unique_violation; ER_DUP_ENTRY.
    **dict.fromkeys(("23505", 1062), "duplicate"),
    # duplicate_table, which counts for indexes too, and duplicate_object, of a table's type;
    # ER_TABLE_EXISTS_ERROR, ER_DUP_KEYNAME.
    **dict.fromkeys(("42P07", "42710", 1050, 1061), "there"),
    # string_data_right_truncation, character_not_in_repertoire, untranslatable_character;
    # ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, ER_DATA_TOO_LONG.
    **dict.fromkeys(("22001", "22021", "22P05", 1366, 1406), "unfit text"),
    # undefined_column; ER_BAD_FIELD_ERROR.
    **dict.fromkeys(("42703", 1054), "other tables"),
}
_SQLITE_MEANINGS: dict[int, Meaning] = {
    # SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE.
    **dict.fromkeys((1555, 2067), "duplicate"),
    # SQLITE_ERROR: our statements give no other reason, where there are tables.
    1: "other tables",
}
# SQLITE_BUSY and SQLITE_LOCKED, whose low byte extended codes keep.
_SQLITE_BUSY = {5, 6}
# SQLITE_CANTOPEN, also said where all descriptors are in use; SQLITE_READONLY_DBMOVED: the next
# connection opens the file that is there now.
_SQLITE_CANTOPEN = 14
_SQLITE_MOVED = 1032
# What a server says when it ends a connection: connection_exception, admin_shutdown,
# crash_shutdown.
_LAST_WORDS = ("08", "57P01", "57P02")
# PyMySQL's own codes begin at 2000; those of servers at 1000, and go on at 3000.
_SERVER_CODES = (range(1000, 2000), range(3000, 6000))

_USER = (
    "the server refuses the user, the password, this host, or a connection without TLS; set what "
    "it takes, in the URL or at the server (pg_hba.conf, CREATE USER)"
)
_DATABASE = "the server has no such database for this user; create it, or correct the URL"
_PERMISSION = (
    "the user lacks a permission in the database: GRANT SELECT, INSERT, UPDATE and DELETE on "
    "{contents.named_tables}, and CREATE, unless migrations make these tables "
    "({contents.add_tables})"
)
#: What mends tables that are there, and not as they have to be.
TABLES = (
    "the tables {contents.named_tables} are not those of this release; migrate them, or drop them, "
    "which {contents.loss}"
)
_WITHOUT_TLS = "the URL asks for TLS, and the server has none; set it up there, or do not ask"
_WITH_TLS = (
    "the server takes this user from here with TLS alone, or not at all (pg_hba.conf); ask for TLS "
    "in the URL (PostgreSQL: ?sslmode=require, MariaDB: ?ssl_ca=…)"
)
_ANOTHER_SERVER = "what answers at the address is a server of another kind; correct the port"
_PACKAGE = (
    "the driver needs a package for the way in which the server checks passwords: pip install "
    "'flask-jwt-reborn[crypto]'"
)
_PLUGIN = (
    "the server checks this user's password in a way that the driver does not know; give the user "
    "another one (IDENTIFIED VIA mysql_native_password)"
)
_NO_FILE = (
    "the SQLite database can't be opened: it is a folder, or not there, or the process may not "
    "read and write it"
)

# By SQLSTATE, and by the numbers of MariaDB and MySQL.
_MENDS: dict[object, str] = {
    # invalid_authorization_specification, invalid_password; ER_ACCESS_DENIED_ERROR,
    # ER_HOST_IS_BLOCKED, ER_HOST_NOT_PRIVILEGED, ER_ACCESS_DENIED_NO_PASSWORD_ERROR,
    # ER_MUST_CHANGE_PASSWORD, ER_MUST_CHANGE_PASSWORD_LOGIN, ER_ACCOUNT_HAS_BEEN_LOCKED of both.
    **dict.fromkeys(("28000", "28P01", 1045, 1129, 1130, 1698, 1820, 1862, 3118, 4151), _USER),
    # invalid_catalog_name; ER_DBACCESS_DENIED_ERROR, ER_NO_DB_ERROR, ER_BAD_DB_ERROR.
    **dict.fromkeys(("3D000", 1044, 1046, 1049), _DATABASE),
    # insufficient_privilege, invalid_schema_name; ER_TABLEACCESS_DENIED_ERROR,
    # ER_COLUMNACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR.
    **dict.fromkeys(("42501", "3F000", 1142, 1143, 1227), _PERMISSION),
    # CR_SSL_CONNECTION_ERROR; ER_SECURE_TRANSPORT_REQUIRED.
    2026: _WITHOUT_TLS,
    3159: _WITH_TLS,
    # ER_NOT_SUPPORTED_AUTH_MODE, CR_AUTH_PLUGIN_CANNOT_LOAD.
    **dict.fromkeys((1251, 2059), _PLUGIN),
}
# By the low byte of SQLite's codes: READONLY, CORRUPT, CANTOPEN, NOTADB.
_SQLITE_MENDS = {
    8: "the SQLite database may not be written to; give the process its file and its folder",
    11: "the SQLite database is damaged; delete it, which {contents.loss}",
    _SQLITE_CANTOPEN: _NO_FILE,
    26: "the file is no SQLite database; name another one, which is made if it is not there",
}
# By words, where a connection can't be made: libpq passes no code on. PostgreSQL's, pgbouncer's,
# and its own.
_WORDS = [
    (re.compile(words), mend)
    for words, mend in (
        ("no encryption|SSL off|SSL required", _WITH_TLS),
        ("does not support SSL", _WITHOUT_TLS),
        ("certificate verify failed|server certificate for", TLS),
        ("certificate file .* does not exist|private key file .* does not exist", TLS_FILE),
        ("authentication failed|no password supplied|no pg_hba.conf entry|no such user", _USER),
        ("role .* (does not exist|is not permitted to log in)", _USER),
        ("database .* does not exist|no such database|permission denied for database", _DATABASE),
        (r"invalid connection option|invalid \w+ value", OPTION),
        ("received invalid response|expected authentication request", _ANOTHER_SERVER),
    )
]
# Before what PostgreSQL says to a client that it does not serve; and what a pooler says there of a
# server that it can't reach.
_REFUSAL = re.compile("FATAL:(?!.*(cannot connect to server|server login has been failing))")
# By the kind of an error that no server has sent.
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (TypeError, OPTION),
    (ValueError, OPTION),
    (RuntimeError, _PACKAGE),
    (OSError, TLS_FILE),
)
# Where Linux lists the locks on files, with the process and the inode of each.
_LOCKS = Path("/proc/locks")
_OWN_IDS = os.access in os.supports_effective_ids
#: The errors of a driver that can't even try to connect.
UNTRIED = tuple(kind for kind, _ in _KINDS)


def meaning_of(error: BaseException) -> Meaning | None:
    """Return what an error of a driver means, or None where it is of another kind."""
    code = _sqlite_code(error)
    if code is None:
        return next((_MEANINGS[said] for said in _codes(error) if said in _MEANINGS), None)
    if code & 0xFF in _SQLITE_BUSY:
        return "waited"
    meaning = _SQLITE_MEANINGS.get(code)
    # All that SQLite says of it is in the text.
    is_there = meaning == "other tables" and "already exists" in str(error)
    return "there" if is_there else meaning


def is_busy(error: BaseException) -> bool:
    """Tell whether a call may succeed a moment later."""
    return meaning_of(error) in ("deadlock", "waited")


def is_answer(error: BaseException) -> bool:
    """Tell whether a server has refused to be connected with, in words of its own."""
    # SQLite is no server that could be out of reach.
    if _sqlite_code(error) is not None:
        return True
    for code in _codes(error):
        if isinstance(code, int):
            return any(code in codes for codes in _SERVER_CODES)
        return not str(code).startswith(_LAST_WORDS)
    return _REFUSAL.search(str(error)) is not None


def is_locked_here(path: str) -> bool:
    """Tell whether a connection of this very process holds the lock for writing."""
    try:
        listed = _LOCKS.read_text()
    except OSError:
        return False
    # With a write-ahead log, writers lock the index of the log.
    files = [Path(path), Path(f"{path}-shm")]
    inodes = {str(file.stat().st_ino) for file in files if file.exists()}
    here = str(os.getpid())
    for line in listed.splitlines():
        # "1: POSIX ADVISORY WRITE 4711 fe:00:2147123 120 120"
        _, _, _, kind, process, file, *_ = line.replace("->", "").split()
        if kind == "WRITE" and process == here and file.rpartition(":")[2] in inodes:
            return True
    return False


def mend_of(error: BaseException, file: str | None, contents: Contents) -> str | None:
    """Return what mends a fault that no waiting mends, or None where it is of another kind."""
    mend = _mend_of(error, file)
    return None if mend is None else mend.format(contents=contents, file=file)


def _mend_of(error: BaseException, file: str | None) -> str | None:
    code = _sqlite_code(error)
    if code is not None:
        return _sqlite_mend(code, file)
    for kind, mend in _KINDS:
        if isinstance(error, kind):
            return mend
    codes = _codes(error)
    for said in codes:
        if said in _MENDS:
            return f"{_MENDS[said]} (the server says {said})"
    text = "" if codes else str(error)
    return next((mend for words, mend in _WORDS if words.search(text)), None) or tls_mend(error)


def _sqlite_mend(code: int, file: str | None) -> str | None:
    mend = _SQLITE_MENDS.get(code & 0xFF)
    if mend is None or code == _SQLITE_MOVED:
        return None
    if code & 0xFF == _SQLITE_CANTOPEN and file is not None and _is_usable(file):
        return None
    return f"{mend} ({{file}})"


def _is_usable(path: str) -> bool:
    """Tell whether the process may read and write a file, without opening it.

    Closing any descriptor of a file gives up all locks that this process has on it.
    """
    may_be_used = os.access(path, os.R_OK | os.W_OK, effective_ids=_OWN_IDS)
    return may_be_used and Path(path).is_file()


def _sqlite_code(error: BaseException) -> int | None:
    return getattr(error, "sqlite_errorcode", None)


def _codes(error: BaseException) -> list[object]:
    """Return the number of a server's error, and its SQLSTATE, as far as it has them."""
    arguments: tuple[object, ...] = getattr(error, "args", ())
    # An SQLSTATE is psycopg's sqlstate, or psycopg2's pgcode. MariaDB's say less than its numbers.
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    numbers = [number for number in arguments[:1] if isinstance(number, int)]
    return [*numbers, *([state] if state else [])]
