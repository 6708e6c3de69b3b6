"""The JSON reader: one text has one meaning, or it is refused; none costs more than its length."""

from __future__ import annotations

import json
import math
import sys

import pytest

from flask_jwt.core.strict_json import MAX_DEPTH, MAX_DIGITS, StrictJSONError, parse_object
from tests.support.material import read, signer


def arrays(depth: int) -> str:
    return "[" * depth + "]" * depth


def objects(depth: int) -> str:
    return '{"x":' * (depth - 1) + "{}" + "}" * (depth - 1)


ACCEPTED = {
    "empty": "{}",
    "one member": '{"a":1}',
    "every kind of value": '{"a":null,"b":true,"c":false,"d":1,"e":-1.5,"f":"x","g":[],"h":{}}',
    "commas in a text": '{"a":",,,,","b":"{"}',
    "commas in a name": '{",":1,",,":2}',
    "brackets in a text": json.dumps({"a": "[{" * 500}),
    "a quote among brackets in a text": json.dumps({"a": '"[' * 500, 'b"[': "\\"}),
    "white space": ' \t\r\n{ "a" : [ 1 ,\n2 ] , "b"\r:\t{ } } \n',
    "white space around the empty object": " { } ",
    "escapes": r'{"a":"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDD11"}',
    "escaped name": r'{"\u0061":1}',
    "Unicode": '{"na\u00efve":"\U0001f511 \u05d0\u0301 \ufeff"}',
    "the same name on several levels": '{"a":{"a":[{"a":1},{"a":2}]}}',
    "names that differ in case": '{"a":1,"A":2}',
    "names that look alike": '{"e\u0301":1,"\u00e9":2}',
    "an empty name": '{"":1}',
    "exponents": '{"a":1e5,"b":1E-5,"c":1.5e+5,"d":-0,"e":-0.0}',
    "almost too large": '{"a":1e308,"b":-1e308}',
    "too small, which is zero": '{"a":1e-999}',
    "the largest escapes": r'{"a":"\uffff\ue000\udbff\udfff"}',
    "many arrays side by side": '{"a":[' + ",".join(["[]"] * 200) + "]}",
    "long": json.dumps({"a": "x" * 5000, "b": list(range(500))}),
    "digits in a text": json.dumps({"a": "7" * 5000}),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    """A strict object is read as the standard library reads it."""
    text = ACCEPTED[name]

    assert repr(parse_object(text.encode())) == repr(json.loads(text))


#: By what is said of them, texts that are refused: on every level, and however they are spelt.
REFUSED: dict[str, list[str]] = {
    "must be a json object": ["[1]", "1", "1.5", '"{}"', "null", "true", "false", "[{}]"],
    "duplicate member": [
        '{"a":1,"a":1}', '{"a":1,"a":2}', '{"a":1,"b":2,"a":3}', r'{"a":1,"\u0061":2}',
        '{"":1,"":2}', '{"a":",","a":","}', '{"a":1,"a":1,"b":","}', '{"x":{"a":1,"a":2}}',
        '{"x":[[{"a":1,"b":[],"a":2}]]}', '{"a":{},"a":{}}',
        *(f'{{"a":1,"a":2,"long":"{letter * 500}"}}' for letter in "x7"),
    ],
    "not a finite number": [
        f"{text}{filler}"
        for value in ("NaN", "Infinity", "-Infinity", "1e309", "-1e309", "1e99999")
        for text in (f'{{"a":{value}}}', f'{{"a":[{{"b":{value}}}]}}')
        for filler in ("", " " * 500)
    ],
    "nested too deeply": [
        objects(MAX_DEPTH + 1), '{"a":' + objects(MAX_DEPTH) + "}",
        *(f'{{{text},"b":{arrays(MAX_DEPTH)}}}' for text in ('"a":[]', '"a":"\\""', '"a":"]]]"')),
        '{"a":' + arrays(100_000) + "}", '{"a":' * 100_000, '{"a":' + "[" * 100_000,
        '{"a":"' + "[" * 100_000 + '","b":' + arrays(MAX_DEPTH) + "}",
    ],
    "number too long": [f'{{"a":{"1" * length}}}' for length in (4_300, 4_301, 1_000_000)],
    "NUL in a string": [
        r'{"a":"\u0000"}', r'{"a":["x\u0000y"]}', r'{"\u0000":1}', r'{"a":{"b":{"c\u0000":1}}}',
    ],
    "lone surrogate": [
        r'{"a":"\ud800"}', r'{"a":"\udfff"}', r'{"a":"\udc00\ud800"}', r'{"\udbff":1}',
        r'{"a":"\ud83d\ud83d\udd11"}', r'{"a":"\ud83d \udd11"}', r'{"a":[1,{"b":["\udc00"]}]}',
    ],
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_refused(fault: str) -> None:
    """What is no strict object is refused for what it is, whatever stands beside the fault."""
    for text in REFUSED[fault]:
        with pytest.raises(StrictJSONError, match=fault):
            parse_object(text.encode())


@pytest.mark.parametrize("deepest", ["1", '"x"', "[]", "{}", '{"a":1}'])
def test_depth(deepest: str) -> None:
    """Objects and arrays go 32 levels deep, and no deeper."""
    levels = MAX_DEPTH - 1 - (deepest[0] in "[{")
    text = '{"a":' + "[" * levels + deepest + "]" * levels + "}"

    assert parse_object(text.encode()) == json.loads(text)
    with pytest.raises(StrictJSONError, match="nested too deeply"):
        parse_object(f'{{"a":[{text[5:-1]}]}}'.encode())


def test_text_without_an_end() -> None:
    """A text that never ends is gone through once: with a second look per quote this never ends."""
    text = '{"a":"' + "[" * (MAX_DEPTH + 1) + '","' + '\\"' * 2_000_000

    with pytest.raises(StrictJSONError, match="Unterminated string"):
        parse_object(text.encode())


@pytest.mark.parametrize("digits", ["7", "-7", "123456789", "9", "10", "98"])
def test_digits(digits: str) -> None:
    """An integer may have 256 digits of any kind and no more, whatever text stands beside it."""
    sign, digits = ("-", digits[1:]) if digits[0] == "-" else ("", digits)
    longest = sign + (digits * MAX_DIGITS)[:MAX_DIGITS]

    for beside in ("", f',"b":"{"7" * 300}"'):
        assert parse_object(f'{{"a":{longest}{beside}}}'.encode())["a"] == int(longest)
        with pytest.raises(StrictJSONError, match="number too long"):
            parse_object(f'{{"a":[{longest}7]{beside}}}'.encode())


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff", b'{"a":"\xe9"}', b'{"a":"\xc3"}', b'{"a":"\xc0\xaf"}', b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xf4\x90\x80\x80"}', b'{"a":1}\x80', '{"a":"\xe9"}'.encode("utf-16"),
    ],
)  # fmt: skip
def test_not_utf_8(raw: bytes) -> None:
    """Bytes that are not UTF-8 are refused."""
    with pytest.raises(StrictJSONError, match="not UTF-8"):
        parse_object(raw)


@pytest.mark.parametrize("text", ["\ufeff", "\xa0", "\f", "\v", "\x85", "\u2028", "\u3000", "\0"])
def test_only_the_white_space_of_json(text: str) -> None:
    """A byte-order mark, and white space that JSON does not know, is refused on either side."""
    for whole in (text + "{}", "{}" + text, f'{{{text}"a":1}}', f'{{"a":1{text}}}'):
        with pytest.raises(StrictJSONError):
            parse_object(whole.encode())


def test_numbers_keep_their_kind() -> None:
    """Whole numbers are int and exact; others are float."""
    value = parse_object(b'{"a":12345678901234567890,"b":1.0,"c":1e2,"d":-0}')

    assert [type(value[name]) for name in "abcd"] == [int, float, float, int]
    assert value["a"] == 12345678901234567890
    assert math.copysign(1, parse_object(b'{"a":-0.0}')["a"]) == -1


def test_error_is_a_value_error_without_the_text() -> None:
    """A refusal is a ValueError, whose text says where and never what."""
    for raw in (b'{"a":marker}', b'{"marker":1,"marker":2}', b'{"a":"marker', b"marker\xff"):
        with pytest.raises(ValueError, match=r"\A[^:]+(: line \d+ column \d+ .*)?\Z") as refusal:
            parse_object(raw)
        assert "marker" not in str(refusal.value) + repr(refusal.value)


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


def test_letters_weigh_what_they_weigh() -> None:
    """A name of 2,000 letters of any script fits into a token."""
    for letter in "\u00e9\u05d0\u4e2d":
        _, claims = read(signer().sign({"exp": 1_800_000_300, "identity": letter * 2000}))
        assert claims["identity"] == letter * 2000
