"""Keys of every algorithm, and the bare primitives that use them."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

ALGORITHMS = ("HS256", "RS256", "ES256", "Ed25519")

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs and verifies tokens of one algorithm."""

    algorithm: str
    sign: Callable[[bytes], bytes]
    verify: Callable[[bytes, bytes], object]
    secret: str = ""
    private_pem: str = ""
    public_pem: str = ""
    #: What tokens call the key; empty where they say nothing of it.
    kid: str = ""
    #: Where the public half is published.
    jwks_uri: str = ""

    def jose_signature(self, signature: bytes) -> bytes:
        """Return a signature of the primitive in the form that JOSE gives it."""
        if self.algorithm != "ES256":
            return signature
        r, s = decode_dss_signature(signature)
        return r.to_bytes(32) + s.to_bytes(32)


def make_keys(algorithm: str) -> Keys:
    """Make keys that nobody has seen before."""
    return _MAKERS[algorithm](algorithm)


def shared_secret(secret: str, algorithm: str = "HS256") -> Keys:
    """Make keys of a secret, for two processes that have to agree on it."""
    material = secret.encode()

    def sign(message: bytes) -> bytes:
        return hmac.digest(material, message, "sha256")

    def verify(message: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(hmac.digest(material, message, "sha256"), signature)

    return Keys(algorithm, sign, verify, secret=secret)


def _new_secret(algorithm: str) -> Keys:
    return shared_secret(secrets.token_hex(32), algorithm)


def _rsa_pair(algorithm: str) -> Keys:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public, scheme, digest = key.public_key(), padding.PKCS1v15(), hashes.SHA256()

    def sign(message: bytes) -> bytes:
        return key.sign(message, scheme, digest)

    def verify(message: bytes, signature: bytes) -> None:
        public.verify(signature, message, scheme, digest)

    return _pair(algorithm, sign, verify, key)


def _ec_pair(algorithm: str) -> Keys:
    key = ec.generate_private_key(ec.SECP256R1())
    public, scheme = key.public_key(), ec.ECDSA(hashes.SHA256())

    def sign(message: bytes) -> bytes:
        return key.sign(message, scheme)

    def verify(message: bytes, signature: bytes) -> None:
        public.verify(signature, message, scheme)

    return _pair(algorithm, sign, verify, key)


def _ed25519_pair(algorithm: str) -> Keys:
    key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key()

    def verify(message: bytes, signature: bytes) -> None:
        public.verify(signature, message)

    return _pair(algorithm, key.sign, verify, key)


def _pair(
    algorithm: str,
    sign: Callable[[bytes], bytes],
    verify: Callable[[bytes, bytes], None],
    key: PrivateKey,
) -> Keys:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Keys(algorithm, sign, verify, private_pem=private.decode(), public_pem=public.decode())


_MAKERS = {
    "HS256": _new_secret,
    "RS256": _rsa_pair,
    "ES256": _ec_pair,
    "Ed25519": _ed25519_pair,
}
