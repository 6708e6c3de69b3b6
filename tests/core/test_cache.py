"""Verified tokens that are remembered: the same answer, for less."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_jwt.core import (
    ClaimsPolicy,
    ExpiredToken,
    ImmatureToken,
    InvalidSignature,
    Key,
    KeyRing,
    MalformedToken,
    Signer,
    TokenError,
    Verifier,
)
from flask_jwt.core.cache import TokenCache
from tests.support.material import NOW, SECRET, claims

# Some of its tokens expire at once.
SIGNER = Signer(KeyRing(Key.from_secret(SECRET)), clock=lambda: 0)
NESTED: dict[str, Any] = {"roles": ["a", "b"], "org": {"id": 7, "tags": [{"x": 1}]}}


class Watched:
    """A verifier, its clock, and how often its key was used."""

    def __init__(self, cache_tokens: int = 100, policy: ClaimsPolicy | None = None) -> None:
        self.now: float = NOW
        self.used = 0
        key = Key.from_secret(SECRET)

        def verify(signing_input: bytes, signature: bytes) -> bool:
            self.used += 1
            return key.verify(signing_input, signature)

        ring = KeyRing(None, [Key(key.algorithm, verify, None)])
        self.verifier = Verifier(
            ring, policy or ClaimsPolicy(), clock=lambda: self.now, cache_tokens=cache_tokens
        )
        self.verify = self.verifier.verify

    def remembers(self, token: str) -> bool:
        """Tell whether a good token is verified without its key."""
        before = self.used
        self.verify(token)
        return self.used == before


def token(number: int = 0, **changed: Any) -> str:
    """Return a good token."""
    return SIGNER.sign(claims(number=number, **changed))


@pytest.mark.parametrize(
    "more", [{}, NESTED, {"text": "{[ \u20ac"}, {"empty": []}, {"a": ["b", 1]}, {"a": [["b"]]}]
)
def test_the_same_answer(more: dict[str, Any]) -> None:
    """A remembered token gives what it gave the first time."""
    watched = Watched()
    one = token(**more)
    first, second, third = (watched.verify(one) for _ in range(3))

    assert first == second == third
    assert type(second) is type(first)
    assert second.claims == claims(number=0, **more)
    assert type(second.claims) is dict
    assert watched.used == 1


def test_nobodys_change_reaches_the_next() -> None:
    """What is handed out can be changed, at every depth, by whoever got it."""
    watched = Watched()
    for one in (token(), token(roles=["a", "b"]), token(**NESTED)):
        original = Watched().verify(one).claims
        for _ in range(4):
            found: Any = watched.verify(one).claims
            assert found == original
            if "org" in found:
                found["org"]["tags"][0]["x"] = 2
                found["org"]["tags"].append(3)
            if "roles" in found:
                found["roles"].clear()
            found["identity"] = "root"
            del found["exp"]
        with pytest.raises(TypeError):
            watched.verify(one).header["alg"] = "none"  # type: ignore[index]


class TestLookedAtAgain:
    """What a remembered token has to pass each time (F13)."""

    @pytest.mark.parametrize("leeway", [0, 10])
    def test_expiry(self, leeway: float) -> None:
        """It expires in the same second as any other."""
        watched = Watched(policy=ClaimsPolicy(leeway=leeway))
        one = token(exp=NOW + 50)
        watched.verify(one)
        watched.now = NOW + 49.9 + leeway
        assert watched.remembers(one)
        watched.now = NOW + 50 + leeway
        for _ in range(2):
            with pytest.raises(ExpiredToken):
                watched.verify(one)

    @pytest.mark.parametrize("times", [{"nbf": NOW - 5}, {"iat": NOW - 5}])
    def test_a_clock_that_is_put_back(self, times: dict[str, Any]) -> None:
        """Before its time it is refused, although it was good before."""
        watched = Watched()
        one = token(**{"nbf": 5, "iat": 5, **times})
        watched.verify(one)
        watched.now = NOW - 5
        assert watched.remembers(one)
        watched.now = NOW - 5.1
        with pytest.raises(ImmatureToken):
            watched.verify(one)


class TestGarbage:
    """What attackers send."""

    def test_by_the_whole_text(self) -> None:
        """A token that differs anywhere is another one (CVE-2026-35039)."""
        watched = Watched()
        one = token()
        for _ in range(2):
            watched.verify(one)
        for place in range(len(one)):
            changed = one[:place] + ("A" if one[place] != "A" else "B") + one[place + 1 :]
            with pytest.raises(TokenError):
                watched.verify(changed)
        for changed in (one + "A", one[:-1], one + ".", f" {one}", f"{one} ", one + "="):
            with pytest.raises((MalformedToken, InvalidSignature)):
                watched.verify(changed)
        assert watched.remembers(one)

    def test_it_drives_nothing_out(self) -> None:
        """Nobody can flush the cache with tokens that are refused."""
        watched = Watched(cache_tokens=50)
        good = [token(number) for number in range(25)]
        for one in good:
            watched.verify(one)
        for number in range(2000):
            bad = f"{good[number % 25][:-20]}{number:020d}"
            with pytest.raises(TokenError):
                watched.verify(bad)
            with pytest.raises(ExpiredToken):
                watched.verify(token(number, nbf=NOW - 60, exp=NOW - 20))

        assert all(watched.remembers(one) for one in good)


class TestBounds:
    """It never grows past its bounds."""

    @pytest.mark.parametrize("most", [0, 1, 2, 3, 10, 11])
    def test_tokens(self, most: int) -> None:
        """So many tokens are kept and no more, the newest among them."""
        watched = Watched(cache_tokens=most)
        tokens = [token(number) for number in range(40)]
        for one in tokens:
            watched.verify(one)
        cache = TokenCache(most)
        for one in tokens:
            cache.keep(one, (0, 1, {}, {}, None, None))
        kept = [one for one in tokens if cache.find(one) or cache.find_older(one)]

        assert len(kept) <= most
        assert kept == tokens[len(tokens) - len(kept) :]
        assert len(kept) >= most // 2
        assert watched.remembers(tokens[-1]) is (most > 0)

    def test_bytes(self) -> None:
        """Of long tokens fewer are kept: 2 KiB for each is the mean."""
        cache = TokenCache(100)
        tokens = [f"{number:08000d}" for number in range(200)]
        for one in tokens:
            cache.keep(one, (0, 1, {}, {}, None, None))
        kept = [one for one in tokens if cache.find(one) or cache.find_older(one)]

        assert 0 < sum(len(one) for one in kept) <= 100 * 2048
        assert tokens[-1] in kept

    def test_what_is_used_stays(self) -> None:
        """A token in use is not driven out by those that are seen once."""
        watched = Watched(cache_tokens=20)
        used = token(-1)
        watched.verify(used)
        for number in range(500):
            watched.verify(token(number))
            if number % 5 == 0:
                assert watched.remembers(used)

    def test_negative(self) -> None:
        """Less than nothing is an error."""
        with pytest.raises(ValueError, match="0 tokens or more"):
            TokenCache(-1)


def outcome(verify: Callable[[str], Any], one: str) -> Any:
    """Return what a verifier says of a token."""
    try:
        found = verify(one)
    except TokenError as error:
        return type(error), error.description
    return found.claims, dict(found.header)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from([-400, -100, -1, 0, 0, 0, 1, 60, 250, 400]),
        st.booleans(),
    ),
    max_size=40,
)
POOL = [
    *(token(number, exp=NOW + 100 * number) for number in range(1, 4)),
    *(token(number, nbf=NOW + 50 * number) for number in range(4, 6)),
    token(6, exp=NOW + 300.7, **NESTED),
    token(7, **NESTED),
    token(8)[:-2] + "AA",
    token(9, iat=NOW + 120),
]
POOL.append(POOL[0] + "x")


@given(steps=STEPS, most=st.sampled_from([1, 2, 4, 100]))
def test_as_without_a_cache(steps: list[tuple[int, int, bool]], most: int) -> None:
    """Whatever comes when, a verifier with a cache says what one without says."""
    cached, plain = Watched(most), Watched(0)
    for number, seconds, change in steps:
        cached.now = plain.now = cached.now + seconds
        said = outcome(cached.verify, POOL[number])
        assert said == outcome(plain.verify, POOL[number])
        if change and isinstance(said[0], dict):
            said[0].clear()


def test_threads() -> None:
    """Under many threads nobody gets another's claims, and nothing breaks."""
    watched = Watched(cache_tokens=30)
    tokens = [token(number, **(NESTED if number % 3 else {})) for number in range(80)]

    def ask(seed: int) -> bool:
        chance = random.Random(seed)
        for _ in range(1500):
            number = chance.randrange(80)
            if watched.verify(tokens[number]).claims["number"] != number:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
