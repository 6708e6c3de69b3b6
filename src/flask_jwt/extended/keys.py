"""The keys of Flask-JWT-Extended: several algorithms for one, and keys that a loader finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..core.algorithms import ALGORITHMS
from ..core.compact_jws import decode_header
from ..core.errors import InvalidHeader, InvalidSignature, KeyMaterialError
from ..core.grants import ClaimNames
from ..core.key_ring import KeyRing
from ..core.keys import Key
from ..core.signer import Signer
from ..core.verifier import ParsedToken, VerifiedToken, Verifier, parse_token
from ..errors import ConfigurationError
from ..hooks import await_result
from ..keys.provider import KeyProvider
from ..keys.ring_from_config import KeyConfig
from ..keys.settings import KeySettings
from ..settings.declare import Config
from .key_objects import as_pem
from .loaders import Loaders, configured_decode_key, configured_encode_key
from .policy import ExtendedSigner

# An application's users have few keys that are in use at a time; each is prepared once.
_MAX_KEYS = 256


class ExtendedKeyConfig(KeyConfig):
    """Where the keys come from; the key that signs verifies by several algorithms."""

    def __init__(
        self,
        config: Config,
        settings: KeySettings,
        algorithms: Sequence[str],
        *,
        allow_weak: bool,
    ) -> None:
        super().__init__(config, settings, allow_weak=allow_weak)
        first, *more = algorithms
        # The same key once more, for each other algorithm.
        self._others = [
            KeyConfig(
                {**config, "JWT_ALGORITHM": name},
                replace(settings, algorithm=name),
                allow_weak=allow_weak,
            )
            for name in more
            if of_one_family(first, name)
        ]

    def ring_from_config(self, warnings: list[str]) -> KeyRing:
        """Make the ring of the secret or the PEM keys that the configuration names."""
        ring = super().ring_from_config(warnings)
        if not self._others:
            return ring
        signing = ring.signing_key(0)
        verifying = [key for key in ring.keys if key is not signing]
        for other in self._others:
            verifying += [key.only_verifying() for key in other.ring_from_config([]).keys]
        return KeyRing(signing, verifying)


def of_one_family(name: str, other: str) -> bool:
    """Tell whether two algorithms take the same keys."""
    row, other_row = ALGORITHMS[name], ALGORITHMS[other]
    return (row.key_type, row.curve) == (other_row.key_type, other_row.curve)


class LoaderKeys(KeyProvider):
    """Keys that the application's loaders find: for a token by what it says, or for an identity.

    What a loader does not find is the configured key's: of an application that has one of the two.
    """

    def __init__(
        self,
        *provider: Any,
        loaders: Loaders,
        algorithms: Sequence[str],
        allow_weak: bool,
        **options: Any,
    ) -> None:
        super().__init__(*provider, **options)
        self._loaders = loaders
        self._algorithms = [name for name in algorithms if of_one_family(algorithms[0], name)]
        self._allow_weak = allow_weak
        self._verifier_of = lru_cache(_MAX_KEYS)(self._make_verifier)
        self._signer_of = lru_cache(_MAX_KEYS)(self._make_loaded_signer)

    @property
    def are_loaded(self) -> bool:
        """Whether a function of the application's finds the key for each token."""
        return self._loaders._decode_key_callback is not configured_decode_key

    def verify(self, token: str, parsed: ParsedToken | None = None) -> VerifiedToken:
        """Verify a token with the key that the loader returns for it."""
        if not self.are_loaded:
            return super().verify(token, parsed)
        verifier, parsed = self._verifier_for(token, parsed)
        return verifier.verify(token, parsed)

    def verify_ignoring_expiry(self, token: str) -> VerifiedToken:
        """Verify a token that may have expired, or not have begun."""
        if not self.are_loaded:
            return super().verify_ignoring_expiry(token)
        return self._verifier_for(token)[0].verify_ignoring_expiry(token)

    def signer_for(self, identity: Any) -> Signer:
        """Return what signs a token for an identity."""
        if self._loaders._encode_key_callback is configured_encode_key:
            return self.snapshot().signer
        return self._signer_of(
            _material(await_result(self._loaders._encode_key_callback(identity)))
        )

    def _verifier_for(
        self, token: str, parsed: ParsedToken | None = None
    ) -> tuple[Verifier, ParsedToken]:
        parsed = parsed or parse_token(token, self._settings.max_token_bytes)
        header = decode_header(parsed.header)
        if header["alg"] not in self._algorithms:
            # A loader that goes by the algorithm would return a key of another kind.
            raise InvalidHeader("The specified alg value is not allowed")
        # A copy: what the loader makes of it is nobody else's.
        claims = parse_token(token, self._settings.max_token_bytes).claims
        secret = await_result(self._loaders._decode_key_callback(header, claims))
        if not secret:
            # Nobody's key has made it.
            raise InvalidSignature
        return self._verifier_of(_material(secret)), parsed

    def _make_verifier(self, secret: str | bytes) -> Verifier:
        keys = [self._key(secret, name).only_verifying() for name in self._algorithms]
        return Verifier(
            KeyRing(None, keys),
            self._policy,
            max_bytes=self._settings.max_token_bytes,
            types=self.types,
            clock=self._clock,
            # The loader is asked for each token: what it has answered before may be revoked.
            cache_tokens=0,
            names=ClaimNames(roles=(self._settings.roles_claim,)),
        )

    def _make_loaded_signer(self, secret: str | bytes) -> Signer:
        ring = KeyRing(self._key(secret, self._algorithms[0]))
        return ExtendedSigner(ring, max_bytes=self._settings.max_token_bytes, clock=self._clock)

    def _key(self, secret: str | bytes, algorithm: str) -> Key:
        make = Key.from_secret if ALGORITHMS[algorithm].symmetric else Key.from_pem
        try:
            return make(secret, algorithm, allow_insecure=self._allow_weak)
        except KeyMaterialError as error:
            raise ConfigurationError(
                f"a key that a key loader returned is not safe: {error}. For old secrets that have "
                "to be kept a little longer, set app.config['JWT_ALLOW_INSECURE_KEYS'] = True"
            ) from None


def _material(secret: Any) -> str | bytes:
    material = as_pem(secret)
    if not isinstance(material, str | bytes):
        raise TypeError(f"a key loader returned {type(secret).__name__}, which is no key")
    return material
