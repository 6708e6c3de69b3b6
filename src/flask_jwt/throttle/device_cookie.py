"""The device cookie: a browser in which a user has signed in before has a count of its own.

A stranger's failures make the account wait, and not the owner's browser (OWASP, "Slow Down Online
Guessing Attacks with Device Cookies"). The value is
``version . time . device . name . subject . MAC``, 89 bytes, base64url.
"""

from __future__ import annotations

import hmac
import re
from secrets import token_bytes
from typing import NamedTuple

from ..authentication.cookies import DEVICE_SECONDS
from ..core.compact_jws import decode_base64url, encode_base64url
from ..core.errors import MalformedToken

_VERSION = b"\x01"
_TIME_BYTES = 8
_ID_BYTES = 16
# Names and subjects are compared by half an HMAC: the cookie shows neither.
_MAC_BYTES = 16
_SIGNED_BYTES = len(_VERSION) + _TIME_BYTES + _ID_BYTES + 2 * _MAC_BYTES
# 89 bytes are 119 characters.
_VALUE = re.compile(r"[A-Za-z0-9_-]{119}", re.ASCII)
_LABEL = b"flask_jwt device cookie"
_NAME, _SUBJECT = b"name:", b"subject:"


class Device(NamedTuple):
    """A browser, as its cookie says; the MAC was good."""

    id: bytes
    #: When the cookie was made: microseconds since 1970.
    made_at: int
    #: HMACs of the name that was typed, and of the user's subject.
    name: bytes
    subject: bytes

    def __repr__(self) -> str:
        return "<Device>"


class DeviceCookies:
    """Makes and reads the cookies of one application."""

    __slots__ = ("_key",)

    def __init__(self, secret: bytes) -> None:
        # Browsers that are known by a former secret are strangers, who sign in as others do.
        self._key = hmac.digest(secret, _LABEL, "sha256")

    def __repr__(self) -> str:
        return "<DeviceCookies>"

    def make(self, name: str, subject: str, moment: float, known: Device | None = None) -> str:
        """Return the value for a user who has just signed in with a name."""
        device_id = token_bytes(_ID_BYTES) if known is None else known.id
        signed = (
            _VERSION
            + microseconds(moment).to_bytes(_TIME_BYTES)
            + device_id
            + self._half_mac(_NAME, name)
            + self.subject_mac(subject)
        )
        return encode_base64url(signed + self._mac(signed)).decode()

    def read(self, value: str, name: str, now: float) -> Device | None:
        """Return the device of a value, if it is known for a name."""
        if _VALUE.fullmatch(value) is None:
            return None
        try:
            raw = decode_base64url(value.encode(), "device cookie")
        except MalformedToken:
            return None
        signed, mac = raw[:_SIGNED_BYTES], raw[_SIGNED_BYTES:]
        if signed[:1] != _VERSION or not hmac.compare_digest(mac, self._mac(signed)):
            return None
        parts = signed[1 + _TIME_BYTES :]
        device = Device(
            parts[:_ID_BYTES],
            int.from_bytes(signed[1 : 1 + _TIME_BYTES]),
            parts[_ID_BYTES : _ID_BYTES + _MAC_BYTES],
            parts[_ID_BYTES + _MAC_BYTES :],
        )
        is_old = microseconds(now - DEVICE_SECONDS) >= device.made_at
        is_named = hmac.compare_digest(device.name, self._half_mac(_NAME, name))
        return device if is_named and not is_old else None

    def subject_mac(self, subject: str) -> bytes:
        """Return what stands for a subject in its cookies."""
        return self._half_mac(_SUBJECT, subject)

    def _half_mac(self, label: bytes, text: str) -> bytes:
        return self._mac(label + text.encode("utf-8", "surrogatepass"))[:_MAC_BYTES]

    def _mac(self, message: bytes) -> bytes:
        return hmac.digest(self._key, message, "sha256")


def microseconds(moment: float) -> int:
    """Return a moment as a cookie has it."""
    return max(0, round(moment * 1e6))
