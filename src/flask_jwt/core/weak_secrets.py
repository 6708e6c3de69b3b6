"""Secrets that an attacker has already, or guesses: public keys, what is printed, what is weak."""

from __future__ import annotations

import binascii
import re

from .algorithms import Algorithm
from .errors import KeyMaterialError, WeakKeyError
from .guessable import why_guessable
from .published import is_published

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

_QUOTES = b"\"'` \t\r\n"
_IN_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{22,}={0,2}")
_FILLING = re.compile(rb"\\[rn]|[\s:\0]|-----[A-Z ]*-----")


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
    """Refuse a secret that is none."""
    least = row.least_bits // 8
    if not material:
        raise KeyMaterialError("the secret is empty")
    if is_key_text(material):
        raise KeyMaterialError(
            f"the secret looks like a public key or a certificate, and {row.name} needs a secret"
        )
    if allow_insecure:
        return
    mending = f"make another: python -c 'import secrets; print(secrets.token_hex({least}))'"
    length = len(_without_blanks(material))
    if length < least:
        raise WeakKeyError(
            f"{row.name} needs a secret of at least {least} bytes, and this one has {length}; "
            f"{mending}"
        )
    fault = _fault(material)
    if fault is not None:
        raise WeakKeyError(f"the secret {fault}; {mending}")


def _fault(material: bytes) -> str | None:
    # A coat of base64 or hex makes a bad secret no better.
    packed = _FILLING.sub(b"", material.strip(_QUOTES).removeprefix(b"base64:"))
    plain = [material]
    if _IN_BASE64.fullmatch(packed):
        plain = [*filter(None, (_hex(packed), _base64(packed))), material]
    faults = (why_guessable(one.strip(_QUOTES)) for one in plain)
    fault = next((found for found in faults if found), None)
    if fault is None and any(map(is_published, (packed, *plain))):
        return "is printed in public lists or documentation"
    return fault


def _without_blanks(material: bytes) -> bytes:
    # Bytes that are no text may begin with a blank by chance.
    stripped = material.strip()
    return stripped if stripped.isascii() and stripped.decode().isprintable() else material


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
