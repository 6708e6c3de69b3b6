"""RSA, EC and Ed25519 keys out of PEM or JWK, as the pair of functions that sign and verify.

The only module that imports PyJWT and, through it, ``cryptography`` (24 ms): it is loaded when an
asymmetric key is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from .algorithms import Algorithm
from .errors import KeyMaterialError, WeakKeyError
from .jwk import PRIVATE_MEMBERS, PUBLIC_MEMBERS, thumbprint
from .rsa_pss import pss_algorithms
from .weak_keys import has_roca_fingerprint, is_published

try:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
        load_pem_public_key,
    )
    from jwt.algorithms import get_default_algorithms
    from jwt.exceptions import InvalidKeyError
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
_CURVES: dict[str, type[ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
}

#: How long an RSA key is that is made here, in bits.
RSA_BITS = 3072
_ANOTHER = "make another: openssl genrsa -out key.pem 3072"


class LoadedKey(NamedTuple):
    """A key that is ready to be used: what verifies, what signs if it is private, and its JWK."""

    verify: Callable[[bytes, bytes], bool]
    sign: Callable[[bytes], bytes] | None
    public: dict[str, str]


def load_pem(pem: bytes, algorithm: Algorithm, *, allow_insecure: bool) -> LoadedKey:
    """Load a private or a public key."""
    key = _parse(pem)
    if algorithm.key_type == "RSA":
        _check_restriction(pem, algorithm)
    return _loaded(key, algorithm, allow_insecure=allow_insecure)


def load_jwk(
    material: Mapping[str, str], algorithm: Algorithm, *, allow_insecure: bool
) -> LoadedKey:
    """Load a private or a public key out of the members of a JSON Web Key."""
    try:
        key: Any = _primitive(algorithm).from_jwk(dict(material))
    except (ValueError, InvalidKeyError, UnsupportedAlgorithm):
        # Without its cause: a parser's complaint may quote what it read.
        raise KeyMaterialError("the members of the key make no key that can be used") from None
    loaded = _loaded(key, algorithm, allow_insecure=allow_insecure)
    if any(material[name] != value for name, value in loaded.public.items()):
        raise KeyMaterialError("the private members of the key do not belong to the public ones")
    return loaded


def generate_jwk(algorithm: Algorithm, rsa_bits: int = RSA_BITS) -> dict[str, str]:
    """Make a private key out of new random bytes, as the members of a JSON Web Key."""
    key: PrivateKey
    if algorithm.key_type == "RSA":
        key = rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)
    elif algorithm.key_type == "EC":
        key = ec.generate_private_key(_CURVES[algorithm.curve or ""]())
    else:
        key = ed25519.Ed25519PrivateKey.generate()
    names = {*PUBLIC_MEMBERS[algorithm.key_type], *PRIVATE_MEMBERS[algorithm.key_type]}
    return _members(_primitive(algorithm), key, names)


def public_pem(material: Mapping[str, str], algorithm: Algorithm) -> str:
    """Return a public key as PEM text (SubjectPublicKeyInfo)."""
    public = {name: material[name] for name in PUBLIC_MEMBERS[algorithm.key_type]}
    key: PublicKey = _primitive(algorithm).from_jwk(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _loaded(key: Any, algorithm: Algorithm, *, allow_insecure: bool) -> LoadedKey:
    _check_fit(key, algorithm)
    primitive = _primitive(algorithm)
    prepared = primitive.prepare_key(key)
    private = isinstance(prepared, PrivateKey)
    public = prepared.public_key() if private else prepared
    members = _members(primitive, public, PUBLIC_MEMBERS[algorithm.key_type])
    if not allow_insecure:
        _check_strength(public, members, algorithm)
    return LoadedKey(
        _verifier(primitive, public, algorithm),
        partial(primitive.sign, key=prepared) if private else None,
        members,
    )


def _primitive(algorithm: Algorithm) -> Any:
    # PyJWT has no row for RFC 9864's name of the same algorithm.
    name = "EdDSA" if algorithm.key_type == "OKP" else algorithm.name
    return get_default_algorithms()[name]


def _members(primitive: Any, key: Any, names: Iterable[str]) -> dict[str, str]:
    # Named one by one: whatever else PyJWT may write one day stays out.
    jwk = primitive.to_jwk(key, as_dict=True)
    return {name: jwk[name] for name in jwk if name in names}


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
        if rb"\n" in pem:
            # As environments and .env files hand it over.
            raise KeyMaterialError(
                r"the PEM text has \n spelt out for its line ends: "
                r'write .replace("\\n", "\n") behind it'
            ) from None
        raise KeyMaterialError("the PEM text holds no key that can be read") from None


def _check_fit(key: Any, algorithm: Algorithm) -> None:
    if not isinstance(key, _TYPES[algorithm.key_type]):
        raise KeyMaterialError(
            f"{algorithm.name} needs {algorithm.curve or algorithm.key_type} keys, "
            f"and this is {type(key).__name__}"
        )
    curve = getattr(key, "curve", None)
    if curve is not None and not isinstance(curve, _CURVES[algorithm.curve or ""]):
        raise KeyMaterialError(
            f"{algorithm.name} needs a key on {algorithm.curve}, and this one is on {curve.name}"
        )


def _check_restriction(pem: bytes, algorithm: Algorithm) -> None:
    names = pss_algorithms(pem)
    if names is not None and algorithm.name not in names:
        raise KeyMaterialError(
            f"the key is for RSASSA-PSS alone, {', '.join(sorted(names)) or 'with another hash'}, "
            f"and not for {algorithm.name} (RFC 4055)"
        )


def _check_strength(key: PublicKey, members: Mapping[str, str], algorithm: Algorithm) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < algorithm.least_bits:
            raise WeakKeyError(
                f"{algorithm.name} needs an RSA key of at least {algorithm.least_bits} bits, and "
                f"this one has {key.key_size}; {_ANOTHER}"
            )
        if has_roca_fingerprint(key.public_numbers().n):
            raise WeakKeyError(
                "the RSA key has the ROCA fingerprint (CVE-2017-15361): it can be computed from "
                f"its public half; {_ANOTHER}"
            )
    if is_published(thumbprint(members).encode()):
        raise WeakKeyError("the private key is printed in public documentation; make another")
