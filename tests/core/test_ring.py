"""A ring in time: which key signs, which verify, and until when."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from flask_jwt.core import InvalidSignature, Key, KeyMaterialError, KeyRing, Signer, Verifier
from flask_jwt.core.key_ring import MAX_CANDIDATES
from flask_jwt.core.key_set import own_keys, parse_key_set
from tests.support.material import NOW, claims, signing_key
from tests.support.tokens import parts_of


def key(kid: str | None, **dates: Any) -> Key:
    """Return a key of a name, with a secret of its own."""
    return Key.from_secret(f"{kid} ".ljust(40, "s"), kid=kid, allow_insecure=True, **dates)


class Clock:
    """A clock to set."""

    def __init__(self) -> None:
        self.now: float = NOW

    def __call__(self) -> float:
        """Return the time."""
        return self.now


FIRST = key("first", signs_from=NOW - 100, verifies_until=NOW + 200)
NEXT = key("next", signs_from=NOW + 100)


def test_states() -> None:
    """Each key's state follows from the dates, to the second."""
    ring = KeyRing([FIRST, NEXT])
    seen = {
        second: (ring.state_of(FIRST, NOW + second), ring.state_of(NEXT, NOW + second))
        for second in (-101, -100, 0, 99.9, 100, 199.9, 200, 10**9)
    }

    assert seen == {
        -101: ("published", "published"),
        -100: ("signing", "published"),
        0: ("signing", "published"),
        99.9: ("signing", "published"),
        100: ("verifying", "signing"),
        199.9: ("verifying", "signing"),
        200: ("retired", "signing"),
        10**9: ("retired", "signing"),
    }
    assert [ring.next_change(NOW + second) - NOW for second in (-200, 0, 100, 200)] == [
        *(-100, 100, 200),
        inf,
    ]


def test_the_order_means_nothing() -> None:
    """Dates decide which key signs, and not the place in the list (CVE-2025-47278)."""
    for keys in ([FIRST, NEXT], [NEXT, FIRST]):
        ring = KeyRing(keys)
        assert ring.signing_key(NOW) is FIRST
        assert ring.signing_key(NOW + 100) is NEXT


def test_a_retired_key_does_not_sign() -> None:
    """A key whose end has come signs no more, even if no other does."""
    ring = KeyRing(key("only", verifies_until=NOW))

    assert ring.signing_key(NOW - 1) is not None
    assert ring.signing_key(NOW) is None
    with pytest.raises(KeyMaterialError, match="no key that signs"):
        Signer(ring, clock=lambda: NOW)


@pytest.mark.parametrize("dates", [{}, {"signs_from": 7}])
def test_a_tie(dates: dict[str, Any]) -> None:
    """Two keys that begin to sign at the same time are an error that says what to do."""
    with pytest.raises(KeyMaterialError, match="signs_from of its own"):
        KeyRing([key("a", **dates), key("b", **dates)])


def test_the_signer_switches_by_the_clock() -> None:
    """One signer signs with the key whose turn it is, without being made anew."""
    clock = Clock()
    signer = Signer(KeyRing([FIRST, NEXT]), clock=clock)
    seen = []
    for second in (0, 99, 100, 101, 500):
        clock.now = NOW + second
        seen.append(parts_of(signer.sign(claims(exp=NOW + 5000)))[0]["kid"])

    assert seen == ["first", "first", "next", "next", "next"]


def test_the_signer_finds_nobody() -> None:
    """When the last key's end has come, signing is an error."""
    clock = Clock()
    signer = Signer(KeyRing(key("only", verifies_until=NOW + 5)), clock=clock)
    signer.sign(claims())
    clock.now += 5

    with pytest.raises(KeyMaterialError, match="no key that signs"):
        signer.sign(claims())


@pytest.mark.parametrize("cache_tokens", [0, 100])
def test_the_verifier_looks_at_the_dates_each_time(cache_tokens: int) -> None:
    """A token of a retired key is refused, seen before or not; a published key's is good."""
    clock = Clock()
    verifier = Verifier(KeyRing([FIRST, NEXT]), clock=clock, cache_tokens=cache_tokens)
    old = Signer(KeyRing(FIRST), clock=clock).sign(claims(exp=NOW + 5000))
    early = Signer(KeyRing(key("next")), clock=clock).sign(claims(exp=NOW + 5000))
    for _ in range(3):
        assert verifier.verify(early).claims == verifier.verify(old).claims

    clock.now = NOW + 199.5
    verifier.verify(old)
    clock.now = NOW + 200
    for _ in range(2):
        with pytest.raises(InvalidSignature):
            verifier.verify(old)
    verifier.verify(early)


class TestCandidates:
    """Which keys a token is tried with."""

    def test_four_at_most(self) -> None:
        """A token without a name is tried with four keys, the newest signing ones first."""
        dated = [key(f"k{number}", signs_from=NOW - number) for number in range(6)]
        others = [key(f"v{number}") for number in range(6)]
        ring = KeyRing(dated[::-1], others)

        assert ring.candidates("HS256", None, NOW) == tuple(dated[:MAX_CANDIDATES])
        assert KeyRing(None, others).candidates("HS256", None, NOW) == tuple(others[:4])
        # With a name all of them are found.
        assert ring.candidates("HS256", "v5", NOW) == (others[5],)

    def test_retired_keys_take_no_place(self) -> None:
        """Only live keys are tried, and only these are counted."""
        gone = [key(f"gone{number}", verifies_until=NOW) for number in range(9)]
        live = key("live")
        ring = KeyRing(None, [*gone, live])

        assert ring.candidates("HS256", None, NOW) == (live,)
        assert ring.candidates("HS256", "gone1", NOW) == ()
        assert ring.candidates("HS256", "gone1", NOW - 1) == (gone[1],)

    def test_names(self) -> None:
        """A given name is binding; a thumbprint is not, and neither is none."""
        pair = signing_key("ES256")
        ring = KeyRing(pair, [key(None)])

        assert ring.candidates("ES256", "of another issuer", NOW) == (pair,)
        assert len(ring.candidates("HS256", "whatever", NOW)) == 1
        assert KeyRing(key("a")).candidates("HS256", "b", NOW) == ()


class TestKeySets:
    """The text of a key file."""

    @pytest.mark.parametrize(
        "text",
        [
            *("", "null", "[]", '{"keys": null}', '{"keys": {}}', '{"keys": [1]}', "{}"),
            '{"keys": [], "keys": []}',
            '{"keys": [{"kty": "oct", "kty": "oct"}]}',
            '\ufeff{"keys": []}',
        ],
    )
    def test_no_set(self, text: str) -> None:
        """What is no strict JSON, or no JWK set, is refused."""
        with pytest.raises(KeyMaterialError):
            parse_key_set(text.encode())

    def test_which_key(self) -> None:
        """An error says which key it is about, by its place and name."""
        with pytest.raises(KeyMaterialError, match=r"^key 1 \(a\): kty has to be"):
            own_keys([{"kid": "a"}])
        with pytest.raises(KeyMaterialError, match=r"^key 1: kty has to be"):
            own_keys([{"kid": "a\nb"}])

    def test_published(self) -> None:
        """Of a ring the public halves that are not retired are published."""
        pair = signing_key("ES256", "pair")
        ring = KeyRing(pair, [signing_key("HS256"), key("gone", verifies_until=NOW)])

        assert ring.public_jwks(NOW) == [pair.public_jwk]
