"""``app.config`` -> the key ring, read at the first signing or verifying."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from .core.algorithms import ALGORITHMS
from .core.errors import KeyMaterialError, WeakKeyError
from .core.keys import Key, KeyRing
from .settings import ConfigurationError, Settings, refuse

_MENDING = (
    "For an old secret that has to be kept a little longer, set JWT_ALLOW_INSECURE_KEYS = True."
)


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where an application's keys come from.

    :param config: the application's configuration.
    :param settings: what was read from it already.
    :param logger: takes the one warning of a weak key that is used nevertheless.
    :param development: the application runs in debug or testing, where a weak key is a warning.
    """

    config: Mapping[str, Any] = field(repr=False)
    settings: Settings
    logger: logging.Logger
    development: bool

    def load(self) -> KeyRing:
        """Load the keys that the configuration names.

        :raises ConfigurationError: a key is missing, can't be loaded or must not be used.
        """
        if ALGORITHMS[self.settings.algorithm].symmetric:
            return self._shared_secret()
        return self._key_pair()

    def _shared_secret(self) -> KeyRing:
        for unused in ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY"):
            if self.config.get(unused) is not None:
                raise ConfigurationError(
                    f"app.config[{unused!r}] is set, but app.config['JWT_ALGORITHM'] is "
                    f"{self.settings.algorithm!r}, which signs with a shared secret; "
                    "set JWT_ALGORITHM to the algorithm of the key, 'RS256' for example"
                )
        name, secret = _secret(self.config)
        return KeyRing(self._admit(name, partial(Key.from_secret, secret, self.settings.algorithm)))

    def _key_pair(self) -> KeyRing:
        private = self._pem_key("JWT_PRIVATE_KEY")
        public = self._pem_key("JWT_PUBLIC_KEY")
        if private is None and public is None:
            raise ConfigurationError(
                f"app.config['JWT_ALGORITHM'] is {self.settings.algorithm!r}, which needs "
                "app.config['JWT_PRIVATE_KEY'] (or JWT_PUBLIC_KEY, where tokens are only read)"
            )
        if private is not None and not private.can_sign:
            refuse("JWT_PRIVATE_KEY", "a private key, and this is a public one")
        if public is not None and public.can_sign:
            refuse("JWT_PUBLIC_KEY", "a public key, and this is a private one")
        if private is None or public is None:
            return KeyRing(private, () if public is None else (public,))
        if not public.verify(b"pair", private.sign(b"pair")):
            raise ConfigurationError(
                "app.config['JWT_PUBLIC_KEY'] is not the public half of "
                "app.config['JWT_PRIVATE_KEY']"
            )
        return KeyRing(private)

    def _pem_key(self, name: str) -> Key | None:
        value = self.config.get(name)
        if value is None:
            return None
        return self._admit(name, partial(Key.from_pem, _pem(value, name), self.settings.algorithm))

    def _admit(self, name: str, make: Callable[..., Key]) -> Key:
        try:
            return make()
        except WeakKeyError as error:
            fault = f"app.config[{name!r}] is not safe: {error}."
            if not (self.development or self.settings.allow_insecure_keys):
                raise ConfigurationError(f"{fault} {_MENDING}") from None
            self.logger.warning("%s Whoever guesses it can sign in as anybody.", fault)
            return make(allow_insecure=True)
        except KeyMaterialError as error:
            raise ConfigurationError(f"app.config[{name!r}]: {error}") from None


def _secret(config: Mapping[str, Any]) -> tuple[str, str | bytes]:
    name = "JWT_SECRET_KEY"
    secret = config.get(name)
    flask_secret = config.get("SECRET_KEY")
    # init_app copies Flask's own secret to JWT_SECRET_KEY: quote the key that was written.
    if secret is None or secret == flask_secret:
        name, secret = "SECRET_KEY", flask_secret
    if secret is None:
        raise ConfigurationError(
            "app.config['SECRET_KEY'] is not set, nor is app.config['JWT_SECRET_KEY']: "
            "tokens can't be signed without a secret"
        )
    if isinstance(secret, int):
        refuse(name, "text: this one came as a number (an all-digit value from the environment?)")
    if not isinstance(secret, str | bytes):
        refuse(name, "str or bytes")
    return name, secret


def _pem(value: Any, name: str) -> str | bytes:
    if isinstance(value, bytes) and b"-----BEGIN" in value:
        return value
    if isinstance(value, str) and "-----BEGIN" in value:
        return value
    if not isinstance(value, str | os.PathLike):
        refuse(name, "PEM text, or the path of a PEM file")
    try:
        return Path(value).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such path"
        raise ConfigurationError(
            f"app.config[{name!r}] is no PEM text, and the file of that name can't be read: "
            f"{reason}"
        ) from None
