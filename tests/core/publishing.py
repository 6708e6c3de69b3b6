"""Adds printed secrets and keys to ``published.bin``: ``python -m tests.core.publishing FILE…``.

A file holds one secret in each line, plain or as a Python literal; PEM blocks, private or public,
and JWKs (one object in a line) are found in it too. Only secrets that would be taken otherwise are
added: long enough, and not of a class that is refused anyway.
"""

from __future__ import annotations

import ast
import html
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from jwt.algorithms import get_default_algorithms

from flask_jwt.core import KeyMaterialError, weak_keys
from flask_jwt.core.algorithms import ALGORITHMS
from flask_jwt.core.compact_jws import decode_base64url
from flask_jwt.core.jwk import thumbprint
from flask_jwt.core.weak_keys import why_guessable

LEAST_BYTES = ALGORITHMS["HS256"].least_bits // 8
PEM = re.compile(r"-----BEGIN ([A-Z ]*(?:PRIVATE|PUBLIC) KEY)-----(.*?)-----END \1-----", re.DOTALL)


def printed_in(text: str) -> Iterator[bytes]:
    """Yield the secrets and thumbprints of a text."""
    for found in PEM.finditer(text.replace("\\n", "\n")):
        yield from thumbprint_of_pem(found.group())
    for line in PEM.sub("", text).splitlines():
        entry = object_in(line)
        if "kty" in entry:
            yield from printed_key(entry)
        else:
            yield from {line.encode(), html.unescape(line).encode(), literal(line)}


def thumbprint_of_pem(pem: str) -> Iterator[bytes]:
    """Yield the thumbprint of a key that can be used for signatures here."""
    load: Any = load_pem_public_key
    if "PRIVATE" in pem:
        load = lambda pem: load_pem_private_key(pem, None).public_key()  # noqa: E731
    try:
        key = load(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return
    kinds = {rsa.RSAPublicKey: "RS256", ec.EllipticCurvePublicKey: "ES256"}
    kinds[ed25519.Ed25519PublicKey] = "EdDSA"
    for kind, algorithm in kinds.items():
        if isinstance(key, kind) and getattr(key, "curve", ec.SECP256R1()).name != "secp256k1":
            algorithms: Any = get_default_algorithms()[algorithm]
            yield thumbprint(algorithms.to_jwk(key, as_dict=True)).encode()


def printed_key(jwk: dict[str, Any]) -> Iterator[bytes]:
    """Yield a symmetric JWK's secret, as it is and as it is written; of others the thumbprint."""
    if jwk["kty"] == "oct":
        yield from (decode_base64url(jwk["k"].encode(), "k"), jwk["k"].encode())
        return
    try:
        yield thumbprint(jwk).encode()
    except KeyMaterialError:
        return


def object_in(line: str) -> dict[str, Any]:
    """Return the JSON object in a line, or an empty one."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def literal(line: str) -> bytes:
    """Return what a line says as a Python literal, or the line."""
    if not line.strip().startswith(('"', "'", 'b"', "b'")):
        return line.encode()
    try:
        found = ast.literal_eval(line.strip())
    except (ValueError, SyntaxError):
        return line.encode()
    return found if isinstance(found, bytes) else str(found).encode("utf-8", "surrogatepass")


def is_missed(secret: bytes) -> bool:
    """Tell whether a secret would be taken if it were not in the file."""
    return len(secret.strip()) >= LEAST_BYTES and why_guessable(secret.strip()) is None


def main(files: list[str]) -> None:
    """Add what the files hold."""
    target = Path(weak_keys.__file__).with_name("published.bin")
    size = weak_keys.HASH_BYTES
    old = target.read_bytes() if target.exists() else b""
    hashes = {old[at : at + size] for at in range(0, len(old), size)}
    for name in files:
        text = Path(name).read_text(errors="surrogateescape").encode("utf-8", "replace").decode()
        hashes |= {weak_keys.published_hash(one) for one in printed_in(text) if is_missed(one)}
    target.write_bytes(b"".join(sorted(hashes)))


if __name__ == "__main__":
    main(sys.argv[1:])
