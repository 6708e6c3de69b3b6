"""Passwords are hashed by Argon2id, no more of them at once than there are cores."""

from __future__ import annotations

import logging
import os
from base64 import b64encode
from dataclasses import dataclass

import argon2

from ..errors import ConfigurationError
from .argon2_hashes import read_argon2
from .bounded import run_bounded
from .foreign_hashes import StoredHash, read, wrap
from .passwords import spellings

# OWASP's least parameters, which protect equally well: KiB of memory, and passes over it.
_LEAST = ((19456, 2), (47104, 1), (12288, 3), (9216, 4), (7168, 5))
# Bytes of the salt and of the digest, as RFC 9106 section 3.1 recommends at least.
_LEAST_BYTES = 16

_logger = logging.getLogger("flask_jwt")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification has found. True where the password is the right one.

    :param ok: whether it is.
    :param needs_rehash: whether it is, and its hash is to be replaced by today's.
    """

    ok: bool
    needs_rehash: bool

    def __bool__(self) -> bool:
        return self.ok


_WRONG = Verdict(ok=False, needs_rehash=False)


class Hashing:
    """Makes and verifies hashes of passwords. Safe for threads.

    :param argon2_hasher: with parameters of one's own; OWASP's least ones, 19 MiB of memory and two
        passes, where it is None.
    :raises ConfigurationError: it makes no Argon2id, is weaker than OWASP's least parameters, or
        so strong that each hash takes many seconds.
    """

    def __init__(self, argon2_hasher: argon2.PasswordHasher | None = None) -> None:
        if argon2_hasher is None:
            memory, passes = _LEAST[0]
            argon2_hasher = argon2.PasswordHasher(
                time_cost=passes, memory_cost=memory, parallelism=1
            )
        _check(argon2_hasher)
        _dummy(argon2_hasher)
        #: Makes the hashes.
        self.argon2_hasher = argon2_hasher

    def hash(self, password: str) -> str:
        """Return the hash of a new password, which has passed :func:`.check_password`.

        :raises ValueError: nobody can have such a password: it is empty, too long, or no text.
        :raises HashingBusy: all cores are hashing, or there is no memory for one more.
        """
        ways = spellings(password)
        if not ways:
            raise ValueError("no such password can be hashed")
        return run_bounded(lambda: self.argon2_hasher.hash(ways[0]))

    def verify(self, stored: str | None, password: str) -> Verdict:
        """Verify a password.

        A text that nobody can have as a password is refused at once, whatever is stored. Any other
        costs a verification, or two where it is prepared otherwise than it was typed: a hash that
        was brought is one of what was typed, and does not say that it was brought.

        :param stored: the hash; None for a user who is unknown, or has none, whose verification
            costs the same, and never is right. One that can't be read is logged, and like None.
        :param password: what was typed: any text.
        :raises HashingBusy: all cores are hashing, or there is no memory for one more.
        :raises ConfigurationError: the hash is bcrypt's, and bcrypt is not installed.
        """
        ways = spellings(password)
        if not ways:
            return _WRONG
        hashed = None if stored is None else _read(stored)
        subject = _dummy(self.argon2_hasher) if hashed is None else hashed
        matches = run_bounded(lambda: [subject.matches(way, self.argon2_hasher) for way in ways])
        if hashed is None or not any(matches):
            return _WRONG
        # Prepared comes first: one that was right as typed alone is hashed anew, prepared.
        return Verdict(True, not matches[0] or hashed.is_outdated(self.argon2_hasher))

    def wrap(self, stored: str) -> str:
        """Return a hash of another program, its digest hashed once more by Argon2id.

        :param stored: the hash. One of Argon2, or wrapped, is returned as it is.
        :raises ValueError: it is of no kind that is known.
        :raises ConfigurationError: it is bcrypt's, and bcrypt is not installed.
        """
        return run_bounded(lambda: wrap(stored, self.argon2_hasher))


def _check(hasher: argon2.PasswordHasher) -> None:
    if hasher.type is not argon2.Type.ID:
        raise ConfigurationError("passwords are hashed by Argon2id: give a hasher of that type")
    if min(hasher.salt_len, hasher.hash_len) < _LEAST_BYTES:
        raise ConfigurationError(f"salt and hash have at least {_LEAST_BYTES} bytes each")
    if not any(
        hasher.memory_cost >= memory and hasher.time_cost >= passes for memory, passes in _LEAST
    ):
        least = ", ".join(f"{memory} with {passes}" for memory, passes in _LEAST)
        raise ConfigurationError(
            f"the hasher is weaker than OWASP's least parameters: memory_cost and time_cost are at "
            f"least {least}"
        )


def _dummy(hasher: argon2.PasswordHasher) -> StoredHash:
    """Return a hash of today's parameters that no password has."""
    salt, digest = (_base64(os.urandom(size)) for size in (hasher.salt_len, hasher.hash_len))
    dummy = read_argon2(
        f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
        f"${salt}${digest}"
    )
    if dummy is None:
        raise ConfigurationError("one hash would take too long: give a hasher that is less strong")
    return dummy


def _read(stored: str) -> StoredHash | None:
    hashed = read(stored)
    if hashed is None:
        _logger.warning("a stored password hash can't be read: its user can't sign in by password")
    return hashed


def _base64(value: bytes) -> str:
    return b64encode(value).rstrip(b"=").decode()
