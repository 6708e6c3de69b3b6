"""Claims and a key ring -> token. The verifier accepts every token that the signer makes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from .claims import TIME_CLAIMS, check_types, is_naive, numeric_date
from .clock import Clock, system_clock
from .compact_jws import MAX_TOKEN_BYTES, encode_base64url, parse_header
from .errors import ClaimsError, KeyMaterialError, TokenError
from .key_ring import KeyRing
from .keys import Key
from .strict_json import StrictJSONError, parse_object
from .verifier import ACCESS_TOKEN_TYPES, check_type, kind_of

#: Header fields that the signer alone sets: they decide how a token is read, or carry keys.
RESERVED_HEADER_FIELDS = frozenset(
    {"alg", "crit", "b64", "zip", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"}
)


def _encode_value(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise ClaimsError(f"a claim of type {type(value).__name__} can't be written as JSON")


# As UTF-8, which is shorter than escapes: a long name in any script fits into a token.
_encoder = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_encode_value
)


class _Turn(NamedTuple):
    """The key that signs until another may have to, with the header of its tokens."""

    ends: float
    key: Key
    header: dict[str, str]
    prefix: bytes

    def __repr__(self) -> str:
        return f"<_Turn of {self.key!r}>"


class Signer:
    """Makes signed tokens.

    :param keys: the ring whose signing key signs; when another one's ``signs_from`` comes, that
        one does.
    :param max_bytes: the longest token that is made, in bytes.
    :param typ: the kind of token that is made (:rfc:`8725` section 3.11).
    :param clock: gives seconds since 1970.
    :raises KeyMaterialError: no key of the ring signs now.
    """

    __slots__ = ("_clock", "_keys", "_max_bytes", "_turn", "_typ", "_types")

    def __init__(
        self,
        keys: KeyRing,
        *,
        max_bytes: int = MAX_TOKEN_BYTES,
        typ: str = "JWT",
        clock: Clock = system_clock,
    ) -> None:
        self._keys = keys
        self._max_bytes = max_bytes
        self._clock = clock
        self._typ = typ
        # Further header fields may make an access token one of RFC 9068, and nothing else of it.
        kind = kind_of(typ)
        self._types = ACCESS_TOKEN_TYPES if kind == "jwt" else frozenset({kind})
        self._turn = self._next_turn()

    def sign(self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
        """Make a token; see :meth:`make`."""
        return self.make(claims, header)[0]

    def make(
        self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Make a token, and read it.

        :param claims: what the token says; ``exp`` has to be there. Datetimes in ``exp``, ``nbf``
            and ``iat`` become whole seconds since 1970 (naive ones are UTC), UUIDs become strings.
        :param header: further JOSE header fields, or None.
        :return: the compact JWS (:rfc:`7515` section 7.1), and its claims as the verifier returns
            them.
        :raises ClaimsError: the verifier would refuse the token: ``exp`` is missing, a registered
            claim has the wrong type, a value is no strict JSON, ``exp`` is not later than now and
            than ``nbf`` (:rfc:`7519` section 4.1), a header field is reserved, or the token is
            longer than ``max_bytes``.
        :raises KeyMaterialError: no key of the ring signs now.
        """
        turn, now = self._turn, self._clock()
        if now >= turn.ends:
            turn = self._turn = self._next_turn()
        # Here, and no function of its own: a sign-in would walk further.
        written = dict(claims)
        for name in TIME_CLAIMS:
            if isinstance(written.get(name), datetime):
                try:
                    written[name] = numeric_date(written[name])
                except OverflowError:
                    raise ClaimsError(f"the datetime in {name} is out of range") from None
        payload, seen = self._payload(written, claims, now)
        prefix = turn.prefix if not header else self._prefix(_extended(turn, header))
        signing_input = prefix + encode_base64url(payload)
        signature = encode_base64url(turn.key.sign(signing_input))
        token = signing_input + b"." + signature
        if len(token) > self._max_bytes:
            raise ClaimsError(
                f"the token would have {len(token)} bytes, and {self._max_bytes} are allowed: "
                "keep what is large out of the claims, or raise JWT_MAX_TOKEN_BYTES"
            )
        return token.decode(), seen

    def _payload(
        self, written: dict[str, Any], claims: Mapping[str, Any], now: float, /
    ) -> tuple[bytes, dict[str, Any]]:
        """Return the JSON text of a payload, and what is read there; ``claims`` are as given."""
        if "exp" not in written:
            raise ClaimsError("a token needs the exp claim")
        raw = _encode(written)
        try:
            # Read back as the verifier does: what that would refuse is an error here, not a 401.
            seen = parse_object(raw)
            check_types(seen)
        except (StrictJSONError, TokenError) as error:
            raise ClaimsError(f"the claims would be refused: {error}") from None
        # As the verifier reads it: a fraction of a second never prolongs a token.
        if int(seen["exp"]) <= max(now, seen.get("nbf", now)):
            raise ClaimsError(_expired_error(claims, seen, now))
        return raw, seen

    def _next_turn(self) -> _Turn:
        now = self._clock()
        key = self._keys.signing_key(now)
        if key is None:
            raise KeyMaterialError("the key ring has no key that signs")
        header = {"typ": self._typ, "alg": key.algorithm.name}
        if key.kid is not None:
            header["kid"] = key.kid
        return _Turn(self._keys.next_change(now), key, header, self._prefix(header))

    def _prefix(self, header: Mapping[str, Any]) -> bytes:
        raw = _encode(header)
        try:
            check_type(parse_header(raw), self._types)
        except TokenError as error:
            raise ClaimsError(f"the JOSE header would be refused: {error}") from None
        return encode_base64url(raw) + b"."


def _extended(turn: _Turn, extra: Mapping[str, Any]) -> dict[str, Any]:
    for name in extra:
        if name in RESERVED_HEADER_FIELDS:
            raise ClaimsError(f"the JOSE header field {name!r} is not for applications to set")
    # A thumbprint is only a default: the application may give another kid.
    if turn.key.has_explicit_kid and extra.get("kid", turn.key.kid) != turn.key.kid:
        raise ClaimsError("the JOSE header field 'kid' names the signing key, and is set here")
    return {**turn.header, **extra}


def _expired_error(claims: Mapping[str, Any], seen: Mapping[str, Any], now: float) -> str:
    fault = f"exp is not later than {'now' if int(seen['exp']) <= now else 'nbf'}"
    named = [name for name in ("exp", "nbf") if is_naive(claims.get(name))]
    if not named:
        return f"the token would never be good: {fault}"
    return (
        f"the token would never be good: {fault}; {' and '.join(named)} was given as a naive "
        "datetime, which is taken for UTC: write datetime.now(timezone.utc), and not "
        "datetime.now()"
    )


def _encode(value: Mapping[str, Any]) -> bytes:
    try:
        return _encoder.encode(value).encode()
    except ClaimsError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise ClaimsError(f"not JSON: {error}") from None
