"""Secrets that are long enough and can be guessed: by their class, whatever their length."""

from __future__ import annotations

import re

#: The fewest different bytes of a secret. A random one of 32 hexadecimal digits, the narrowest
#: usual alphabet, has fewer once in 3 * 10**12.
LEAST_DIFFERENT_BYTES = 6
#: The fewest bytes that do not follow from those before them. A random secret of 32 hexadecimal
#: digits has fewer once in 10**15.
LEAST_FRESH_BYTES = 16

# A placeholder that was never replaced: of a template, a shell, a manual.
_TEMPLATE = re.compile(r"<[\w .,:/-]*>|\$\{[^{}]*\}|\{\{.*\}\}|%\([\w .-]*\)s|\[[\w .,:/-]*\]")
# What placeholders and first attempts are made of. None is of the letters a to f alone, which
# hexadecimal digits could spell.
_WORDS = re.compile(
    "|".join(
        sorted(
            [
                "256",
                "512",
                "access",
                "actual",
                "algorithm",
                "and",
                "any",
                "application",
                "apps",
                "are",
                "at",
                "auth",
                "authentication",
                "authorization",
                "before",
                "bits",
                "bytes",
                "change",
                "changed",
                "changeme",
                "characters",
                "chars",
                "choose",
                "complex",
                "config",
                "configuration",
                "credential",
                "default",
                "demo",
                "deploy",
                "deployment",
                "dev",
                "development",
                "dont",
                "dummy",
                "enter",
                "env",
                "environment",
                "example",
                "express",
                "fake",
                "fill",
                "flask",
                "foo",
                "for",
                "generate",
                "generated",
                "generator",
                "guess",
                "hardcoded",
                "here",
                "hidden",
                "hmac",
                "hs256",
                "hs384",
                "hs512",
                "in",
                "insecure",
                "insert",
                "ipsum",
                "is",
                "it",
                "json",
                "jsonwebtoken",
                "jwt",
                "jwts",
                "key",
                "keyboard",
                "keys",
                "least",
                "length",
                "like",
                "local",
                "localhost",
                "long",
                "longer",
                "lorem",
                "make",
                "master",
                "me",
                "minimum",
                "more",
                "must",
                "my",
                "need",
                "needs",
                "nobody",
                "node",
                "not",
                "of",
                "on",
                "only",
                "openssl",
                "or",
                "other",
                "our",
                "own",
                "pass",
                "passphrase",
                "passw0rd",
                "password",
                "please",
                "private",
                "prod",
                "production",
                "project",
                "put",
                "random",
                "randomly",
                "real",
                "refresh",
                "release",
                "replace",
                "safe",
                "salt",
                "sample",
                "secret",
                "secretkey",
                "secrets",
                "secure",
                "security",
                "server",
                "session",
                "set",
                "shh",
                "should",
                "sign",
                "signature",
                "signing",
                "simple",
                "some",
                "something",
                "staging",
                "static",
                "store",
                "strong",
                "super",
                "supersecret",
                "temp",
                "template",
                "temporary",
                "test",
                "testing",
                "than",
                "that",
                "the",
                "these",
                "thing",
                "this",
                "those",
                "to",
                "todo",
                "token",
                "tokens",
                "top",
                "unique",
                "unknown",
                "unsafe",
                "update",
                "use",
                "user",
                "using",
                "value",
                "variable",
                "very",
                "web",
                "webtoken",
                "what",
                "whatever",
                "which",
                "will",
                "with",
                "word",
                "words",
                "write",
                "your",
                "yourself",
            ],
            key=len,
            reverse=True,
        )
    )
)
_LETTERS = re.compile(r"[^\W_]")
# A secret that is nothing but such words has some letters of them at least.
_LEAST_LETTERS_OF_WORDS = 12

# Rows and columns of keyboards, and other orders that fingers and minds follow.
_RUNS = (
    "1234567890-=", "!@#$%^&*()_+", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "qwertzuiop",
    "azertyuiop", "qsdfghjklm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "q1w2e3r4t5y6u7i8o9p0",
    "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujmikolp", "!qaz@wsx#edc$rfv",
)  # fmt: skip
_STEPS = frozenset(
    row[at : at + 3].encode()
    for run in _RUNS
    for row in (run, run[::-1])
    for at in range(len(row) - 2)
)


def why_guessable(secret: bytes) -> str | None:
    """Return what makes a secret guessable, as the end of a sentence, or None."""
    different = len(set(secret))
    if different < LEAST_DIFFERENT_BYTES:
        return f"has only {different} different bytes"
    if _fresh(secret) < min(LEAST_FRESH_BYTES, len(secret) // 2):
        return "repeats itself, or runs along the alphabet or the keyboard"
    return "is a placeholder" if _is_placeholder(secret) else None


def _fresh(secret: bytes) -> int:
    """Count the bytes that do not follow from the two before them."""
    folded = secret.lower()
    seen: set[bytes] = set()
    fresh = min(2, len(folded))
    for at in range(2, len(folded)):
        three = folded[at - 2 : at + 1]
        evenly = three[2] - three[1] == three[1] - three[0]
        fresh += not (evenly or three in seen or three in _STEPS)
        seen.add(three)
    return fresh


def _is_placeholder(secret: bytes) -> bool:
    try:
        text = secret.decode().strip().casefold()
    except UnicodeDecodeError:
        return False
    if _TEMPLATE.fullmatch(text):
        return True
    words = sum(map(len, _WORDS.findall(text)))
    return words >= _LEAST_LETTERS_OF_WORDS and words * 3 >= len(_LETTERS.findall(text)) * 2
