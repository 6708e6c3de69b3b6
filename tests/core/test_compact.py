"""The gate: the text of a token becomes three parts and a header, or one error."""

from __future__ import annotations

import base64
import itertools
import json

import pytest

from flask_jwt.core import InvalidHeader, MalformedToken
from flask_jwt.core.compact_jws import (
    MAX_KID_LENGTH,
    MAX_TOKEN_BYTES,
    decode_base64url,
    encode_base64url,
    parse_header,
    split_compact,
)

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def canonical(part: bytes) -> bool:
    """Tell whether a text is canonical base64url, by counting bits."""
    values = [ALPHABET.find(bytes([character])) for character in part]
    unused = len(part) * 6 % 8
    return bool(part) and -1 not in values and unused < 6 and values[-1] % (1 << unused) == 0


class TestSplitting:
    """``split_compact``."""

    def test_parts(self) -> None:
        """Three parts come back as they are, and what was signed."""
        assert split_compact("aa.bb.cc") == (b"aa", b"bb", b"cc", b"aa.bb")

    def test_other_numbers_of_parts(self) -> None:
        """Less than three parts are refused, and more: the five of an encrypted token, too."""
        for text in ("", "a", "a.b", "a b", "."):
            with pytest.raises(MalformedToken, match="Not enough segments"):
                split_compact(text)
        for text in ("a.b.c.d", "a.b.c.d.e", "...", "a.b.c.", ".a.b.c"):
            with pytest.raises(MalformedToken, match="Too many segments"):
                split_compact(text)

    @pytest.mark.parametrize("text", ["\x80", "\xe9", "\u2028", "\ud800", "\uff0e", "\U0001f511"])
    def test_beyond_ascii(self, text: str) -> None:
        """Characters beyond ASCII are refused wherever they stand, lone surrogates too."""
        for token in (f"{text}a.b.c", f"a.b{text}.c", f"a.b.c{text}"):
            with pytest.raises(MalformedToken, match="invalid characters"):
                split_compact(token)

    def test_length(self) -> None:
        """8,192 bytes are looked at, and one more is not, whatever it says."""
        longest = "a.b." + "c" * (MAX_TOKEN_BYTES - 4)

        assert MAX_TOKEN_BYTES == 8192
        assert split_compact(longest)[2] == b"c" * (MAX_TOKEN_BYTES - 4)
        for text in (longest + "c", "." * 8193, "\xe9" * 8193, " " * 8193):
            with pytest.raises(MalformedToken, match="too long"):
                split_compact(text)

    def test_configured_length(self) -> None:
        """The longest text may be set."""
        assert split_compact("a.b.c", 5)[0] == b"a"
        with pytest.raises(MalformedToken, match="too long"):
            split_compact("a.b.cc", 5)


class TestBase64:
    """``decode_base64url`` and ``encode_base64url``."""

    @pytest.mark.parametrize("length", range(9))
    def test_round_trip(self, length: int) -> None:
        """What is encoded has no padding, and is decoded to the same bytes."""
        for data in (bytes(length), b"\xff" * length, bytes(range(250, 250 + length % 6))):
            text = encode_base64url(data)

            assert text == base64.urlsafe_b64encode(data).rstrip(b"=")
            assert not data or decode_base64url(text, "payload") == data

    def test_alphabet(self) -> None:
        """All 64 characters are known, and they mean what RFC 4648 says."""
        assert decode_base64url(ALPHABET, "payload") == base64.urlsafe_b64decode(ALPHABET)

    def test_every_text_of_one_or_two_bytes(self) -> None:
        """Of all texts of up to two bytes those are decoded that are canonical, and no other."""
        texts = [bytes(pair) for pair in itertools.product(range(256), repeat=2)]
        accepted = [text for text in [*_single_bytes(), *texts] if _accepted(text)]

        assert accepted == [text for text in [*_single_bytes(), *texts] if canonical(text)]
        assert len(accepted) == 64 * 4

    @pytest.mark.parametrize("before", [b"AA", b"AAA", b"AAAA", b"AAAAA", b"AAAAAA", b"AAAAAAA"])
    def test_every_last_byte(self, before: bytes) -> None:
        """A last byte passes if the bits that it leaves unused are zero, and it's no padding."""
        texts = [before + last for last in _single_bytes()]

        assert [text for text in texts if _accepted(text)] == [t for t in texts if canonical(t)]
        assert sum(map(_accepted, texts)) == (64, 0, 4, 16)[(len(before) + 1) % 4]

    @pytest.mark.parametrize("position", range(8))
    def test_every_byte_inside(self, position: int) -> None:
        """A byte outside the alphabet is refused wherever it stands."""
        texts = [b"A" * position + byte + b"A" * (7 - position) for byte in _single_bytes()]

        assert [text for text in texts if _accepted(text)] == [t for t in texts if canonical(t)]

    @pytest.mark.parametrize("text", [b"", b"A", b"AAAAA", b"AA==", b"AAA=", b"AA=", b"=", b"===="])
    def test_impossible_length_and_padding(self, text: bytes) -> None:
        """An empty part, a lone last character and padding are refused, in the words of 0.3.2."""
        for part in ("header", "payload", "crypto"):
            with pytest.raises(MalformedToken, match=f"^Invalid {part} padding$"):
                decode_base64url(text, part)


class TestHeader:
    """``parse_header``."""

    @pytest.mark.parametrize(
        "header",
        [
            {"alg": "HS256"},
            {"alg": "none"},
            {"alg": "HS256", "typ": "JWT", "kid": "k"},
            {"alg": "HS256", "kid": "k" * MAX_KID_LENGTH},
            {"alg": "HS256", "kid": "\U0001f511" * MAX_KID_LENGTH},
            {"alg": "HS256", "cty": "JWT", "x": [1, {"y": None}]},
            {"alg": "HS256", "jku": "https://example.com/keys", "jwk": {"kty": "oct"}},
            {"alg": "HS256", "x5u": "https://example.com/x", "x5c": ["x"], "x5t": "x"},
        ],
    )
    def test_accepted(self, header: dict[str, object]) -> None:
        """A header is read as it is; what is not understood, and not critical, is left alone."""
        assert parse_header(json.dumps(header).encode()) == header

    @pytest.mark.parametrize("value", [None, 1, True, [], ["HS256"], {}, 256.0])
    def test_algorithm(self, value: object) -> None:
        """``alg`` has to be a string."""
        for header in ({"alg": value}, {}, {"ALG": "HS256"}):
            with pytest.raises(InvalidHeader, match="The specified alg value is not allowed"):
                parse_header(json.dumps(header).encode())

    @pytest.mark.parametrize(
        "name", ["typ", "kid", "cty", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256"]
    )
    def test_registered_parameters(self, name: str) -> None:
        """A registered parameter has the type of RFC 7515; a kid has 1 to 255 characters."""
        wrong = [None, 1, True, ["x", 1], *(["", "k" * 256, {}, []] if name == "kid" else [])]
        for value in wrong:
            with pytest.raises(InvalidHeader, match="Key ID" if name == "kid" else name):
                parse_header(json.dumps({"alg": "HS256", name: value}).encode())

    @pytest.mark.parametrize("name", ["crit", "b64", "zip"])
    def test_refused_parameters(self, name: str) -> None:
        """``crit``, ``b64`` and ``zip`` are refused, whatever they say."""
        values: tuple[object, ...] = (None, [], ["exp"], ["b64"], ["cty", "cty"], {}, "", "DEF")
        for value in (*values, 0, 1, True, False):
            with pytest.raises(InvalidHeader, match=name):
                parse_header(json.dumps({"alg": "HS256", "cty": "JWT", name: value}).encode())

    def test_escaped_name(self) -> None:
        """A name written with escapes is the same name."""
        with pytest.raises(InvalidHeader, match="crit"):
            parse_header(rb'{"alg":"HS256","\u0063rit":[]}')
        with pytest.raises(MalformedToken, match="duplicate member"):
            parse_header(rb'{"alg":"none","\u0061lg":"HS256"}')

    @pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff", b'{"alg":"HS256"}x'])
    def test_not_strict_json(self, raw: bytes) -> None:
        """What is no strict JSON object is refused as malformed."""
        with pytest.raises(MalformedToken, match=r"^Invalid header string: "):
            parse_header(raw)


def _single_bytes() -> list[bytes]:
    return [bytes([value]) for value in range(256)]


def _accepted(part: bytes) -> bool:
    try:
        decode_base64url(part, "payload")
    except MalformedToken:
        return False
    return True
