"""Tokens, each of them new: good ones, and those that have to be refused."""

from __future__ import annotations

import base64
import itertools
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .keys import Keys

LIFETIME = 3600

#: Claims of a token: called with the user's id and the time of issue.
ClaimsOf = Callable[[str, int], Mapping[str, Any]]

_serial = itertools.count(1)


class Signed(NamedTuple):
    """A signature before it becomes part of a token."""

    message: bytes
    signature: bytes


def new_user_id() -> str:
    """Return the id of a user who was never named before in this process."""
    return f"user-{next(_serial):08}"


class Mint:
    """Makes tokens of one shape."""

    def __init__(self, keys: Keys, name: str, claims_of: ClaimsOf) -> None:
        self._keys = keys
        self._claims_of = claims_of
        header = {"alg": name, "typ": "JWT", **({"kid": keys.kid} if keys.kid else {})}
        self._header = _encode(_json(header))

    def signed(self, user_id: str, *, age: int = 0) -> Signed:
        """Sign the claims of a user."""
        claims = self._claims_of(user_id, int(time.time()) - age)
        message = self._header + b"." + _encode(_json(claims))
        return Signed(message, self._keys.sign(message))

    def good(self, user_id: str) -> str:
        """Make a token that has to be accepted."""
        return self._compact(self.signed(user_id))

    def expired(self, user_id: str) -> str:
        """Make a token that was good until an hour ago."""
        return self._compact(self.signed(user_id, age=2 * LIFETIME))

    def badly_signed(self, user_id: str) -> str:
        """Make a token with one bit of its signature changed."""
        message, signature = self.signed(user_id)
        changed = bytearray(self._keys.jose_signature(signature))
        changed[len(changed) // 2] ^= 1
        return _token(message, bytes(changed))

    def _compact(self, signed: Signed) -> str:
        return _token(signed.message, self._keys.jose_signature(signed.signature))


def _token(message: bytes, signature: bytes) -> str:
    return (message + b"." + _encode(signature)).decode()


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
