"""JWK sets: one's own key file, and what an issuer publishes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flask_jwt.core import ALGORITHMS, Key, KeyMaterialError, KeyRing
from flask_jwt.core.asymmetric import generate_jwk
from flask_jwt.core.key_set import is_own, issuer_keys, own_keys, parse_key_set, ring_of
from tests.support.material import NOW, verifying_key

PAIRS = {name: generate_jwk(ALGORITHMS[name]) for name in ("RS256", "ES256", "EdDSA")}


def public(algorithm: str, kid: str, **members: Any) -> dict[str, Any]:
    """Return a public key without ``alg``, as many issuers publish them."""
    pair = PAIRS[algorithm]
    names = ("kty", "crv", "x", "y", "n", "e")
    return {**{name: pair[name] for name in names if name in pair}, "kid": kid, **members}


def public_half(pair: dict[str, Any]) -> dict[str, Any]:
    """Return what is published of a pair, without ``alg``."""
    return {name: pair[name] for name in ("kty", "crv", "x", "y") if name in pair}


GOOD = public("ES256", "good")
#: Keys that are published and not for us, and what the note says.
FOREIGN = {
    "encryption": (public("RS256", "k", use="enc", alg="RSA-OAEP"), "alg has to be"),
    "use": (public("ES256", "k", use="enc"), "not for signatures"),
    "key_ops": (public("ES256", "k", key_ops=["encrypt"]), "not for verifying"),
    "signing alone": (public("ES256", "k", key_ops=["sign"]), "not for verifying"),
    "post-quantum": ({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA", "kid": "k"}, "kty"),
    "X25519": ({"kty": "OKP", "crv": "X25519", "x": "A" * 43, "kid": "k"}, "crv"),
    "X448": ({"kty": "OKP", "crv": "X448", "x": "A" * 75, "kid": "k"}, "crv"),
    "Ed448": ({"kty": "OKP", "crv": "Ed448", "x": "A" * 76, "alg": "EdDSA", "kid": "k"}, "crv"),
    "secp256k1": ({**GOOD, "crv": "secp256k1", "kid": "k"}, "crv"),
    "its algorithm": ({**GOOD, "crv": "secp256k1", "alg": "ES256K", "kid": "k"}, "alg"),
    "RSA without alg": (public("RS256", "k"), "needs alg"),
    "unknown type": ({"kty": "new", "kid": "k"}, "kty"),
    "no type": ({"kid": "k"}, "kty"),
    "symmetric": ({"kty": "oct", "alg": "HS256", "k": "A" * 43, "kid": "k"}, "private"),
    "private": ({**PAIRS["EdDSA"], "kid": "k"}, "private"),
    "damaged": ({**GOOD, "x": "A" * 43, "kid": "k"}, "no key that can be used"),
    "not base64url": ({**GOOD, "x": "=", "kid": "k"}, "base64url"),
}


class TestIssuers:
    """RFC 7517 section 5: what is not understood is passed over, and never the set."""

    @pytest.mark.parametrize("which", FOREIGN)
    def test_passed_over(self, which: str) -> None:
        """One key that is not for us leaves the others, and one note that names it."""
        jwk, reason = FOREIGN[which]
        notes: list[str] = []
        keys = issuer_keys([GOOD, jwk, public("EdDSA", "last")], (), notes)

        assert [key.kid for key in keys] == ["good", "last"]
        (note,) = notes
        assert f"key 2 ({jwk['kid']})" in note
        assert reason in note

    def test_many(self) -> None:
        """Of many such keys there is one note, of a length that has an end."""
        notes: list[str] = []
        foreign = [{"kty": "AKP", "kid": f"k{number}"} for number in range(50)]

        assert len(issuer_keys([*foreign, GOOD], (), notes)) == 1
        assert len(notes) == 1
        assert notes[0].endswith("and 42 more")

    def test_none_is_left(self) -> None:
        """Where not one key can be used, that is an error that says why."""
        with pytest.raises(KeyMaterialError, match=r"no key of the set.*key 1 \(k\): kty"):
            issuer_keys([{"kty": "AKP", "kid": "k"}], (), [])

    def test_rsa_without_alg(self) -> None:
        """Such a key is for each algorithm of our list that its type fits, and for no other."""
        notes: list[str] = []
        jwk = public("RS256", "rsa")
        keys = issuer_keys([jwk, GOOD], ("RS256", "PS384", "ES384", "HS256"), notes)
        ring = ring_of(keys)

        assert ring.algorithms == {"RS256", "PS384", "ES256"}
        assert notes == []
        for name in ("RS256", "PS384"):
            assert [key.algorithm.name for key in ring.candidates(name, "rsa", NOW)] == [name]
        assert ring.candidates("RS384", "rsa", NOW) == ()
        assert not any(key.can_sign for key in ring.keys)

    def test_alg_is_honoured(self) -> None:
        """A key with ``alg`` is for that one, whatever our list has."""
        (key,) = issuer_keys([public("RS256", "rsa", alg="PS512")], ("RS256",), [])

        assert key.algorithm.name == "PS512"

    def test_a_weak_key(self) -> None:
        """A weak key is passed over as well: its tokens are anybody's."""
        notes: list[str] = []
        # RFC 8037's.
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}

        assert len(issuer_keys([jwk, GOOD], (), notes)) == 1
        assert "printed" in notes[0]


class TestOwn:
    """One's own key file: nothing in it is passed over."""

    @pytest.mark.parametrize("which", [*FOREIGN][:2] + [*FOREIGN][4:13])
    def test_strict(self, which: str) -> None:
        """A key that can't be used is an error that says which."""
        with pytest.raises(KeyMaterialError, match=r"^key 2 \(k\): "):
            own_keys([GOOD, FOREIGN[which][0]], allow_insecure=True)

    def test_which_is_which(self) -> None:
        """A set with something to sign with is one's own."""
        assert is_own([GOOD, PAIRS["EdDSA"]])
        assert is_own([{"kty": "oct", "k": "x"}])
        assert not is_own([GOOD, public("RS256", "rsa"), {"kty": "AKP", "pub": "x"}])

    def test_the_text(self) -> None:
        """Both are read by one parser."""
        key = verifying_key("ES256").public_jwk
        text = json.dumps({"keys": [key]}).encode()

        assert parse_key_set(text) == [key]
        assert [one.kid for one in issuer_keys(parse_key_set(text), (), [])] == [key and key["kid"]]


def test_two_keys_of_one_kid() -> None:
    """One's own ring has no two keys of one name; of another issuer's set both are tried."""
    pair = {**PAIRS["ES256"], "kid": "rsa"}
    jwk = public("RS256", "rsa")
    assert ring_of([Key.from_jwk(jwk, "RS256"), Key.from_jwk(jwk, "PS256")])
    with pytest.raises(KeyMaterialError, match="one kid"):
        ring_of([Key.from_jwk(pair), Key.from_jwk(jwk, "RS256")])

    other = generate_jwk(ALGORITHMS["ES256"])
    jwks = [{**GOOD, "kid": "1"}, {**public_half(other), "kid": "1"}]
    ring = KeyRing(None, issuer_keys(jwks, (), []))
    assert len(ring.candidates("ES256", "1", NOW)) == 2


def test_keys_without_alg() -> None:
    """Each is for those algorithms of the issuer that fit its type and curve, and no other."""
    jwks = [public("RS256", "r"), public("ES256", "e"), public("EdDSA", "o")]
    algorithms = ("RS256", "PS256", "ES384", "EdDSA", "Ed25519")
    notes: list[str] = []

    keys = issuer_keys(jwks, algorithms, notes, only=True)

    assert [(key.kid, key.algorithm.name) for key in keys] == [
        ("r", "RS256"),
        ("r", "PS256"),
        ("o", "EdDSA"),
        ("o", "Ed25519"),
    ]
    assert notes == [
        "keys of the set that are not used: key 2 (e): it is for ES256, which is not accepted here"
    ]
