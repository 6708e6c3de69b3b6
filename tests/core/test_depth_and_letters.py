"""Two ways in which a text used to cost or weigh more than it is long."""

from __future__ import annotations

import sys

import pytest

from flask_jwt.core import ClaimsError
from flask_jwt.core.strict_json import MAX_DEPTH, StrictJSONError, parse_object
from tests.support.material import read, signer

STRINGS = 200


def calls_of(text: bytes) -> int:
    """Return how many functions are entered, or entered again, to read a text."""
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        parse_object(text)
    finally:
        sys.setprofile(None)
    return count


def nested(depth: int) -> bytes:
    """Return many strings, one of them with an escape, at some depth."""
    strings = ",".join(['"\\n"'] * STRINGS)
    return f'{{"a":{"[" * (depth - 1)}{strings}{"]" * (depth - 1)}}}'.encode()


def test_strings_cost_the_same_at_every_depth() -> None:
    """Deep strings are looked at with as much work as shallow ones."""
    assert calls_of(nested(MAX_DEPTH)) < 1.2 * calls_of(nested(2))


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800"])
@pytest.mark.parametrize("where", ['["{}"]', '{{"{}": 1}}', '[[{{"b": ["{}"]}}]]', '"{}"'])
def test_no_string_is_missed(text: str, where: str) -> None:
    """NUL and lone surrogates are found in names and values, at every depth."""
    with pytest.raises(StrictJSONError):
        parse_object(f'{{"a": {where.format(text)}}}'.encode())


def test_letters_weigh_what_they_weigh() -> None:
    """A name of 2,000 letters of any script fits into a token."""
    for letter in "\u00e9\u05d0\u4e2d":
        _, claims = read(signer().sign({"exp": 1_800_000_300, "identity": letter * 2000}))
        assert claims["identity"] == letter * 2000


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\0"])
def test_no_text(text: str) -> None:
    """A lone surrogate or NUL in a claim is an error when the token is made."""
    for claims in ({"identity": text}, {"more": [{text: 1}]}):
        with pytest.raises(ClaimsError):
            signer().sign({"exp": 1_800_000_300, **claims})
