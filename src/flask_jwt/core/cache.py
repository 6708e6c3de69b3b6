"""Tokens that were verified, bounded in number and in bytes.

Two generations stand in for the order of use: what is looked up lives on in the younger one, and
when that is full the older one is forgotten at once. A look-up leaves no trace in the younger
generation, and only verified tokens are kept, so that garbage can't flush the cache. No lock is
taken, which a fork could leave locked: threads that fill a generation at the same moment make it
longer by one token each, or have tokens forgotten early.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

#: How many tokens are remembered unless configured.
CACHE_TOKENS = 4096
# What one token may weigh on average before fewer are kept.
_BYTES_PER_TOKEN = 2048
# A dict with some claims, a tuple, and two places in a table.
_WEIGHT_OF_AN_ENTRY = 640

#: When the token begins and ceases to be good (seconds since 1970), its claims, its header, how
#: claims are made anew that are no scalars (the names of those that are lists of scalars, or else
#: all claims once more, marshalled), and who has decided: for another owner it counts for nothing.
Remembered = tuple[
    float, float, dict[str, Any], Mapping[str, Any], bytes | tuple[str, ...] | None, Any
]


class TokenOwner:
    """Who has decided on remembered tokens; another object each time that keys are replaced."""

    __slots__ = ("verify",)

    def __init__(self, verify: Callable[[str], Any]) -> None:
        #: Verifies a token of the same issuer, with the keys in use by then.
        self.verify = verify


class TokenCache:
    """Verified tokens, by their whole text."""

    __slots__ = (
        "_keeps_older",
        "_largest",
        "_limit",
        "_older",
        "_weight",
        "_younger",
        "find",
        "find_older",
    )

    def __init__(self, most: int = CACHE_TOKENS) -> None:
        if most < 0:
            raise ValueError("a cache holds 0 tokens or more")
        # Half of it for each generation; one token alone makes but one.
        self._largest = most // 2 or most
        # In bytes, for each too.
        self._limit = self._largest * _BYTES_PER_TOKEN
        self._keeps_older = most > 1
        self._weight = 0
        # The same two dicts for ever: their methods are looked up once, and a look-up is one call.
        self._younger: dict[str, Remembered] = {}
        self._older: dict[str, Remembered] = {}
        #: Called with a token; returns what is remembered, or None.
        self.find = self._younger.get
        #: The same for tokens that were not used for some time; :meth:`keep` them again.
        self.find_older = self._older.get

    def keep(self, token: str, remembered: Remembered, more: int = 0) -> None:
        """Remember a token; its claims weigh what its text does, and so many bytes more."""
        weight = 2 * len(token) + _WEIGHT_OF_AN_ENTRY + more
        limit = self._limit
        if weight > limit:
            return
        younger = self._younger
        if len(younger) >= self._largest or self._weight + weight > limit:
            self._older.clear()
            if self._keeps_older:
                self._older.update(younger)
            younger.clear()
            self._weight = 0
        younger[token] = remembered
        self._weight += weight
