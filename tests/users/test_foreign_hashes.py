"""Hashes that other programs have made: verified as typed, replaced, or wrapped."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial

import argon2
import bcrypt
import django
import pytest
from django.conf import settings
from django.contrib.auth import hashers
from flask import Flask
from flask_bcrypt import Bcrypt
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from werkzeug.security import generate_password_hash

from flask_jwt.errors import ConfigurationError
from flask_jwt.testing import cheap_hashing
from flask_jwt.users.bounded import HashingBusy
from flask_jwt.users.foreign_hashes import is_known, read
from flask_jwt.users.hashing import Hashing, Verdict

from .verifications import verified as verified

# As it was typed: not composed.
PASSWORD = unicodedata.normalize("NFD", "tromb\u00f6ne\u00a0and caf\u00e9")


# Not in Django 3.2, which is the newest for the oldest asgiref.
SCRYPT = ("Scrypt",) if hasattr(hashers, "ScryptPasswordHasher") else ()


def of_django(hasher: str) -> Callable[[str], str]:
    """Return what makes hashes by a hasher of Django's."""

    def make(password: str) -> str:
        if not settings.configured:
            settings.configure(
                PASSWORD_HASHERS=[
                    f"django.contrib.auth.hashers.{name}PasswordHasher"
                    for name in (
                        "PBKDF2",
                        "PBKDF2SHA1",
                        "Argon2",
                        "BCryptSHA256",
                        "BCrypt",
                        *SCRYPT,
                    )
                ]
            )
            django.setup()
        chosen = hashers.get_hasher(hasher)
        # Where a kind has one of them.
        chosen.iterations, chosen.rounds = 1000, 4
        made: str = chosen.encode(password, chosen.salt())
        return made

    return make


def of_flask_bcrypt(password: str) -> str:
    """Make a hash as Flask-Bcrypt does."""
    made: bytes = Bcrypt(Flask("bcrypt")).generate_password_hash(password, rounds=4)
    return made.decode()


def of_flask_bcrypt_long(password: str) -> str:
    """Make a hash as Flask-Bcrypt does with BCRYPT_HANDLE_LONG_PASSWORDS, in Django's words."""
    app = Flask("bcrypt")
    app.config["BCRYPT_HANDLE_LONG_PASSWORDS"] = True
    made: bytes = Bcrypt(app).generate_password_hash(password, rounds=4)
    return f"bcrypt_sha256${made.decode()}"


def of_php(password: str) -> str:
    """Make a hash of bcrypt with the letter that PHP has for it."""
    return of_flask_bcrypt(password).replace("$2b$", "$2y$", 1)


def of_werkzeug(method: str) -> Callable[[str], str]:
    """Return what makes hashes by a method of Werkzeug's."""
    return lambda password: generate_password_hash(password, method=method)


DIGESTED = {
    "werkzeug-scrypt": of_werkzeug("scrypt"),
    "werkzeug-scrypt-own": of_werkzeug("scrypt:1024:4:2"),
    "werkzeug-pbkdf2": of_werkzeug("pbkdf2:sha256:1000"),
    "werkzeug-sha1": of_werkzeug("pbkdf2:sha1:1000"),
    "werkzeug-sha512": of_werkzeug("pbkdf2:sha512:1000"),
    "flask-bcrypt": of_flask_bcrypt,
    "flask-bcrypt-long": of_flask_bcrypt_long,
    "php": of_php,
    "django-pbkdf2": of_django("pbkdf2_sha256"),
    "django-sha1": of_django("pbkdf2_sha1"),
    "django-bcrypt": of_django("bcrypt"),
    "django-bcrypt-sha256": of_django("bcrypt_sha256"),
    **({"django-scrypt": of_django("scrypt")} if SCRYPT else {}),
}
cheap_argon2 = partial(argon2.PasswordHasher, time_cost=1, memory_cost=64, parallelism=2)


def of_first_argon2(version: str) -> Callable[[str], str]:
    """Return what makes hashes as the first release of Argon2 did, whichever version they name."""

    def make(password: str) -> str:
        made = argon2.low_level.hash_secret(
            password.encode(), b"salt" * 4, 1, 64, 1, 32, argon2.Type.I, version=16
        )
        return made.decode().replace("$v=16", version, 1)

    return make


ARGON2 = {
    "argon2-first": of_first_argon2(""),
    "argon2-v16": of_first_argon2("$v=16"),
    "argon2id": cheap_argon2().hash,
    "argon2i": cheap_argon2(type=argon2.Type.I).hash,
    "argon2d": cheap_argon2(type=argon2.Type.D).hash,
    "django-argon2": of_django("argon2"),
}


@pytest.fixture
def hashing() -> Iterator[Hashing]:
    """Hashing that costs nothing."""
    hashing = Hashing()
    with cheap_hashing(hashing):
        yield hashing


@pytest.mark.parametrize("kind", DIGESTED | ARGON2)
def test_a_hash_that_was_brought(hashing: Hashing, kind: str) -> None:
    """It is known, verified as it was typed, and to be replaced."""
    stored = (DIGESTED | ARGON2)[kind](PASSWORD)

    assert is_known(stored)
    assert hashing.verify(stored, PASSWORD) == Verdict(ok=True, needs_rehash=True)
    assert hashing.verify(stored, PASSWORD + "!") == Verdict(ok=False, needs_rehash=False)


@pytest.mark.parametrize("kind", DIGESTED)
def test_wrapped(hashing: Hashing, kind: str) -> None:
    """Of a wrapped hash only the settings are left, and it is verified and replaced alike."""
    stored = DIGESTED[kind](PASSWORD)
    wrapped = hashing.wrap(stored)

    assert "$argon2id$" in wrapped
    assert stored[-27:] not in wrapped
    assert is_known(wrapped)
    assert hashing.verify(wrapped, PASSWORD) == Verdict(ok=True, needs_rehash=True)
    assert not hashing.verify(wrapped, PASSWORD + "!")
    assert hashing.wrap(wrapped) == wrapped


def test_wrapping_is_of_todays_parameters(verified: list[str]) -> None:
    """What is stolen after wrapping costs as much as a hash of ours."""
    hashing = Hashing()
    wrapped = hashing.wrap(generate_password_hash("tr0mbones", method="pbkdf2:sha256:1000"))
    hashing.verify(wrapped, "tr0mbones")

    (outer,) = verified
    assert not hashing.argon2_hasher.check_needs_rehash(outer)


def test_argon2_is_not_wrapped(hashing: Hashing) -> None:
    """It is as good as what would be around it."""
    stored = ARGON2["argon2i"](PASSWORD)

    assert hashing.wrap(stored) == stored


def test_bcrypt_knows_72_bytes(hashing: Hashing) -> None:
    """A longer password is the one that was hashed, of which older releases took the beginning."""
    stored = of_flask_bcrypt("~" * 72)

    assert hashing.verify(stored, "~" * 90)
    assert not hashing.verify(stored, "~" * 71)
    assert not hashing.verify(of_flask_bcrypt_long("~" * 90), "~" * 72)


def test_without_bcrypt(hashing: Hashing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package is missing the configuration is at fault, and only for such a hash."""
    stored = of_flask_bcrypt(PASSWORD)
    monkeypatch.setitem(sys.modules, "bcrypt", None)

    for call in (is_known, hashing.wrap, lambda text: hashing.verify(text, PASSWORD)):
        with pytest.raises(ConfigurationError, match="pip install bcrypt") as refusal:
            call(stored)
        assert stored not in str(refusal.value)
    assert is_known(DIGESTED["werkzeug-pbkdf2"](PASSWORD))


ARGON2_END = "$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaA"
BCRYPT = bcrypt.hashpw(b"x", bcrypt.gensalt(4)).decode()
RUBBISH = {
    "empty": "",
    "word": "trombones",
    "plain": "plain$$trombones",
    "md5": "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99",
    "werkzeug-old": "sha256$salt$" + "a" * 64,
    "django-unusable": "!" + "a" * 40,
    "short-digest": "pbkdf2:sha256:1000$salt$abcd",
    "no-digest": "pbkdf2:sha256:1000$salt$",
    "no-salt": "pbkdf2:sha256:1000$$" + "a" * 64,
    "no-iterations": "pbkdf2:sha256:0$salt$" + "a" * 64,
    "unknown-digest": "pbkdf2:md5:1000$salt$" + "a" * 32,
    "scrypt-no-power": "scrypt:1000:8:1$salt$" + "a" * 128,
    "scrypt-one": "scrypt:1:8:1$salt$" + "a" * 128,
    "scrypt-narrow": "scrypt:65536:1:1$salt$" + "a" * 128,
    "newline": "pbkdf2:sha256:1000$salt$" + "a" * 64 + "\n",
    "surrogate": "pbkdf2:sha256:1000$\ud800$" + "a" * 64,
    "digits": "pbkdf2:sha256:\u0661\u0662$salt$" + "a" * 64,
    "bcrypt-cut": BCRYPT[:-1],
    "bcrypt-salt": BCRYPT[:28] + "/" + BCRYPT[29:],
    "argon2-cut": "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA",
    "argon2-zero": "$argon2id$v=19$m=064,t=1,p=1" + ARGON2_END,
    "argon2-short": "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA",
    "wrapped-nothing": "wrapped:",
    "wrapped-argon2": "wrapped:" + ARGON2["argon2id"]("x"),
    "wrapped-rubbish": "wrapped:pbkdf2:sha256:1000$salt$trombones",
    # What takes minutes, or gigabytes.
    "pbkdf2-endless": "pbkdf2:sha256:3000001$salt$" + "a" * 64,
    "scrypt-endless": "scrypt:32768:8:17$salt$" + "a" * 128,
    "scrypt-huge": "scrypt:524288:8:1$salt$" + "a" * 128,
    "bcrypt-endless": BCRYPT.replace("$04$", "$16$", 1),
    "argon2-endless": "$argon2id$v=19$m=65536,t=33,p=1" + ARGON2_END,
    "argon2-huge": "$argon2id$v=19$m=2097153,t=1,p=1" + ARGON2_END,
}


@pytest.mark.parametrize("kind", RUBBISH)
def test_rubbish(hashing: Hashing, kind: str) -> None:
    """What can't be verified, or not within seconds, is not known, and no password is right."""
    stored = RUBBISH[kind]

    assert not is_known(stored)
    assert not hashing.verify(stored, PASSWORD)
    with pytest.raises(ValueError, match="no kind that is known") as refusal:
        hashing.wrap(stored)
    assert not stored or stored not in str(refusal.value)


@given(
    st.sampled_from([make("x") for make in (DIGESTED | ARGON2).values()]),
    st.integers(0, 200),
    st.text(max_size=3),
)
@settings_of_hypothesis(max_examples=200)
def test_damaged_hashes_are_read_or_not(stored: str, place: int, text: str) -> None:
    """Whatever stands in the column, to look at it is no error."""
    assert is_known(stored[:place] + text + stored[place + 1 :]) in {True, False}


@pytest.mark.parametrize(
    "stored",
    [
        "scrypt:131072:8:1$salt$" + "a" * 128,
        "pbkdf2:sha256:1000000$salt$" + "a" * 64,
        "$argon2id$v=19$m=2097152,t=1,p=4" + ARGON2_END,
        "$argon2id$v=19$m=102400,t=2,p=8" + ARGON2_END,
    ],
)
def test_what_is_recommended_is_known(stored: str) -> None:
    """The strongest parameters that OWASP, Werkzeug, Django and RFC 9106 name will do."""
    assert is_known(stored)


def test_no_repr_shows_a_hash() -> None:
    """What a hash is read into shows nothing of it."""
    for make in (DIGESTED["werkzeug-pbkdf2"], ARGON2["argon2id"]):
        stored = make(PASSWORD)
        assert stored[-20:] not in repr(read(stored))


def test_no_memory(hashing: Hashing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no memory for a hash, whoever signs in is told to come again."""

    def scrypt(*_: object, **__: object) -> bytes:
        raise ValueError("[digital envelope routines] malloc failure")

    stored = DIGESTED["werkzeug-scrypt"](PASSWORD)
    monkeypatch.setattr("hashlib.scrypt", scrypt)

    with pytest.raises(HashingBusy, match="no memory"):
        hashing.verify(stored, PASSWORD)
