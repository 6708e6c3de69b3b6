"""What the commands do to the entries of a key file: pure functions of the entries and the time."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from ..core.algorithms import ALGORITHMS, Algorithm
from ..core.compact import encode_base64url
from ..core.jwk import PRIVATE_MEMBERS, thumbprint
from ..core.key_ring import KeyState
from ..core.key_set import own_keys, ring_of
from ..core.keys import Key
from .table import moment, printable

Entry = dict[str, Any]


class KeyRuleError(ValueError):
    """What a command was asked to do would break the key ring's rules; the text says why."""


class JudgedEntry(NamedTuple):
    """An entry of a key file at one moment.

    :param written: as it stands in the file.
    :param key: what it is.
    :param state: what it does.
    :param name: its ``kid``; ``#`` and its place in the file where it has none.
    """

    written: Entry
    key: Key
    state: KeyState
    name: str

    def __repr__(self) -> str:
        return f"<JudgedEntry {self.name}: {self.state}>"


class Entries:
    """The entries of a key file at one moment."""

    def __init__(self, written: Sequence[Entry], algorithm: str | None, now: int) -> None:
        # A file is judged as a whole, as workers judge it; weak keys too can be listed.
        keys = own_keys(written, algorithm, allow_insecure=True)
        #: The ring that workers make of the file, or None where it is empty.
        self.ring = ring_of(keys) if keys else None
        self.now = now
        #: Each entry with its key and what it is now, in the order of the file.
        self.judged = [
            JudgedEntry(entry, key, self.ring.state_of(key, now), key.kid or f"#{number}")
            for number, (entry, key) in enumerate(zip(written, keys, strict=True), 1)
            if self.ring is not None
        ]

    def signing(self) -> Key | None:
        """Return the key that signs now, or None."""
        return None if self.ring is None else self.ring.signing_key(self.now)

    def published(self) -> JudgedEntry | None:
        """Return the next key to sign, or None."""
        waiting = [one for one in self.judged if one.state == "published"]
        return min(waiting, key=lambda one: one.key.signs_from, default=None)

    def live(self) -> list[JudgedEntry]:
        """Return the keys that are not retired."""
        return [one for one in self.judged if one.state != "retired"]


def new_entry(algorithm: Algorithm, signs_from: float | None) -> Entry:
    """Make an entry with a key that nobody has seen before."""
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


def rotated(
    entries: Entries, algorithm: str | None, delay: int | None, longest: float, cached: int
) -> tuple[list[Entry], Entry]:
    """Add the next key, date the end of the others that sign, and drop those that are retired."""
    signing = entries.signing()
    waiting = entries.published()
    if waiting is not None:
        raise KeyRuleError(
            f"the next key, {printable(waiting.name)}, is published already, and signs from "
            f"{moment(waiting.key.signs_from)}"
        )
    if signing is None:
        raise KeyRuleError("no key signs now: make one with `flask jwt keys generate`")
    row = ALGORITHMS[algorithm or signing.algorithm.name]
    if delay is None:
        # Nobody keeps a symmetric key: the workers need a few seconds to notice it.
        delay = 60 if row.symmetric else cached
    # After the present one, even in the second in which that was made.
    begins = max(entries.now + delay, int(signing.signs_from) + 1 if signing.signs_from > 0 else 0)
    following = new_entry(row, begins)
    end = int(begins + longest) + 1
    kept = [
        {**one.written, "verifies_until": int(min(end, one.key.verifies_until))}
        if one.key.can_sign
        else one.written
        for one in entries.live()
    ]
    return [*kept, following], following


def retired(entries: Entries, names: Collection[str]) -> tuple[list[Entry], list[Entry]]:
    """Retire keys, and have others sign in their place, whatever time it is here or elsewhere.

    A key that signs, or has signed, or is to sign, hands its date on: to the key after it, or to a
    new one where there is none. So by every clock there is a key that signs, and the order of the
    others stays.
    """
    known = {one.name for one in entries.judged}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise KeyRuleError(
            f"there is no key {printable(unknown[0])}; there are "
            f"{', '.join(printable(one.name) for one in entries.judged)}"
        )
    # A key with a second name, for another algorithm, is stolen with it.
    stolen = [_material(one.written) for one in entries.judged if one.name in names]
    names = {one.name for one in entries.judged if _material(one.written) in stolen}
    lost: list[JudgedEntry] = []
    handed: dict[int, Entry] = {}
    beginning: list[Entry] = []
    # Those that are retired here as well: by the workers' clock they may sign.
    signing = [one for one in entries.judged if one.key.can_sign]
    for one in sorted(signing, key=lambda one: one.key.signs_from):
        if one.name in names:
            lost.append(one)
        elif lost:
            handed[id(one)] = _beginning(one.written, lost[0].written.get("signs_from"))
            if one.state != "signing":
                beginning.append(handed[id(one)])
            lost = []
    if lost:
        beginning.append(new_entry(lost[-1].key.algorithm, lost[0].written.get("signs_from")))
    kept = [
        _retired(one.written) if one.name in names else handed.get(id(one), one.written)
        for one in entries.judged
        # A symmetric key has no public half to keep.
        if not (one.name in names and one.key.algorithm.symmetric)
    ]
    return [*kept, *(beginning[-1:] if lost else ())], beginning


def _material(entry: Entry) -> tuple[Any, ...]:
    """Return the public members, or the shared secret, by which a key is the same as another."""
    return tuple(entry.get(name) for name in ("kty", "crv", "n", "x", "y", "k"))


def _beginning(entry: Entry, signs_from: float | None) -> Entry:
    if signs_from is None:
        return {name: value for name, value in entry.items() if name != "signs_from"}
    return {**entry, "signs_from": signs_from}


def _retired(entry: Entry) -> Entry:
    private = {name for names in PRIVATE_MEMBERS.values() for name in names}
    public = {name: value for name, value in entry.items() if name not in private}
    # The year 1970: refused by every clock, however late it is, or the one here was early.
    return {**public, "verifies_until": 0}
