"""Secrets that an attacker has already: public keys, and what is printed in documentation."""

from __future__ import annotations

import binascii
import re

from .algorithms import Algorithm
from .errors import KeyMaterialError, WeakKeyError

# Long enough, and printed in the documentation of tools that many people copy from: an attacker
# tries these first (CVE-2023-27524).
_WELL_KNOWN = frozenset(
    {
        b"a-string-secret-at-least-256-bits-long",
        b"a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
        b"your-super-secret-jwt-token-with-at-least-32-characters-long",
        b"super-secret-jwt-token-with-at-least-32-characters-long",
        b"CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET",
        b"YOUR_OWN_RANDOM_GENERATED_SECRET_KEY",
        b"my-32-character-ultra-secure-and-ultra-long-secret",
        b"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        b"192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    }
)
# PEM and PuTTY armour, JWK, and SSH's line or its body alone, wherever in the text they stand.
_KEY_TEXT = re.compile(
    rb"-----BEGIN |---- BEGIN |\"kty\"|"
    rb"(?:ssh-|ecdsa-sha2-|sk-)[a-z0-9@.-]+\s+AAAA|AAAA[BCE][23](?:NzaC1|VjZHNh)"
)
# DER of a key or a certificate: the identifiers of rsaEncryption, RSASSA-PSS, id-ecPublicKey and
# Ed25519, and the beginning of a bare RSAPublicKey.
_KEY_DER = re.compile(
    rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01[\x01\x0a]|\x06\x07\x2a\x86\x48\xce\x3d\x02\x01|"
    rb"\x06\x03\x2b\x65\x70|^\x30(?:\x81.|\x82..)\x02[\x81\x82]",
    re.DOTALL,
)

_FILLING = re.compile(rb"\\[rn]|[\s:\0]|-----[A-Z ]*-----")


def is_well_known(secret: bytes) -> bool:
    """Tell whether a secret is printed in public documentation."""
    return secret.strip() in _WELL_KNOWN


def is_key_text(secret: bytes) -> bool:
    """Tell whether a secret is a key of another kind, which may be public somewhere.

    Whoever may verify with a public key could sign with it if it served as a secret
    (CVE-2015-9235, CVE-2022-29217). PEM, JWK, SSH and DER are recognised, in base64 or hex too.
    """
    # Line ends spelt out, the colons of a hex dump and the zeros of UTF-16 stand in no alphabet.
    packed = _FILLING.sub(b"", secret)
    spellings = (secret, secret.replace(b"\0", b""), _base64(packed), _hex(packed))
    return any(_KEY_TEXT.search(one) or _KEY_DER.search(one) for one in spellings)


def check_secret(material: bytes, row: Algorithm, *, allow_insecure: bool) -> None:
    """Refuse a secret that is none.

    :param material: the secret.
    :param row: the algorithm that it is for.
    :param allow_insecure: take one that is too short or well known, for development.
    :raises KeyMaterialError: it is empty, or looks like a public key.
    :raises WeakKeyError: it has fewer bytes than the hash, or is well known.
    """
    least = row.least_bits // 8
    if not material:
        raise KeyMaterialError("the secret is empty")
    if is_key_text(material):
        raise KeyMaterialError(
            f"the secret looks like a public key or a certificate, and {row.name} needs a secret"
        )
    if allow_insecure:
        return
    if len(material) < least:
        raise WeakKeyError(
            f"{row.name} needs a secret of at least {least} bytes, and this one has "
            f"{len(material)}; make another: "
            f"python -c 'import secrets; print(secrets.token_hex({least}))'"
        )
    if is_well_known(material):
        raise WeakKeyError("the secret is printed in public documentation; make one of your own")


def _base64(text: bytes) -> bytes:
    standard = text.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return binascii.a2b_base64(standard + b"=" * (-len(standard) % 4))
    except binascii.Error:
        return b""


def _hex(text: bytes) -> bytes:
    try:
        return binascii.unhexlify(text)
    except binascii.Error:
        return b""
