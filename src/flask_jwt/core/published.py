"""Secrets and keys that are printed somewhere: public lists, manuals, RFCs, our own documentation.

``published.bin`` has the first bytes of a SHA-256 hash of each, sorted; what was printed can't be
read out of it. ``python -m tests.core.publishing`` adds to it.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from pathlib import Path

#: The bytes of a hash that are kept. With 21,000 entries a random secret is taken for one of them
#: once in 10**10.
HASH_BYTES = 6

_FILE = Path(__file__).with_name("published.bin")


def is_published(text: bytes) -> bool:
    """Tell whether a secret, or the thumbprint of a key (:rfc:`7638`), is one that was printed."""
    # Read at each key that is loaded, and not kept: applications load one or two.
    hashes = _FILE.read_bytes()
    wanted = published_hash(text)
    at = bisect_left(
        range(len(hashes) // HASH_BYTES), wanted, key=lambda number: _entry(hashes, number)
    )
    return _entry(hashes, at) == wanted


def published_hash(text: bytes) -> bytes:
    """Return the hash by which a printed secret or thumbprint is known."""
    folded = text.strip().strip(b"\"'`").strip().lower()
    return hashlib.sha256(folded).digest()[:HASH_BYTES]


def _entry(hashes: bytes, number: int) -> bytes:
    return hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]
