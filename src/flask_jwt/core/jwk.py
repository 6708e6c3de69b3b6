"""JSON Web Keys (RFC 7517): what a member may be, before anything is made of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from .algorithms import ALGORITHMS, Algorithm
from .claims import MAX_NUMERIC_DATE
from .compact_jws import decode_base64url, encode_base64url
from .errors import KeyMaterialError, MalformedToken

#: The members that make a public key, by ``kty``, in the order of :rfc:`7638` section 3.2.
PUBLIC_MEMBERS = {
    "RSA": ("e", "kty", "n"),
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
}
#: The members that only the signer may see, by ``kty``.
PRIVATE_MEMBERS = {
    "RSA": ("d", "p", "q", "dp", "dq", "qi"),
    "EC": ("d",),
    "OKP": ("d",),
    "oct": ("k",),
}
#: All members that only the signer may see.
PRIVATE_NAMES = frozenset(name for names in PRIVATE_MEMBERS.values() for name in names)
# What a key without alg is for, where its type leaves one choice. PyJWT and others know Ed25519
# by RFC 8037's name alone.
_ONLY_CHOICE = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}


class JWKFields(NamedTuple):
    """What a JSON Web Key says, checked; its material is ``kty``, ``crv`` and base64url."""

    algorithm: Algorithm
    kid: str | None
    material: dict[str, str]
    may_sign: bool
    signs_from: float | None
    verifies_until: float | None

    def __repr__(self) -> str:
        return f"<JWKFields {self.algorithm} kid={self.kid!r}>"


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the SHA-256 thumbprint of a public or private key (:rfc:`7638`)."""
    key_type = jwk.get("kty")
    names = PUBLIC_MEMBERS.get(key_type) if isinstance(key_type, str) else None
    if names is None:
        raise KeyMaterialError("only RSA, EC and OKP keys have a thumbprint")
    if not all(type(jwk.get(name)) is str for name in names):
        raise KeyMaterialError(f"a key of type {key_type} needs {', '.join(names)}")
    text = json.dumps({name: jwk[name] for name in names}, separators=(",", ":"), sort_keys=True)
    return encode_base64url(hashlib.sha256(text.encode()).digest()).decode()


def read_jwk(jwk: Mapping[str, Any], algorithm: str | None = None) -> JWKFields:
    """Check one JSON Web Key; its material is not used yet."""
    key_type = jwk.get("kty")
    if type(key_type) is not str or key_type not in PRIVATE_MEMBERS:
        raise KeyMaterialError("kty has to be one of oct, RSA, EC, OKP")
    row = _algorithm(jwk, key_type, algorithm)
    if row.curve is not None and jwk.get("crv") != row.curve:
        raise KeyMaterialError(f"{row.name} needs a key with crv {row.curve}")
    if jwk.get("use", "sig") != "sig":
        raise KeyMaterialError("use says that it is not for signatures")
    kid = jwk.get("kid")
    if kid is not None and type(kid) is not str:
        raise KeyMaterialError("kid has to be a string")
    return JWKFields(
        row,
        kid,
        _material(jwk, key_type),
        _may_sign(jwk),
        _date(jwk, "signs_from"),
        _date(jwk, "verifies_until"),
    )


def _algorithm(jwk: Mapping[str, Any], key_type: str, default: str | None) -> Algorithm:
    name = jwk.get("alg")
    if name is None:
        crv = jwk.get("crv")
        name = (_ONLY_CHOICE.get(crv) if type(crv) is str else None) or default
    if name is None and key_type in ("EC", "OKP"):
        raise KeyMaterialError(f"crv has to be one of {', '.join(_ONLY_CHOICE)}")
    if name is None:
        # Never the token's alg: a sender who chose it could have a public key used as a secret.
        raise KeyMaterialError(f"an {key_type} key needs alg, because it could be for several")
    row = ALGORITHMS.get(name) if type(name) is str else None
    if row is None:
        raise KeyMaterialError(f"alg has to be one of {', '.join(ALGORITHMS)}")
    if row.key_type != key_type:
        raise KeyMaterialError(f"alg is {row.name}, which needs kty {row.key_type}")
    return row


def _may_sign(jwk: Mapping[str, Any]) -> bool:
    operations = jwk.get("key_ops")
    if operations is None:
        return True
    if type(operations) is not list or not all(type(name) is str for name in operations):
        raise KeyMaterialError("key_ops has to be a list of strings")
    if not {"sign", "verify"} & set(operations):
        raise KeyMaterialError("key_ops says that it is not for signatures")
    return "sign" in operations


def _material(jwk: Mapping[str, Any], key_type: str) -> dict[str, str]:
    if "oth" in jwk:
        raise KeyMaterialError("an RSA key of more than two primes is not supported")
    public = PUBLIC_MEMBERS.get(key_type, ("kty",))
    material = {name: jwk.get(name) for name in public}
    # An RSA key with some of its private members is damaged, and passes for a public one nowhere.
    private = [name for name in PRIVATE_MEMBERS[key_type] if name in jwk]
    if key_type == "oct" or (private and "d" not in private):
        private = [*private, PRIVATE_MEMBERS[key_type][0]]
    material.update((name, jwk.get(name)) for name in private)
    for name, value in material.items():
        if type(value) is not str:
            raise KeyMaterialError(f"{name} is missing, or is no string")
        if name not in ("kty", "crv"):
            _check_base64url(name, value)
    return {name: str(value) for name, value in material.items()}


def _check_base64url(name: str, value: str) -> None:
    try:
        decode_base64url(value.encode("ascii"), name)
    except (MalformedToken, UnicodeEncodeError):
        raise KeyMaterialError(f"{name} is not base64url without padding") from None


def _date(jwk: Mapping[str, Any], name: str) -> float | None:
    value = jwk.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= MAX_NUMERIC_DATE:
        raise KeyMaterialError(f"{name} has to be a number of seconds since 1970")
    return float(value)
