"""Keys and secrets that an attacker has, computes or guesses.

That is what is printed (public lists, manuals, RFCs, our own documentation), secrets that are
public keys of another kind, short or guessable secrets, and RSA keys with the ROCA fingerprint.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from bisect import bisect_left
from functools import cache
from pathlib import Path

from .algorithms import Algorithm
from .errors import KeyMaterialError, WeakKeyError

# PEM and PuTTY armour, JWK, and SSH's line or its body alone, wherever in the text they stand.
_KEY_TEXT = re.compile(
    rb"-----BEGIN |---- BEGIN |\"kty\"|"
    rb"(?:ssh-|ecdsa-sha2-|sk-)[a-z0-9@.-]+\s+AAAA|AAAA[BCE][23](?:NzaC1|VjZHNh)"
)
# DER of a key or a certificate: the identifiers of rsaEncryption, RSASSA-PSS, id-ecPublicKey and
# Ed25519, and the beginning of a bare RSAPublicKey.
_KEY_DER = re.compile(
    rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01[\x01\x0a]|\x06\x07\x2a\x86\x48\xce\x3d\x02\x01|"
    rb"\x06\x03\x2b\x65\x70|^\x30(?:\x81.|\x82..)\x02[\x81\x82]",
    re.DOTALL,
)

_QUOTES = b"\"'` \t\r\n"
_IN_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{22,}={0,2}")
_FILLING = re.compile(rb"\\[rn]|[\s:\0]|-----[A-Z ]*-----")

#: The fewest different bytes of a secret. A random one of 32 hexadecimal digits, the narrowest
#: usual alphabet, has fewer once in 3 * 10**12.
MIN_DIFFERENT_BYTES = 6
#: The fewest bytes that do not follow from those before them. A random secret of 32 hexadecimal
#: digits has fewer once in 10**15.
MIN_FRESH_BYTES = 16

# A placeholder that was never replaced: of a template, a shell, a manual.
_TEMPLATE = re.compile(r"<[\w .,:/-]*>|\$\{[^{}]*\}|\{\{.*\}\}|%\([\w .-]*\)s|\[[\w .,:/-]*\]")
# What placeholders and first attempts are made of. None is of the letters a to f alone, which
# hexadecimal digits could spell.
_WORDS = """
    256 512 access actual algorithm and any application apps are at auth authentication
    authorization before bits bytes change changed changeme characters chars choose complex
    config configuration credential default demo deploy deployment dev development dont dummy
    enter env environment example express fake fill flask foo for generate generated generator
    guess hardcoded here hidden hmac hs256 hs384 hs512 in insecure insert ipsum is it json
    jsonwebtoken jwt jwts key keyboard keys least length like local localhost long longer lorem
    make master me minimum more must my need needs nobody node not of on only openssl or other
    our own pass passphrase passw0rd password please private prod production project put random
    randomly real refresh release replace safe salt sample secret secretkey secrets secure
    security server session set shh should sign signature signing simple some something staging
    static store strong super supersecret temp template temporary test testing than that the
    these thing this those to todo token tokens top unique unknown unsafe update use user using
    value variable very web webtoken what whatever which will with word words write your
    yourself
"""
# The longest first, so that a word is found whole.
_WORD = re.compile("|".join(sorted(_WORDS.split(), key=len, reverse=True)))
_LETTERS = re.compile(r"[^\W_]")
# A secret that is nothing but such words has some letters of them at least.
_MIN_WORD_LETTERS = 12

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

#: The bytes of a hash that are kept. With 21,000 entries a random secret is taken for one of them
#: once in 10**10.
HASH_BYTES = 6

# The first bytes of a SHA-256 hash of each printed secret or thumbprint, sorted: what was printed
# can't be read out of it. ``python -m tests.core.publishing`` adds to it.
_PUBLISHED = Path(__file__).with_name("published.bin")

_ROCA_GENERATOR = 65537
# M of the shortest keys that are loaded at all, of 992 bits and more, has the primes to this one.
# A good key has the fingerprint once in 2**55.
_ROCA_LARGEST_PRIME = 353


def is_key_text(secret: bytes) -> bool:
    """Tell whether a secret is a key of another kind, which may be public somewhere.

    A public key that served as a secret would let all who know it sign tokens
    (CVE-2015-9235, CVE-2022-29217). PEM, JWK, SSH and DER are recognised, in base64 or hex too.
    """
    # Line ends spelt out, the colons of a hex dump and the zeros of UTF-16 stand in no alphabet.
    packed = _FILLING.sub(b"", secret)
    spellings = (secret, secret.replace(b"\0", b""), _base64(packed), _hex(packed))
    return any(_KEY_TEXT.search(text) or _KEY_DER.search(text) for text in spellings)


def check_secret(material: bytes, row: Algorithm, *, allow_insecure: bool) -> None:
    """Refuse a secret that others have, or guess."""
    least = row.least_bits // 8
    if not material:
        raise KeyMaterialError("the secret is empty")
    if is_key_text(material):
        raise KeyMaterialError(
            "the secret looks like a public key, a private key or a certificate, and "
            f"{row.name} needs a secret"
        )
    if allow_insecure:
        return
    mending = f"make another: python -c 'import secrets; print(secrets.token_hex({least}))'"
    length = len(_without_blanks(material))
    if length < least:
        raise WeakKeyError(
            f"{row.name} needs a secret of at least {least} bytes, and this one has {length}; "
            f"{mending}"
        )
    fault = _fault(material)
    if fault is not None:
        raise WeakKeyError(f"the secret {fault}; {mending}")


def _fault(material: bytes) -> str | None:
    # Base64 or hex around a bad secret makes it no better.
    packed = _FILLING.sub(b"", material.strip(_QUOTES).removeprefix(b"base64:"))
    plain = [material]
    if _IN_BASE64.fullmatch(packed):
        plain = [*filter(None, (_hex(packed), _base64(packed))), material]
    faults = (why_guessable(text.strip(_QUOTES)) for text in plain)
    fault = next(filter(None, faults), None)
    if fault is None and any(map(is_published, (packed, *plain))):
        return "is printed in public lists or documentation"
    return fault


def _without_blanks(material: bytes) -> bytes:
    # Bytes that are no text may begin with a blank by chance.
    stripped = material.strip()
    return stripped if stripped.isascii() and stripped.decode().isprintable() else material


def _base64(text: bytes) -> bytes:
    standard = text.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return binascii.a2b_base64(standard + b"=" * (-len(standard) % 4))
    except binascii.Error:
        return b""


def _hex(text: bytes) -> bytes:
    try:
        return binascii.unhexlify(text)
    except binascii.Error:
        return b""


def why_guessable(secret: bytes) -> str | None:
    """Return what makes a secret guessable, as the end of a sentence, or None."""
    different = len(set(secret))
    if different < MIN_DIFFERENT_BYTES:
        return f"has only {different} different bytes"
    if _fresh(secret) < min(MIN_FRESH_BYTES, len(secret) // 2):
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
    words = sum(map(len, _WORD.findall(text)))
    return words >= _MIN_WORD_LETTERS and words * 3 >= len(_LETTERS.findall(text)) * 2


def is_published(text: bytes) -> bool:
    """Tell whether a secret, or the thumbprint of a key (:rfc:`7638`), is one that was printed."""
    # Read at each key that is loaded, and not kept: applications load one or two.
    hashes = _PUBLISHED.read_bytes()
    wanted = published_hash(text)
    at = bisect_left(
        range(len(hashes) // HASH_BYTES), wanted, key=lambda number: _entry(hashes, number)
    )
    return _entry(hashes, at) == wanted


def published_hash(text: bytes) -> bytes:
    """Return the hash by which a printed secret or thumbprint is known."""
    folded = text.strip().strip(b"\"'`").strip().lower()
    return hashlib.sha256(folded).digest()[:HASH_BYTES]


def _entry(hashes: bytes, number: int) -> bytes:
    return hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]


def has_roca_fingerprint(modulus: int) -> bool:
    """Tell whether an RSA modulus looks like one that can be factored (CVE-2017-15361).

    The primes of such a generator are ``k * M + (65537**a mod M)``, M being the product of the
    first small primes. Modulo each of these the modulus is therefore a power of 65537, which a
    random one hardly ever is for all.
    """
    return all(modulus % prime in powers for prime, powers in _roca_marks())


@cache
def _roca_marks() -> list[tuple[int, frozenset[int]]]:
    """Return what each small prime leaves of a power of the generator."""
    numbers = range(3, _ROCA_LARGEST_PRIME + 1, 2)
    primes = [number for number in numbers if all(number % by for by in range(3, number, 2))]
    return [(prime, frozenset(_powers(prime))) for prime in primes]


def _powers(prime: int) -> list[int]:
    powers = [1]
    while (power := powers[-1] * _ROCA_GENERATOR % prime) != 1:
        powers.append(power)
    return powers
