"""The key ring in use, with its verifier and signer: replaced when the key file changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from math import inf
from pathlib import Path
from time import monotonic

from ..core.cache import TokenCache, TokenOwner
from ..core.claims import ClaimsPolicy
from ..core.clock import Clock
from ..core.errors import InvalidHeader, InvalidSignature, KeyMaterialError
from ..core.grants import ClaimNames
from ..core.key_ring import KeyRing
from ..core.per_process import PerProcess, new_lock
from ..core.signer import Signer
from ..core.verifier import (
    ACCESS_TOKEN_TYPES,
    RFC9068_TYPE,
    ParsedToken,
    VerifiedToken,
    Verifier,
)
from ..errors import ConfigurationError
from .key_file import WatchedKeyFile
from .ring_from_config import KeyConfig
from .settings import VerifierSettings

#: After how many seconds the next request looks at the key file again.
RELOAD_SECONDS = 1.0
#: The least time between two looks that tokens signed by unknown keys cause, in seconds.
MIN_RELOAD_SECONDS = 0.2

_NO_PRIVATE_KEY = (
    "app.config['JWT_PRIVATE_KEY'] is not set, and tokens can't be signed with JWT_PUBLIC_KEY"
)
_NO_KEY_SIGNS = (
    "app.config['JWT_KEY_FILE']: no key in the file signs now; see what `flask jwt keys list` says"
)


class LoadedKeys:
    """One ring, and the verifier and signer made of it. Not to be changed once made."""

    __slots__ = ("_make_signer", "_signer", "ring", "verifier")

    def __init__(
        self, ring: KeyRing, verifier: Verifier, make_signer: Callable[[KeyRing], Signer]
    ) -> None:
        self.ring = ring
        self.verifier = verifier
        self._make_signer = make_signer
        self._signer: Signer | None = None

    @property
    def signer(self) -> Signer:
        """Makes tokens."""
        if self._signer is None:
            self._signer = self._make_signer(self.ring)
        return self._signer


class _Watch:
    """How one process looks at the key file, one thread at a time."""

    __slots__ = ("file", "lock")

    def __init__(self, path: Path | None) -> None:
        self.lock = new_lock()
        self.file = None if path is None else WatchedKeyFile(path)


class KeyProvider:
    """The keys in use, and when to look at the key file again."""

    def __init__(
        self,
        source: Callable[[], KeyConfig],
        path: Path | None,
        settings: VerifierSettings,
        policy: ClaimsPolicy,
        clock: Clock,
        logger: logging.Logger,
        cache: TokenCache | None = None,
        *,
        is_rfc9068: bool = False,
        signer: type[Signer] = Signer,
    ) -> None:
        self._signer = signer
        self._cache = cache
        self._typ = RFC9068_TYPE if is_rfc9068 else "JWT"
        #: The kinds of token that are accepted.
        self.types = frozenset({RFC9068_TYPE}) if is_rfc9068 else ACCESS_TOKEN_TYPES
        self._read_configuration = source
        self._path = path
        # Each process looks for itself: a fork may cut a parent's look short, after it has read the
        # file and before its keys are in use.
        self._watch = PerProcess(partial(_Watch, path))
        self._source: KeyConfig | None = None
        self._settings = settings
        self._policy = policy
        self._clock = clock
        self._logger = logger
        self._snapshot: LoadedKeys | None = None
        # By the monotonic clock: the other one may be set back, and the next look would wait.
        self._due = -inf
        self._soonest = -inf

    def snapshot(self) -> LoadedKeys:
        """Return the snapshot in use, after a look at the key file where that is due."""
        snapshot = self._snapshot
        if snapshot is None:
            return self._load_first()
        if monotonic() >= self._due:
            return self._reload_if_due(snapshot, wait=False)
        return snapshot

    @property
    def are_loaded(self) -> bool:
        """Whether a function of the application's finds the key for each token."""
        return False

    def verify(self, token: str, parsed: ParsedToken | None = None) -> VerifiedToken:
        """Verify a token with the keys in use."""
        snapshot = self._snapshot
        # Without a key file there is nothing to look at, and no clock to read.
        if snapshot is None or (self._path is not None and monotonic() >= self._due):
            snapshot = self.snapshot()
        try:
            return snapshot.verifier.verify(token, parsed)
        except (InvalidSignature, InvalidHeader):
            newer = self._newer_than(snapshot)
            if newer is None:
                raise
        return newer.verifier.verify(token, parsed)

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

    def _newer_than(self, seen: LoadedKeys) -> LoadedKeys | None:
        """Return a newer snapshot than one with which a token could not be verified, or None."""
        # The key may be so new that this worker does not know it yet.
        if self._path is None:
            return None
        newest = self._snapshot
        if newest is seen:
            # A look that is under way may be the one that finds the key: wait for it.
            newest = self._reload_if_due(seen, wait=True)
        return None if newest is seen else newest

    def _load_first(self) -> LoadedKeys:
        warnings: list[str] = []
        try:
            with self._watch.take().lock:
                # Another thread may have made it while this one waited.
                snapshot = self._snapshot
                if snapshot is None:
                    snapshot = self._loaded(self._load_first_ring(warnings))
                    self._snapshot = snapshot
        finally:
            self._log(logging.WARNING, warnings)
        return snapshot

    def _load_first_ring(self, warnings: list[str]) -> KeyRing:
        source = self._read_configuration()
        if self._path is None:
            self._due = inf
            return source.ring_from_config(warnings)
        watch = self._watch.take()
        # A new one at each attempt: until one succeeds, each raises the fault.
        watch.file = WatchedKeyFile(self._path)
        ring = source.ring_of_file(_contents(watch.file) or b"", warnings)
        self._source = source
        self._schedule_reload()
        return ring

    def _reload_if_due(self, snapshot: LoadedKeys, *, wait: bool) -> LoadedKeys:
        warnings: list[str] = []
        errors: list[str] = []
        # One thread reads the file; the others use the loaded keys, or wait for newer ones.
        watch = self._watch.take()
        if not watch.lock.acquire(blocking=wait):
            return snapshot
        try:
            if watch.file is not None and self._source is not None and monotonic() >= self._soonest:
                self._schedule_reload()
                self._replace(watch.file, self._source, warnings, errors)
            return self._snapshot or snapshot
        finally:
            # Log after releasing the lock: a log handler may verify a token itself.
            watch.lock.release()
            self._log(logging.WARNING, warnings)
            self._log(logging.ERROR, errors)

    def _replace(
        self, file: WatchedKeyFile, source: KeyConfig, warnings: list[str], errors: list[str]
    ) -> None:
        try:
            raw = _contents(file)
            if raw is not None:
                # With empty caches: what an old key has verified is forgotten with it.
                self._snapshot = self._loaded(source.ring_of_file(raw, warnings))
        except ConfigurationError as error:
            errors.append(f"{error} (the keys that were loaded before are used on)")

    def _loaded(self, ring: KeyRing) -> LoadedKeys:
        if self._typ == RFC9068_TYPE:
            self._check_published(ring)
        verifier = Verifier(
            ring,
            self._policy,
            max_bytes=self._settings.max_token_bytes,
            types=self.types,
            clock=self._clock,
            cache_tokens=self._settings.cache_tokens,
            names=ClaimNames(roles=(self._settings.roles_claim,)),
            cache=self._cache,
            owner=TokenOwner(self.verify),
        )
        return LoadedKeys(ring, verifier, self._make_signer)

    def _check_published(self, ring: KeyRing) -> None:
        """Refuse keys whose tokens nobody else can verify."""
        now = self._clock()
        # A former key signs again where the later one is retired.
        if any(key.algorithm.symmetric and now < key.verifies_until for key in ring.keys):
            place = "JWT_ALGORITHM" if self._path is None else "JWT_KEY_FILE"
            raise ConfigurationError(
                f"app.config[{place!r}]: a shared secret is among the keys, and other servers "
                "can't verify its tokens, as JWT_ACCESS_TOKEN_PROFILE asks: use ES256, for one"
            )

    def _make_signer(self, ring: KeyRing) -> Signer:
        try:
            max_bytes = self._settings.max_token_bytes
            return self._signer(ring, max_bytes=max_bytes, typ=self._typ, clock=self._clock)
        except KeyMaterialError:
            fault = _NO_PRIVATE_KEY if self._path is None else _NO_KEY_SIGNS
            raise ConfigurationError(fault) from None

    def _schedule_reload(self) -> None:
        now = monotonic()
        self._due = now + RELOAD_SECONDS
        self._soonest = now + MIN_RELOAD_SECONDS

    def _log(self, level: int, lines: list[str]) -> None:
        for line in lines:
            self._logger.log(level, "%s", line)


def _contents(file: WatchedKeyFile) -> bytes | None:
    try:
        return file.read_if_changed()
    except KeyMaterialError as error:
        raise ConfigurationError(f"app.config['JWT_KEY_FILE']: {error}") from None
