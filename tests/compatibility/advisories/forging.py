"""What an attacker has: tokens put together by hand, without the package under test."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization import PublicFormat as Format
from jwt.algorithms import get_default_algorithms

from flask_jwt.core import TokenError, Verifier
from tests.support.tokens import base64url

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
Sign = Callable[[bytes], bytes]


def decoded(part: str) -> bytes:
    """Decode a part of a token."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def forge(header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes, sign: Sign) -> str:
    """Put a token together."""
    texts = [
        part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode()
        for part in (header, payload)
    ]
    signing_input = ".".join(map(base64url, texts))
    return f"{signing_input}.{base64url(sign(signing_input.encode()))}"


def mac(secret: bytes | str, algorithm: str = "HS256") -> Sign:
    """Return a function that signs with HMAC, whatever the secret may be."""
    material = secret.encode() if isinstance(secret, str) else secret
    return lambda signing_input: hmac.digest(material, signing_input, f"sha{algorithm[2:]}")


def ready_made(signature: bytes) -> Sign:
    """Return a function that signs nothing, and gives the same bytes for everything."""
    return lambda signing_input: signature


def signature(algorithm: str, private: PrivateKey) -> Sign:
    """Return a function that signs with a private key and any algorithm of its type."""
    primitive: Any = get_default_algorithms()["EdDSA" if algorithm == "Ed25519" else algorithm]
    return lambda signing_input: bytes(primitive.sign(signing_input, private))


def private_pem(private: PrivateKey) -> bytes:
    """Return a private key as PEM text."""
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(private: PrivateKey) -> bytes:
    """Return the public half of a private key as PEM text."""
    return private.public_key().public_bytes(Encoding.PEM, Format.SubjectPublicKeyInfo)


def successes(verifier: Verifier, tokens: Mapping[str, str]) -> list[str]:
    """Return the names of the tokens that are accepted; only a TokenError refuses one."""
    accepted = []
    for name, token in tokens.items():
        try:
            verifier.verify(token)
        except TokenError:
            continue
        accepted.append(name)
    return accepted
