"""What the commands do to the entries of a key file: pure functions of the entries and the time."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.algorithms import ALGORITHMS, Algorithm
from ..core.compact import encode_base64url
from ..core.jwk import PRIVATE_MEMBERS, thumbprint
from ..core.key_set import ring_of
from ..core.keys import Key
from ..core.ring import KeyRing, KeyState
from .key_table import name_of
from .table import moment

Entry = dict[str, Any]


class KeyRuleError(ValueError):
    """What a command was asked to do would break the key ring's rules; the text says why."""


@dataclass(frozen=True)
class Entries:
    """The entries of a key file at one moment.

    :param written: as they stand in the file.
    :param algorithm: what an entry without ``alg`` is for, where its type leaves a choice.
    :param now: seconds since 1970, whole.
    :raises KeyMaterialError: an entry is no key, or together they make no ring.
    """

    written: Sequence[Entry]
    algorithm: str | None
    now: int

    def __post_init__(self) -> None:
        # A file is judged as a whole, as workers judge it; weak keys too can be listed.
        self.ring()

    def ring(self) -> KeyRing | None:
        """Return the ring that workers make of the file, or None where it is empty."""
        if not self.written:
            return None
        return ring_of(self.written, self.algorithm, allow_insecure=True)

    def judged(self) -> list[tuple[Entry, Key, KeyState]]:
        """Return each entry with its key and what it is now, in the order of the file."""
        ring = self.ring()
        if ring is None:
            return []
        # The ring has the keys in an order of its own.
        made = [Key.from_jwk(one, self.algorithm, allow_insecure=True) for one in self.written]
        by_name = {key.kid: key for key in ring.keys}
        return [
            (entry, key, ring.state_of(by_name[key.kid], self.now))
            for entry, key in zip(self.written, made, strict=True)
        ]

    def signing(self) -> Key | None:
        """Return the key that signs now, or None."""
        ring = self.ring()
        return None if ring is None else ring.signing_key(self.now)

    def published(self) -> tuple[Entry, Key] | None:
        """Return the next key to sign, or None."""
        waiting = [(entry, key) for entry, key, state in self.judged() if state == "published"]
        return min(waiting, key=lambda one: one[1].signs_from, default=None)

    def live(self) -> list[Entry]:
        """Return the entries of the keys that are not retired."""
        return [entry for entry, _, state in self.judged() if state != "retired"]


def new_entry(algorithm: Algorithm, signs_from: int) -> Entry:
    """Make an entry with a key that nobody has seen before.

    :param algorithm: what it is for.
    :param signs_from: when it begins to sign, in seconds since 1970.
    """
    if algorithm.symmetric:
        secret = encode_base64url(secrets.token_bytes(algorithm.least_bits // 8)).decode()
        # A name that says nothing of the secret.
        material = {"kty": "oct", "kid": secrets.token_urlsafe(12), "k": secret}
    else:
        # Not at the top: a shared secret needs no cryptography.
        from ..core.asymmetric import generate_jwk

        material = generate_jwk(algorithm)
        material = {"kty": material["kty"], "kid": thumbprint(material), **material}
    return {**material, "alg": algorithm.name, "use": "sig", "signs_from": signs_from}


def rotated(
    entries: Entries, algorithm: str | None, delay: int | None, longest: float, cached: int
) -> tuple[list[Entry], Entry]:
    """Add the next key, and date the end of the others that sign.

    :param entries: the file.
    :param algorithm: what the next key is for; None: what the signing key is for.
    :param delay: seconds until it signs; None: as long as others may keep the published keys.
    :param longest: how long a token may be accepted after it was signed, in seconds.
    :param cached: how long others may keep the published keys, in seconds.
    :return: the new entries, and the next key among them.
    :raises KeyRuleError: a next key is published already, or no key signs.
    """
    signing = entries.signing()
    waiting = entries.published()
    if waiting is not None:
        raise KeyRuleError(
            f"the next key, {name_of(waiting[1])}, is published already, and signs from "
            f"{moment(waiting[1].signs_from)}"
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
    end = int(following["signs_from"] + longest) + 1
    kept = [
        {**entry, "verifies_until": int(min(end, key.verifies_until))} if key.can_sign else entry
        for entry, key, state in entries.judged()
        if state != "retired"
    ]
    return [*kept, following], following


def retired(
    entries: Entries, kids: Collection[str], leeway: int
) -> tuple[list[Entry], Entry | None]:
    """Retire keys at once, and have another one sign in their place.

    :param entries: the file.
    :param kids: the names of the keys.
    :param leeway: how far the clocks of workers may differ, in seconds.
    :return: the new entries, and the key that signs now instead; None where the one that signs was
        not retired.
    :raises KeyRuleError: there is no key of a name.
    """
    known = {key.kid: key for _, key, state in entries.judged() if state != "retired"}
    unknown = [kid for kid in kids if kid not in known]
    if unknown:
        raise KeyRuleError(
            f"there is no key {unknown[0]}; there are {', '.join(map(name_of, known.values()))}"
        )
    at_once = entries.now - leeway
    kept = [
        _without_private_half({**entry, "verifies_until": at_once}) if key.kid in kids else entry
        for entry, key, state in entries.judged()
        if state != "retired" and not (key.kid in kids and key.algorithm.symmetric)
    ]
    signing = entries.signing()
    if signing is not None and signing.kid not in kids:
        return kept, None
    successor = Entries(kept, entries.algorithm, entries.now).published()
    if successor is None:
        lost = signing or known[next(iter(kids))]
        following = new_entry(lost.algorithm, at_once)
        return [*kept, following], following
    following = {**successor[0], "signs_from": at_once}
    return [following if entry is successor[0] else entry for entry in kept], following


def _without_private_half(entry: Entry) -> Entry:
    private = {name for names in PRIVATE_MEMBERS.values() for name in names}
    return {name: value for name, value in entry.items() if name not in private}
