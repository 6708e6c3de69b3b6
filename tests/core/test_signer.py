"""The signer: what it makes, the gate accepts; what the gate would refuse, it does not make."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest

from flask_jwt.core import (
    ClaimsError,
    InvalidHeader,
    Key,
    KeyMaterialError,
    KeyRing,
    MalformedToken,
    Signer,
    Verifier,
)
from flask_jwt.core.compact_jws import decode_base64url
from tests.support.material import (
    NOW,
    SECRET,
    claims,
    read,
    signer,
    signing_key,
    verifier,
    verifying_key,
)

WITHIN_UTC = datetime(2027, 1, 15, 8, 0)
LATER = NOW + 300


def written(**changed: Any) -> dict[str, Any]:
    """Return the claims that come out when these go in."""
    return read(signer().sign(claims(**changed)))[1]


class TestAccepted:
    """What can be signed."""

    def test_text(self) -> None:
        """A token is a string of three parts without spaces in its JSON."""
        token = signer().sign({"exp": NOW + 300, "a": [1, {"b": None}]})
        header, payload, signature = token.split(".")

        assert decode_base64url(header.encode(), "header") == b'{"typ":"JWT","alg":"HS256"}'
        text = b'{"exp":%d,"a":[1,{"b":null}]}' % (NOW + 300)
        assert decode_base64url(payload.encode(), "payload") == text
        assert len(signature) == 43

    def test_values_that_json_has_under_another_name(self) -> None:
        """Tuples, enumerations of numbers and keys that are numbers are written as JSON does."""

        class Level(IntEnum):
            HIGH = 3

        back = written(roles=("a", "b"), level=Level.HIGH, seats={1: "x", None: "y"})

        assert (back["roles"], back["level"]) == (["a", "b"], 3)
        assert back["seats"] == {"1": "x", "null": "y"}

    def test_uuid(self) -> None:
        """A UUID is written as a string, as an identity and on any level."""
        value = UUID("12345678-1234-5678-1234-567812345678")

        back = written(identity=value, sub=value, list=[{"a": value}])
        assert back["identity"] == back["sub"] == back["list"][0]["a"] == str(value)

    @pytest.mark.parametrize("kind", [dict, OrderedDict, MappingProxyType])
    def test_mappings(self, kind: type[Mapping[str, Any]]) -> None:
        """Claims may be any mapping."""
        values: Any = kind(claims())  # type: ignore[call-arg]

        assert read(signer().sign(values))[1] == claims()

    def test_identical(self) -> None:
        """With HMAC the same claims give the same token, and other claims another."""
        assert signer().sign(claims()) == signer().sign(claims())
        assert signer().sign(claims()) != signer().sign(claims(identity=8))


class TestTimes:
    """Datetimes in ``exp``, ``nbf`` and ``iat``."""

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            (WITHIN_UTC, NOW),
            (WITHIN_UTC.replace(tzinfo=UTC), NOW),
            (WITHIN_UTC.replace(tzinfo=timezone(timedelta(hours=2))), NOW - 7200),
            (WITHIN_UTC.replace(tzinfo=timezone(-timedelta(hours=5, minutes=30))), NOW + 19800),
            (WITHIN_UTC.replace(microsecond=999_999), NOW),
            (WITHIN_UTC.replace(fold=1), NOW),
            (datetime(1970, 1, 1), 0),
            (datetime(9999, 12, 31, 23, 59, 58), 253402300798),
        ],
    )
    def test_datetime(self, value: datetime, seconds: int) -> None:
        """A datetime becomes whole seconds, a naive one is UTC, and an aware one is converted."""
        before = signer(clock=lambda: seconds - 1)
        late = Verifier(KeyRing(signing_key("HS256")), clock=lambda: seconds)

        for name in ("nbf", "iat"):
            token = before.sign({"exp": seconds + 1, name: value})
            assert late.verify(token).claims[name] == seconds
        payload = before.sign({"exp": value}).split(".")[1]
        assert decode_base64url(payload.encode(), "payload") == b'{"exp":%d}' % seconds

    @pytest.mark.parametrize("value", [NOW + 300, NOW + 300.0, NOW + 300.5])
    def test_number(self, value: float) -> None:
        """A number stays the number that it is."""
        back = written(exp=value)["exp"]

        assert (type(back), back) == (type(value), value)

    @pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
    @pytest.mark.parametrize(
        "value",
        [
            None, "", "1900000000", True, False, -1, -0.5, float("nan"), float("inf"), 253402300800,
            10**400, [], {}, date(2027, 1, 15), timedelta(300), Decimal(NOW),
            datetime(1969, 12, 31),
        ],
        ids=range(17),
    )  # fmt: skip
    def test_no_time(self, name: str, value: object) -> None:
        """What is no time between 1970 and 9999 is an error."""
        with pytest.raises(ClaimsError):
            signer().sign(claims(**{name: value}))

    @pytest.mark.parametrize(
        "value",
        [
            datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))),
            datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
        ],
        ids=["beyond 9999", "before the year 1"],
    )
    def test_beyond_the_calendar(self, value: datetime) -> None:
        """A datetime that UTC can't hold is an error of the same kind."""
        with pytest.raises(ClaimsError):
            signer().sign(claims(exp=value))

    def test_datetime_elsewhere(self) -> None:
        """A datetime in any other claim is an error: nobody would know how it was written."""
        with pytest.raises(ClaimsError, match="a claim of type datetime can't be written as JSON"):
            signer().sign(claims(birthday=WITHIN_UTC))


class TestRefused:
    """Claims that no token can have."""

    @pytest.mark.parametrize(
        "value",
        [
            b"bytes", {1, 2}, object(), Decimal(1), 1j, date(2027, 1, 1), timedelta(1), ...,
            range(3), MappingProxyType({}), ValueError("x"), float("nan"), float("inf"),
            [float("-inf")], "a\0", "\ud800", ["\udc00\ud800"], {"a\0": 1}, {"\ud800": 1},
            {(1, 2): 3}, {b"a": 1}, {1: "a", "1": "b"}, {None: 1, "null": 2}, {True: 1, "true": 2},
            {1.0: 1, "1.0": 2}, 10**256, -(10**256), 10**5000, [[[10**256]]],
        ],
        ids=range(29),
    )  # fmt: skip
    def test_no_strict_json(self, value: object) -> None:
        """A value that strict JSON does not have is an error, on any level."""
        for changed in (claims(value=value), claims(list=[{"a": [value]}])):
            with pytest.raises(ClaimsError):
                signer().sign(changed)

    @pytest.mark.parametrize("text", ["\ud800", "x\udfff", "\ud83d\udd11"])
    def test_surrogates(self, text: str) -> None:
        """Halves of surrogate pairs are an error that does not show the text they stand in."""
        with pytest.raises(ClaimsError) as caught:
            signer().sign(claims(identity="x-marks-the-spot" + text))
        assert "x-marks" not in str(caught.value)
        for header in ({"x": text}, {"x": [{text: 1}]}):
            with pytest.raises(ClaimsError):
                signer().sign(claims(), header)

    @pytest.mark.parametrize("depth", [32, 33, 500, 5000])
    def test_nesting(self, depth: int) -> None:
        """Claims go 32 levels deep with the object that they are; deeper ones are an error."""
        value: list[Any] = []
        for _ in range(depth - 1):
            value = [value]
        with pytest.raises(ClaimsError):
            signer().sign(claims(deep=value))
        if depth == 32:
            assert written(deep=value[0])["deep"] == value[0]

    @pytest.mark.parametrize("given", [{}, {"iat": NOW}, {"EXP": NOW + 300}, {"exp ": NOW}])
    def test_without_expiry(self, given: dict[str, Any]) -> None:
        """A token that would never expire isn't made."""
        with pytest.raises(ClaimsError, match="exp"):
            signer().sign(given)

    @pytest.mark.parametrize("name", ["iss", "sub", "jti"])
    @pytest.mark.parametrize("value", [None, 1, 0, True, "", [], ["x"], {}])
    def test_identifiers(self, name: str, value: object) -> None:
        """An identifier that is no string, or empty, is an error when the token is made."""
        with pytest.raises(ClaimsError, match="must be a string"):
            signer().sign(claims(**{name: value}))

    @pytest.mark.parametrize("value", [None, 1, "", [], [1], [""], {}])
    def test_audience(self, value: object) -> None:
        """An audience that is no string, and no list of strings, is an error."""
        with pytest.raises(ClaimsError, match="claim format"):
            signer().sign(claims(aud=value))

    @pytest.mark.parametrize(
        "given",
        [{"exp": LATER, 1: "a", "1": "b"}, {"exp": LATER, ("a",): 1}, {b"x": 1, "exp": LATER}],
    )
    def test_names(self, given: Any) -> None:
        """Names of claims that would stand twice in JSON, or can't stand there, are an error."""
        with pytest.raises(ClaimsError):
            signer().sign(given)

    def test_is_a_value_error(self) -> None:
        """The error is a ValueError, and does not show what was refused."""
        with pytest.raises(ValueError, match="a claim of type") as caught:
            signer().sign(claims(secret=[b"x-marks-the-spot"]))
        assert "x-marks-the-spot" not in repr(caught.value)


class TestMapping:
    """The caller's mappings."""

    def test_unchanged(self) -> None:
        """Neither claims nor header are changed, nor what is inside."""
        given = claims(exp=LATER, nbf=WITHIN_UTC, roles=["a"], sub=UUID(int=1))
        header = {"kid": "k", "x": ["y"]}
        before = (dict(given), dict(header), repr((given, header)))
        signer().sign(given, header)

        assert (given, header) == before[:2]
        assert repr((given, header)) == before[2]

    def test_not_kept(self) -> None:
        """A token is not touched by what becomes of the claims afterwards."""
        given = claims(roles=["a"])
        maker = signer()
        first = maker.sign(given)
        given["roles"].append("admin")
        given["exp"] = NOW + 9000

        assert read(first)[1] == claims(roles=["a"])
        assert maker.sign(claims(roles=["a"])) == first


RESERVED = ["alg", "crit", "b64", "zip", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"]


class TestHeader:
    """Further header fields."""

    def test_added(self) -> None:
        """Fields are added to those of the signer."""
        header, _ = read(signer().sign(claims(), {"cty": "x", "x-trace": [1, {"a": None}]}))

        assert header == {"typ": "JWT", "alg": "HS256", "cty": "x", "x-trace": [1, {"a": None}]}

    @pytest.mark.parametrize("name", RESERVED)
    @pytest.mark.parametrize("value", ["HS256", None, ["exp"], True])
    def test_reserved(self, name: str, value: object) -> None:
        """Nobody but the signer sets what decides how a token is read, or what carries keys."""
        with pytest.raises(ClaimsError, match="is not for applications to set"):
            signer().sign(claims(), {name: value})

    @pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"])
    def test_kind(self, kind: str) -> None:
        """``typ`` may be set, for a token or a signer, to what an access token is called."""
        assert read(signer().sign(claims(), {"typ": kind}))[0]["typ"] == kind
        assert read(signer(typ=kind).sign(claims()))[0]["typ"] == kind

    @pytest.mark.parametrize("kind", [None, 1, "", "refresh+jwt", "JWE", "dpop+jwt", ["JWT"]])
    def test_other_kind(self, kind: object) -> None:
        """``typ`` can't be set to what the verifier would refuse."""
        with pytest.raises(ClaimsError, match="would be refused"):
            signer().sign(claims(), {"typ": kind})

    def test_configured_kind(self) -> None:
        """A signer for a kind of its own makes that kind, and the access verifier refuses it."""
        maker = signer(typ="reset+jwt")
        token = maker.sign(claims())

        with pytest.raises(InvalidHeader, match="another kind"):
            verifier().verify(token)
        ring = KeyRing(signing_key("HS256"))
        judge = Verifier(ring, types=frozenset({"reset+jwt"}), clock=lambda: NOW)
        assert judge.verify(token).claims == claims()
        with pytest.raises(ClaimsError, match="another kind"):
            maker.sign(claims(), {"typ": "JWT"})

    @pytest.mark.parametrize(
        "value",
        [
            object(), b"x", float("nan"), "\ud800", "a\0", {1: 1, "1": 2}, 10**300,
            datetime(2027, 1, 1),
        ],
        ids=range(8),
    )  # fmt: skip
    def test_no_strict_json(self, value: object) -> None:
        """A field that strict JSON does not have is an error."""
        with pytest.raises(ClaimsError):
            signer().sign(claims(), {"x": value})

    def test_name_of_the_key(self) -> None:
        """A key with a name puts it into the header, and no other name is put there."""
        key = signing_key("HS256", "k1")
        maker = signer(key)
        assert read(maker.sign(claims()))[0]["kid"] == "k1"
        assert read(maker.sign(claims(), {"kid": "k1"}))[0]["kid"] == "k1"
        for other in ("k2", "", None, 1, "K1"):
            with pytest.raises(ClaimsError, match="kid"):
                maker.sign(claims(), {"kid": other})

    @pytest.mark.parametrize("kid", ["", None, 1, "k" * 256, ["k"], "k\0"])
    def test_bad_name_for_a_key_without_one(self, kid: object) -> None:
        """A key without a name may be given one that the gate accepts, and no other."""
        assert read(signer().sign(claims(), {"kid": "k"}))[0]["kid"] == "k"
        with pytest.raises(ClaimsError):
            signer().sign(claims(), {"kid": kid})


class TestSize:
    """The longest token."""

    def test_cap(self) -> None:
        """8,192 bytes can be made, and are accepted; one more is an error that says so."""
        made = {}
        for length in range(5950, 6050):
            values = claims(filler="x" * length)
            try:
                made[len(signer().sign(values))] = values
            except ClaimsError as error:
                longest = str(error)
        assert max(made) in (8191, 8192)
        assert read(signer().sign(made[max(made)]))[1] == made[max(made)]
        assert "8192 are allowed" in longest

    def test_configured(self) -> None:
        """Signer and verifier may be given another limit."""
        token = signer(max_bytes=10_000).sign(claims(filler="x" * 7000))
        ring = KeyRing(signing_key("HS256"))

        assert Verifier(ring, max_bytes=10_000, clock=lambda: NOW).verify(token)
        with pytest.raises(MalformedToken, match="too long"):
            verifier().verify(token)
        exactly = len(signer().sign(claims()))
        assert signer(max_bytes=exactly).sign(claims())
        with pytest.raises(ClaimsError, match=f"{exactly} bytes, and {exactly - 1} are allowed"):
            signer(max_bytes=exactly - 1).sign(claims())

    def test_header_counts(self) -> None:
        """A long header makes a long token."""
        with pytest.raises(ClaimsError, match="are allowed"):
            signer().sign(claims(), {"x": "y" * 8000})


class TestKeys:
    """Who signs."""

    def test_no_signing_key(self) -> None:
        """A ring whose keys only verify makes no signer."""
        with pytest.raises(KeyMaterialError, match="no key that signs"):
            Signer(KeyRing(None, [verifying_key("RS256")]))

    def test_the_signing_key_signs(self) -> None:
        """Of several keys the one named for it signs, wherever it stands."""
        other = Key.from_secret(SECRET[::-1])
        token = Signer(
            KeyRing(other, [signing_key("HS256"), signing_key("ES256")]), clock=lambda: NOW
        ).sign(claims())

        assert verifier(other).verify(token).claims == claims()
        assert (
            json.loads(decode_base64url(token.split(".")[0].encode(), "header"))["alg"] == "HS256"
        )
