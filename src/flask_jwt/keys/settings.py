"""The settings of keys, and of what verifies with them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from ..core.algorithms import ALGORITHMS
from ..core.cache import CACHE_TOKENS
from ..settings.declare import Config, Group, Unfit, setting
from ..settings.types import (
    choice,
    flag,
    integer,
    moment,
    path,
    secret,
    secrets,
    url_rule,
)

#: Where the public keys are published, unless configured.
DEFAULT_JWKS_URL_RULE = "/.well-known/jwks.json"


def _pem(key: str) -> Any:
    def parse(value: Any) -> str | bytes | Path:
        if isinstance(value, bytes) and b"-----BEGIN" in value:
            return value
        if isinstance(value, str) and "-----BEGIN" in value:
            return value
        if not isinstance(value, str | os.PathLike):
            raise Unfit
        return Path(value)

    return setting(key, None, parse, "PEM text, or the path of a PEM file", secret=True)


# What these say is decided elsewhere: roles would be read as it, or written over it.
_OTHER_CLAIMS = frozenset(
    {
        *("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "identity"),
        *("scope", "scp", "auth_time", "acr", "amr"),
    }
)


def _claim_path(value: Any) -> tuple[str, ...]:
    # A set has no order, and so is no path.
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names:
        raise Unfit
    if not all(isinstance(name, str) and name for name in names) or names[0] in _OTHER_CLAIMS:
        raise Unfit
    return tuple(names)


@dataclass(frozen=True, slots=True)
class KeyMaterial(Group):
    """Secrets and key pairs: each is read when a key is made of it, and the others are not."""

    title = "Keys and algorithm"
    moment = "first token"

    secret_key: str | bytes | None = secret("JWT_SECRET_KEY", copied_from="SECRET_KEY")
    """`str` or `bytes`, at least as long as the hash: 32 bytes for HS256, 48 for HS384, 64 for
    HS512"""
    private_key: str | bytes | Path | None = _pem("JWT_PRIVATE_KEY")
    """PEM text (it holds `-----BEGIN`), `str` or `bytes`; or the path of a PEM file, `str` or
    `os.PathLike`"""
    public_key: str | bytes | Path | None = _pem("JWT_PUBLIC_KEY")
    """the same; needed only where tokens are read and not made"""
    secret_key_fallbacks: list[str | bytes] | None = secrets("JWT_SECRET_KEY_FALLBACKS")
    """former secrets, three at most: their tokens are accepted, and none is signed with them. None
    takes Flask's `SECRET_KEY_FALLBACKS` where the secret is Flask's own"""


@dataclass(frozen=True, slots=True)
class KeySettings(Group):
    """Which keys will do."""

    title = "Keys and algorithm"

    algorithm: str = choice("JWT_ALGORITHM", "HS256", ALGORITHMS)
    """HS, RS, PS or ES with 256, 384 or 512; `"Ed25519"`, or `"EdDSA"`, its older name"""
    allow_insecure_keys: bool = flag("JWT_ALLOW_INSECURE_KEYS", default=False)
    """True takes a key that is too short outside debug and testing too, with one warning in the
    log: for an old secret, until it can be replaced"""
    insecure_fallbacks_until: float | None = moment("JWT_INSECURE_FALLBACKS_UNTIL")
    """until when a short secret among `JWT_SECRET_KEY_FALLBACKS` is accepted: a `date`, a
    `datetime`, or text such as `2030-01-31`; UTC where no zone is named. Then its tokens are
    refused. It allows no short secret to sign, and is for access tokens alone.
    [Migrating](migrating.md#changing-a-short-secret) has a recipe"""


@dataclass(frozen=True, slots=True)
class KeyRoutes(Group):
    """The file of keys, and where the public ones are published."""

    title = "Keys and algorithm"
    moment = "init"

    key_file: str | None = path("JWT_KEY_FILE", decides_checks=True)
    """the path of a JWK set with [keys that rotate](rotation.md), `str` or `os.PathLike`; a
    relative one lies in the instance folder. Then the other keys, and `JWT_ALGORITHM`, are not
    set"""
    jwks_url_rule: str | None = url_rule("JWT_JWKS_URL_RULE", None)
    """where the public keys are published; None is `/.well-known/jwks.json` if a key file or PEM
    keys are configured by then, and `""` is nowhere"""

    def settled(self, config: Config) -> Self:
        """Publish keys where that is neither configured nor switched off."""
        deciding = ("JWT_KEY_FILE", "JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY")
        if config.get("JWT_JWKS_URL_RULE") is None and any(config.get(key) for key in deciding):
            return replace(self, jwks_url_rule=DEFAULT_JWKS_URL_RULE)
        return self


@dataclass(frozen=True, slots=True)
class VerifierSettings(Group):
    """How much a verifier takes on."""

    title = "Tokens"

    max_token_bytes: int = integer("JWT_MAX_TOKEN_BYTES", 8192, "bytes", least=1)
    """the longest token, in bytes, that is made or looked at. Servers limit a header line too:
    gunicorn to 8190 bytes"""
    cache_tokens: int = integer("JWT_CACHE_TOKENS", CACHE_TOKENS, "tokens", least=0)
    """how many [verified tokens](rotation.md#tokens-that-were-seen-before) each worker remembers; 0
    none"""
    roles_claim: tuple[str, ...] = setting(
        "JWT_ROLES_CLAIM",
        "roles",
        _claim_path,
        "the name of a claim that has no other meaning, or a list of names that is a path",
    )
    """where tokens have the [roles](authorization.md) of their users: the name of a claim, or a
    list of names that is a path into objects, such as `["realm_access", "roles"]`. A dot is part of
    a name"""


@dataclass(frozen=True, slots=True)
class DerivationSettings(Group):
    """The secrets that the keys of refresh tokens and CSRF values are derived from."""

    title = "Sessions"

    refresh_secret: str | bytes | None = secret("JWT_REFRESH_SECRET")
    """the secret behind refresh tokens, at least 32 bytes; None derives it from `JWT_SECRET_KEY`,
    or else `SECRET_KEY`"""
    refresh_secret_fallbacks: list[str | bytes] | None = secrets("JWT_REFRESH_SECRET_FALLBACKS")
    """former secrets, whose refresh tokens are still exchanged. None takes the fallbacks of the
    secret that is used"""
