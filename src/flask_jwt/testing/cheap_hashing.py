"""Hashes that cost next to nothing, for test suites."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


@contextmanager
def cheap_hashing(users: Any) -> Generator[None]:
    """Have passwords hashed in microseconds for the length of a ``with`` block.

    Nothing but one object is changed: no configuration key does the same. Hashes that were made in
    the block stay good, and are replaced at the first sign-in after it.

    :param users: a :class:`flask_jwt.users.Users`.
    """
    # What only the extra ``users`` can import is not named here.
    hashing = getattr(users, "_hashing", users)
    before = hashing.argon2_hasher
    hashing.argon2_hasher = type(before)(
        time_cost=1, memory_cost=8, parallelism=1, hash_len=16, salt_len=16
    )
    try:
        yield
    finally:
        hashing.argon2_hasher = before
