"""The token parser: the text of a compact JWS -> header, payload, signature, or one error.

Nothing here uses a key. The text is measured before it is decoded, each part has one spelling only
(canonical base64url, no padding), and the header is read by :mod:`.strict_json` and must ask for
nothing that this package does not do.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from typing import Any

from .errors import InvalidHeader, MalformedToken
from .strict_json import StrictJSONError, parse_object

#: The longest token that is read or made, in bytes, unless configured.
MAX_TOKEN_BYTES = 8192
#: The longest ``kid``, in characters.
MAX_KID_LENGTH = 255

# The characters that only standard base64 knows become one that no base64 knows.
_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")
_TO_URLSAFE = bytes.maketrans(b"+/", b"-_")
_PADDING = (b"", b"", b"==", b"=")
# Last characters whose unused low bits are zero, by the number of characters in the last group: a
# whole group has no unused bits, and one character alone is no group.
_CANONICAL_LAST = (
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    b"",
    b"AQgw",
    b"AEIMQUYcgkosw048",
)
# A number, because bytes look for a number first, and for a substring only after an exception.
_DOT = ord(".")
# Parameters that change how the rest is read (RFC 7797, RFC 7516): refused, even if not critical.
_REFUSED_PARAMETERS = ("crit", "b64", "zip")


def _is_string(value: Any) -> bool:
    return type(value) is str


def _is_address(value: Any) -> bool:
    return type(value) is str and value.startswith(("https://", "http://"))


# The registered parameters (RFC 7515 section 4.1) that are not used here: they have to be what they
# are elsewhere, and then no other program reads the token differently.
_PARAMETER_CHECKS: dict[str, Callable[[Any], bool]] = {
    "typ": _is_string,
    "cty": _is_string,
    "jku": _is_address,
    "jwk": lambda value: type(value) is dict,
    "x5u": _is_address,
    "x5c": lambda value: type(value) is list and all(map(_is_string, value)),
    "x5t": _is_string,
    "x5t#S256": _is_string,
}


def split_compact(
    token: str, max_bytes: int = MAX_TOKEN_BYTES
) -> tuple[bytes, bytes, bytes, bytes]:
    """Split the text of a compact JWS (:rfc:`7515` section 7.1) without decoding it."""
    if len(token) > max_bytes:
        raise MalformedToken("Token is too long")
    if not token.isascii():
        raise MalformedToken("Token has invalid characters")
    signing_input, _, signature = token.encode().rpartition(b".")
    header, dot, payload = signing_input.partition(b".")
    if not dot:
        raise MalformedToken("Not enough segments")
    if _DOT in payload:
        raise MalformedToken("Too many segments")
    return header, payload, signature, signing_input


def parse_header(raw: bytes) -> dict[str, Any]:
    """Parse a JOSE header and check the parameters that every token may have."""
    try:
        header = parse_object(raw)
    except StrictJSONError as error:
        raise MalformedToken(f"Invalid header string: {error}") from None
    for name in _REFUSED_PARAMETERS:
        if name in header:
            raise InvalidHeader(f"The {name} header parameter is not supported")
    if type(header.get("alg")) is not str:
        raise InvalidHeader("The specified alg value is not allowed")
    for name, is_well_formed in _PARAMETER_CHECKS.items():
        if name in header and not is_well_formed(header[name]):
            raise InvalidHeader(f"The {name} header parameter is not what it has to be")
    kid = header.get("kid", "-")
    if type(kid) is not str or not 0 < len(kid) <= MAX_KID_LENGTH:
        raise InvalidHeader(f"Key ID must be a string of 1 to {MAX_KID_LENGTH} characters")
    return header


def decode_header(encoded: bytes) -> dict[str, Any]:
    """Return the JOSE header in the first part of a token."""
    return parse_header(decode_base64url(encoded, "header"))


def decode_base64url(part: bytes, what: str) -> bytes:
    """Decode canonical base64url without padding (:rfc:`7515` C, :rfc:`4648` section 3.5)."""
    remainder = len(part) & 3
    if not part or part[-1] not in _CANONICAL_LAST[remainder]:
        raise MalformedToken(f"Invalid {what} padding")
    try:
        return binascii.a2b_base64(
            part.translate(_TO_STANDARD) + _PADDING[remainder], strict_mode=True
        )
    except binascii.Error:
        raise MalformedToken(f"Invalid {what} padding") from None


def encode_base64url(data: bytes) -> bytes:
    """Encode as base64url without padding (:rfc:`7515` section 2)."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URLSAFE)
