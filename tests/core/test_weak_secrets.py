"""Secrets that are long enough, and are guessed or known nevertheless."""

from __future__ import annotations

import base64
import hashlib
import secrets
import string
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_jwt.core import Key, WeakKeyError, weak_keys
from flask_jwt.core.weak_keys import HASH_BYTES, is_published

GUESSABLE: dict[str, list[Any]] = {
    "different bytes": [
        *("x" * 40, "01" * 20, "0110100110010110" * 3, "ababcabcdabcabab" * 2),
        *(b"\0" * 32, b"\xff\0" * 16),
    ],
    "repeats itself": [
        "secret-secret-secret-secret-secret-secret",
        "passwordpasswordpasswordpassword1",
        *("deadbeefcafe" * 3, "0123456789abcdef" * 2, "Secretsecret" + "SECRETSECRET" * 3),
        *("abcdefghijklmnopqrstuvwxyz0123456789", "zyxwvutsrqponmlkjihgfedcba9876543210"),
        *("qwertyuiopasdfghjklzxcvbnm1234567890", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p"),
        *("q1w2e3r4t5y6u7i8o9p0q1w2e3r4t5y6", bytes(range(32))),
    ],
    "placeholder": [
        "<paste the output of the command above>",
        "<your-secret-key-goes-here-please>",
        "${JWT_SECRET_KEY_OF_THE_APPLICATION}",
        "{{ vault_flask_application_secret_key }}",
        "%(jwt_secret_of_this_environment)s",
        "change this secret before production",
        "CHANGE_ME_CHANGE_ME_IN_PRODUCTION_NOW",
        "please-change-me-this-is-not-secure",
        "your secret key should be very long",
        "this is my super secret key for jwt",
        "my-very-long-and-secure-jwt-secret-key",
        "example secret key, replace in deployment",
        "[insert a long random string here]",
        "a secret of 32 bytes or more for test",
        "YourSuperSecretKeyForJwtTokenSigning1234",
        # Two of those that Apache Superset shipped with (CVE-2023-27524).
        "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET",
        "YOUR_OWN_RANDOM_GENERATED_SECRET_KEY",
        # jwt.io's.
        "a-string-secret-at-least-256-bits-long",
    ],
    "documentation": [
        # Lists that every attacker has: 2 of 20,000.
        "figs have wasps inside so i do not engage",
        "1f90da906d5ee7f4c949be2abd19b8b3",
        # Flask's and FastAPI's.
        "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        # RFC 7515 A.1, as it is and as the JWK writes it.
        base64.urlsafe_b64decode(
            "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow=="
        ),
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        # RFC 7520 section 3.5.
        "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg",
    ],
}
COATS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "with blanks": lambda secret: b" \t" + secret + b"\r\n",
    "quoted": lambda secret: b'"' + secret + b'"\n',
    "in base64": base64.b64encode,
    "in base64url": lambda secret: base64.urlsafe_b64encode(secret).rstrip(b"="),
    "as Laravel writes it": lambda secret: b"base64:" + base64.b64encode(secret),
    "in hex": lambda secret: secret.hex().encode(),
}


def encoded(secret: str | bytes) -> bytes:
    return secret.encode() if isinstance(secret, str) else secret


@pytest.mark.parametrize("coat", COATS)
@pytest.mark.parametrize("fault", GUESSABLE)
def test_refused(fault: str, coat: str) -> None:
    """A secret that is guessed or known is refused in every spelling, but for development."""
    for secret in map(encoded, GUESSABLE[fault]):
        written = COATS[coat](secret)
        if coat.startswith("with") and secret.strip() != secret:
            continue
        with pytest.raises(WeakKeyError) as caught:
            Key.from_secret(written)
        assert fault in str(caught.value), secret
        assert "token_hex(32)" in str(caught.value)
        assert secret.decode("latin-1") not in str(caught.value)
        assert Key.from_secret(written, allow_insecure=True).can_sign


@pytest.mark.parametrize("change", [str.upper, str.title, str.swapcase])
def test_case(change: Callable[[str], str]) -> None:
    """Another case makes no other secret."""
    for secret in GUESSABLE["placeholder"] + GUESSABLE["documentation"][:3]:
        with pytest.raises(WeakKeyError):
            Key.from_secret(change(str(secret)))


def test_blanks_do_not_count() -> None:
    """Blanks around a short secret make it no longer."""
    short = secrets.token_hex(15)

    for secret in (short + "   ", "\n\n" + short, f" {short}\t"):
        with pytest.raises(WeakKeyError, match="this one has 30"):
            Key.from_secret(secret)
    for secret in (" " * 40, "\t\n" * 20):
        with pytest.raises(WeakKeyError, match="this one has 0"):
            Key.from_secret(secret)


class TestRandom:
    """What generators of secrets give is taken, always."""

    @settings(max_examples=300)
    @given(st.binary(min_size=32, max_size=32).map(lambda drawn: hashlib.sha256(drawn).digest()))
    def test_usual_spellings(self, raw: bytes) -> None:
        """32 random bytes in every usual spelling, and names that are unique, are secrets."""
        for secret in (
            raw,
            raw.hex(),
            raw[:16].hex(),
            raw[:16].hex().upper(),
            base64.b64encode(raw),
            base64.b64encode(raw[:24]),
            secrets.token_urlsafe(32),
            f'"{secrets.token_hex(16)}"\n',
            uuid.uuid4().hex,
            str(uuid.uuid4()),
            "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32)),
            # Django's.
            "".join(
                secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)")
                for _ in range(50)
            ),
        ):
            assert Key.from_secret(secret).can_sign

    def test_raw_bytes_may_begin_with_a_blank(self) -> None:
        """Bytes that are no text are not stripped: chance puts a blank at an end now and then."""
        raw = secrets.token_bytes(30)

        assert Key.from_secret(b"\n\xfe" + raw).can_sign
        assert Key.from_secret(b"\xfe" + raw + b" ").can_sign


def test_the_list_of_hashes() -> None:
    """The file has sorted hashes and nothing else, so few of so many that chance hits none."""
    raw = weak_keys._PUBLISHED.read_bytes()
    hashes = [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]

    assert hashes == sorted(set(hashes))
    assert len(raw) % HASH_BYTES == 0
    assert 20_000 < len(hashes) < 2 ** (8 * HASH_BYTES) / 10**10
    assert not is_published(secrets.token_bytes(32))
