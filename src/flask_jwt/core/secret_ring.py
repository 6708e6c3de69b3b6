"""A secret that authenticates what we make, and former ones that still verify it."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence


class SecretRing:
    """Makes and checks HMACs under keys derived from secrets: the one in force, and former ones."""

    __slots__ = ("_current", "_derive", "_former")

    def __init__(self, secrets: Sequence[bytes], derive: Callable[[bytes], bytes]) -> None:
        self._current = derive(secrets[0])
        # Their keys are made when needed.
        self._former = tuple(secrets[1:])
        self._derive = derive

    def __repr__(self) -> str:
        return f"<SecretRing: {1 + len(self._former)}>"

    def mac(self, message: bytes) -> bytes:
        """Return the HMAC-SHA256 of a message under the key in force."""
        return hmac.digest(self._current, message, "sha256")

    def matches(self, message: bytes, mac: bytes) -> bool:
        """Tell whether an HMAC is that of a message, under any of the keys, in constant time."""
        if hmac.compare_digest(mac, hmac.digest(self._current, message, "sha256")):
            return True
        return any(
            hmac.compare_digest(mac, hmac.digest(self._derive(secret), message, "sha256"))
            for secret in self._former
        )
