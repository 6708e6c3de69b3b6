"""One row per JWS algorithm (RFC 7518, 8037, 9864); nothing else lists algorithms again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KeyType = Literal["oct", "RSA", "EC", "OKP"]


@dataclass(frozen=True, slots=True)
class Algorithm:
    """What there is to know about one JWS algorithm.

    :param name: the value of the ``alg`` header parameter.
    :param key_type: the ``kty`` of a key for it.
    :param hash_name: the hash function as hashlib names it; empty where the curve brings its own.
    :param least_bits: the least size of a key, in bits.
    :param curve: the one curve a key has to be on, as JWK's ``crv`` names it, or None.
    :param signature_bytes: the length of every signature in bytes, or None where the key decides.
    """

    name: str
    key_type: KeyType
    hash_name: str
    least_bits: int
    curve: str | None = None
    signature_bytes: int | None = None

    @property
    def symmetric(self) -> bool:
        """Whether the key that verifies can also sign."""
        return self.key_type == "oct"


_ROWS = (
    Algorithm("HS256", "oct", "sha256", 256, signature_bytes=32),
    Algorithm("HS384", "oct", "sha384", 384, signature_bytes=48),
    Algorithm("HS512", "oct", "sha512", 512, signature_bytes=64),
    Algorithm("RS256", "RSA", "sha256", 2048),
    Algorithm("RS384", "RSA", "sha384", 2048),
    Algorithm("RS512", "RSA", "sha512", 2048),
    Algorithm("PS256", "RSA", "sha256", 2048),
    Algorithm("PS384", "RSA", "sha384", 2048),
    Algorithm("PS512", "RSA", "sha512", 2048),
    Algorithm("ES256", "EC", "sha256", 256, curve="P-256", signature_bytes=64),
    Algorithm("ES384", "EC", "sha384", 384, curve="P-384", signature_bytes=96),
    Algorithm("ES512", "EC", "sha512", 521, curve="P-521", signature_bytes=132),
    Algorithm("Ed25519", "OKP", "", 256, curve="Ed25519", signature_bytes=64),
    # RFC 8037's name for the family; here it means Ed25519 and never Ed448.
    Algorithm("EdDSA", "OKP", "", 256, curve="Ed25519", signature_bytes=64),
)

#: Every algorithm by its ``alg`` name. ``none`` is not among them, nor can it be added.
ALGORITHMS = {row.name: row for row in _ROWS}
