"""Argon2 hashes as they are stored: of every kind, with parameters of every sane size."""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64

import argon2
from argon2.exceptions import VerifyMismatchError

# Django puts a name of its own before it. The first release wrote no version.
_HASH = re.compile(
    r"(?:argon2(?=\$))?"
    r"(\$argon2(?:id|i|d)\$(?:v=(?:16|19)\$)?m=([1-9][0-9]{0,6}),t=([1-9][0-9]{0,5}),p=([1-9][0-9]?)"
    r"\$([A-Za-z0-9+/]{11,128})\$([A-Za-z0-9+/]{22,128}))"
)
# KiB that are passed over: RFC 9106's first choice, 2 GiB once, which takes seconds.
_MAX_WORK = 2**21
_MAX_LANES = 16


class Argon2Hash:
    """An Argon2 hash that can be verified.

    :param stored: as it is stored.
    :param text: as Argon2 reads it.
    """

    __slots__ = ("_stored", "_text")

    def __init__(self, stored: str, text: str) -> None:
        self._stored = stored
        self._text = text

    def matches(self, password: bytes, hasher: argon2.PasswordHasher) -> bool:
        """Tell whether a password, or the digest of one, was hashed to this."""
        try:
            return hasher.verify(self._text, password)
        except VerifyMismatchError:
            return False

    def is_outdated(self, hasher: argon2.PasswordHasher) -> bool:
        """Tell whether the hash is not of the kind and the parameters that are made today."""
        return self._stored != self._text or hasher.check_needs_rehash(self._text)


def read_argon2(stored: str) -> Argon2Hash | None:
    """Return a stored text as an Argon2 hash, or None where it is none that can be verified."""
    match = _HASH.fullmatch(stored)
    if match is None:
        return None
    text, *numbers, salt, digest = match.groups()
    memory, passes, lanes = map(int, numbers)
    sane = lanes <= _MAX_LANES and memory >= 8 * lanes and memory * passes <= _MAX_WORK
    # Argon2 decodes no text that it would not have encoded.
    if sane and _is_base64(salt) and _is_base64(digest):
        return Argon2Hash(stored, text)
    return None


def _is_base64(text: str) -> bool:
    if len(text) % 4 == 1:
        return False
    decoded = a2b_base64(text + "=" * (-len(text) % 4))
    return b2a_base64(decoded, newline=False).rstrip(b"=") == text.encode()
