"""JSON Web Keys: what is read, what is refused, what is published."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from jwt.algorithms import get_default_algorithms

from flask_jwt.core import ALGORITHMS, Key, KeyMaterialError, WeakKeyError
from flask_jwt.core.asymmetric import generate_jwk
from flask_jwt.core.compact_jws import encode_base64url
from flask_jwt.core.jwk import PRIVATE_MEMBERS, PUBLIC_MEMBERS, thumbprint
from tests.support.material import pem, signing_key

TEXT = b"header.payload"
ASYMMETRIC = [name for name, row in ALGORITHMS.items() if not row.symmetric]
EC_KEY, OTHER_EC_KEY = (generate_jwk(ALGORITHMS["ES256"]) for _ in range(2))
OKP_KEY, OTHER_OKP_KEY = (generate_jwk(ALGORITHMS["EdDSA"]) for _ in range(2))
RSA_KEY, OTHER_RSA_KEY = (
    dict(RSAKey.generate_key(2048, auto_kid=False).as_dict(private=True)) for _ in range(2)
)
RSA_KEY = {**RSA_KEY, "alg": "RS256"}
OCT_KEY = {"kty": "oct", "alg": "HS256", "k": secrets.token_urlsafe(32)}
RFC_7638 = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJ"
    "ECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Qvzq"
    "Y368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM"
    "4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
RFC_8037 = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}


class TestThumbprint:
    """RFC 7638 (K4)."""

    def test_published_examples(self) -> None:
        """The examples of RFC 7638 and RFC 8037 come out."""
        assert thumbprint(RFC_7638) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        assert thumbprint(RFC_8037) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

    @pytest.mark.parametrize("key", [EC_KEY, OKP_KEY, RSA_KEY])
    def test_as_others_have_it(self, key: dict[str, Any]) -> None:
        """Another implementation names the key the same, whether it has the private half or not."""
        types: dict[str, Any] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
        public = {name: key[name] for name in PUBLIC_MEMBERS[key["kty"]]}

        assert thumbprint(key) == thumbprint(public)
        assert thumbprint(key) == types[key["kty"]].import_key(public).thumbprint()

    @pytest.mark.parametrize(
        "key", [OCT_KEY, {}, {"kty": 7}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": 7}]
    )
    def test_none(self, key: dict[str, Any]) -> None:
        """A symmetric key has none: it would be a hash of the secret."""
        with pytest.raises(KeyMaterialError):
            thumbprint(key)

    @pytest.mark.parametrize("algorithm", ASYMMETRIC)
    def test_name_for_want_of_another(self, algorithm: str) -> None:
        """A pair is called by its thumbprint unless it is given a name."""
        key = signing_key(algorithm)

        assert key.public_jwk is not None
        assert key.kid == thumbprint(key.public_jwk)
        assert (key.has_explicit_kid, signing_key(algorithm, "mine").has_explicit_kid) == (
            False,
            True,
        )
        assert signing_key(algorithm, "mine").kid == "mine"


class TestReading:
    """Keys that are good."""

    @pytest.mark.parametrize("algorithm", ["PS256", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"])
    def test_round_trip(self, algorithm: str) -> None:
        """What is made here can be read here: the private half signs, the public one verifies."""
        made = {**generate_jwk(ALGORITHMS[algorithm]), "alg": algorithm}
        private = Key.from_jwk(made)
        assert private.public_jwk is not None
        public = Key.from_jwk(private.public_jwk)

        assert public.verify(TEXT, private.sign(TEXT))
        assert (private.can_sign, public.can_sign) == (True, False)
        assert private.kid == public.kid == thumbprint(made)
        assert set(private.public_jwk) == {
            *PUBLIC_MEMBERS[ALGORITHMS[algorithm].key_type],
            *("kid", "alg", "use"),
        }

    @pytest.mark.parametrize("curve", ["P-256", "P-384", "P-521"])
    def test_coordinates_that_begin_with_zero(self, curve: str) -> None:
        """A coordinate keeps its length, so that its thumbprint is everybody's."""
        curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
        algorithm = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[curve]
        key = next(
            key
            for secret in range(1, 5000)
            for key in [ec.derive_private_key(secret, curves[curve])]
            if key.public_key().public_numbers().x.bit_length() <= curves[curve].key_size - 8
        )
        jwk = get_default_algorithms()[algorithm].to_jwk(key, as_dict=True)

        assert Key.from_jwk(jwk).kid == ECKey.import_key(jwk).thumbprint()

    @pytest.mark.parametrize("key", [RSA_KEY, OTHER_EC_KEY, OKP_KEY])
    def test_of_others(self, key: dict[str, Any]) -> None:
        """Keys of other implementations, private or public, are read."""
        types: dict[str, Any] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
        other = types[key["kty"]].import_key(key)
        private = Key.from_jwk(other.as_dict(private=True), "RS256")
        public = Key.from_jwk(other.as_dict(private=False), "RS256")

        assert public.verify(TEXT, private.sign(TEXT))

    def test_rsa_without_its_primes(self) -> None:
        """Of an RSA key n, e and d are enough."""
        key = Key.from_jwk({name: RSA_KEY[name] for name in ("kty", "n", "e", "d", "alg")})

        assert key.verify(TEXT, key.sign(TEXT))

    def test_symmetric(self) -> None:
        """A symmetric key signs, has no name of its own, and nothing to publish."""
        raw = secrets.token_bytes(32)
        key = Key.from_jwk({**OCT_KEY, "k": encode_base64url(raw).decode()})

        assert key.verify(TEXT, Key.from_secret(raw).sign(TEXT))
        assert (key.kid, key.public_jwk) == (None, None)
        assert Key.from_jwk(OctKey.generate_key(512, {"alg": "HS512"}).as_dict()).can_sign

    @pytest.mark.parametrize(
        ("members", "signs"),
        [
            ({}, True),
            ({"use": "sig"}, True),
            ({"key_ops": ["sign"]}, True),
            ({"key_ops": ["sign", "verify"], "use": "sig"}, True),
            ({"key_ops": ["verify"]}, False),
            ({"key_ops": ["verify", "deriveBits"]}, False),
        ],
    )
    @pytest.mark.parametrize("key", [EC_KEY, OCT_KEY])
    def test_operations(self, key: dict[str, Any], members: dict[str, Any], signs: bool) -> None:
        """What use and key_ops allow is done, and no more (K3)."""
        made = Key.from_jwk({**key, **members})

        assert made.can_sign is signs
        assert made.verify(TEXT, Key.from_jwk(key).sign(TEXT))

    @pytest.mark.parametrize(
        ("crv", "algorithm"),
        [("P-256", "ES256"), ("P-384", "ES384"), ("P-521", "ES512"), ("Ed25519", "EdDSA")],
    )
    def test_one_choice(self, crv: str, algorithm: str) -> None:
        """Where the curve leaves one algorithm, alg may be missing."""
        made = generate_jwk(ALGORITHMS[algorithm])

        assert made["crv"] == crv
        assert Key.from_jwk(made).algorithm.name == algorithm

    def test_dates(self) -> None:
        """A key may have a first second to sign in, and a first one in which it is refused."""
        key = Key.from_jwk({**EC_KEY, "signs_from": 5, "verifies_until": 9.5})

        assert (key.signs_from, key.verifies_until) == (5, 9.5)


BAD: list[tuple[str, dict[str, Any]]] = [
    ("no type", {**EC_KEY, "kty": None}),
    ("type of another case", {**EC_KEY, "kty": "ec"}),
    ("unknown type", {**EC_KEY, "kty": "AKP"}),
    ("type no string", {**EC_KEY, "kty": ["EC"]}),
    ("alg none", {**EC_KEY, "alg": "none"}),
    ("alg of another type", {**EC_KEY, "alg": "HS256"}),
    ("a public key as a secret", {"kty": "oct", "alg": "RS256", "k": RSA_KEY["n"]}),
    ("alg of another curve", {**EC_KEY, "alg": "ES384"}),
    ("alg no string", {**EC_KEY, "alg": ["ES256"]}),
    ("alg for encryption", {**RSA_KEY, "alg": "RSA-OAEP"}),
    ("no alg for RSA", {**RSA_KEY, "alg": None}),
    ("no alg for oct", {**OCT_KEY, "alg": None}),
    ("use enc", {**EC_KEY, "use": "enc"}),
    ("use no string", {**EC_KEY, "use": ["sig"]}),
    ("operations of encryption", {**EC_KEY, "key_ops": ["encrypt"]}),
    ("no operations", {**EC_KEY, "key_ops": []}),
    ("operations no list", {**EC_KEY, "key_ops": "sign"}),
    ("operations no strings", {**EC_KEY, "key_ops": [["sign"]]}),
    ("kid no string", {**EC_KEY, "kid": 7}),
    ("kid empty", {**EC_KEY, "kid": ""}),
    ("kid too long", {**EC_KEY, "kid": "k" * 256}),
    ("kid with NUL", {**EC_KEY, "kid": "a\0b"}),
    ("curve missing", {**EC_KEY, "crv": None}),
    ("curve of Bitcoin", {**EC_KEY, "crv": "secp256k1"}),
    ("Ed448", {**OKP_KEY, "crv": "Ed448"}),
    ("X25519", {**OKP_KEY, "crv": "X25519"}),
    ("x missing", {name: EC_KEY[name] for name in ("kty", "crv", "y", "d")}),
    ("x no string", {**EC_KEY, "x": 7}),
    ("x padded", {**EC_KEY, "x": EC_KEY["x"] + "="}),
    ("x in the other alphabet", {**EC_KEY, "x": "+" * 43}),
    ("x not canonical", {**OKP_KEY, "x": OKP_KEY["x"][:-1] + "B"}),
    ("x not ASCII", {**EC_KEY, "x": "\u00e9" * 43}),
    ("x too short", {**EC_KEY, "x": EC_KEY["x"][:-4]}),
    ("off the curve", {**EC_KEY, "x": OTHER_EC_KEY["x"]}),
    ("halves of two EC keys", {**EC_KEY, "d": OTHER_EC_KEY["d"]}),
    ("halves of two OKP keys", {**OKP_KEY, "d": OTHER_OKP_KEY["d"]}),
    ("halves of two RSA keys", {**RSA_KEY, "n": OTHER_RSA_KEY["n"]}),
    ("an RSA key with a hole", {name: RSA_KEY[name] for name in RSA_KEY if name != "p"}),
    ("an RSA key without d", {name: RSA_KEY[name] for name in RSA_KEY if name != "d"}),
    ("three primes", {**RSA_KEY, "oth": []}),
    ("k missing", {"kty": "oct", "alg": "HS256"}),
    ("k padded", {**OCT_KEY, "k": OCT_KEY["k"] + "="}),
    ("k empty", {**OCT_KEY, "k": ""}),
    ("signs_from text", {**EC_KEY, "signs_from": "2026-01-01"}),
    ("signs_from bool", {**EC_KEY, "signs_from": True}),
    ("signs_from before 1970", {**EC_KEY, "signs_from": -1}),
    ("verifies_until too large", {**EC_KEY, "verifies_until": 1e300}),
]


class TestRefused:
    """Keys that are not."""

    @pytest.mark.parametrize("key", [key for _, key in BAD], ids=[name for name, _ in BAD])
    def test_bad(self, key: dict[str, Any]) -> None:
        """Each is an error of its own kind that shows no member's value."""
        with pytest.raises(KeyMaterialError) as caught:
            Key.from_jwk(key)
        text = repr(caught.value) + str(caught.value)
        private = {name for names in PRIVATE_MEMBERS.values() for name in names}
        values = [key[name] for name in (*private, "x", "y", "n") if name in key]
        assert not [one for one in values if isinstance(one, str) and len(one) > 4 and one in text]
        assert caught.value.__cause__ is None

    def test_the_token_never_says_what_a_key_is_for(self) -> None:
        """Without alg it is the caller who says (CVE-2026-22817), and the type has to fit."""
        key = {name: RSA_KEY[name] for name in RSA_KEY if name != "alg"}

        assert Key.from_jwk(key, "PS256").algorithm.name == "PS256"
        with pytest.raises(KeyMaterialError, match="needs alg"):
            Key.from_jwk(key)
        with pytest.raises(KeyMaterialError, match="needs kty oct"):
            Key.from_jwk(key, "HS256")

    def test_weak(self) -> None:
        """Short keys are refused as others are, and taken where development is said."""
        to_jwk = get_default_algorithms()["RS256"].to_jwk
        short_rsa: Any = to_jwk(rsa.generate_private_key(65537, 1024), as_dict=True)
        del short_rsa["key_ops"]
        for key in ({**short_rsa, "alg": "RS256"}, {**OCT_KEY, "k": "c2hvcnQ"}):
            with pytest.raises(WeakKeyError):
                Key.from_jwk(key)
            assert Key.from_jwk(key, allow_insecure=True).can_sign


@pytest.mark.parametrize("name", ["rsa", "p256", "ed25519"])
def test_a_pem_key_publishes_its_public_half(name: str) -> None:
    """Whether a key came as PEM or as JWK, private or public, it publishes the same."""
    algorithm = {"rsa": "RS256", "p256": "ES256", "ed25519": "EdDSA"}[name]
    private = Key.from_pem(pem(name), algorithm)
    public = Key.from_pem(pem(f"{name}-public"), algorithm)

    assert private.public_jwk == public.public_jwk
    assert private.public_jwk is not None
    assert Key.from_jwk(private.public_jwk).public_jwk == private.public_jwk
