"""A JWK set -> a key ring: one's own key file, strictly, or an issuer's published set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .algorithms import ALGORITHMS, Algorithm
from .errors import KeyMaterialError
from .jwk import PRIVATE_NAMES
from .key_ring import KeyRing
from .keys import Key
from .strict_json import StrictJSONError, complaint, parse_object

#: How long others may keep the published keys without asking again, in seconds.
PUBLISHED_MAX_AGE = 600

# The keys that a warning names of those that are passed over; the rest is counted.
_MAX_NAMED = 8


def parse_key_set(raw: bytes) -> list[dict[str, Any]]:
    """Parse the text of a JWK set (:rfc:`7517` section 5)."""
    try:
        keys = parse_object(raw).get("keys")
    except StrictJSONError as error:
        raise KeyMaterialError(f"it is no strict JSON: {complaint(error)}") from None
    if type(keys) is not list or not all(type(key) is dict for key in keys):
        raise KeyMaterialError('it is no JWK set: {"keys": [{…}, …]}')
    return keys


def is_own(jwks: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether a JWK set is the application's own: it has a private or symmetric key."""
    return any(not PRIVATE_NAMES.isdisjoint(jwk) for jwk in jwks)


def own_keys(
    jwks: Iterable[Mapping[str, Any]], algorithm: str | None = None, *, allow_insecure: bool = False
) -> list[Key]:
    """Make the keys of a key file, in its order: each of them has to be good."""
    keys: list[Key] = []
    for number, jwk in enumerate(jwks, 1):
        try:
            keys.append(Key.from_jwk(jwk, algorithm, allow_insecure=allow_insecure))
        except KeyMaterialError as error:
            raise type(error)(f"{_place(number, jwk)}: {error}") from None
    return keys


def issuer_keys(
    jwks: Iterable[Mapping[str, Any]],
    algorithms: Sequence[str],
    warnings: list[str],
    *,
    only: bool = False,
) -> list[Key]:
    """Make the keys of a set that others publish; those for other ends, or unsafe, are left out.

    A key without ``alg`` is for those of the algorithms that fit its type; with ``only``, one for
    another algorithm is left out too.
    """
    keys: list[Key] = []
    passed_over: list[str] = []
    for number, jwk in enumerate(jwks, 1):
        try:
            keys += _verifying(jwk, algorithms, only=only)
        except KeyMaterialError as error:
            passed_over.append(f"{_place(number, jwk)}: {error}")
    if passed_over:
        more = len(passed_over) - _MAX_NAMED
        named = "; ".join(passed_over[:_MAX_NAMED]) + (f"; and {more} more" if more > 0 else "")
        if not keys:
            raise KeyMaterialError(f"no key of the set can be used: {named}")
        warnings.append(f"keys of the set that are not used: {named}")
    return keys


def ring_of(keys: Iterable[Key], verifying: Iterable[Key] = ()) -> KeyRing:
    """Make a ring of keys: those that can sign take turns by their dates."""
    every = [*keys]
    return KeyRing(
        [key for key in every if key.can_sign],
        [*(key for key in every if not key.can_sign), *verifying],
    )


def _verifying(jwk: Mapping[str, Any], algorithms: Sequence[str], *, only: bool) -> list[Key]:
    if is_own([jwk]):
        raise KeyMaterialError("it is private, and so everybody's who reads the set")
    operations = jwk.get("key_ops")
    if type(operations) is list and "verify" not in operations:
        raise KeyMaterialError("key_ops says that it is not for verifying")
    fitting = [name for name in algorithms if _fits(jwk, ALGORITHMS[name])]
    if jwk.get("alg") is None and fitting:
        return [Key.from_jwk({**jwk, "alg": name}) for name in fitting]
    key = Key.from_jwk(jwk)
    if only and key.algorithm.name not in algorithms:
        raise KeyMaterialError(f"it is for {key.algorithm.name}, which is not accepted here")
    return [key]


def _fits(jwk: Mapping[str, Any], algorithm: Algorithm) -> bool:
    is_of_type = jwk.get("kty") == algorithm.key_type
    return is_of_type and algorithm.curve in (None, jwk.get("crv"))


def _place(number: int, jwk: Mapping[str, Any]) -> str:
    kid = jwk.get("kid")
    # Short and plain, or it is no name to print.
    plain = isinstance(kid, str) and kid.isascii() and kid.isprintable() and len(kid) <= 64
    return f"key {number} ({kid})" if plain else f"key {number}"
