"""A JWK set with dates, as a key file holds it -> a key ring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .errors import KeyMaterialError
from .keys import Key
from .ring import KeyRing
from .strict_json import StrictJSONError, parse_object

#: How long others may keep the published keys without asking again, in seconds.
PUBLISHED_MAX_AGE = 600


def parse_key_set(raw: bytes) -> list[dict[str, Any]]:
    """Parse the text of a JWK set (:rfc:`7517` section 5).

    :param raw: UTF-8 text of an object with the member ``keys``.
    :return: its keys as they are written; nothing of them is checked but that they are objects.
    :raises KeyMaterialError: the text is no strict JSON, or no JWK set.
    """
    try:
        keys = parse_object(raw).get("keys")
    except StrictJSONError as error:
        raise KeyMaterialError(f"it is no strict JSON: {_without_text(error)}") from None
    if type(keys) is not list or not all(type(one) is dict for one in keys):
        raise KeyMaterialError('it is no JWK set: {"keys": [{…}, …]}')
    return keys


def ring_of(
    jwks: Iterable[Mapping[str, Any]],
    algorithm: str | None = None,
    *,
    verifying: Iterable[Key] = (),
    allow_insecure: bool = False,
) -> KeyRing:
    """Make a ring of the keys of a JWK set: those that can sign take turns by their dates.

    :param jwks: the keys, as :func:`parse_key_set` returns them.
    :param algorithm: what a key without ``alg`` is for, where its type leaves a choice.
    :param verifying: further keys, which only verify.
    :param allow_insecure: take keys that are too short or well known, for development.
    :raises KeyMaterialError: a key can't be used, or the keys make no ring; the text says which
        key by its place and ``kid``.
    :raises WeakKeyError: a key is too short for its algorithm, or well known.
    """
    keys = [
        _key(number, jwk, algorithm, allow_insecure=allow_insecure)
        for number, jwk in enumerate(jwks, 1)
    ]
    return KeyRing(
        [key for key in keys if key.can_sign],
        [*(key for key in keys if not key.can_sign), *verifying],
    )


def _key(
    number: int, jwk: Mapping[str, Any], algorithm: str | None, *, allow_insecure: bool
) -> Key:
    try:
        return Key.from_jwk(jwk, algorithm, allow_insecure=allow_insecure)
    except KeyMaterialError as error:
        raise type(error)(f"key {number}{_named(jwk)}: {error}") from None


def _named(jwk: Mapping[str, Any]) -> str:
    kid = jwk.get("kid")
    # Short and plain, or it is no name to print.
    plain = isinstance(kid, str) and kid.isascii() and kid.isprintable() and len(kid) <= 64
    return f" ({kid})" if plain else ""


def _without_text(error: StrictJSONError) -> str:
    # A parser's complaint names a position, and never quotes; be sure of it.
    return str(error) if len(str(error)) < 100 else "not JSON"
