"""RSA, EC and Ed25519 keys out of PEM, as the pair of functions that sign and verify.

The only module that imports PyJWT and, through it, ``cryptography`` (24 ms): it is loaded when an
asymmetric key is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from .algorithms import Algorithm
from .errors import KeyMaterialError, WeakKeyError

try:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_pem_public_key,
    )
    from jwt.algorithms import get_default_algorithms
except ImportError as error:
    raise KeyMaterialError(
        "RSA, EC and Ed25519 keys need the cryptography package: "
        "pip install 'flask-jwt-reborn[crypto]'"
    ) from error

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_TYPES: dict[str, tuple[type, type]] = {
    "RSA": (rsa.RSAPrivateKey, rsa.RSAPublicKey),
    "EC": (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey),
    "OKP": (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey),
}
_CURVES = {"P-256": "secp256r1", "P-384": "secp384r1", "P-521": "secp521r1"}


class LoadedKey(NamedTuple):
    """A key that is ready to be used.

    :param verify: tells whether a signature covers a signing input.
    :param sign: makes a signature, or None where only the public half is there.
    """

    verify: Callable[[bytes, bytes], bool]
    sign: Callable[[bytes], bytes] | None


def load_pem(pem: bytes, algorithm: Algorithm, *, allow_insecure: bool) -> LoadedKey:
    """Load a private or a public key.

    :param pem: one PEM block: PKCS#8, PKCS#1, SEC 1 or SubjectPublicKeyInfo, not encrypted.
    :param algorithm: the one algorithm that the key will be used for.
    :param allow_insecure: take an RSA key that is too short, for development.
    :raises KeyMaterialError: it can't be parsed, is encrypted, or is no key for the algorithm.
    :raises WeakKeyError: it is an RSA key of less than 2048 bits.
    """
    key = _parse(pem)
    _check_fit(key, algorithm)
    if algorithm.key_type == "RSA" and not allow_insecure:
        _check_size(key.key_size, algorithm)
    # PyJWT has no row for RFC 9864's name of the same algorithm.
    primitive: Any = get_default_algorithms()[
        "EdDSA" if algorithm.key_type == "OKP" else algorithm.name
    ]
    prepared = primitive.prepare_key(key)
    if isinstance(prepared, PrivateKey):
        return LoadedKey(
            _verifier(primitive, prepared.public_key(), algorithm),
            partial(_sign, primitive, prepared),
        )
    return LoadedKey(_verifier(primitive, prepared, algorithm), None)


def _sign(primitive: Any, key: PrivateKey, signing_input: bytes) -> bytes:
    signature: bytes = primitive.sign(signing_input, key)
    return signature


def _verifier(
    primitive: Any, key: PublicKey, algorithm: Algorithm
) -> Callable[[bytes, bytes], bool]:
    check: Callable[[bytes, PublicKey, bytes], bool] = primitive.verify
    length = algorithm.signature_bytes or (getattr(key, "key_size", 0) + 7) // 8

    def verify(signing_input: bytes, signature: bytes) -> bool:
        return len(signature) == length and check(signing_input, key, signature)

    return verify


def _parse(pem: bytes) -> Any:
    try:
        if b"PRIVATE KEY-----" in pem:
            return load_pem_private_key(pem, password=None)
        return load_pem_public_key(pem)
    except TypeError:
        raise KeyMaterialError(
            "the private key is encrypted; decrypt it first (openssl pkey -in … -out …)"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        # Without its cause: a parser's complaint may quote what it read.
        raise KeyMaterialError("the PEM text holds no key that can be read") from None


def _check_fit(key: Any, algorithm: Algorithm) -> None:
    if not isinstance(key, _TYPES[algorithm.key_type]):
        raise KeyMaterialError(
            f"{algorithm.name} needs {algorithm.curve or algorithm.key_type} keys, "
            f"and this is {type(key).__name__}"
        )
    curve = getattr(key, "curve", None)
    if curve is not None and curve.name != _CURVES.get(algorithm.curve or ""):
        raise KeyMaterialError(
            f"{algorithm.name} needs a key on {algorithm.curve}, and this one is on {curve.name}"
        )


def _check_size(bits: int, algorithm: Algorithm) -> None:
    if bits < algorithm.least_bits:
        raise WeakKeyError(
            f"{algorithm.name} needs an RSA key of at least {algorithm.least_bits} bits, and this "
            f"one has {bits}; make another: openssl genrsa -out key.pem 3072"
        )
