"""The keys of a key file and their dates: pure functions of the entries and the time."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from ..core.algorithms import ALGORITHMS, Algorithm
from ..core.clock import format_utc
from ..core.compact_jws import encode_base64url
from ..core.jwk import PRIVATE_NAMES, thumbprint
from ..core.key_ring import KeyState
from ..core.key_set import PUBLISHED_MAX_AGE, own_keys, ring_of
from ..core.keys import Key

JWK = dict[str, Any]

# Others may keep the published keys for one such age, and their caches for another.
_PUBLISHED_DELAY = 2 * PUBLISHED_MAX_AGE
# A symmetric key is not published: the workers alone need a few seconds to notice it.
_SYMMETRIC_DELAY = 60


class KeyRuleError(ValueError):
    """A command would break the rules of the key ring; the text says why."""


class KeyEntry(NamedTuple):
    """An entry of a key file at one moment; its name is ``#`` and a number where it has no kid."""

    jwk: JWK
    key: Key
    state: KeyState
    name: str

    def __repr__(self) -> str:
        return f"<KeyEntry {self.name}: {self.state}>"


class KeyEntries:
    """The entries of a key file at one moment, in the order of the file."""

    def __init__(self, jwks: Sequence[JWK], algorithm: str | None, now: int) -> None:
        # A file is judged as a whole, as workers judge it; weak keys too can be listed.
        keys = own_keys(jwks, algorithm, allow_insecure=True)
        #: The ring that workers make of the file, or None where it is empty.
        self.ring = ring_of(keys) if keys else None
        self.now = now
        self.entries = [
            KeyEntry(jwk, key, self.ring.state_of(key, now), key.kid or f"#{number}")
            for number, (jwk, key) in enumerate(zip(jwks, keys, strict=True), 1)
            if self.ring is not None
        ]

    def signing(self) -> Key | None:
        """Return the key that signs now, or None."""
        return None if self.ring is None else self.ring.signing_key(self.now)

    def published(self) -> KeyEntry | None:
        """Return the next key to sign, or None."""
        published = [entry for entry in self.entries if entry.state == "published"]
        return min(published, key=_signs_from, default=None)

    def live(self) -> list[KeyEntry]:
        """Return the keys that are not retired."""
        return [entry for entry in self.entries if entry.state != "retired"]


def new_key(algorithm: Algorithm, signs_from: float | None) -> JWK:
    """Make a key out of new random bytes."""
    if algorithm.symmetric:
        secret = encode_base64url(secrets.token_bytes(algorithm.least_bits // 8)).decode()
        # A name that says nothing of the secret.
        material = {"kty": "oct", "kid": secrets.token_urlsafe(12), "k": secret}
    else:
        # Not at the top: a shared secret needs no cryptography.
        from ..core.asymmetric import generate_jwk

        material = generate_jwk(algorithm)
        material = {"kty": material["kty"], "kid": thumbprint(material), **material}
    return _beginning({**material, "alg": algorithm.name, "use": "sig"}, signs_from)


def add_next_key(
    entries: KeyEntries, algorithm: str | None, delay: int | None, token_lifetime: float
) -> list[JWK]:
    """Add the next key, date the end of the others that sign, and drop those that are retired."""
    signing = entries.signing()
    published = entries.published()
    if published is not None:
        raise KeyRuleError(
            f"the next key, {printable(published.name)}, is published already, and signs from "
            f"{format_utc(published.key.signs_from)}"
        )
    if signing is None:
        raise KeyRuleError("no key signs now: make one with `flask jwt keys generate`")
    row = ALGORITHMS[algorithm or signing.algorithm.name]
    if delay is None:
        delay = _SYMMETRIC_DELAY if row.symmetric else _PUBLISHED_DELAY
    # After the present one, even in the second in which that was made.
    begins = max(entries.now + delay, int(signing.signs_from) + 1 if signing.signs_from > 0 else 0)
    end = int(begins + token_lifetime) + 1
    kept = [
        {**entry.jwk, "verifies_until": int(min(end, entry.key.verifies_until))}
        if entry.key.can_sign
        else entry.jwk
        for entry in entries.live()
    ]
    return [*kept, new_key(row, begins)]


def retire_keys(entries: KeyEntries, names: Collection[str]) -> tuple[list[JWK], list[JWK]]:
    """Retire keys, and return all keys with those that sign in their place from now on.

    A key that signs, or has signed, or is to sign, hands its date on: to the key after it, or to a
    new one where there is none. So by every clock there is a key that signs, and the order of the
    others stays.
    """
    known = {entry.name for entry in entries.entries}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise KeyRuleError(
            f"there is no key {printable(unknown[0])}; there are "
            f"{', '.join(printable(entry.name) for entry in entries.entries)}"
        )
    # A key with a second name, for another algorithm, is stolen with it.
    stolen = [_material(entry.jwk) for entry in entries.entries if entry.name in names]
    names = {entry.name for entry in entries.entries if _material(entry.jwk) in stolen}
    lost: list[KeyEntry] = []
    redated: dict[int, JWK] = {}
    successors: list[JWK] = []
    # Retired keys are included: by the slower clock of a worker they may sign still.
    signing = [entry for entry in entries.entries if entry.key.can_sign]
    for entry in sorted(signing, key=_signs_from):
        if entry.name in names:
            lost.append(entry)
        elif lost:
            redated[id(entry)] = _beginning(entry.jwk, lost[0].jwk.get("signs_from"))
            if entry.state != "signing":
                successors.append(redated[id(entry)])
            lost = []
    if lost:
        successors.append(new_key(lost[-1].key.algorithm, lost[0].jwk.get("signs_from")))
    kept = [
        _retired(entry.jwk) if entry.name in names else redated.get(id(entry), entry.jwk)
        for entry in entries.entries
        # A symmetric key has no public half to keep.
        if not (entry.name in names and entry.key.algorithm.symmetric)
    ]
    return [*kept, *(successors[-1:] if lost else ())], successors


def printable(name: str) -> str:
    """Return a name of a key as a terminal may show it: a file of others can hold anything."""
    return name if name.isprintable() else ascii(name)


def _signs_from(entry: KeyEntry) -> float:
    return entry.key.signs_from


def _material(jwk: JWK) -> tuple[Any, ...]:
    """Return the public members, or the shared secret, by which a key is the same as another."""
    return tuple(jwk.get(name) for name in ("kty", "crv", "n", "x", "y", "k"))


def _beginning(jwk: JWK, signs_from: float | None) -> JWK:
    if signs_from is None:
        return {name: value for name, value in jwk.items() if name != "signs_from"}
    return {**jwk, "signs_from": signs_from}


def _retired(jwk: JWK) -> JWK:
    public = {name: value for name, value in jwk.items() if name not in PRIVATE_NAMES}
    # The year 1970: refused by every clock, however late it is, or the one here was early.
    return {**public, "verifies_until": 0}
