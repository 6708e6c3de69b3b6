"""Shared secrets: long enough, not known to everybody, and no key of another kind."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey

from flask_jwt.core import Key, KeyMaterialError, WeakKeyError
from tests.support.material import SECRET, pem, signing_key

SYMMETRIC = ["HS256", "HS384", "HS512"]
TEXT = b"header.payload"


class TestSecrets:
    """Keys for HMAC."""

    @pytest.mark.parametrize("name", SYMMETRIC)
    def test_least_length(self, name: str) -> None:
        """A secret has at least as many bytes as the hash."""
        least = int(name[2:]) // 8
        secret = SECRET[:least]

        assert Key.from_secret(secret, name).can_sign
        with pytest.raises(WeakKeyError, match=f"at least {least} bytes") as caught:
            Key.from_secret(secret[1:], name)
        assert f"token_hex({least})" in str(caught.value)

    def test_text_is_counted_in_bytes(self) -> None:
        """Text is encoded as UTF-8, and its bytes count."""
        text = "".join(map(chr, secrets.SystemRandom().sample(range(0x05D0, 0x05EA), 16)))

        assert Key.from_secret(text).sign(TEXT) == Key.from_secret(text.encode()).sign(TEXT)
        with pytest.raises(WeakKeyError, match="this one has 30"):
            Key.from_secret(text[1:])

    @pytest.mark.parametrize("allow", [True, False])
    def test_empty(self, allow: bool) -> None:
        """An empty secret is none, not even for development."""
        for secret in ("", b""):
            with pytest.raises(KeyMaterialError, match="empty"):
                Key.from_secret(secret, allow_insecure=allow)

    @pytest.mark.parametrize("secret", ["super-secret", b"x", "secret key"])
    def test_short_one_for_development(self, secret: str | bytes) -> None:
        """A short secret works where that is asked for."""
        key = Key.from_secret(secret, allow_insecure=True)

        assert key.verify(TEXT, key.sign(TEXT))

    @pytest.mark.parametrize("secret", ["\ud800" * 40, "x" * 40 + "\udfff"])
    def test_lone_surrogate(self, secret: str) -> None:
        """Text that is no Unicode is refused, and not shown."""
        with pytest.raises(KeyMaterialError, match="lone surrogate") as caught:
            Key.from_secret(secret)
        assert caught.value.__suppress_context__
        assert "x" * 40 not in repr(caught.value)

    @pytest.mark.parametrize("value", [32, 64, 12345, True, None, [1] * 32], ids=str)
    def test_no_text(self, value: Any) -> None:
        """A number above all does not turn into as many zeros, which everybody knows."""
        with pytest.raises((TypeError, KeyMaterialError)):
            Key.from_secret(value)

    @given(st.binary(min_size=32, max_size=80))
    def test_any_bytes(self, secret: bytes) -> None:
        """Two keys of one secret agree, and a key of any other doesn't."""
        key = Key.from_secret(secret, allow_insecure=True)
        other = Key.from_secret(bytes([secret[0] ^ 1]) + secret[1:], allow_insecure=True)

        assert Key.from_secret(secret, allow_insecure=True).verify(TEXT, key.sign(TEXT))
        assert not other.verify(TEXT, key.sign(TEXT))


def keys_of_other_kinds() -> dict[str, str | bytes]:
    """Return keys in the forms in which people keep them, private ones above all."""
    files = {name: load_pem_private_key(pem(name), None) for name in ("rsa", "p256", "ed25519")}
    jwk: dict[str, Any] = {
        "rsa": RSAKey.import_key(pem("rsa")),
        "p256": ECKey.import_key(pem("p256")),
        "ed25519": OKPKey.import_key(pem("ed25519")),
    }
    texts: dict[str, str | bytes] = {
        f"{name} as PEM": pem(name)
        for name in (
            "rsa", "rsa-pkcs1", "rsa-encrypted", "rsa-pkcs1-encrypted", "rsa-openssh", "rsa-public",
            "rsa-public-pkcs1", "rsa-1024", "p256", "p256-sec1", "p256-parameters", "p256-public",
            "p256-certificate", "p521", "secp256k1", "ed25519", "ed25519-encrypted",
            "ed25519-public", "ed448",
        )
    }  # fmt: skip
    for name, key in files.items():
        public: Any = key.public_key()
        texts[f"{name} as SSH"] = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        private_der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        public_der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for kind, der in (("private", private_der), ("public", public_der)):
            texts[f"{name}, {kind}, as DER"] = der
            texts[f"{name}, {kind}, as base64"] = base64.b64encode(der)
            texts[f"{name}, {kind}, as hex"] = der.hex()
        public_text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        texts |= {
            f"{name}, base64 of the PEM": base64.b64encode(public_text),
            f"{name}, hex of the PEM": public_text.hex(),
            f"{name}, lines joined by a literal \\n": b"\\n".join(public_text.splitlines()[1:-1]),
            f"{name}, UTF-16": public_text.decode().encode("utf-16"),
            f"{name}, hex with colons": public_der.hex(":"),
            f"{name}, base64 of the SSH line": base64.b64encode(
                public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
            ),
        }
        for private in (True, False):
            values = jwk[name].as_dict(private=private)
            texts[f"{name}, {private=}, as JWK"] = json.dumps(values, separators=(",", ":"))
            texts[f"{name}, {private=}, as indented JWK"] = json.dumps(values, indent=2)
            texts[f"{name}, {private=}, as key set"] = json.dumps({"keys": [values]})
    return texts


OTHER_KINDS = keys_of_other_kinds()


class TestOtherKeysAsSecrets:
    """A key of another kind is no secret: whoever has its public half could sign."""

    @pytest.mark.parametrize("allow", [True, False])
    @pytest.mark.parametrize("name", OTHER_KINDS)
    def test_refused(self, name: str, allow: bool) -> None:
        """It's refused in every form, in development too, and nothing of it is shown."""
        material = OTHER_KINDS[name]

        with pytest.raises(KeyMaterialError, match="looks like") as caught:
            Key.from_secret(material, allow_insecure=allow)
        text = material if isinstance(material, str) else material.decode("latin-1")
        assert not [part for part in text.split() if len(part) > 20 and part in repr(caught.value)]

    @pytest.mark.parametrize("before", ["", " ", "\n\n", "\ufeff", "# the key of example.com\n"])
    def test_text_around(self, before: str) -> None:
        """PEM and SSH texts are recognised whatever stands around them."""
        for name in ("rsa-public as PEM", "rsa as SSH", "p256 as SSH", "ed25519 as SSH"):
            material = OTHER_KINDS[name]
            text = material if isinstance(material, str) else material.decode()
            with pytest.raises(KeyMaterialError, match="looks like"):
                Key.from_secret(f"{before}{text}{before} somebody@example.com")


def test_random_secrets_are_none() -> None:
    """Hex and base64 of random bytes make keys."""
    for raw in (secrets.token_bytes(64), secrets.token_bytes(64)):
        for secret in (raw, raw.hex(), base64.b64encode(raw)):
            assert Key.from_secret(secret).can_sign
    assert signing_key("HS256").can_sign
