"""What the signer writes around the claims: header, name of the key, no more bytes than allowed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

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
from flask_jwt.core.compact import decode_base64url
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

RESERVED = ["alg", "crit", "b64", "zip", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"]


class TestHeader:
    """Further header fields."""

    def test_added(self) -> None:
        """Fields are added to those of the signer."""
        header, _ = read(signer().sign(claims(), {"cty": "x", "x-trace": [1, {"a": None}]}))

        assert header == {"typ": "JWT", "alg": "HS256", "cty": "x", "x-trace": [1, {"a": None}]}

    @pytest.mark.parametrize("header", [None, {}])
    def test_none(self, header: dict[str, Any] | None) -> None:
        """No further field is no difference."""
        assert signer().sign(claims(), header) == signer().sign(claims())

    @pytest.mark.parametrize("name", RESERVED)
    @pytest.mark.parametrize("value", ["HS256", None, ["exp"], True])
    def test_reserved(self, name: str, value: object) -> None:
        """Nobody but the signer sets what decides how a token is read, or what carries keys."""
        with pytest.raises(ClaimsError, match="is not for applications to set"):
            signer().sign(claims(), {name: value})

    @pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt"])
    def test_kind(self, kind: str) -> None:
        """``typ`` may be set to what an access token is called."""
        assert read(signer().sign(claims(), {"typ": kind}))[0]["typ"] == kind

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

    @pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt", "jwt"])
    def test_configured_kind_of_access_token(self, kind: str) -> None:
        """A signer for access tokens calls them what it was told to, and they pass."""
        assert read(signer(typ=kind).sign(claims()))[0]["typ"] == kind

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
