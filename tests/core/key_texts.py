"""PEM texts of every kind that people have, of keys that nobody has seen before.

Made once in each run: a key that lies in a repository ends up in production one day. The encrypted
ones have the password ``x``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

_CURVES: dict[str, ec.EllipticCurve] = {
    "p256": ec.SECP256R1(),
    "p256-parameters": ec.SECP256R1(),
    "p384": ec.SECP384R1(),
    "p521": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
    "brainpool256": ec.BrainpoolP256R1(),
}
_OTHERS: dict[str, Any] = {
    "ed25519": ed25519.Ed25519PrivateKey,
    "ed448": ed448.Ed448PrivateKey,
    "x25519": x25519.X25519PrivateKey,
}
_FORMATS = {
    "pkcs1": PrivateFormat.TraditionalOpenSSL,
    "sec1": PrivateFormat.TraditionalOpenSSL,
    "openssh": PrivateFormat.OpenSSH,
}
# What `openssl ecparam` writes before the key: the name of the curve.
_PARAMETERS = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"


@cache
def pem(name: str) -> bytes:
    """Return the PEM text of a key."""
    if name == "p256-parameters":
        return _PARAMETERS + _private(_key(name), PrivateFormat.TraditionalOpenSSL)
    base, *form = name.split("-")
    if base == "rsa" and form and form[0] in ("other", "1024", "2040"):
        base = f"rsa-{form.pop(0)}"
    key = _key(base)
    if "certificate" in form:
        return _certificate(key)
    if "public" in form:
        kind = PublicFormat.PKCS1 if "pkcs1" in form else PublicFormat.SubjectPublicKeyInfo
        text: bytes = key.public_key().public_bytes(Encoding.PEM, kind)
        return text
    formats = [_FORMATS[one] for one in form if one in _FORMATS] or [PrivateFormat.PKCS8]
    return _private(key, formats[0], encrypted="encrypted" in form)


@cache
def _key(name: str) -> Any:
    if name in _CURVES:
        return ec.generate_private_key(_CURVES[name])
    if name in _OTHERS:
        return _OTHERS[name].generate()
    bits = name.removeprefix("rsa-")
    return rsa.generate_private_key(65537, int(bits) if bits.isdigit() else 2048)


def _private(key: Any, form: PrivateFormat, *, encrypted: bool = False) -> bytes:
    encryption = BestAvailableEncryption(b"x") if encrypted else NoEncryption()
    text: bytes = key.private_bytes(Encoding.PEM, form, encryption)
    return text


def _certificate(key: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = made.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return dated.sign(key, SHA256()).public_bytes(Encoding.PEM)
