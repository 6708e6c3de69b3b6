"""A public key is no secret, however it was packed for the journey."""

from __future__ import annotations

import base64
import secrets

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from flask_jwt.core import Key, KeyMaterialError
from tests.support.material import pem, signing_key

_NAMES = ["rsa", "p256", "ed25519"]


def spellings(name: str) -> dict[str, bytes]:
    key = load_pem_private_key(pem(name), None).public_key()
    text = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = b"\\n".join(text.splitlines()[1:-1])
    return {
        "base64 of the PEM": base64.b64encode(text),
        "hex of the PEM": text.hex().encode(),
        "lines joined by a literal \\n": body,
        "UTF-16": text.decode().encode("utf-16"),
        "hex with colons": der.hex(":").encode(),
        "base64 of the SSH line": base64.b64encode(
            key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        ),
    }


@pytest.mark.parametrize("name", _NAMES)
def test_public_key_in_another_spelling(name: str) -> None:
    """CVE-2022-29217: whoever may verify could sign, so each spelling is refused."""
    for secret in spellings(name).values():
        with pytest.raises(KeyMaterialError, match="looks like a public key"):
            Key.from_secret(secret, allow_insecure=True)


def test_random_secrets_are_none() -> None:
    """Hex and base64 of random bytes make keys."""
    for raw in (secrets.token_bytes(64), secrets.token_bytes(64)):
        for secret in (raw, raw.hex(), base64.b64encode(raw)):
            assert Key.from_secret(secret).can_sign
    assert signing_key("HS256").can_sign
