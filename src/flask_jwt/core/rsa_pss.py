"""RSA keys that are for RSASSA-PSS alone (:rfc:`4055` section 1.2), as PEM texts say it.

``cryptography`` loads them as plain RSA keys and forgets what they are restricted to; so the
AlgorithmIdentifier is read here. The key itself is never read here.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from .errors import KeyMaterialError

_BLOCK = re.compile(rb"-----BEGIN (PRIVATE KEY|PUBLIC KEY)-----(.*?)-----END \1-----", re.DOTALL)
_UNREADABLE = "the PEM text holds no key that can be read"
_INTEGER, _OBJECT, _SEQUENCE = 0x02, 0x06, 0x30
# The fields of RSASSA-PSS-params that matter: hashAlgorithm, maskGenAlgorithm, saltLength.
_HASH, _MASK, _SALT = 0xA0, 0xA1, 0xA2
_RSASSA_PSS = bytes.fromhex("2a864886f70d01010a")
_MGF1 = bytes.fromhex("2a864886f70d010108")
# By its object identifier each hash has the algorithm that uses it, and its length in bytes.
_HASHES = {
    bytes.fromhex("608648016503040201"): ("PS256", 32),
    bytes.fromhex("608648016503040202"): ("PS384", 48),
    bytes.fromhex("608648016503040203"): ("PS512", 64),
}
_ALL = frozenset(name for name, _ in _HASHES.values())


def pss_algorithms(pem: bytes) -> frozenset[str] | None:
    """Return the algorithms that a key of RSASSA-PSS is for; None where a PEM text has none."""
    blocks = ["".join(block[2].decode("latin-1").split()) for block in _BLOCK.finditer(pem)]
    try:
        by_block = [_restriction(binascii.a2b_base64(block, strict_mode=True)) for block in blocks]
    except (ValueError, IndexError, StopIteration):
        raise KeyMaterialError(_UNREADABLE) from None
    restrictions = [names for names in by_block if names is not None]
    return frozenset.intersection(*restrictions) if restrictions else None


def _restriction(der: bytes) -> frozenset[str] | None:
    fields = _fields(_only(der, _SEQUENCE))
    tag, content = next(fields)
    if tag == _INTEGER:
        # PKCS#8 begins with its version, SubjectPublicKeyInfo has none.
        tag, content = next(fields)
    identifier = [*_fields(content)]
    if identifier[:1] != [(_OBJECT, _RSASSA_PSS)]:
        return None
    if len(identifier) == 1:
        return _ALL
    return _allowed(dict(_fields(_of(identifier[1], _SEQUENCE))))


def _allowed(parameters: dict[int, bytes]) -> frozenset[str]:
    if _HASH not in parameters or _MASK not in parameters:
        # What is left out is SHA-1.
        return frozenset()
    name, length = _HASHES.get(_object_of(parameters[_HASH]), ("", 0))
    mask = [*_fields(_only(parameters[_MASK], _SEQUENCE))]
    same = mask[0] == (_OBJECT, _MGF1) and len(mask) > 1
    if same:
        same = next(_fields(_of(mask[1], _SEQUENCE))) == (_OBJECT, _object_of(parameters[_HASH]))
    # JOSE's salt is as long as the hash; a key may ask for one of a least length.
    salt = int.from_bytes(_only(parameters[_SALT], _INTEGER)) if _SALT in parameters else 20
    return frozenset({name} if name and same and salt <= length else ())


def _object_of(algorithm: bytes) -> bytes:
    return _of(next(_fields(_only(algorithm, _SEQUENCE))), _OBJECT)


def _only(der: bytes, tag: int) -> bytes:
    return _of(next(_fields(der)), tag)


def _of(field: tuple[int, bytes], tag: int) -> bytes:
    if field[0] != tag:
        raise KeyMaterialError(_UNREADABLE)
    return field[1]


def _fields(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each field that stands in a constructed one."""
    at = 0
    while at < len(der):
        length, begin = der[at + 1], at + 2
        if length > 0x80:
            begin += length - 0x80
            length = int.from_bytes(der[at + 2 : begin])
        yield der[at], der[begin : begin + length]
        at = begin + length
