"""Hashes that people bring, by their texts: Werkzeug's, Django's, bcrypt, and wrapped ones.

A hash is split into its settings (the scheme, its parameters, the salt) and its digest. Wrapped,
``wrapped:`` and the settings are followed by an Argon2id hash of what the digest was: whoever
steals it has to compute both for each guess.
"""

from __future__ import annotations

import hashlib
import re
from binascii import a2b_base64, a2b_hex, hexlify
from collections.abc import Callable
from hmac import compare_digest
from typing import NamedTuple

import argon2

from ..errors import ConfigurationError
from .argon2_hashes import Argon2Hash, read_argon2

#: Computes a digest of a password.
Compute = Callable[[bytes], bytes]

_WRAPPED = "wrapped:"
# What a verification may cost: a few seconds, and no more memory than Argon2 of 256 MiB.
_MAX_ITERATIONS = 3_000_000
_MAX_BLOCKS = 2**21
_MAX_WORK = 2**22
# bcrypt knows 72 bytes of a password; older releases left the others out by themselves.
_BCRYPT_BYTES = 72

_SALT = r"[!-#%-~]{1,128}"
_NUMBER = r"[1-9][0-9]{0,7}"


class Digested(NamedTuple):
    """A hash of another kind, read."""

    settings: str
    digest: bytes
    compute: Compute

    def __repr__(self) -> str:
        return "<Digested>"

    def matches(self, password: bytes, _: argon2.PasswordHasher) -> bool:
        """Tell whether a password was hashed to this."""
        return compare_digest(self.compute(password), self.digest)

    def is_outdated(self, _: argon2.PasswordHasher) -> bool:
        """Tell that the hash is to be replaced."""
        return True


class Wrapped(NamedTuple):
    """An Argon2id hash of the digest of another kind."""

    compute: Compute
    outer: Argon2Hash

    def __repr__(self) -> str:
        return "<Wrapped>"

    def matches(self, password: bytes, hasher: argon2.PasswordHasher) -> bool:
        """Tell whether a password was hashed to this."""
        return self.outer.matches(self.compute(password), hasher)

    def is_outdated(self, _: argon2.PasswordHasher) -> bool:
        """Tell that the hash is to be replaced."""
        return True


StoredHash = Argon2Hash | Digested | Wrapped


def is_known(stored: str) -> bool:
    """Tell whether a hash is one that can be verified, within a few seconds.

    :param stored: a hash of another program, or one of ours.
    :raises ConfigurationError: it is bcrypt's, and bcrypt is not installed.
    """
    return read(stored) is not None


def wrap(stored: str, hasher: argon2.PasswordHasher) -> str:
    """Return a hash with its digest hashed once more, by Argon2id.

    :param stored: a hash of another program. One of Argon2, or wrapped, is returned as it is.
    :param hasher: makes the Argon2id hash.
    :raises ValueError: the hash is of no kind that is known.
    :raises ConfigurationError: it is bcrypt's, and bcrypt is not installed.
    """
    found = read(stored)
    if found is None:
        raise ValueError("the hash is of no kind that is known")
    if isinstance(found, Digested):
        return _WRAPPED + found.settings + hasher.hash(found.digest)
    return stored


def read(stored: str) -> StoredHash | None:
    """Return a stored text as a hash that can be verified, or None where it is none.

    :raises ConfigurationError: it is bcrypt's, and bcrypt is not installed.
    """
    if stored.startswith(_WRAPPED):
        return _read_wrapped(stored.removeprefix(_WRAPPED))
    return read_argon2(stored) or _read_digested(stored)


def _read_wrapped(text: str) -> Wrapped | None:
    settings, mark, rest = text.rpartition("$argon2id$")
    outer = read_argon2(mark + rest)
    for scheme in _SCHEMES:
        match = scheme.settings.fullmatch(settings)
        compute = scheme.compute(*match.groups()) if match else None
        if compute is not None and outer is not None:
            return Wrapped(compute, outer)
    return None


def _read_digested(text: str) -> Digested | None:
    for scheme in _SCHEMES:
        match = scheme.settings.match(text)
        if match is None:
            continue
        compute = scheme.compute(*match.groups())
        digest = text[match.end() :]
        if compute is not None and scheme.digest.fullmatch(digest):
            return Digested(match[0], scheme.decode(digest), compute)
    return None


def _pbkdf2(algorithm: str, iterations: str, salt: str) -> Compute | None:
    if int(iterations) > _MAX_ITERATIONS:
        return None
    return lambda password: hashlib.pbkdf2_hmac(algorithm, password, salt.encode(), int(iterations))


def _scrypt(n: str, r: str, p: str, salt: str) -> Compute | None:
    cost, block, lanes = int(n), int(r), int(p)
    is_sane = (
        cost > 1
        # A power of two, and fewer than a block has values (RFC 7914 section 2).
        and cost & (cost - 1) == 0
        and cost.bit_length() <= 16 * block
        and cost * block <= _MAX_BLOCKS
        and cost * block * lanes <= _MAX_WORK
    )
    if not is_sane:
        return None
    # OpenSSL wants to be told what it may take, and refuses one byte less.
    memory = 128 * block * (cost + lanes + 4)

    def compute(password: bytes) -> bytes:
        try:
            return hashlib.scrypt(
                password, salt=salt.encode(), n=cost, r=block, p=lanes, maxmem=memory
            )
        except ValueError:
            # The numbers were looked at: what is left is what OpenSSL did not get.
            raise MemoryError from None

    return compute


def _django_scrypt(n: str, salt: str, r: str, p: str) -> Compute | None:
    return _scrypt(n, r, p, salt)


def _bcrypt(form: str | None, settings: str) -> Compute:
    try:
        # Only where such hashes are brought.
        import bcrypt
    except ImportError:
        raise ConfigurationError(
            "a password hash is bcrypt's, and bcrypt is not installed: pip install bcrypt"
        ) from None

    def compute(password: bytes) -> bytes:
        if form == "bcrypt_sha256$":
            password = hexlify(hashlib.sha256(password).digest())
        hashed = bcrypt.hashpw(password[:_BCRYPT_BYTES], settings.encode())
        return hashed[len(settings) :]

    return compute


class _Scheme:
    """How hashes of one kind are written, and computed.

    :param settings: what a hash begins with.
    :param digest: what it ends with.
    :param decode: returns the digest as it is computed.
    :param compute: takes the groups of the settings, and returns None where they are absurd.
    """

    __slots__ = ("compute", "decode", "digest", "settings")

    def __init__(
        self,
        settings: str,
        digest: str,
        decode: Callable[[str], bytes],
        compute: Callable[..., Compute | None],
    ) -> None:
        self.settings = re.compile(settings)
        self.digest = re.compile(digest)
        self.decode = decode
        self.compute = compute


_SCHEMES = (
    # Werkzeug's.
    _Scheme(
        rf"scrypt:({_NUMBER}):({_NUMBER}):({_NUMBER})\$({_SALT})\$",
        "[0-9a-f]{128}",
        a2b_hex,
        _scrypt,
    ),
    *(
        _Scheme(
            rf"pbkdf2:({algorithm}):({_NUMBER})\$({_SALT})\$",
            f"[0-9a-f]{{{2 * hashlib.new(algorithm, usedforsecurity=False).digest_size}}}",
            a2b_hex,
            _pbkdf2,
        )
        for algorithm in ("sha1", "sha224", "sha256", "sha384", "sha512")
    ),
    # Django's.
    _Scheme(
        rf"pbkdf2_(sha256)\$({_NUMBER})\$({_SALT})\$", "[A-Za-z0-9+/]{43}=", a2b_base64, _pbkdf2
    ),
    _Scheme(rf"pbkdf2_(sha1)\$({_NUMBER})\$({_SALT})\$", "[A-Za-z0-9+/]{27}=", a2b_base64, _pbkdf2),
    _Scheme(
        rf"scrypt\$({_NUMBER})\$({_SALT})\$({_NUMBER})\$({_NUMBER})\$",
        "[A-Za-z0-9+/]{86}==",
        a2b_base64,
        _django_scrypt,
    ),
    # bcrypt's, by itself or in Django's words, up to a cost of 15. The last character of the salt
    # holds two bits.
    _Scheme(
        r"(bcrypt\$|bcrypt_sha256\$)?(\$2[aby]\$(?:0[4-9]|1[0-5])\$[./A-Za-z0-9]{21}[.Oeu])",
        "[./A-Za-z0-9]{31}",
        str.encode,
        _bcrypt,
    ),
)
