"""The refresh token: ``version . sid . counter . MAC``, 54 bytes, base64url.

It is no JWT and no key of the ring makes it. The MAC's key needs a secret of the application and
the salt in the session's row: a copied database alone forges nothing, and the token of
(sid, counter) can be made again, so that it is kept nowhere.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from functools import partial
from secrets import token_urlsafe
from typing import Literal, NamedTuple

from ..core.compact_jws import decode_base64url, encode_base64url
from ..core.secret_ring import SecretRing
from .errors import InvalidRefreshToken
from .models import Session

#: The random bytes of a session's name, and its characters.
SID_BYTES = 16
SID_LENGTH = 22
#: The random bytes of a session's salt.
SALT_BYTES = 16

_VERSION = b"\x01"
_COUNTER_BYTES = 5
_SIGNED_BYTES = len(_VERSION) + SID_BYTES + _COUNTER_BYTES
# 54 bytes are 72 characters with no unused bits: each token has one spelling.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{72}", re.ASCII)
_SID = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]", re.ASCII)
_LABEL = b"flask_jwt refresh token"


class RefreshToken(NamedTuple):
    """A refresh token, taken apart; its MAC, over the signed bytes, is not checked yet."""

    sid: str
    #: How many were made in the session before it.
    counter: int
    signed: bytes
    mac: bytes

    def __repr__(self) -> str:
        return f"<RefreshToken {self.counter} of {self.sid}>"


def parse_refresh_token(text: object) -> RefreshToken:
    """Take a refresh token apart."""
    if not isinstance(text, str) or _TOKEN.fullmatch(text) is None:
        raise InvalidRefreshToken
    raw = decode_base64url(text.encode(), "refresh token")
    if raw[:1] != _VERSION:
        raise InvalidRefreshToken
    counter = int.from_bytes(raw[1 + SID_BYTES : _SIGNED_BYTES])
    return RefreshToken(
        encode_base64url(raw[1 : 1 + SID_BYTES]).decode(),
        counter,
        raw[:_SIGNED_BYTES],
        raw[_SIGNED_BYTES:],
    )


def new_sid() -> str:
    """Return a name for a session: 128 random bits, base64url."""
    return token_urlsafe(SID_BYTES)


def is_sid(text: str) -> bool:
    """Tell whether a text can be the name of a session."""
    return _SID.fullmatch(text) is not None


def session_ring(secrets: Sequence[bytes], salt: str) -> SecretRing:
    """Return what makes and checks the MACs of one session's refresh tokens."""
    return SecretRing(secrets, partial(_derived, bytes.fromhex(salt)))


def make_refresh_token(ring: SecretRing, sid: str, counter: int) -> str:
    """Make a refresh token."""
    name = decode_base64url(sid.encode(), "session")
    signed = _VERSION + name + counter.to_bytes(_COUNTER_BYTES)
    return encode_base64url(signed + ring.mac(signed)).decode()


def _derived(salt: bytes, secret: bytes) -> bytes:
    # RFC 5869: extract with the salt, expand one block under our label.
    return hmac.digest(hmac.digest(salt, secret, "sha256"), _LABEL + b"\x01", "sha256")


#: What to do with a refresh token whose MAC is good: rotate the current one; repeat the answer to
#: the one before, which may have been lost; or refuse it, because it was used before or comes from
#: a future that the store has lost (reused), or because its session has ended or expired.
RefreshDecision = Literal["rotate", "repeat", "reused", "ended", "expired"]


def refresh_decision(session: Session, counter: int, now: float, grace: float) -> RefreshDecision:
    """Decide what to do with a refresh token."""
    if session.ended_at is not None:
        return "ended"
    if not session.is_live(now):
        return "expired"
    if counter == session.counter:
        return "rotate"
    # The clock may have been read before the rotation, or set back since: the distance counts in
    # both directions, and a grace of 0 allows no repetition.
    if counter == session.counter - 1 and grace and abs(now - session.rotated_at) < grace:
        return "repeat"
    return "reused"
