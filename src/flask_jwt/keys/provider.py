"""One key ring, and what is made of it: replaced as a whole when the key file changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from math import inf
from pathlib import Path
from time import monotonic

from ..core.claims import ClaimsPolicy
from ..core.clock import Clock
from ..core.errors import InvalidHeader, InvalidSignature, KeyMaterialError
from ..core.key_ring import KeyRing
from ..core.processes import PerProcess, new_lock
from ..core.signer import Signer
from ..core.verifier import VerifiedToken, Verifier
from ..errors import ConfigurationError
from .config import KeyConfig
from .key_file import WatchedKeyFile
from .settings import VerifierSettings


class Snapshot:
    """One ring, and the verifier and signer made of it. Not to be changed once made."""

    __slots__ = ("_clock", "_max_bytes", "_signer", "_without_signer", "ring", "verifier")

    def __init__(
        self,
        ring: KeyRing,
        settings: VerifierSettings,
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


#: How old may be what is known of the key file, in seconds: then the next request looks again.
LOOK_SECONDS = 1.0
#: The least time between two looks that tokens signed by unknown keys cause, in seconds.
LEAST_LOOK_SECONDS = 0.2

_NO_PRIVATE_KEY = (
    "app.config['JWT_PRIVATE_KEY'] is not set, and tokens can't be signed with JWT_PUBLIC_KEY"
)
_NO_KEY_SIGNS = (
    "app.config['JWT_KEY_FILE']: no key in the file signs now; see what `flask jwt keys list` says"
)


class _Watch:
    """How one process looks at the key file, one thread at a time."""

    __slots__ = ("file", "lock")

    def __init__(self, path: Path | None) -> None:
        self.lock = new_lock()
        self.file = None if path is None else WatchedKeyFile(path)


class KeysInUse:
    """The snapshot in use, and when to look at the key file again."""

    def __init__(
        self,
        source: Callable[[], KeyConfig],
        path: Path | None,
        settings: VerifierSettings,
        policy: ClaimsPolicy,
        clock: Clock,
        logger: logging.Logger,
    ) -> None:
        self._read_configuration = source
        self._path = path
        # A look of a parent's may have been cut short by the fork, and found what is not in use.
        self._watch = PerProcess(partial(_Watch, path))
        self._source: KeyConfig | None = None
        self._settings = settings
        self._policy = policy
        self._clock = clock
        self._logger = logger
        self._snapshot: Snapshot | None = None
        # By the clock that nobody sets: on the other one an hour back would put a look off.
        self._due = -inf
        self._soonest = -inf

    def snapshot(self) -> Snapshot:
        """Return the snapshot in use, after a look at the key file where that is due."""
        snapshot = self._snapshot
        if snapshot is None:
            return self._first()
        if monotonic() >= self._due:
            return self._look(snapshot, wait=False)
        return snapshot

    def verify(self, token: str) -> VerifiedToken:
        """Verify a token with the keys in use."""
        snapshot = self._snapshot
        # Without a key file there is nothing to look at, and no clock to read.
        if snapshot is None or (self._path is not None and monotonic() >= self._due):
            snapshot = self.snapshot()
        try:
            return snapshot.verifier.verify(token)
        except (InvalidSignature, InvalidHeader):
            newer = self._newer_than(snapshot)
            if newer is None:
                raise
        return newer.verifier.verify(token)

    def verify_ignoring_expiry(self, token: str) -> VerifiedToken:
        """Verify a token that may have expired, or not have begun."""
        snapshot = self.snapshot()
        try:
            return snapshot.verifier.verify_ignoring_expiry(token)
        except (InvalidSignature, InvalidHeader):
            newer = self._newer_than(snapshot)
            if newer is None:
                raise
        return newer.verifier.verify_ignoring_expiry(token)

    def _newer_than(self, seen: Snapshot) -> Snapshot | None:
        """Return a newer snapshot than one with which a token could not be verified, or None.

        The key may be so new that this worker does not know it yet. Whoever sends bad tokens has
        the file looked at five times in a second at most.
        """
        if self._path is None:
            return None
        newest = self._snapshot
        if newest is seen:
            # A look that is under way may be the one that finds the key: wait for it.
            newest = self._look(seen, wait=True)
        return None if newest is seen else newest

    def _first(self) -> Snapshot:
        notes: list[str] = []
        try:
            with self._watch.take().lock:
                # Another thread may have made it while this one waited.
                snapshot = self._snapshot
                if snapshot is None:
                    snapshot = self._made_of(self._first_ring(notes))
                    self._snapshot = snapshot
        finally:
            self._log(logging.WARNING, notes)
        return snapshot

    def _first_ring(self, notes: list[str]) -> KeyRing:
        source = self._read_configuration()
        if self._path is None:
            self._due = inf
            return source.ring_from_config(notes)
        watch = self._watch.take()
        # A new one at each attempt: until one succeeds, each says what is wrong.
        watch.file = WatchedKeyFile(self._path)
        ring = source.ring_of_file(_contents(watch.file) or b"", notes)
        self._source = source
        self._put_off()
        return ring

    def _look(self, snapshot: Snapshot, *, wait: bool) -> Snapshot:
        notes: list[str] = []
        faults: list[str] = []
        # One thread looks; the others go on with what they have, unless they have reason to wait.
        watch = self._watch.take()
        if not watch.lock.acquire(blocking=wait):
            return snapshot
        try:
            if watch.file is not None and self._source is not None and monotonic() >= self._soonest:
                self._put_off()
                self._replace(watch.file, self._source, notes, faults)
            return self._snapshot or snapshot
        finally:
            # First of all: whatever takes part in logging may come back here.
            watch.lock.release()
            self._log(logging.WARNING, notes)
            self._log(logging.ERROR, faults)

    def _replace(
        self, file: WatchedKeyFile, source: KeyConfig, notes: list[str], faults: list[str]
    ) -> None:
        try:
            raw = _contents(file)
            if raw is not None:
                # With empty caches: what an old key has verified is forgotten with it.
                self._snapshot = self._made_of(source.ring_of_file(raw, notes))
        except ConfigurationError as error:
            faults.append(f"{error} (the keys that were loaded before are used on)")

    def _made_of(self, ring: KeyRing) -> Snapshot:
        return Snapshot(
            ring,
            self._settings,
            self._policy,
            self._clock,
            _NO_PRIVATE_KEY if self._path is None else _NO_KEY_SIGNS,
        )

    def _put_off(self) -> None:
        now = monotonic()
        self._due = now + LOOK_SECONDS
        self._soonest = now + LEAST_LOOK_SECONDS

    def _log(self, level: int, lines: list[str]) -> None:
        for line in lines:
            self._logger.log(level, "%s", line)


def _contents(file: WatchedKeyFile) -> bytes | None:
    try:
        return file.read_if_changed()
    except KeyMaterialError as error:
        raise ConfigurationError(f"app.config['JWT_KEY_FILE']: {error}") from None
