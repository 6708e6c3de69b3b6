"""The rule for secrets: which is in use, which were before, and whether a weak one will do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from ..core.algorithms import ALGORITHMS
from ..core.errors import KeyMaterialError, WeakKeyError
from ..core.weak_keys import check_secret
from ..errors import ConfigurationError
from ..settings.declare import Config
from .settings import DerivationSettings, KeyMaterial, KeySettings

T = TypeVar("T")
Secret = str | bytes

#: The key of Flask's own list, which goes from the oldest to the newest.
FLASKS_FALLBACKS = "SECRET_KEY_FALLBACKS"
#: What a weak key of tokens leads to.
SIGNS = "Whoever guesses it can sign in as anybody."
_DERIVES = "Whoever guesses it, and reads the store, can sign in as anybody."
_SECRET = KeyMaterial.declared()["secret_key"]
_FALLBACKS = KeyMaterial.declared()["secret_key_fallbacks"]
_FLASKS = replace(_FALLBACKS, key=FLASKS_FALLBACKS)
_REFRESH_SECRET = DerivationSettings.declared()["refresh_secret"].key
_REFRESH_FALLBACKS = DerivationSettings.declared()["refresh_secret_fallbacks"].key
# What is derived are keys of HMAC with SHA-256, as an HS256 signature has.
_DERIVED = ALGORITHMS["HS256"]
_MENDING = (
    "In tests set TESTING = True. For an old secret that has to be kept a little longer, set "
    "JWT_ALLOW_INSECURE_KEYS = True."
)
_MENDING_OF_FORMER = (
    "To accept the tokens of a former secret for a while, set JWT_INSECURE_FALLBACKS_UNTIL to a "
    "date."
)


def present_secret(config: Config) -> tuple[str, Secret | None]:
    """Return the secret that signs, if there is one, and the key that it was written to."""
    return _SECRET.name_in(config), _SECRET.read(config)


def former_secrets(config: Config, *, of_flask: bool) -> tuple[str, list[Secret]]:
    """Return the secrets that signed before, the newest first, and the key of their list.

    Flask's list counts where the secret is Flask's own and tokens have no list.
    """
    secrets = _FALLBACKS.read(config)
    if secrets is None and of_flask:
        return FLASKS_FALLBACKS, [*reversed(_FLASKS.read(config) or ())]
    return _FALLBACKS.key, secrets or []


class KeyRule:
    """Whether weak keys are used, and what the log says of them."""

    def __init__(self, warnings: list[str], *, allow_weak: bool) -> None:
        self.warnings = warnings
        self._allow_weak = allow_weak

    def admit(
        self, name: str, make: Callable[..., T], risk: str = SIGNS, *, until: float | None = None
    ) -> T:
        """Make a key; a weak one only where that is allowed, or for verifying until a moment."""
        try:
            return make()
        except WeakKeyError as error:
            fault = f"app.config[{name!r}] is not safe: {error}."
        except KeyMaterialError as error:
            raise ConfigurationError(f"app.config[{name!r}]: {error}") from None
        if until is not None:
            last = datetime.fromtimestamp(until, UTC).isoformat(" ", "minutes")
            self.warnings.append(f"{fault} Until {last} {risk[0].lower()}{risk[1:]}")
            return make(allow_insecure=True, verifies_until=until)
        if not self._allow_weak:
            mending = _MENDING_OF_FORMER if name == _FALLBACKS.key else _MENDING
            raise ConfigurationError(f"{fault} {mending}")
        if risk:
            self.warnings.append(f"{fault} {risk}")
        return make(allow_insecure=True)

    def admit_suitable(
        self, name: str, secrets: Iterable[Secret], make: Callable[..., T], effect: str = ""
    ) -> list[T]:
        """Make keys of a list that serves more than them: what does not suit is left out."""
        keys = []
        for secret in secrets:
            try:
                keys.append(make(secret, allow_insecure=self._allow_weak))
            except KeyMaterialError as error:
                if effect:
                    self.warnings.append(f"app.config[{name!r}]: {error}. {effect}")
        return keys


def derivation_secrets(
    config: Config, own: DerivationSettings, settings: KeySettings, rule: KeyRule
) -> tuple[bytes, ...]:
    """Return what the keys of refresh tokens and of CSRF values are derived from."""
    name, secret = _REFRESH_SECRET, own.refresh_secret
    former_name, former = _REFRESH_FALLBACKS, own.refresh_secret_fallbacks
    if secret is None:
        # The signing secret serves for both: the label in the derivation keeps the keys apart.
        name, secret = present_secret(config)
        if former is None:
            of_flask = name != _SECRET.key
            former_name, former = former_secrets(config, of_flask=of_flask)
    if secret is None:
        raise ConfigurationError(
            f"app.config[{_REFRESH_SECRET!r}] is not set, nor is app.config['SECRET_KEY']: "
            "refresh tokens, CSRF values and the keys of counted sign-ins are made with a secret"
        )
    current = _admit_for_derivation(rule, name, secret)
    others = [secret for secret in map(_bytes, former or ()) if secret != current]
    dated = former_name == _FALLBACKS.key and settings.insecure_fallbacks_until is not None
    if former_name == FLASKS_FALLBACKS or dated:
        # The date allows weak secrets for access tokens alone.
        return current, *rule.admit_suitable(former_name, others, _material)
    return current, *(_admit_for_derivation(rule, former_name, secret) for secret in others)


def _admit_for_derivation(rule: KeyRule, name: str, secret: Secret) -> bytes:
    # A weak secret that signs as well is one warning, where the signing key is made.
    is_own = name in (_REFRESH_SECRET, _REFRESH_FALLBACKS)
    return rule.admit(name, partial(_material, secret), _DERIVES if is_own else "")


def _material(secret: Secret, *, allow_insecure: bool = False) -> bytes:
    material = _bytes(secret)
    check_secret(material, _DERIVED, allow_insecure=allow_insecure)
    return material


def _bytes(secret: Secret) -> bytes:
    return secret.encode("utf-8", "surrogatepass") if isinstance(secret, str) else secret
