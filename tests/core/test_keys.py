"""Keys: one algorithm each, and never shown; rings: one signs, many verify."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

import pytest

from flask_jwt.core import ALGORITHMS, Key, KeyMaterialError, KeyRing
from tests.support.material import NOW, PRIVATE, SECRET, one_line, pem, signing_key, verifying_key

SYMMETRIC = ["HS256", "HS384", "HS512"]
TEXT = b"header.payload"


class TestAlgorithms:
    """The table of algorithms."""

    def test_names(self) -> None:
        """There are fourteen, each in a row of its own name, and ``none`` is not one of them."""
        assert list(ALGORITHMS) == [
            *(f"{kind}{bits}" for kind in ("HS", "RS", "PS", "ES") for bits in (256, 384, 512)),
            "Ed25519",
            "EdDSA",
        ]
        assert [row.name for row in ALGORITHMS.values()] == list(ALGORITHMS)
        assert [name for name, row in ALGORITHMS.items() if row.symmetric] == SYMMETRIC

    @pytest.mark.parametrize(
        "name", ["none", "None", "NONE", "", "hs256", "HS256 ", "HS1", "ES256K", "Ed448", "dir"]
    )
    def test_unknown(self, name: str) -> None:
        """An algorithm that is not in the table makes no key."""
        with pytest.raises(KeyMaterialError, match="algorithm"):
            Key.from_secret(SECRET, name)
        with pytest.raises(KeyMaterialError, match="algorithm"):
            Key.from_pem(pem("rsa"), name)

    @pytest.mark.parametrize("name", SYMMETRIC)
    def test_pem_for_a_secret(self, name: str) -> None:
        """No PEM key is a key for HMAC."""
        for file in ("rsa", "rsa-public", "p256", "ed25519-public"):
            with pytest.raises(KeyMaterialError, match="shared secret"):
                Key.from_pem(pem(file), name)

    @pytest.mark.parametrize("name", PRIVATE)
    def test_secret_for_a_pem(self, name: str) -> None:
        """No secret is a key for an asymmetric algorithm."""
        with pytest.raises(KeyMaterialError, match="private key"):
            Key.from_secret(SECRET, name)


class TestSecrecy:
    """What shows of a key."""

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_representation(self, algorithm: str) -> None:
        """A key shows its algorithm and its name, and nothing of its material."""
        for key in (signing_key(algorithm, "k1"), verifying_key(algorithm, "k1")):
            assert repr(key) == str(key) == f"<Key {algorithm} kid='k1'>"
        name = signing_key(algorithm).kid
        assert repr(signing_key(algorithm)) == f"<Key {algorithm} kid={name!r}>"

    def test_ring(self) -> None:
        """A ring shows its keys in the same way."""
        ring = KeyRing(signing_key("HS256", "a"), [verifying_key("RS256", "b")])

        assert repr(ring) == "<KeyRing signing=[<Key HS256 kid='a'>] algorithms=['HS256', 'RS256']>"
        assert "signing=[]" in repr(KeyRing(None, [verifying_key("RS256")]))

    def test_no_material_in_sight(self) -> None:
        """None of what a key lets be read is its secret."""
        key = Key.from_secret(SECRET, kid="k1")
        seen = [getattr(key, name) for name in dir(key)]

        assert not hasattr(key, "__dict__")
        assert SECRET not in seen
        assert SECRET.decode() not in repr(seen)

    @pytest.mark.parametrize(
        "misuse",
        [
            lambda: Key.from_secret("HS256", SECRET.decode()),
            lambda: Key.from_secret(SECRET[:20]),
            lambda: Key.from_pem("RS256", pem("ed25519").decode()),
            lambda: Key.from_pem(SECRET, "RS256"),
            lambda: Key.from_secret(SECRET, "RS256"),
        ],
        ids=["secret as algorithm", "short", "PEM as algorithm", "secret as PEM", "for RS256"],
    )
    def test_misuse(self, misuse: Callable[[], Key]) -> None:
        """An error never shows the material, not even when the arguments are mixed up."""
        with pytest.raises(KeyMaterialError) as caught:
            misuse()
        shown = f"{caught.value} {caught.value!r}"
        assert SECRET[:20].decode() not in shown
        assert one_line("ed25519") not in shown


class TestNames:
    """``kid``."""

    @pytest.mark.parametrize("kid", ["k", "k" * 255, "https://example.com/#1", "\U0001f511", " "])
    def test_accepted(self, kid: str) -> None:
        """A name is a string of 1 to 255 characters."""
        assert Key.from_secret(SECRET, kid=kid).kid == kid
        assert Key.from_pem(pem("p256"), "ES256", kid=kid).kid == kid

    @pytest.mark.parametrize("kid", ["", "k" * 256, "k\0", "\0", "k\ud800"])
    def test_refused(self, kid: str) -> None:
        """An empty name, a long one, and one with NUL is refused."""
        with pytest.raises(KeyMaterialError, match="kid"):
            Key.from_secret(SECRET, kid=kid)
        with pytest.raises(KeyMaterialError, match="kid"):
            Key.from_pem(pem("p256"), "ES256", kid=kid)

    def test_none(self) -> None:
        """A key needs no name."""
        assert Key.from_secret(SECRET).kid is None


class TestRing:
    """Roles in a ring."""

    def test_no_key(self) -> None:
        """A ring without keys is an error."""
        with pytest.raises(KeyMaterialError, match="needs a key"):
            KeyRing(None)

    @pytest.mark.parametrize("algorithm", PRIVATE)
    def test_public_key_to_sign(self, algorithm: str) -> None:
        """A public key can't be the one that signs."""
        with pytest.raises(KeyMaterialError, match="signing needs a private one"):
            KeyRing(verifying_key(algorithm), [signing_key(algorithm)])

    def test_one_signs(self) -> None:
        """The key that signs is the one that was named so, whatever the others could do."""
        first, others = signing_key("HS256", "a"), [signing_key("HS256", "b"), signing_key("ES256")]

        assert KeyRing(first, others).signing_key(NOW) is first
        assert KeyRing(first, others[::-1]).signing_key(NOW) is first
        assert KeyRing(None, [first, *others]).signing_key(NOW) is None

    def test_verify_only(self) -> None:
        """A ring may have keys that verify and none that signs."""
        ring = KeyRing(None, [verifying_key("RS256"), verifying_key("ES256")])

        assert ring.algorithms == {"RS256", "ES256"}

    @pytest.mark.parametrize("others", [["a"], ["b", "b"], [None, "b", "a"]])
    def test_one_name_twice(self, others: list[str | None]) -> None:
        """No two keys have one name, not even for two algorithms."""
        rest = [signing_key("HS512" if place else "HS256", kid) for place, kid in enumerate(others)]
        with pytest.raises(KeyMaterialError, match="one kid"):
            KeyRing(signing_key("ES256", "a"), rest)


@pytest.mark.parametrize("length", [1, 32, 63, 64, 65, 127, 128, 129, 500])
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_secret_of_any_length(algorithm: str, length: int) -> None:
    """The signature is the standard library's HMAC, also where a secret is longer than a block."""
    secret = secrets.token_bytes(length)
    key = Key.from_secret(secret, algorithm, allow_insecure=True)
    expected = hmac.digest(secret, TEXT, ALGORITHMS[algorithm].hash_name)

    assert key.sign(TEXT) == expected
    assert key.verify(TEXT, expected)
    assert not key.verify(TEXT + b"!", expected)
