"""Hypothesis drives the gate."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from flask_jwt.core import ALGORITHMS, Key, MalformedToken, TokenError, VerifiedToken, Verifier
from flask_jwt.core.compact_jws import decode_base64url, encode_base64url
from flask_jwt.core.strict_json import MAX_DEPTH, MAX_DIGITS, StrictJSONError, parse_object
from tests.support.malformed import Forge, base64url
from tests.support.material import NOW, SECRET, claims, signer, signing_key, verifier, verifying_key

FORGE = Forge(SECRET, NOW)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
JUDGE = verifier()
ASYMMETRIC = [name for name, row in ALGORITHMS.items() if not row.symmetric]
EVERYTHING = verifier(*map(verifying_key, ALGORITHMS))

# Texts that strict JSON has: any but those with NUL or half of a surrogate pair.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(-(10**60), 10**60) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
#: Texts of one JSON value, a little wrong now and then.
fragments = st.sampled_from(
    [
        "{", "}", "[", "]", ",", ":", '"', "\\", '"a"', '"b"', '"exp"', "1", "-", "0", "1.5", "1e5",
        "1e999", "NaN", "Infinity", "-Infinity", "null", "true", "false", " ", "\n", "\t", "\ufeff",
        "\xa0", "\\u0061", "\\ud800", "\\udc00", "\\u0000", '{"a":1}', '{"a":1,"a":2}', "[[]]",
        "\0", '"a":1', "7" * MAX_DIGITS, "7" * (MAX_DIGITS + 1), "[" * MAX_DEPTH, "]" * MAX_DEPTH,
        "\xe9",
    ]
)  # fmt: skip
members = st.sampled_from(['"a":1', '"b":[]', '"\\u0061":{}', '"c":"{,"', '"":-0'])
odd_json = (
    st.lists(fragments, max_size=12).map("".join)
    | st.lists(fragments, max_size=8).map(lambda parts: '{"a":' + "".join(parts) + "}")
    | st.lists(members, max_size=5).map(lambda some: "{" + ",".join(some) + "}")
    | values.map(json.dumps)
    | st.dictionaries(texts, values, max_size=4).map(lambda value: json.dumps(value, indent=1))
)


def outcome(token: str, judge: Verifier = JUDGE) -> VerifiedToken | TokenError:
    """Return what a verifier says; any exception but a TokenError is a failure."""
    try:
        return judge.verify(token)
    except TokenError as error:
        return error


def read(raw: bytes) -> dict[str, Any] | None:
    """Return what the strict reader makes of a text, or None; any other exception is a failure."""
    try:
        return parse_object(raw)
    except StrictJSONError:
        return None


class TestVerify:
    """``verify`` returns, or raises TokenError; nothing else."""

    @settings(max_examples=300)
    @given(
        st.text(max_size=200)
        | st.text(ALPHABET + ".=", max_size=160)
        | st.lists(st.binary(max_size=60), max_size=5).map(
            lambda some: ".".join(map(base64url, some))
        )
    )
    def test_any_text(self, token: str) -> None:
        """No text at all, of the characters and parts of tokens or not, is more than an error."""
        assert isinstance(outcome(token), TokenError)

    @settings(max_examples=600)
    @given(st.binary(max_size=200) | odd_json.map(str.encode), st.booleans())
    def test_any_bytes_signed_well(self, raw: bytes, as_header: bool) -> None:
        """Any bytes, JSON or not, may be the header or claims of a token that is signed well."""
        outcome(FORGE.token(raw or b" ") if as_header else FORGE.token(payload=raw or b" "))

    @settings(max_examples=250)
    @given(
        st.dictionaries(
            st.sampled_from(["exp", "nbf", "iat", "iss", "sub", "aud", "jti", "identity"]),
            values | st.integers(NOW - 5, NOW + 5) | st.floats(NOW - 5, NOW + 5),
        )
    )
    def test_any_values_of_registered_claims(self, changed: dict[str, Any]) -> None:
        """Any value may stand for a registered claim; what passes has the values it had."""
        verified = outcome(FORGE.token(payload=json.dumps(changed)))

        if isinstance(verified, VerifiedToken):
            assert repr(verified.claims) == repr(changed)
            assert changed["exp"] > NOW

    @settings(max_examples=250)
    @given(
        st.dictionaries(
            st.sampled_from(["alg", "typ", "kid", "crit", "b64", "zip", "jwk", "jku", "x5c", "x"]),
            values | st.sampled_from(["HS256", "none", "RS256", "ES256", "EdDSA", "JWT", "at+jwt"]),
        )
    )
    def test_any_values_in_the_header(self, header: dict[str, Any]) -> None:
        """Any value may stand in the header; what passes was signed with HS256."""
        verified = outcome(FORGE.token(json.dumps(header)), EVERYTHING)

        if isinstance(verified, VerifiedToken):
            assert header["alg"] == "HS256"
            assert {"crit", "b64", "zip"}.isdisjoint(header)

    @given(st.sampled_from(["HS256", *ASYMMETRIC]), st.binary(max_size=140))
    def test_any_bytes_as_signature(self, algorithm: str, signature: bytes) -> None:
        """Any bytes may stand for a signature, and none of them is one."""
        header = json.dumps({"alg": algorithm})
        text = FORGE.token(header).rpartition(".")[0]

        assert isinstance(outcome(f"{text}.{base64url(signature)}", EVERYTHING), TokenError)


TOKENS = {name: signer(signing_key(name)).sign(claims()) for name in ALGORITHMS}


@st.composite
def mutated(draw: st.DrawFn, token: str) -> str:
    """Change a token by a character, a piece or a part."""
    place = draw(st.integers(0, len(token) - 1))
    end = draw(st.integers(place, min(place + 5, len(token))))
    character = draw(st.sampled_from(ALPHABET + ".=+/ \n\xe9") | st.characters())
    parts = token.split(".")
    return draw(
        st.sampled_from(
            [
                token[:place] + character + token[place + 1 :],
                token[:place] + character + token[place:],
                token[:place] + token[end + 1 :],
                token[:place] + token[place:end] * 2 + token[end:],
                token[:place],
                token[place:],
                token.swapcase(),
                ".".join([*parts, parts[place % 3]]),
                ".".join([*parts[:2], parts[place % 2]]),
                ".".join([*parts[:2], parts[2] * 2]),
                ".".join(parts[place % 3 :] + parts[: place % 3]),
            ]
        )
    )


class TestMutations:
    """Good tokens, changed."""

    @settings(max_examples=500)
    @given(st.data())
    def test_hmac(self, data: st.DataObject) -> None:
        """A token with HMAC has one text: any change is refused."""
        changed = data.draw(mutated(TOKENS["HS256"]))
        assume(changed != TOKENS["HS256"])

        assert isinstance(outcome(changed), TokenError)

    @settings(max_examples=250)
    @given(st.data(), st.sampled_from(ASYMMETRIC))
    def test_public_keys(self, data: st.DataObject, algorithm: str) -> None:
        """A change of a token with a public-key signature is refused as well."""
        changed = data.draw(mutated(TOKENS[algorithm]))
        assume(changed != TOKENS[algorithm])

        assert isinstance(outcome(changed, EVERYTHING), TokenError)

    @pytest.mark.parametrize("algorithm", TOKENS)
    def test_every_character(self, algorithm: str) -> None:
        """No character of a token can be another one, or left out, or doubled."""
        token = TOKENS[algorithm]
        step = 1 if algorithm == "HS256" else 11
        changed = [
            text
            for place in range(0, len(token), step)
            for text in (
                token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :],
                token[:place] + token[place + 1 :],
                token[:place] + token[place] + token[place:],
            )
        ]

        assert [
            text for text in changed if not isinstance(outcome(text, EVERYTHING), TokenError)
        ] == []
        assert EVERYTHING.verify(token).claims == claims()

    @given(
        st.sampled_from(['{"typ":"JWT", "alg":"HS256"}', '{"alg":"HS256"}', FORGE.header]),
        st.dictionaries(texts, values, max_size=3),
    )
    def test_one_signature_for_one_text(self, header: str, more: dict[str, Any]) -> None:
        """No two texts pass with one signature, not even two that mean the same."""
        signature = TOKENS["HS256"].rpartition(".")[2]
        for spaces in ("", " "):
            payload = spaces + json.dumps(claims(more=more))
            other = FORGE.token(header, payload)

            assert isinstance(outcome(other), VerifiedToken)
            text = other.rpartition(".")[0]
            assert isinstance(outcome(f"{text}.{signature}"), TokenError)


class TestBase64:
    """base64url has one spelling for each sequence of bytes."""

    @settings(max_examples=600)
    @given(
        st.text(ALPHABET, max_size=30).map(str.encode)
        | st.binary(max_size=20)
        | st.text(ALPHABET + "+/=.\n ", max_size=12).map(str.encode)
    )
    @example(b"")
    @example(b"AA==")
    @example(b"AAB")
    def test_canonical_texts_only(self, part: bytes) -> None:
        """Exactly the texts of the alphabet are decoded that leave no bits over, or zero ones."""
        bits = "".join(f"{ALPHABET.index(chr(c)):06b}" for c in part if chr(c) in ALPHABET)
        whole, rest = bits[: len(bits) // 8 * 8], bits[len(bits) // 8 * 8 :]
        canonical = bool(re.fullmatch(rb"[A-Za-z0-9_-]+", part)) and rest in ("", "00", "0000")

        try:
            data = decode_base64url(part, "payload")
        except MalformedToken:
            assert not canonical
        else:
            assert canonical
            assert data == int(whole, 2).to_bytes(len(whole) // 8)
            assert encode_base64url(data) == part


class Wrong(ValueError):
    """The text is not strict JSON, by the definition below."""


def strictly(raw: bytes) -> Any:
    """Read strict JSON in another way, slowly; return None where a text is none."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise Wrong
        return dict(pairs)

    def digits(text: str) -> int:
        if len(text.lstrip("-")) > MAX_DIGITS:
            raise Wrong
        return int(text)

    def finite(text: str) -> float:
        if "inf" in str(float(text)):
            raise Wrong
        return float(text)

    def no_constant(name: str) -> None:
        raise Wrong

    def check(value: Any, depth: int) -> None:
        if isinstance(value, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
            raise Wrong
        if isinstance(value, dict | list):
            if depth == MAX_DEPTH:
                raise Wrong
            for inner in value:
                check(inner, depth + 1)
        if isinstance(value, dict):
            for inner in value.values():
                check(inner, depth + 1)

    try:
        value = json.loads(
            raw.decode(),
            object_pairs_hook=unique,
            parse_int=digits,
            parse_float=finite,
            parse_constant=no_constant,
        )
        check(value, 0)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


class TestJSON:
    """The strict reader has its shortcuts, and they change nothing."""

    @settings(max_examples=700)
    @given(odd_json.map(str.encode) | st.binary(max_size=30))
    def test_same_as_by_definition(self, raw: bytes) -> None:
        """It accepts what the definition accepts, and reads it as the standard library does."""
        value = read(raw)
        assert repr(value) == repr(strictly(raw))
        if value is not None:
            assert repr(value) == repr(json.loads(raw))

    @settings(max_examples=300)
    @given(st.dictionaries(texts, values, max_size=5), st.data())
    def test_changed_by_a_character(self, value: dict[str, Any], data: st.DataObject) -> None:
        """The same holds for good JSON with a character changed."""
        text = json.dumps(value, ensure_ascii=data.draw(st.booleans())).encode()
        place = data.draw(st.integers(0, len(text)))
        change = data.draw(st.sampled_from([b"", b'"', b"\\", b"{", b"[", b"}", b",", b" ", b"0"]))
        changed = text[:place] + change + text[place + data.draw(st.integers(0, 2)) :]

        assert repr(read(changed)) == repr(strictly(changed))
        assert repr(read(text)) == repr(strictly(text))


class TestRoundTrip:
    """What the signer makes, the verifier accepts, and understands."""

    @settings(max_examples=300)
    @given(st.dictionaries(texts, values, max_size=5))
    def test_hmac(self, more: dict[str, Any]) -> None:
        """Any JSON claims come back as they were."""
        given_claims = {**more, **claims()}
        for name in ("iss", "sub", "aud", "jti"):
            given_claims.pop(name, None)
        token = signer().sign(given_claims)

        assert repr(JUDGE.verify(token).claims) == repr(given_claims)

    @given(texts.filter(bool))
    def test_names_of_keys(self, kid: str) -> None:
        """A key may have any name that is a string; its tokens carry it, and others' don't pass."""
        key = Key.from_secret(SECRET, kid=kid)
        token = signer(key).sign(claims())
        namesake = Key.from_secret(SECRET, kid=kid + "?")

        assert verifier(key).verify(token).header["kid"] == kid
        assert isinstance(outcome(token, verifier(namesake)), TokenError)
