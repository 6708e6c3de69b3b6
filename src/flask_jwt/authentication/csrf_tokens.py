"""CSRF values: HMACs of the session's name under a key of the application.

A page on a sibling domain can put cookies into a browser, and can't make such a value: so the value
is compared with the session, and not with a cookie that says the same (double submit).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.compact import decode_base64url, encode_base64url
from ..core.errors import MalformedToken
from ..core.secret_ring import SecretRing

_LABEL = b"flask_jwt csrf value"


class CSRFTokens:
    """Makes and checks the values of one application."""

    __slots__ = ("_claims", "_ring")

    def __init__(self, secrets: Sequence[bytes], *, sessions: bool) -> None:
        self._ring = SecretRing(secrets, _derived)
        # Without sessions a hook of the application may say anything under "sid".
        self._claims = ("sid", "jti") if sessions else ("jti",)

    def __repr__(self) -> str:
        return f"<CSRFTokens: {self._ring!r}>"

    def binding_of(self, claims: Mapping[str, Any]) -> str | None:
        """Return what a value is bound to: the session, or the token where there is none."""
        for claim in self._claims:
            name = claims.get(claim)
            if name is not None:
                return f"{claim}:{name}" if isinstance(name, str) and name else None
        return None

    def create(self, binding: str) -> str:
        """Return the value of a session."""
        return encode_base64url(self._ring.mac(binding.encode("utf-8", "surrogatepass"))).decode()

    def matches(self, binding: str, value: str) -> bool:
        """Tell in constant time whether a value is that of a session."""
        if not value.isascii():
            return False
        try:
            mac = decode_base64url(value.encode(), "CSRF value")
        except MalformedToken:
            return False
        return self._ring.matches(binding.encode("utf-8", "surrogatepass"), mac)


def session_binding(sid: str) -> str:
    """Return what the values of a session are bound to."""
    return f"sid:{sid}"


def _derived(secret: bytes) -> bytes:
    return hmac.digest(secret, _LABEL, "sha256")
