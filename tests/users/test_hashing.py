"""Hashes of passwords: Argon2id, the same work for every answer (L1, L3, L4, U4)."""

from __future__ import annotations

import unicodedata

import argon2
import pytest

from flask_jwt.errors import ConfigurationError
from flask_jwt.testing import cheap_hashing
from flask_jwt.users.bounded import HashingBusy
from flask_jwt.users.hashing import Hashing, Verdict

from .verifications import verified as verified

PASSWORD = "tromb\u00f6ne and caf\u00e9"
DECOMPOSED = unicodedata.normalize("NFD", PASSWORD)


@pytest.fixture
def hashing() -> Hashing:
    """Hashing with OWASP's least parameters."""
    return Hashing()


def shape(stored: str) -> str:
    """Return the kind and the parameters of a hash."""
    return stored.rpartition("$")[0].rpartition("$")[0]


def test_hash_is_owasps_least(hashing: Hashing) -> None:
    """It is Argon2id with 19 MiB and two passes, salted, and verified."""
    stored = hashing.hash(PASSWORD)

    assert shape(stored) == "$argon2id$v=19$m=19456,t=2,p=1"
    assert hashing.hash(PASSWORD) != stored
    assert hashing.verify(stored, PASSWORD) == Verdict(ok=True, needs_rehash=False)
    assert not hashing.verify(stored, PASSWORD + "!")


@pytest.mark.parametrize(
    "stored",
    [
        None, "", "x", "trombones", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$", "pbkdf2:sha256:1$a$b",
        "$argon2id$v=19$m=4194304,t=9,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", "\ud800",
        # No text that Argon2 would have written.
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdB$aGFzaGhhc2hoYXNoaGFzaB",
    ],
)  # fmt: skip
def test_without_a_hash_the_work_is_the_same(
    hashing: Hashing, verified: list[str], stored: str | None
) -> None:
    """For no hash, and for one that can't be read, a dummy of today's parameters is verified."""
    ours = hashing.hash(PASSWORD)
    assert not hashing.verify(ours, "tr0mbones")
    assert not hashing.verify(stored, "tr0mbones")

    assert list(map(shape, verified)) == [shape(ours)] * 2


@pytest.mark.parametrize("hasher", [None, argon2.PasswordHasher.from_parameters(
    argon2.profiles.RFC_9106_LOW_MEMORY)])  # fmt: skip
def test_dummy_has_parameters_of_today(
    hasher: argon2.PasswordHasher | None, verified: list[str]
) -> None:
    """A user who is not there costs what one costs who is."""
    hashing = Hashing(hasher)
    hashing.verify(None, PASSWORD)

    (dummy,) = verified
    assert not hashing.argon2_hasher.check_needs_rehash(dummy)


def test_a_hash_that_cant_be_read_is_logged_without_it(
    hashing: Hashing, caplog: pytest.LogCaptureFixture
) -> None:
    """One line says so, and quotes neither the hash nor the password."""
    hashing.verify("md5$deadbeef", "tr0mbones")

    (record,) = caplog.records
    assert "can't be read" in record.message
    assert "deadbeef" not in caplog.text
    assert "tr0mbones" not in caplog.text


@pytest.mark.parametrize(
    "password", ["", "a" * 1025, "a" * 1_000_000, "\u00e9" * 513, "trombones\0", "tromb\ud800nes"]
)
def test_what_nobody_can_have_costs_nothing(
    hashing: Hashing, verified: list[str], password: str
) -> None:
    """What is too long, or no text, is refused alike for everybody, and nothing is hashed."""
    stored = hashing.hash(PASSWORD)

    assert not hashing.verify(stored, password)
    assert not hashing.verify(None, password)
    assert verified == []
    with pytest.raises(ValueError, match="no such password") as refusal:
        hashing.hash(password)
    assert refusal.value.__cause__ is None


def test_other_keyboards(hashing: Hashing, verified: list[str]) -> None:
    """Composed or not, with whichever space: it is the same password (RFC 8265)."""
    stored = hashing.hash(DECOMPOSED.replace(" ", "\u3000"))

    assert hashing.verify(stored, PASSWORD) == Verdict(ok=True, needs_rehash=False)
    assert hashing.verify(stored, DECOMPOSED) == Verdict(ok=True, needs_rehash=False)


def test_a_hash_that_was_brought_is_of_what_was_typed(hashing: Hashing) -> None:
    """It is verified as typed too, and replaced by one of the prepared password."""
    brought = hashing.argon2_hasher.hash(DECOMPOSED)

    assert hashing.verify(brought, DECOMPOSED) == Verdict(ok=True, needs_rehash=True)
    assert not hashing.verify(brought, PASSWORD)


def test_two_ways_of_typing_cost_two_for_everybody(hashing: Hashing, verified: list[str]) -> None:
    """Whether a user is there, and which way is right, makes no difference."""
    prepared, typed = hashing.hash(PASSWORD), hashing.argon2_hasher.hash(DECOMPOSED)
    for stored in (prepared, typed, None):
        verified.clear()
        hashing.verify(stored, DECOMPOSED)
        assert len(verified) == 2


def test_parameters_are_raised() -> None:
    """A hash of other parameters is good, and to be replaced."""
    hashing = Hashing()
    with cheap_hashing(hashing):
        cheap = hashing.hash(PASSWORD)
        assert hashing.verify(cheap, PASSWORD) == Verdict(ok=True, needs_rehash=False)

    assert hashing.verify(cheap, PASSWORD) == Verdict(ok=True, needs_rehash=True)
    assert hashing.verify(cheap, "tr0mbones") == Verdict(ok=False, needs_rehash=False)
    assert shape(hashing.hash(PASSWORD)) == "$argon2id$v=19$m=19456,t=2,p=1"


@pytest.mark.parametrize(
    "parameters", [(19456, 2), (47104, 1), (12288, 3), (9216, 4), (7168, 5), (65536, 3)]
)
def test_hasher_of_ones_own(parameters: tuple[int, int]) -> None:
    """Each of OWASP's parameters will do, and what is above them."""
    memory, passes = parameters
    hasher = argon2.PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=1)

    assert Hashing(hasher).argon2_hasher is hasher


@pytest.mark.parametrize(
    "hasher",
    [
        argon2.PasswordHasher(time_cost=1, memory_cost=46 * 1024 - 1),
        argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024 - 1),
        argon2.PasswordHasher(time_cost=100, memory_cost=7 * 1024 - 1),
        argon2.PasswordHasher(type=argon2.Type.I),
        argon2.PasswordHasher(type=argon2.Type.D),
        argon2.PasswordHasher(salt_len=8),
        argon2.PasswordHasher(hash_len=12),
        # One hash would take minutes.
        argon2.PasswordHasher(time_cost=1000),
    ],
)
def test_hasher_that_is_refused(hasher: argon2.PasswordHasher) -> None:
    """One that is weaker than all of these, of another kind, or endless is an error at once."""
    with pytest.raises(ConfigurationError):
        Hashing(hasher)


def test_without_memory(hashing: Hashing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Argon2 gets no memory nobody's password is wrong: they ask again."""

    def without_memory(*_: object) -> bool:
        raise argon2.exceptions.VerificationError("Memory allocation error")

    monkeypatch.setattr(argon2.PasswordHasher, "verify", without_memory)
    with pytest.raises(HashingBusy):
        hashing.verify(None, PASSWORD)


def test_a_verdict_is_true_where_it_is_ok() -> None:
    """A condition on the verdict alone lets nobody in by mistake."""
    assert Verdict(ok=True, needs_rehash=True)
    assert not Verdict(ok=False, needs_rehash=False)
