"""The key ring: exactly one key signs, any number verify, and dates decide which."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Literal

from .errors import KeyMaterialError
from .keys import Key

#: The most keys that one token is tried with.
MAX_CANDIDATES = 4

#: What a key is at one moment: published (it will sign later, and verifies already), signing,
#: verifying (it signs no more), retired (its tokens are refused).
KeyState = Literal["published", "signing", "verifying", "retired"]

# Under this name stand the keys without a kid of their own; the kid of a token is not empty.
_ANY_KID = ""


class KeyRing:
    """The keys of one issuer: exactly one signs, any number verify. Not to be changed once made.

    :param signing: the key that signs (and verifies), or several with different ``signs_from``,
        each of which signs until the next one does; None where tokens are only read.
    :param verifying: further keys whose tokens are accepted; their order means nothing, but that
        the first ones are tried first with a token that names no key.
    :raises KeyMaterialError: there is no key at all, a signing one can't sign, two of them begin at
        the same time, or two keys have one ``kid``. A ring that only verifies may have such keys:
        its tokens are tried with both (:rfc:`7517` section 4.5).
    """

    __slots__ = ("_candidates", "_has_to_choose", "_signing", "keys")

    def __init__(self, signing: Key | Iterable[Key] | None, verifying: Iterable[Key] = ()) -> None:
        signing = (signing,) if isinstance(signing, Key) else signing or ()
        # The newest first: it has made most of the tokens.
        self._signing = tuple(sorted(signing, key=lambda key: key.signs_from, reverse=True))
        #: All keys, the newest signing ones first.
        self.keys = (*self._signing, *verifying)
        _check(self.keys, self._signing)
        self._candidates = _by_algorithm_and_kid(self.keys)
        # Most rings are small and have no dates: nothing to choose at each token.
        self._has_to_choose = len(self.keys) > MAX_CANDIDATES or any(
            key.verifies_until < inf for key in self.keys
        )

    def signing_key(self, now: float) -> Key | None:
        """Return the key that signs, or None.

        :param now: seconds since 1970.
        """
        for key in self._signing:
            if key.signs_from <= now < key.verifies_until:
                return key
        return None

    def next_change(self, now: float) -> float:
        """Return when another key may begin to sign, or one is retired; ``inf`` for never.

        :param now: seconds since 1970.
        """
        dates = (date for key in self.keys for date in (key.signs_from, key.verifies_until))
        return min((date for date in dates if date > now), default=inf)

    def state_of(self, key: Key, now: float) -> KeyState:
        """Return what a key of the ring is at one moment.

        :param key: the key.
        :param now: seconds since 1970.
        """
        if key.verifies_until <= now:
            return "retired"
        if key is self.signing_key(now):
            return "signing"
        return "published" if key in self._signing and key.signs_from > now else "verifying"

    def candidates(self, algorithm: str, kid: str | None, now: float) -> tuple[Key, ...]:
        """Return the keys that may have signed a token; the token chooses none outside the ring.

        :param algorithm: the token's ``alg``.
        :param kid: the token's ``kid``, or None. A key that was not given a name answers to any.
        :param now: seconds since 1970; a retired key is no candidate.
        :return: :data:`MAX_CANDIDATES` keys at most.
        """
        by_kid = self._candidates.get(algorithm)
        if by_kid is None:
            return ()
        keys = by_kid.get(kid)
        if keys is None:
            keys = by_kid[_ANY_KID]
        if not self._has_to_choose:
            return keys
        return tuple(key for key in keys if now < key.verifies_until)[:MAX_CANDIDATES]

    def public_jwks(self, now: float) -> list[dict[str, str]]:
        """Return the public halves of the keys that are not retired (:rfc:`7517` section 5).

        :param now: seconds since 1970.
        :return: no private member and no symmetric key, at any depth.
        """
        published = (key.public_jwk for key in self.keys if now < key.verifies_until)
        return [jwk for jwk in published if jwk is not None]

    def has_kid(self, kid: str) -> bool:
        """Tell whether a key has a name, given to it or its thumbprint.

        :param kid: the name.
        """
        return any(key.kid == kid for key in self.keys)

    @property
    def algorithms(self) -> frozenset[str]:
        """The ``alg`` names that are accepted."""
        return frozenset(self._candidates)

    def __repr__(self) -> str:
        return f"<KeyRing signing={list(self._signing)} algorithms={sorted(self._candidates)}>"


def _check(keys: tuple[Key, ...], signing: tuple[Key, ...]) -> None:
    if not keys:
        raise KeyMaterialError("a key ring needs a key")
    if not all(key.can_sign for key in signing):
        raise KeyMaterialError("the signing key is a public key; signing needs a private one")
    by_kid: dict[str | None, Key] = {}
    for key in keys if signing else ():
        if not key.has_explicit_kid:
            continue
        if not key.is_same_for_another_algorithm(by_kid.setdefault(key.kid, key)):
            raise KeyMaterialError("two keys of a ring have one kid")
    if len({key.signs_from for key in signing}) != len(signing):
        raise KeyMaterialError(
            "two keys could sign: give each a signs_from of its own, and the later one follows the "
            "earlier"
        )


def _by_algorithm_and_kid(
    keys: tuple[Key, ...],
) -> dict[str, dict[str | None, tuple[Key, ...]]]:
    candidates: dict[str, dict[str | None, tuple[Key, ...]]] = {}
    for algorithm in {key.algorithm.name for key in keys}:
        fitting = tuple(key for key in keys if key.algorithm.name == algorithm)
        nameless = tuple(key for key in fitting if not key.has_explicit_kid)
        by_kid: dict[str | None, tuple[Key, ...]] = {None: fitting, _ANY_KID: nameless}
        for key in fitting:
            if key.kid is not None:
                namesakes = [other for other in fitting if other.kid == key.kid]
                others = [other for other in nameless if other not in namesakes]
                by_kid[key.kid] = (*namesakes, *others)
        candidates[algorithm] = by_kid
    return candidates
