"""Strict JSON: one text has one meaning, or it is refused.

The standard library's parser takes the last of two members with one name, NaN, lone surrogates and
nesting to the edge of the stack. A token read differently by two programs is an attack, so none of
these passes here. The common text costs one pass: what is rare (escapes, nesting, long runs of
digits) is recognised by cheap searches over the bytes and only then looked at exactly.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

#: The deepest nesting of objects and arrays, the outermost counted.
MAX_DEPTH = 32
#: The most digits of one integer.
MAX_DIGITS = 256

_WHITESPACE = " \t\n\r"
# Numbers, because bytes look for a number first, and for a substring only after an exception.
_BRACKET = ord("[")
_BACKSLASH = ord("\\")
_FOLD_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_DIGIT_RUN = b"0" * (MAX_DIGITS + 1)
# A text that does not end is taken whole: to look for its end again from each quote in it takes
# quadratic time.
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{\]}]', re.DOTALL)
# The longest complaint that is passed on, in characters.
_MAX_COMPLAINT = 100


class StrictJSONError(ValueError):
    """The text is not a strict JSON object."""


def complaint(error: StrictJSONError) -> str:
    """Return what is wrong with a text, for a log: a position, and nothing of the text."""
    # A parser never quotes; be sure of it.
    return str(error) if len(str(error)) < _MAX_COMPLAINT else "not JSON"


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise StrictJSONError("duplicate member")
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise StrictJSONError("not a finite number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise StrictJSONError("not a finite number")
    return number


def _integer(text: str) -> int:
    if len(text.removeprefix("-")) > MAX_DIGITS:
        raise StrictJSONError("number too long")
    return int(text)


_plain = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant)
_strict = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_finite, parse_constant=_refuse_constant
)
_counting = json.JSONDecoder(
    object_pairs_hook=_members,
    parse_float=_finite,
    parse_int=_integer,
    parse_constant=_refuse_constant,
)


def parse_object(raw: bytes) -> dict[str, Any]:
    """Parse the UTF-8 text of one JSON object."""
    if (
        len(raw) <= MAX_DIGITS
        and raw.count(b"{") == 1
        and _BRACKET not in raw
        and _BACKSLASH not in raw
    ):
        members = _flat_object(raw)
        if members is not None:
            return members
    try:
        text = raw.decode().strip(_WHITESPACE)
        value, end = _decode(raw, text)
    except UnicodeDecodeError:
        raise StrictJSONError("not UTF-8") from None
    except RecursionError:
        raise StrictJSONError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise StrictJSONError(str(error)) from None
    if end != len(text):
        raise StrictJSONError("extra data")
    if type(value) is not dict:
        raise StrictJSONError("must be a json object")
    if _BACKSLASH in raw:
        _check_strings(value)
    return value


def _flat_object(raw: bytes) -> dict[str, Any] | None:
    """Parse a short object that holds no other; None where only the exact parser can tell.

    Between n members stand n - 1 commas at least: with as many names as the commas leave room for,
    none of them stands there twice.
    """
    try:
        text = raw.decode()
        value, end = _plain.raw_decode(text)
    except (ValueError, RecursionError):
        # The exact parser finds the fault, and names it.
        return None
    if end == len(text) and type(value) is dict and len(value) == raw.count(b",") + 1:
        return value
    return None


def _decode(raw: bytes, text: str) -> tuple[Any, int]:
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH:
        _check_depth(raw)
    if len(raw) > MAX_DIGITS and _DIGIT_RUN in raw.translate(_FOLD_DIGITS):
        return _counting.raw_decode(text)
    return _strict.raw_decode(text)


def _check_depth(raw: bytes) -> None:
    depth = 0
    for match in _BRACKETS.finditer(raw):
        token = match.group()
        if token in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise StrictJSONError("nested too deeply")
        elif token in b"]}":
            depth -= 1


def _check_strings(value: Any) -> None:
    for text in _strings(value):
        if "\0" in text:
            raise StrictJSONError("NUL in a string")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise StrictJSONError("lone surrogate in a string") from None


def _strings(value: Any) -> Iterator[str]:
    # No generator inside a generator: each string would climb through all of them.
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
