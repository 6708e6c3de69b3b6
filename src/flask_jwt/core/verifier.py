"""Token -> VerifiedToken, or one error."""

from __future__ import annotations

import marshal
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn

from .cache import CACHE_TOKENS, TokenCache, TokenOwner
from .claims import MAX_NUMERIC_DATE, ClaimsPolicy
from .clock import Clock, system_clock
from .compact_jws import MAX_TOKEN_BYTES, decode_base64url, decode_header, split_compact
from .errors import InvalidHeader, InvalidSignature, MalformedToken
from .grants import OWN_NAMES, ClaimNames, roles_in, scopes_in
from .key_ring import KeyRing
from .strict_json import StrictJSONError, parse_object

#: The values of ``typ`` of an access token, in lower case.
ACCESS_TOKEN_TYPES = frozenset({"jwt", "at+jwt"})
#: The kind that says it is an access token, and nothing else (:rfc:`9068` section 2.1).
RFC9068_TYPE = "at+jwt"

_DEFAULT_POLICY = ClaimsPolicy()
_MAX_HEADERS = 64
_BRACKET = ord("[")


class VerifiedToken(NamedTuple):
    """A token whose signature and claims are good.

    What a claim does not say, or says in another type than it should, is None.

    :param claims: what the token says; a new dict each time.
    :param header: the JOSE header. It is signed, but says nothing about the bearer.
    :param names: which claims say what.
    """

    claims: Mapping[str, Any]
    header: Mapping[str, Any]
    names: ClaimNames = OWN_NAMES

    @property
    def is_own(self) -> bool:
        """Whether the application itself has made the token, and no trusted issuer."""
        return self.names.issuer is None

    @property
    def issuer(self) -> str | None:
        """Who has made the token: ``iss``."""
        issuer = self.claims.get("iss")
        return self.names.issuer or (issuer if isinstance(issuer, str) else None)

    @property
    def subject(self) -> Any:
        """What names the user at the issuer: ``identity``, or else ``sub``.

        Of a trusted issuer's token it is ``sub``, or the claim that the issuer's options name.
        """
        claims, name = self.claims, self.names.subject
        if name is not None:
            return claims.get(name)
        return claims["identity"] if "identity" in claims else claims.get("sub")

    @property
    def scopes(self) -> frozenset[str]:
        """What the token may be used for: ``scope`` or ``scp``; empty where that is malformed."""
        return scopes_in(self.claims, self.names.scopes) or frozenset()

    @property
    def roles(self) -> frozenset[str]:
        """The roles of the user; empty where they are malformed."""
        return roles_in(self.claims, self.names.roles) or frozenset()

    @property
    def expires_at(self) -> float | None:
        """When the token expires, in seconds since 1970."""
        return _time(self.claims.get("exp"))

    @property
    def auth_time(self) -> float | None:
        """When the user signed in, in seconds since 1970 (OpenID Connect Core section 2)."""
        return _time(self.claims.get("auth_time"))

    @property
    def session(self) -> str | None:
        """The session that the token belongs to: ``sid``; None for a trusted issuer's sessions."""
        sid = self.claims.get("sid")
        return sid if isinstance(sid, str) and self.is_own else None

    def __repr__(self) -> str:
        return "<VerifiedToken>"


def _time(value: object) -> float | None:
    # Claims of an application's own decode hook may hold NaN, and numbers that no float holds.
    if type(value) in (int, float) and 0 <= value <= MAX_NUMERIC_DATE:  # type: ignore[operator]
        return value  # type: ignore[return-value]
    return None


class ParsedToken(NamedTuple):
    """The parts of a compact JWS that nobody has verified yet."""

    header: bytes
    payload: bytes
    signature: bytes
    signing_input: bytes
    claims: dict[str, Any]

    def __repr__(self) -> str:
        return "<ParsedToken>"


def parse_token(token: str, max_bytes: int = MAX_TOKEN_BYTES) -> ParsedToken:
    """Take a compact JWS apart; its header and its signature are not decoded yet."""
    header, encoded_payload, signature, signing_input = split_compact(token, max_bytes)
    payload = decode_base64url(encoded_payload, "payload")
    return ParsedToken(header, payload, signature, signing_input, _claims_in(payload))


def _claims_in(payload: bytes) -> dict[str, Any]:
    try:
        return parse_object(payload)
    except StrictJSONError as error:
        raise MalformedToken(f"Invalid payload string: {error}") from None


class Verifier:
    """Decides on tokens.

    :param keys: the ring whose keys are accepted.
    :param policy: what is required of the claims; by default that ``exp`` is there and has not
        passed, that ``nbf`` and ``iat`` have, and that no audience is named.
    :param max_bytes: the longest token that is looked at, in bytes.
    :param types: the values of ``typ`` that are accepted, in lower case, without
        ``application/`` (:rfc:`9068` section 4). A token without ``typ`` counts as ``jwt``.
    :param clock: gives seconds since 1970.
    :param cache_tokens: how many verified tokens are remembered at most; 0 for none. The times of a
        remembered token, and the dates of its key, are looked at again each time.
    :param names: which claims say what.
    :param cache: remembers the tokens in place of a cache of the verifier's own: several verifiers
        may share one.
    :param owner: stands beside remembered tokens; those of another owner count for nothing.
    """

    def __init__(
        self,
        keys: KeyRing,
        policy: ClaimsPolicy = _DEFAULT_POLICY,
        *,
        max_bytes: int = MAX_TOKEN_BYTES,
        types: frozenset[str] = ACCESS_TOKEN_TYPES,
        clock: Clock = system_clock,
        cache_tokens: int = CACHE_TOKENS,
        names: ClaimNames = OWN_NAMES,
        cache: TokenCache | None = None,
        owner: TokenOwner | None = None,
    ) -> None:
        self._keys = keys
        self._policy = policy
        self._max_bytes = max_bytes
        self._types = types
        self._clock = clock
        self._names = names
        # The headers of tokens that were verified, by their exact text: there are few.
        self._headers: dict[bytes, Mapping[str, Any]] = {}
        # What it holds belongs to this ring and this policy: another verifier has another owner.
        self._cache = TokenCache(cache_tokens) if cache is None else cache
        self._owner = object() if owner is None else owner
        self._find = self._cache.find
        self._find_older = self._cache.find_older

    def verify(self, token: str, parsed: ParsedToken | None = None) -> VerifiedToken:
        """Verify a token (:rfc:`7519` section 7.2, :rfc:`8725`).

        :param token: the compact JWS, without scheme or spaces.
        :param parsed: its parts, where somebody has taken it apart already.
        :return: its claims and header.
        :raises MalformedToken: it is no strict compact JWS.
        :raises InvalidHeader: its algorithm or kind is not accepted, or it has ``crit``, ``b64`` or
            ``zip``.
        :raises InvalidSignature: no key of the ring made its signature.
        :raises InvalidClaim: a claim is missing, of the wrong type or not acceptable; see
            :meth:`.ClaimsPolicy.check` for the children.
        """
        # The same clock, without its call.
        now = time.time() if self._clock is system_clock else self._clock()
        known = self._find(token)
        if known is None:
            known = self._find_older(token)
            if known is None:
                return self._decide(token, now, parsed)
            self._cache.keep(token, known)
        begins, ends, claims, header, nested, owner = known
        if begins <= now < ends and owner is self._owner:
            if nested is None:
                claims = claims.copy()
            elif isinstance(nested, bytes):
                claims = marshal.loads(nested)  # noqa: S302
            else:
                claims = _copied(claims, nested)
            # As VerifiedToken(claims, header, …), without its constructor's call.
            return tuple.__new__(VerifiedToken, (claims, header, self._names))
        # It has expired, or has not begun: the full check says which. Or other keys have decided.
        return self._decide(token, now, parsed)

    def verify_ignoring_expiry(self, token: str) -> VerifiedToken:
        """Verify a token that may have expired, or not have begun: to sign out, for one.

        :param token: the compact JWS.
        :raises TokenError: see :meth:`verify`; everything but its age is looked at.
        """
        return self._decide(token, self._clock(), timed=False)

    def _decide(
        self, token: str, now: float, parsed: ParsedToken | None = None, *, timed: bool = True
    ) -> VerifiedToken:
        payload: bytes | None = None
        claims: dict[str, Any] | None = None
        if parsed is None:
            encoded_header, encoded_payload, encoded_signature, signing_input = split_compact(
                token, self._max_bytes
            )
        else:
            encoded_header, payload, encoded_signature, signing_input, claims = parsed
            encoded_payload = b""
        remembered = self._headers.get(encoded_header)
        header = self._read_header(encoded_header) if remembered is None else remembered
        if payload is None:
            payload = decode_base64url(encoded_payload, "payload")
        signature = decode_base64url(encoded_signature, "crypto")
        for key in self._keys.candidates(header["alg"], header.get("kid"), now):
            if key.verify(signing_input, signature):
                break
        else:
            refuse_signature(header, self._keys)
        if claims is None:
            claims = _claims_in(payload)
        if not timed:
            self._policy.check_ignoring_expiry(claims)
            return VerifiedToken(claims, header, self._names)
        begins, ends = self._policy.check(claims, now)
        # A header that can't be remembered holds lists or objects, which its receiver could change.
        if remembered is not None or self._remember_header(encoded_header, header):
            if ends > key.verifies_until:
                ends = key.verifies_until
            # A bracket may begin a list or object, which its receiver could change. Lists of
            # scalars, as roles and amr are, are copied each time. With anything else the claims are
            # marshalled, and loaded anew, which takes several times as long.
            kept: dict[str, Any] = claims
            nested: bytes | tuple[str, ...] | None = None
            if _BRACKET in payload or payload.count(b"{") > 1:
                nested = _flat_lists(claims)
                if nested is None:
                    kept, nested = {}, marshal.dumps(claims)
            kept = _copied(kept, nested) if isinstance(nested, tuple) else kept.copy()
            self._cache.keep(token, (begins, ends, kept, header, nested, self._owner))
        return tuple.__new__(VerifiedToken, (claims, header, self._names))

    def _read_header(self, encoded: bytes) -> Mapping[str, Any]:
        header = decode_header(encoded)
        check_type(header, self._types)
        return MappingProxyType(header)

    def _remember_header(self, encoded: bytes, header: Mapping[str, Any]) -> bool:
        # Strings only: the application is handed the header, and could change a list inside.
        if not all(type(value) is str for value in header.values()):
            return False
        if len(self._headers) >= _MAX_HEADERS:
            self._headers.clear()
        self._headers[encoded] = header
        return True


def _flat_lists(claims: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return which claims are lists of scalars; None where any holds more than that."""
    names: list[str] = []
    for name, value in claims.items():
        if type(value) is list:
            if not {dict, list}.isdisjoint(map(type, value)):
                return None
            names.append(name)
        elif type(value) is dict:
            return None
    return tuple(names)


def _copied(claims: dict[str, Any], lists: tuple[str, ...]) -> dict[str, Any]:
    claims = claims.copy()
    for name in lists:
        claims[name] = claims[name].copy()
    return claims


def check_type(header: Mapping[str, Any], types: frozenset[str]) -> None:
    """Check the kind of a token, so that no other kind passes for it (:rfc:`8725` section 3.11)."""
    if kind_of(header.get("typ", "JWT")) not in types:
        raise InvalidHeader("The token is of another kind")


def refuse_signature(header: Mapping[str, Any], keys: KeyRing) -> NoReturn:
    """Refuse a token whose signature no key of a ring has made."""
    if header["alg"] not in keys.algorithms:
        raise InvalidHeader("The specified alg value is not allowed")
    raise InvalidSignature


def kind_of(typ: str) -> str:
    """Return a media type as it is compared: in lower case, without ``application/``."""
    return typ.lower().removeprefix("application/")
