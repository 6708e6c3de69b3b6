"""One trusted issuer: the keys that it publishes, and the rules for its tokens."""

from __future__ import annotations

from collections.abc import Callable

from ..core.cache import TokenCache, TokenOwner
from ..core.clock import Clock
from ..core.compact_jws import decode_header
from ..core.errors import InvalidHeader, InvalidSignature
from ..core.key_ring import KeyRing
from ..core.verifier import ParsedToken, VerifiedToken, Verifier, parse_token
from .options import IssuerOptions
from .policy import IssuerPolicy
from .remote_keys import KeysInUse, RemoteKeys

#: Makes what keeps the keys of an issuer; called with what makes the verifier of a ring.
OpenKeys = Callable[[Callable[[KeyRing], Verifier]], RemoteKeys]


class TrustedIssuer:
    """Verifies the tokens of one issuer with the keys that it publishes."""

    def __init__(
        self,
        options: IssuerOptions,
        open_keys: OpenKeys,
        cache: TokenCache,
        clock: Clock,
        max_bytes: int,
    ) -> None:
        self.options = options
        self._policy = IssuerPolicy(options)
        self._names = options.names
        self._cache = cache
        self._clock = clock
        self._max_bytes = max_bytes
        #: The keys that are known, and when they are asked for again.
        self.keys = open_keys(self._make_verifier)

    def verify(self, token: str, parsed: ParsedToken | None = None) -> VerifiedToken:
        """Verify a token; one that a new key may have signed waits for one look at the keys."""
        remote = self.keys
        keys = remote.in_use
        # What current() asks first, without its call: each request with a cached token comes here.
        if keys is None or remote.timer() >= keys.due:
            keys = remote.current()
        try:
            return keys.verifier.verify(token, parsed)
        except (InvalidSignature, InvalidHeader):
            newer = self._newer_than(keys, token, parsed)
            if newer is None:
                raise
        return newer.verifier.verify(token, parsed)

    def _newer_than(
        self, keys: KeysInUse, token: str, parsed: ParsedToken | None
    ) -> KeysInUse | None:
        parsed = parsed or parse_token(token, self._max_bytes)
        header = decode_header(parsed.header)
        kid: str | None = header.get("kid")
        # Of a key that is known, the signature is bad, and no other key will do.
        if header["alg"] not in self.options.algorithms or (kid and keys.ring.has_kid(kid)):
            return None
        return self.keys.newer_than(keys)

    def _make_verifier(self, ring: KeyRing) -> Verifier:
        return Verifier(
            ring,
            self._policy,
            max_bytes=self._max_bytes,
            types=self.options.types,
            clock=self._clock,
            names=self._names,
            cache=self._cache,
            owner=TokenOwner(self.verify),
        )
