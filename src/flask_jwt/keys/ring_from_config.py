"""``app.config`` -> the ring of keys."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ..core.algorithms import ALGORITHMS
from ..core.errors import KeyMaterialError
from ..core.key_ring import MAX_CANDIDATES, KeyRing
from ..core.key_set import is_own, issuer_keys, own_keys, parse_key_set, ring_of
from ..core.keys import Key
from ..errors import ConfigurationError, refuse
from ..settings.declare import Config
from .key_file import read_key_file
from .secret_rules import FLASKS_FALLBACKS, KeyRule, Secret, former_secrets, present_secret
from .settings import KeyMaterial, KeySettings

# One place is the signing secret's.
_MAX_FALLBACKS = MAX_CANDIDATES - 1


class KeyConfig:
    """Where an application's keys come from. The configuration is read when it is made."""

    def __init__(self, config: Config, settings: KeySettings, *, allow_weak: bool) -> None:
        self._config = dict(config)
        self._algorithm = settings.algorithm
        self._until = settings.insecure_fallbacks_until
        self._allow_weak = allow_weak

    def ring_from_config(self, warnings: list[str]) -> KeyRing:
        """Make the ring of the secret or the PEM keys that the configuration names."""
        rule = KeyRule(warnings, allow_weak=self._allow_weak)
        if ALGORITHMS[self._algorithm].symmetric:
            return self._shared_secret(rule)
        return self._key_pair(rule)

    def ring_of_file(self, raw: bytes, warnings: list[str]) -> KeyRing:
        """Make the ring of a key file's contents, and of the secrets that are accepted still."""
        name = "JWT_KEY_FILE"
        for unused in ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "JWT_SECRET_KEY"):
            if self._is_set_on_purpose(unused):
                raise ConfigurationError(
                    f"app.config[{unused!r}] is set, and so is app.config[{name!r}], which holds "
                    "all keys. To go on accepting the tokens of a former secret, put it into "
                    "JWT_SECRET_KEY_FALLBACKS"
                )
        # An algorithm for keys that do not say theirs, where one was configured.
        default = None if self._algorithm == "HS256" else self._algorithm
        passed_over: list[str] = []
        rule = KeyRule(warnings, allow_weak=self._allow_weak)
        verifying = self._fallbacks(rule)

        def make(*, allow_insecure: bool = False) -> KeyRing:
            jwks = parse_key_set(raw)
            if is_own(jwks):
                keys = own_keys(jwks, default, allow_insecure=allow_insecure)
            else:
                keys = issuer_keys(jwks, () if default is None else (default,), passed_over)
            return ring_of(keys, verifying)

        ring = rule.admit(name, make)
        warnings += [f"app.config[{name!r}]: {note}" for note in passed_over]
        return ring

    def _is_set_on_purpose(self, key: str) -> bool:
        value = self._config.get(key)
        # init_app copies Flask's own secret to JWT_SECRET_KEY.
        copied = key == "JWT_SECRET_KEY" and value == self._config.get("SECRET_KEY")
        return value is not None and not copied

    def _shared_secret(self, rule: KeyRule) -> KeyRing:
        for unused in ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY"):
            if self._config.get(unused) is not None:
                raise ConfigurationError(
                    f"app.config[{unused!r}] is set, but app.config['JWT_ALGORITHM'] is "
                    f"{self._algorithm!r}, which signs with a shared secret; "
                    "set JWT_ALGORITHM to the algorithm of the key, 'RS256' for example"
                )
        name, secret = present_secret(self._config)
        if secret is None:
            raise ConfigurationError(
                "app.config['SECRET_KEY'] is not set, nor is app.config['JWT_SECRET_KEY']: "
                "tokens can't be signed without a secret"
            )
        signing = rule.admit(name, partial(Key.from_secret, secret, self._algorithm))
        return KeyRing(signing, self._fallbacks(rule, secret, of_flask=name == "SECRET_KEY"))

    def _key_pair(self, rule: KeyRule) -> KeyRing:
        private = self._pem_key("private_key", rule)
        public = self._pem_key("public_key", rule)
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
        return KeyRing(private, [*(() if public is None else (public,)), *self._fallbacks(rule)])

    def _pem_key(self, name: str, rule: KeyRule) -> Key | None:
        declared = KeyMaterial.declared()[name]
        pem = declared.read(self._config)
        if pem is None:
            return None
        if isinstance(pem, Path):
            pem = _contents(pem, declared.key)
        return rule.admit(declared.key, partial(Key.from_pem, pem, self._algorithm))

    def _fallbacks(
        self, rule: KeyRule, secret: Secret | None = None, *, of_flask: bool = False
    ) -> list[Key]:
        """Return the keys of secrets that no longer sign; tokens made with them are accepted."""
        row = ALGORITHMS[self._algorithm]
        make: Any = partial(Key.from_secret, algorithm=row.name if row.symmetric else "HS256")
        name, listed = former_secrets(self._config, of_flask=of_flask)
        secrets = [former for former in listed if former != secret]
        if name == FLASKS_FALLBACKS:
            effect = "Tokens made with this secret are refused."
            keys = rule.admit_suitable(name, secrets, make, effect)
            if len(keys) > _MAX_FALLBACKS:
                rule.warnings.append(
                    f"app.config[{name!r}] has {len(keys)} secrets; tokens are tried with the "
                    f"{_MAX_FALLBACKS} newest, which are the last"
                )
        else:
            if len(secrets) > _MAX_FALLBACKS:
                refuse(name, f"{_MAX_FALLBACKS} secrets at most: each costs time")
            keys = [
                rule.admit(name, partial(make, former), until=self._until) for former in secrets
            ]
        return [key.only_verifying() for key in keys[:_MAX_FALLBACKS]]


def _contents(path: Path, name: str) -> bytes:
    try:
        return read_key_file(path, private=name == "JWT_PRIVATE_KEY")[0]
    except KeyMaterialError as error:
        raise ConfigurationError(
            f"app.config[{name!r}] is no PEM text but a path, and {error}"
        ) from None
