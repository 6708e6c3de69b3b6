"""One key ring, and what is made of it: replaced as a whole when the key file changes."""

from __future__ import annotations

from ..core.claims import ClaimsPolicy
from ..core.clock import Clock
from ..core.errors import KeyMaterialError
from ..core.ring import KeyRing
from ..core.signer import Signer
from ..core.verifier import Verifier
from ..settings import ConfigurationError, Settings


class Snapshot:
    """One ring, and the verifier and signer made of it. Not to be changed once made."""

    __slots__ = ("_clock", "_max_bytes", "_signer", "_without_signer", "ring", "verifier")

    def __init__(
        self,
        ring: KeyRing,
        settings: Settings,
        policy: ClaimsPolicy,
        clock: Clock,
        without_signer: str,
    ) -> None:
        self.ring = ring
        self.verifier = Verifier(
            ring,
            policy,
            max_bytes=settings.max_token_bytes,
            clock=clock,
            cache_tokens=settings.cache_tokens,
        )
        self._clock = clock
        self._max_bytes = settings.max_token_bytes
        self._signer: Signer | None = None
        self._without_signer = without_signer

    @property
    def signer(self) -> Signer:
        """Makes tokens."""
        signer = self._signer
        if signer is None:
            try:
                signer = Signer(self.ring, max_bytes=self._max_bytes, clock=self._clock)
            except KeyMaterialError:
                raise ConfigurationError(self._without_signer) from None
            self._signer = signer
        return signer
