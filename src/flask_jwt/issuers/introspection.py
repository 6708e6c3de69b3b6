"""Tokens that their issuer is asked about (RFC 7662): opaque ones, or all of its."""

from __future__ import annotations

import logging
import marshal
import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from math import inf
from typing import Any
from urllib.parse import quote_plus, urlencode

from ..core.cache import TokenCache, TokenOwner
from ..core.clock import Clock
from ..core.errors import InvalidClaim, KeyMaterialError, MalformedToken, TokenError
from ..core.key_ring import KeyRing
from ..core.keys import Key
from ..core.per_process import PerProcess, new_lock
from ..core.signer import Signer
from ..core.strict_json import StrictJSONError, parse_object
from ..core.verifier import ParsedToken, VerifiedToken
from ..errors import ConfigurationError
from .discovery import discover
from .errors import FetchError, IssuerUnavailable
from .fetching import Fetch, FetchRequest, FetchResponse, with_deadline
from .options import IntrospectionOptions, IssuerOptions
from .policy import IssuerPolicy

#: The shortest token that is asked about, in bytes: anything shorter can be guessed.
MIN_TOKEN_BYTES = 30
_OK, _BAD_REQUEST, _UNAUTHORIZED = 200, 400, 401
# What some say of tokens that are not opaque, a code of RFC 7009 section 2.2.1: the fault is the
# token's, and not that of the question.
_UNSUPPORTED = "unsupported_token_type"
# RFC 9110 section 11.2: what a token may consist of.
_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 60
# The log is told of an issuer that can't be asked once in so many seconds.
_TOLD_SECONDS = 1.0
# How answers call an access token, where they say.
_KINDS = {
    "token_type": frozenset({"bearer", "access_token"}),
    "token_use": frozenset({"access", "access_token"}),
}
_FORM = "application/x-www-form-urlencoded"


class InactiveToken(TokenError):
    """The issuer says that a token is good no more, or never was (:rfc:`7662` section 2.2)."""

    code = "inactive_token"

    def __init__(self) -> None:
        super().__init__("The token is not active")


class IntrospectedIssuer:
    """Verifies the tokens of one issuer by asking it."""

    def __init__(
        self,
        options: IssuerOptions,
        introspection: IntrospectionOptions,
        fetch: Fetch,
        cache: TokenCache,
        clock: Clock,
        max_bytes: int,
        log: Callable[[int, str], None],
    ) -> None:
        self.options = options
        self._introspection = introspection
        self._discovered: str | None = None
        self._fetch = fetch
        self._policy = IssuerPolicy(options)
        self._names = options.names
        self._cache = cache
        self._owner = TokenOwner(self.verify)
        self._clock = clock
        self._max_bytes = max_bytes
        self._log = log
        self._in_flight = PerProcess(_InFlight)
        self._told_at = -inf
        self._signer = _signer_of(introspection)

    def verify(self, token: str, parsed: ParsedToken | None = None) -> VerifiedToken:  # noqa: ARG002
        """Verify a token, by an answer that is remembered or by another question."""
        now, seconds = self._clock(), self._introspection.cache
        if seconds:
            known = self._cache.find(token) or self._cache.find_older(token)
            if known is not None and known[5] is self._owner and known[0] <= now < known[1]:
                claims = marshal.loads(known[4])  # type: ignore[arg-type]  # noqa: S302
                return VerifiedToken(claims, {}, self._names)
        if not MIN_TOKEN_BYTES <= len(token) <= self._max_bytes or not _TOKEN68.fullmatch(token):
            raise MalformedToken("The token is no text that an issuer gives out")
        claims = self._claims_of(token)
        begins, ends = self._policy.check(claims, now)
        if seconds:
            kept = marshal.dumps(claims)
            ends = min(ends, now + seconds)
            # An answer may be of any length, whatever the token's.
            self._cache.keep(token, (begins, ends, {}, {}, kept, self._owner), len(kept))
        return VerifiedToken(claims, {}, self._names)

    def ask(self, token: str) -> dict[str, Any]:
        """Return what the issuer says of a token; raise :exc:`.FetchError` if it says nothing."""
        # Discovery and the question have the time of one.
        fetch = with_deadline(self._fetch)
        endpoint = self._introspection.endpoint or self._discovered
        if endpoint is None:
            endpoint = self._discovered = _endpoint_of(self.options.issuer, fetch)
        try:
            return _answer_in(endpoint, fetch(self._request(endpoint, token)))
        except FetchError:
            # It may have moved.
            self._discovered = None
            raise

    def _claims_of(self, token: str) -> dict[str, Any]:
        counts = self._in_flight.take()
        if not counts.enter(self._introspection.max_in_flight):
            raise IssuerUnavailable
        try:
            answer = self.ask(token)
        except FetchError as error:
            self._tell(str(error))
            raise IssuerUnavailable from None
        finally:
            counts.leave()
        if answer.pop("active", None) is not True:
            raise InactiveToken
        _check_kind(answer)
        # RFC 7662 section 2.2 leaves it to the server whether it names itself.
        answer.setdefault("iss", self.options.issuer)
        return answer

    def _tell(self, fault: str) -> None:
        # Requests that fail of it are as many as anybody likes.
        now = self._clock()
        if now >= self._told_at + _TOLD_SECONDS:
            self._told_at = now
            self._log(logging.ERROR, f"{self.options.issuer} can't be asked about tokens: {fault}")

    def _request(self, endpoint: str, token: str) -> FetchRequest:
        options = self._introspection
        form = {"token": token, "token_type_hint": "access_token"}
        headers = {"accept": "application/json", "content-type": _FORM}
        if self._signer is None:
            # RFC 6749 section 2.3.1: both are encoded before they are joined.
            pair = f"{quote_plus(options.client_id)}:{quote_plus(options.client_secret or '')}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {
                "client_id": options.client_id,
                "client_assertion_type": _ASSERTION_TYPE,
                "client_assertion": self._assertion(self._signer),
            }
        body = urlencode(form).encode()
        return FetchRequest(endpoint, "POST", headers, body)

    def _assertion(self, signer: Signer) -> str:
        """Return what shows who asks (:rfc:`7523` section 3)."""
        now = int(self._clock())
        return signer.sign(
            {
                "iss": self._introspection.client_id,
                "sub": self._introspection.client_id,
                "aud": self.options.issuer,
                "jti": secrets.token_urlsafe(16),
                "iat": now,
                "exp": now + _ASSERTION_SECONDS,
            }
        )


class _InFlight:
    """How many questions of one process are under way."""

    __slots__ = ("_count", "_lock")

    def __init__(self) -> None:
        self._lock = new_lock()
        self._count = 0

    def enter(self, most: int) -> bool:
        with self._lock:
            if self._count >= most:
                return False
            self._count += 1
            return True

    def leave(self) -> None:
        with self._lock:
            self._count -= 1


def _endpoint_of(issuer: str, fetch: Fetch) -> str:
    endpoint = discover(issuer, fetch, "introspection_endpoint").introspection_endpoint
    if endpoint is None:
        raise FetchError("its metadata names no introspection_endpoint")
    return endpoint


def _answer_in(endpoint: str, response: FetchResponse) -> dict[str, Any]:
    if response.status == _UNAUTHORIZED:
        raise FetchError(f"{endpoint} refuses the client_id or its secret (401)")
    if response.status == _BAD_REQUEST and _is_unsupported(response.body):
        return {"active": False}
    if response.status != _OK:
        raise FetchError(f"{endpoint} answered {response.status}")
    try:
        return parse_object(response.body)
    except StrictJSONError:
        raise FetchError(f"{endpoint} answered with no strict JSON object") from None


def _is_unsupported(body: bytes) -> bool:
    try:
        return parse_object(body).get("error") == _UNSUPPORTED
    except StrictJSONError:
        return False


def _check_kind(answer: Mapping[str, Any]) -> None:
    """Refuse what is active and no access token: the hint in the question binds nobody."""
    for name, kinds in _KINDS.items():
        if name in answer and str(answer[name]).lower() not in kinds:
            raise InvalidClaim("The token is of another kind", name)


def _signer_of(options: IntrospectionOptions) -> Signer | None:
    if options.private_key is None:
        return None
    try:
        return Signer(
            KeyRing(Key.from_pem(options.private_key, options.algorithm, kid=options.key_id))
        )
    except KeyMaterialError as error:
        raise ConfigurationError(
            f"the private_key of the introspection in app.config['JWT_TRUSTED_ISSUERS']: {error}"
        ) from None
