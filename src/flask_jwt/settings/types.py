"""The types of settings: what a value may be, and what it means."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from ..core.claims import MAX_NUMERIC_DATE, numeric_date, seconds
from ..core.clock import format_utc
from .declare import Unfit, setting

_NOT_EMPTY = "a string that is not empty"
_DURATION = "a timedelta or a number of seconds"
_FLAGS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}


def text(
    key: str,
    default: str | None = None,
    *,
    fits: Callable[[str], object] = bool,
    expected: str = _NOT_EMPTY,
) -> Any:
    """Declare a text, which is not empty."""

    def parse(value: Any) -> str:
        string = parse_text(value)
        if not fits(string):
            raise Unfit
        return string

    return setting(key, default, parse, expected)


def choice(key: str, default: str, options: Collection[str]) -> Any:
    """Declare one of several texts."""
    expected = f"one of {', '.join(options)}"
    return text(key, default, fits=options.__contains__, expected=expected)


def names(
    key: str,
    default: Any,
    expected: str,
    *,
    lone: bool = True,
    empty: bool = False,
    fits: Callable[[str], object] = bool,
    decides_checks: bool = False,
) -> Any:
    """Declare names as a tuple: a list of them, or a ``lone`` one."""
    parse = partial(parse_names, lone=lone, empty=empty, fits=fits)
    return setting(key, default, parse, expected, decides_checks=decides_checks)


def duration(
    key: str,
    default: timedelta | None = None,
    *,
    least: float = -math.inf,
    more_than: float = -math.inf,
    most: float = math.inf,
    expected: str = _DURATION,
) -> Any:
    """Declare a length of time in seconds."""

    def parse(value: Any) -> float:
        if not isinstance(value, timedelta | int | float) or isinstance(value, bool):
            raise Unfit(_DURATION)
        length = seconds(value)
        if not math.isfinite(length):
            raise Unfit("a finite number of seconds")
        if not least <= length <= most or length <= more_than:
            raise Unfit
        return length

    return setting(key, default, parse, expected, unit="seconds")


def moment(key: str) -> Any:
    """Declare a moment in seconds since 1970; one that names no zone is in UTC."""
    return setting(
        key,
        None,
        _moment,
        "a date: a date, a datetime, or text such as '2030-01-31'",
        show=format_utc,
    )


def integer(key: str, default: int, unit: str, *, least: int) -> Any:
    """Declare a whole number."""

    def parse(value: Any) -> int:
        if type(value) is not int or value < least:
            raise Unfit
        return value

    return setting(key, default, parse, f"a number of {unit}, {least} or more", unit=unit)


def flag(key: str, default: bool) -> Any:
    """Declare a switch, which from the environment may be text or a number."""
    return setting(key, default, parse_flag, "True or False")


def url_rule(key: str, default: str | None, *, variable: bool = False) -> Any:
    """Declare where a route is; None and the empty string register none."""

    def parse(value: Any) -> str | None:
        if not value:
            return None
        if not (isinstance(value, str) and value.startswith("/")):
            raise Unfit
        # Such views take no arguments, and cookies are set for paths as they stand.
        if "<" in value and not variable:
            raise Unfit("a path without variable parts, or None")
        return value

    return setting(
        key, default, parse, "a path that begins with a slash, or None", none_is_value=True
    )


def path(key: str, *, decides_checks: bool = False) -> Any:
    """Declare the name of a file."""
    return setting(key, None, _path, "the path of a file", decides_checks=decides_checks)


def secret(key: str, *, copied_from: str | None = None) -> Any:
    """Declare a secret."""
    return setting(key, None, _secret, "str or bytes", secret=True, copied_from=copied_from)


def secrets(key: str) -> Any:
    """Declare a list of secrets, each of them once."""
    expected = "a list of secrets, each str or bytes"
    return setting(key, None, _secrets, expected, secret=True)


def parse_text(value: Any) -> str:
    """Return a text, which is not empty."""
    if not isinstance(value, str) or not value:
        raise Unfit(_NOT_EMPTY)
    return value


def parse_names(
    value: Any, *, lone: bool = True, empty: bool = False, fits: Callable[[str], object] = bool
) -> tuple[str, ...]:
    """Return names, each of which fits; a ``lone`` one may stand for itself."""
    given = (value,) if lone and isinstance(value, str) else value
    if not isinstance(given, list | tuple | set | frozenset) or not (given or empty):
        raise Unfit
    if not all(isinstance(name, str) and name and fits(name) for name in given):
        raise Unfit
    return tuple(given)


def parse_flag(value: Any) -> bool:
    """Return what a switch says."""
    # str() of the two booleans is among the spellings.
    switch = _FLAGS.get(str(value).strip().lower())
    if switch is None:
        raise Unfit
    return switch


def _secrets(value: Any) -> list[str | bytes]:
    given = value or ()
    if not isinstance(given, list | tuple):
        raise Unfit
    if not all(isinstance(secret, str | bytes) for secret in given):
        raise Unfit
    return list(dict.fromkeys(given))


def _secret(value: Any) -> str | bytes:
    if isinstance(value, int):
        raise Unfit("text: this one came as a number (an all-digit value from the environment?)")
    if not isinstance(value, str | bytes):
        raise Unfit
    return value


def _moment(value: Any) -> float:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    moment = -1.0
    if isinstance(value, str | datetime):
        with suppress(ValueError, OverflowError):
            given = datetime.fromisoformat(value) if isinstance(value, str) else value
            moment = float(numeric_date(given))
    if not 0 <= moment <= MAX_NUMERIC_DATE:
        raise Unfit
    return moment


def _path(value: Any) -> str:
    name = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(name, str) or not name or "\0" in name:
        raise Unfit
    return name
