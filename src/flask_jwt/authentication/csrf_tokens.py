"""CSRF: values that only the page of a session knows, and requests that come from elsewhere.

A value is an HMAC of the session's name under a key of ours. Whoever can put cookies into a
browser (a page on a sibling domain) can't make one, so a value that is merely sent twice is not
enough here, and is not what is compared.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.compact import encode_base64url

_LABEL = b"flask_jwt csrf value"


class CSRFValues:
    """Makes and checks the values of one application."""

    __slots__ = ("_keys", "_naming")

    def __init__(self, secrets: Sequence[bytes], *, sessions: bool) -> None:
        self._keys = tuple(hmac.digest(secret, _LABEL, "sha256") for secret in secrets)
        # Without sessions a hook of the application may say anything under "sid".
        self._naming = ("sid", "jti") if sessions else ("jti",)

    def __repr__(self) -> str:
        return f"<CSRFValues: {len(self._keys)}>"

    def name_of(self, claims: Mapping[str, Any]) -> str | None:
        """Return what a value is bound to: the session, or the token where there is none."""
        for claim in self._naming:
            name = claims.get(claim)
            if name is not None:
                return _name(claim, name) if isinstance(name, str) and name else None
        return None

    def of(self, name: str) -> str:
        """Return the value of a session."""
        return _value(self._keys[0], name)

    def fits(self, name: str, given: str) -> bool:
        """Tell in constant time whether a value is that of a session."""
        sent = given.encode("utf-8", "surrogatepass")
        return any(hmac.compare_digest(sent, _value(key, name).encode()) for key in self._keys)


def name_of_session(sid: str) -> str:
    """Return what the values of a session are bound to."""
    return _name("sid", sid)


def _name(claim: str, value: str) -> str:
    return f"{claim}:{value}"


def _value(key: bytes, name: str) -> str:
    signed = hmac.digest(key, name.encode("utf-8", "surrogatepass"), "sha256")
    return encode_base64url(signed).decode()
