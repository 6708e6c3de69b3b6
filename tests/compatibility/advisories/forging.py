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

from flask_jwt.core import Key, TokenError, Verifier
from tests.support.secret import secret

#: The time at which all of this happens, in seconds since 1970.
NOW = 1_800_000_000
#: The secret of whoever is attacked; no attacker knows it.
SECRET = secret("forging")

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
Sign = Callable[[bytes], bytes]

_HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


class SetClock:
    """A clock that stands still until it is set."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def base64url(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(part: str) -> bytes:
    """Decode a part of a token."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def compact_json(value: object) -> bytes:
    """Write a value as JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def claims(identity: Any = 7, **changed: Any) -> dict[str, Any]:
    """Return the claims that Flask-JWT gives a token at :data:`NOW`, and others besides."""
    return {"exp": NOW + 300, "iat": NOW, "nbf": NOW, "identity": identity, **changed}


def forge(header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes, sign: Sign) -> str:
    """Put a token together."""
    parts = [part if isinstance(part, bytes) else compact_json(part) for part in (header, payload)]
    signing_input = ".".join(base64url(part) for part in parts)
    return f"{signing_input}.{base64url(sign(signing_input.encode()))}"


def mac(secret: bytes | str, algorithm: str = "HS256") -> Sign:
    """Return a function that signs with HMAC, whatever the secret may be."""
    material = secret.encode() if isinstance(secret, str) else secret
    return lambda signing_input: hmac.digest(material, signing_input, _HASHES[algorithm])


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


def public_jwk(algorithm: str, private: PrivateKey) -> dict[str, Any]:
    """Return the public half of a private key as a JWK."""
    primitive: Any = get_default_algorithms()["EdDSA" if algorithm == "Ed25519" else algorithm]
    jwk: dict[str, Any] = json.loads(primitive.to_jwk(private.public_key()))
    jwk.pop("key_ops", None)
    return jwk


def key_of(algorithm: str, private: PrivateKey, kid: str | None = None) -> Key:
    """Load a private key into the package under test."""
    return Key.from_pem(private_pem(private), algorithm, kid=kid)


def outcome(verifier: Verifier, token: str) -> str:
    """Return ``accepted``, or the code of the refusal; any other exception is a failure."""
    try:
        verifier.verify(token)
    except TokenError as error:
        return error.code
    return "accepted"


def successes(verifier: Verifier, tokens: Mapping[str, str]) -> list[str]:
    """Return the names of the tokens that are accepted."""
    return [name for name, token in tokens.items() if outcome(verifier, token) == "accepted"]
