"""Claims and a key ring -> token. What is made here, the gate accepts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from .claims import TIME_CLAIMS, check_types, numeric_date
from .compact import MAX_TOKEN_BYTES, encode_base64url, parse_header
from .errors import ClaimsError, KeyMaterialError, TokenError
from .keys import KeyRing
from .strict_json import StrictJSONError, parse_object
from .verifier import ACCESS_TOKEN_TYPES, check_type, kind_of

#: Header fields that nobody sets but the signer: they decide how a token is read, or carry keys.
RESERVED_HEADER_FIELDS = frozenset(
    {"alg", "crit", "b64", "zip", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"}
)


def _encode_value(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise ClaimsError(f"a claim of type {type(value).__name__} can't be written as JSON")


_encoder = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_encode_value)


class Signer:
    """Makes signed tokens.

    :param keys: the ring whose signing key signs.
    :param max_bytes: the longest token that is made, in bytes.
    :param typ: the kind of token that is made (:rfc:`8725` section 3.11).
    :raises KeyMaterialError: the ring has no signing key.
    """

    __slots__ = ("_default_prefix", "_header", "_key", "_max_bytes", "_types")

    def __init__(
        self,
        keys: KeyRing,
        *,
        max_bytes: int = MAX_TOKEN_BYTES,
        typ: str = "JWT",
    ) -> None:
        if keys.signing is None:
            raise KeyMaterialError("the key ring has no key that signs")
        self._key = keys.signing
        self._max_bytes = max_bytes
        # Further header fields may name another kind of access token, and otherwise no other kind.
        kind = kind_of(typ)
        self._types = ACCESS_TOKEN_TYPES if kind in ACCESS_TOKEN_TYPES else frozenset({kind})
        self._header = {"typ": typ, "alg": self._key.algorithm.name}
        if self._key.kid is not None:
            self._header["kid"] = self._key.kid
        self._default_prefix = self._prefix(self._header)

    def sign(self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
        """Make a token.

        :param claims: what the token says; ``exp`` has to be there. Datetimes in ``exp``, ``nbf``
            and ``iat`` become whole seconds since 1970 (naive ones are UTC), UUIDs become strings.
        :param header: further JOSE header fields, or None.
        :return: the compact JWS (:rfc:`7515` section 7.1).
        :raises ClaimsError: the gate would refuse the token: ``exp`` is missing, a registered claim
            has the wrong type, a value is no strict JSON, a header field is reserved, or the token
            is longer than ``max_bytes``.
        """
        payload = encode_claims(claims)
        prefix = self._default_prefix if not header else self._prefix(self._extended(header))
        signing_input = prefix + encode_base64url(payload)
        signature = encode_base64url(self._key.sign(signing_input))
        token = signing_input + b"." + signature
        if len(token) > self._max_bytes:
            raise ClaimsError(
                f"the token would have {len(token)} bytes, and {self._max_bytes} are allowed: "
                "keep what is large out of the claims, or raise JWT_MAX_TOKEN_BYTES"
            )
        return token.decode()

    def _extended(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        for name in extra:
            if name in RESERVED_HEADER_FIELDS:
                raise ClaimsError(f"the JOSE header field {name!r} is not for applications to set")
        if self._key.kid is not None and extra.get("kid", self._key.kid) != self._key.kid:
            raise ClaimsError("the JOSE header field 'kid' names the signing key, and is set here")
        return {**self._header, **extra}

    def _prefix(self, header: Mapping[str, Any]) -> bytes:
        raw = _encode(header)
        try:
            check_type(parse_header(raw), self._types)
        except TokenError as error:
            raise ClaimsError(f"the JOSE header would be refused: {error}") from None
        return encode_base64url(raw) + b"."


def encode_claims(claims: Mapping[str, Any]) -> bytes:
    """Write claims as the JSON text of a payload.

    :param claims: the claims; the mapping is not changed.
    :raises ClaimsError: see :meth:`Signer.sign`.
    """
    written = dict(claims)
    for name in TIME_CLAIMS:
        if name in written:
            written[name] = _time(name, written[name])
    if "exp" not in written:
        raise ClaimsError("a token needs the exp claim")
    raw = _encode(written)
    try:
        # Read back by the gate's own reader: what it would refuse is an error here, not a 401.
        check_types(parse_object(raw))
    except (StrictJSONError, TokenError) as error:
        raise ClaimsError(f"the claims would be refused: {error}") from None
    return raw


def _time(name: str, value: Any) -> Any:
    try:
        return numeric_date(value)
    except OverflowError:
        raise ClaimsError(f"the datetime in {name} is out of range") from None


def _encode(value: Mapping[str, Any]) -> bytes:
    try:
        return _encoder.encode(value).encode()
    except ClaimsError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise ClaimsError(f"not JSON: {error}") from None
