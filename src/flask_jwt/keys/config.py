"""``app.config`` -> the keys of tokens, and the secrets of sessions and CSRF values."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ..core.algorithms import ALGORITHMS
from ..core.errors import KeyMaterialError, WeakKeyError
from ..core.key_ring import MOST_TRIED, KeyRing
from ..core.key_set import is_own, issuer_keys, own_keys, parse_key_set, ring_of
from ..core.keys import Key
from ..core.weak_secrets import check_secret
from ..errors import ConfigurationError, refuse
from ..settings import Notes, Settings
from .key_file import read_key_file

_SECRET = "JWT_REFRESH_SECRET"  # noqa: S105
_FALLBACKS = "JWT_REFRESH_SECRET_FALLBACKS"
_FLASKS_FALLBACKS = "SECRET_KEY_FALLBACKS"
# What is derived are keys of HMAC with SHA-256, as an HS256 signature has.
_ROW = ALGORITHMS["HS256"]
_MENDING = (
    "In tests set TESTING = True. For an old secret that has to be kept a little longer, set "
    "JWT_ALLOW_INSECURE_KEYS = True."
)
_MENDING_OF_FORMER = (
    "To accept the tokens of a former secret for a while, set JWT_INSECURE_FALLBACKS_UNTIL to a "
    "date."
)
_SECRETS_FALLBACKS = "JWT_SECRET_KEY_FALLBACKS"


def name_of_secret(config: Mapping[str, Any]) -> str:
    """Return the key that was written: ``init_app`` copies Flask's secret to ``JWT_SECRET_KEY``."""
    flasks_own = config.get("JWT_SECRET_KEY") in (None, config.get("SECRET_KEY"))
    return "SECRET_KEY" if flasks_own else "JWT_SECRET_KEY"


def secret_in(config: Mapping[str, Any], name: str) -> str | bytes | None:
    """Return a configured secret, or None where there is none."""
    secret = config.get(name)
    if isinstance(secret, int):
        refuse(name, "text: this one came as a number (an all-digit value from the environment?)")
    if secret is not None and not isinstance(secret, str | bytes):
        refuse(name, "str or bytes")
    return secret


def secrets_in(config: Mapping[str, Any], name: str) -> list[str | bytes]:
    """Return a configured list of secrets, each of them once."""
    given = config.get(name) or ()
    if not isinstance(given, list | tuple) or not all(
        isinstance(one, str | bytes) for one in given
    ):
        refuse(name, "a list of secrets, each str or bytes")
    return list(dict.fromkeys(given))


def weakness(name: str, error: WeakKeyError, *, allowed: bool) -> str:
    """Return what the log says of a weak secret or key that is used nevertheless."""
    fault = f"app.config[{name!r}] is not safe: {error}."
    if not allowed:
        mending = _MENDING_OF_FORMER if name == _SECRETS_FALLBACKS else _MENDING
        raise ConfigurationError(f"{fault} {mending}") from None
    return fault


def derivation_secrets(
    config: Mapping[str, Any], notes: Notes, *, allow_weak: bool
) -> tuple[bytes, ...]:
    """Return what the keys of refresh tokens and of CSRF values are derived from."""
    name, former = _SECRET, _FALLBACKS
    if config.get(_SECRET) is None:
        # Derived from the secret that there is: the label in the derivation keeps them apart.
        name = name_of_secret(config)
        if config.get(_FALLBACKS) is None:
            former = _SECRETS_FALLBACKS
            if name == "SECRET_KEY" and config.get(former) is None:
                former = _FLASKS_FALLBACKS
    secret = secret_in(config, name)
    if secret is None:
        raise ConfigurationError(
            f"app.config[{_SECRET!r}] is not set, nor is app.config['SECRET_KEY']: neither "
            "refresh tokens nor CSRF values can be made without a secret"
        )
    current = _bytes(secret)
    _check(current, name, notes, allow_weak=allow_weak)
    return current, *_former(config, former, current, notes, allow_weak=allow_weak)


def _former(
    config: Mapping[str, Any], name: str, current: bytes, notes: Notes, *, allow_weak: bool
) -> list[bytes]:
    secrets = [one for one in map(_bytes, secrets_in(config, name)) if one != current]
    dated = name == _SECRETS_FALLBACKS and config.get("JWT_INSECURE_FALLBACKS_UNTIL") is not None
    if name == _FLASKS_FALLBACKS or dated:
        # Flask's list serves more than tokens, and the date is for access tokens alone: what does
        # not suit is left out.
        return [one for one in secrets if allow_weak or _is_safe(one)]
    for one in secrets:
        _check(one, name, notes, allow_weak=allow_weak)
    return secrets


def _bytes(secret: str | bytes) -> bytes:
    return secret.encode("utf-8", "surrogatepass") if isinstance(secret, str) else secret


def _check(secret: bytes, name: str, notes: Notes, *, allow_weak: bool) -> None:
    try:
        check_secret(secret, _ROW, allow_insecure=False)
    except WeakKeyError as error:
        fault = weakness(name, error, allowed=allow_weak)
        if name in (_SECRET, _FALLBACKS):
            notes.append(
                f"{fault} Whoever guesses it, and reads the store, can sign in as anybody."
            )
    except KeyMaterialError as error:
        raise ConfigurationError(f"app.config[{name!r}]: {error}") from None


def _is_safe(secret: bytes) -> bool:
    try:
        check_secret(secret, _ROW, allow_insecure=False)
    except KeyMaterialError:
        return False
    return True


T = TypeVar("T")

_OWN_FALLBACKS = "JWT_SECRET_KEY_FALLBACKS"
_FLASK_FALLBACKS = "SECRET_KEY_FALLBACKS"
# One place is the signing secret's.
_MOST_FALLBACKS = MOST_TRIED - 1


class KeySource:
    """Where an application's keys come from. The configuration is read when it is made."""

    def __init__(self, config: Mapping[str, Any], settings: Settings, *, development: bool) -> None:
        self._config = dict(config)
        self._algorithm = settings.algorithm
        self._weak_is_warned_of = development or settings.allow_insecure_keys
        self._until = settings.insecure_fallbacks_until

    def configured_ring(self, notes: Notes) -> KeyRing:
        """Make the ring of the secret or the PEM keys that the configuration names."""
        if ALGORITHMS[self._algorithm].symmetric:
            return self._shared_secret(notes)
        return self._key_pair(notes)

    def ring_of_file(self, raw: bytes, notes: Notes) -> KeyRing:
        """Make the ring of a key file's contents, and of the secrets that are accepted still."""
        name = "JWT_KEY_FILE"
        for unused in ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "JWT_SECRET_KEY"):
            if self._is_set_on_purpose(unused):
                raise ConfigurationError(
                    f"app.config[{unused!r}] is set, and so is app.config[{name!r}], which holds "
                    "all keys. To go on accepting the tokens of a former secret, put it into "
                    f"{_OWN_FALLBACKS}"
                )
        # An algorithm for keys that do not say theirs, where one was configured.
        default = None if self._algorithm == "HS256" else self._algorithm
        passed_over: Notes = []
        verifying = self._fallbacks(notes)

        def make(*, allow_insecure: bool = False) -> KeyRing:
            jwks = parse_key_set(raw)
            if is_own(jwks):
                keys = own_keys(jwks, default, allow_insecure=allow_insecure)
            else:
                keys = issuer_keys(jwks, () if default is None else (default,), passed_over)
            return ring_of(keys, verifying)

        ring = self._admit(name, make, notes)
        notes += [f"app.config[{name!r}]: {note}" for note in passed_over]
        return ring

    def _is_set_on_purpose(self, key: str) -> bool:
        value = self._config.get(key)
        # init_app copies Flask's own secret to JWT_SECRET_KEY.
        copied = key == "JWT_SECRET_KEY" and value == self._config.get("SECRET_KEY")
        return value is not None and not copied

    def _shared_secret(self, notes: Notes) -> KeyRing:
        for unused in ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY"):
            if self._config.get(unused) is not None:
                raise ConfigurationError(
                    f"app.config[{unused!r}] is set, but app.config['JWT_ALGORITHM'] is "
                    f"{self._algorithm!r}, which signs with a shared secret; "
                    "set JWT_ALGORITHM to the algorithm of the key, 'RS256' for example"
                )
        name, secret = _secret(self._config)
        signing = self._admit(name, partial(Key.from_secret, secret, self._algorithm), notes)
        return KeyRing(signing, self._fallbacks(notes, secret, flasks_own=name == "SECRET_KEY"))

    def _key_pair(self, notes: Notes) -> KeyRing:
        private = self._pem_key("JWT_PRIVATE_KEY", notes)
        public = self._pem_key("JWT_PUBLIC_KEY", notes)
        if private is None and public is None:
            raise ConfigurationError(
                f"app.config['JWT_ALGORITHM'] is {self._algorithm!r}, which needs "
                "app.config['JWT_PRIVATE_KEY'] (or JWT_PUBLIC_KEY, where tokens are only read)"
            )
        if private is not None and not private.can_sign:
            refuse("JWT_PRIVATE_KEY", "a private key, and this is a public one")
        if public is not None and public.can_sign:
            refuse("JWT_PUBLIC_KEY", "a public key, and this is a private one")
        if private is not None and public is not None:
            if not public.verify(b"pair", private.sign(b"pair")):
                raise ConfigurationError(
                    "app.config['JWT_PUBLIC_KEY'] is not the public half of "
                    "app.config['JWT_PRIVATE_KEY']"
                )
            public = None
        return KeyRing(private, [*(() if public is None else (public,)), *self._fallbacks(notes)])

    def _pem_key(self, name: str, notes: Notes) -> Key | None:
        value = self._config.get(name)
        if value is None:
            return None
        make = partial(Key.from_pem, _pem(value, name), self._algorithm)
        return self._admit(name, make, notes)

    def _fallbacks(
        self, notes: Notes, secret: object = None, *, flasks_own: bool = False
    ) -> list[Key]:
        """Return the keys of secrets that no longer sign; tokens made with them are accepted."""
        row = ALGORITHMS[self._algorithm]
        algorithm = row.name if row.symmetric else "HS256"
        if self._config.get(_OWN_FALLBACKS) is not None or not flasks_own:
            secrets = _secrets(self._config, _OWN_FALLBACKS, other_than=secret)
            if len(secrets) > _MOST_FALLBACKS:
                refuse(_OWN_FALLBACKS, f"{_MOST_FALLBACKS} secrets at most: each costs time")
            makers = [partial(Key.from_secret, one, algorithm) for one in secrets]
            keys = [self._admit(_OWN_FALLBACKS, make, notes, until=self._until) for make in makers]
        else:
            keys = self._flasks_fallbacks(algorithm, secret, notes)
        return [key.only_verifying() for key in keys]

    def _flasks_fallbacks(self, algorithm: str, secret: object, notes: Notes) -> list[Key]:
        # Flask's list goes from the oldest to the newest, and serves more than tokens: what does
        # not suit them is left out, and the application starts.
        keys = []
        for one in reversed(_secrets(self._config, _FLASK_FALLBACKS, other_than=secret)):
            try:
                keys.append(Key.from_secret(one, algorithm, allow_insecure=self._weak_is_warned_of))
            except KeyMaterialError as error:
                notes.append(
                    f"app.config[{_FLASK_FALLBACKS!r}]: {error}. Tokens made with this secret are "
                    "refused."
                )
        if len(keys) > _MOST_FALLBACKS:
            notes.append(
                f"app.config[{_FLASK_FALLBACKS!r}] has {len(keys)} secrets; tokens are tried with "
                f"the {_MOST_FALLBACKS} newest, which are the last"
            )
        return keys[:_MOST_FALLBACKS]

    def _admit(
        self, name: str, make: Callable[..., T], notes: Notes, *, until: float | None = None
    ) -> T:
        try:
            return make()
        except WeakKeyError as error:
            allowed = self._weak_is_warned_of or until is not None
            fault = weakness(name, error, allowed=allowed)
            if until is None:
                notes.append(f"{fault} Whoever guesses it can sign in as anybody.")
                return make(allow_insecure=True)
            last = datetime.fromtimestamp(until, UTC).isoformat(" ", "minutes")
            notes.append(f"{fault} Until {last} whoever guesses it can sign in as anybody.")
            return make(allow_insecure=True, verifies_until=until)
        except KeyMaterialError as error:
            raise ConfigurationError(f"app.config[{name!r}]: {error}") from None


def _secret(config: Mapping[str, Any]) -> tuple[str, str | bytes]:
    name = name_of_secret(config)
    secret = secret_in(config, name)
    if secret is None:
        raise ConfigurationError(
            "app.config['SECRET_KEY'] is not set, nor is app.config['JWT_SECRET_KEY']: "
            "tokens can't be signed without a secret"
        )
    return name, secret


def _secrets(config: Mapping[str, Any], name: str, *, other_than: object) -> Sequence[str | bytes]:
    return [one for one in secrets_in(config, name) if one != other_than]


def _pem(value: Any, name: str) -> str | bytes:
    if isinstance(value, bytes) and b"-----BEGIN" in value:
        return value
    if isinstance(value, str) and "-----BEGIN" in value:
        return value
    if not isinstance(value, str | os.PathLike):
        refuse(name, "PEM text, or the path of a PEM file")
    try:
        return read_key_file(Path(value), private=name == "JWT_PRIVATE_KEY")[0]
    except KeyMaterialError as error:
        raise ConfigurationError(
            f"app.config[{name!r}] is no PEM text but a path, and {error}"
        ) from None
