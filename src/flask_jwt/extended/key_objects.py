"""Keys that are given as objects of ``cryptography``, as PyJWT takes them."""

from __future__ import annotations

from typing import Any


def as_pem(key: Any) -> Any:
    """Return the PEM text of a key object, and anything else as it is."""
    if not (hasattr(key, "private_bytes") or hasattr(key, "public_bytes")):
        return key
    # Whoever has such an object has cryptography; an application with a secret never pays for it.
    from cryptography.hazmat.primitives import serialization as written

    pem = written.Encoding.PEM
    if hasattr(key, "private_bytes"):
        plain = written.NoEncryption()
        return key.private_bytes(pem, written.PrivateFormat.PKCS8, plain).decode()
    return key.public_bytes(pem, written.PublicFormat.SubjectPublicKeyInfo).decode()
