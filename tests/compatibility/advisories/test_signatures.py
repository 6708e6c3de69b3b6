"""Advisories about signatures that are none, and algorithms that the token chose."""

from __future__ import annotations

import itertools
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from flask_jwt.core import InvalidHeader, InvalidSignature
from tests.support.material import PRIVATE, SECRET, claims, pem, signer, signing_key, verifier

from .applications import assert_refused, attacked
from .forging import PrivateKey, decoded, forge, mac, ready_made, signature, successes

#: The orders of the groups of P-256, P-384 and P-521.
ORDERS = {
    "ES256": int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16),
    "ES384": int("f" * 48 + "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16),
    "ES512": int(
        "1" + "f" * 64 + "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409", 16
    ),
}
#: The order of the group of Ed25519.
EDWARDS_ORDER = 2**252 + 27742317777372353535851937790883648493


def raw_pair(r: int, s: int, algorithm: str) -> bytes:
    """Write two numbers as the signature of a JWS."""
    width = (ORDERS[algorithm].bit_length() + 7) // 8
    return r.to_bytes(width, "big") + s.to_bytes(width, "big")


def psychic_signatures(algorithm: str, good: bytes) -> dict[str, bytes]:
    """Return the signatures of which a bare equation says that they are good."""
    order, half = ORDERS[algorithm], len(good) // 2
    r, s = int.from_bytes(good[:half], "big"), int.from_bytes(good[half:], "big")
    numbers = {"0": 0, "1": 1, "n-1": order - 1, "n": order, "n+1": order + 1}
    pairs = {
        **{
            f"({a}, {b})": (numbers[a], numbers[b]) for a, b in itertools.product(numbers, repeat=2)
        },
        **{f"(r, {name})": (r, number) for name, number in numbers.items()},
        **{f"({name}, s)": (number, s) for name, number in numbers.items()},
        "(s, r)": (s, r),
    }
    written = {name: raw_pair(*pair, algorithm) for name, pair in pairs.items()}
    der = {
        f"{name} in DER": encode_dss_signature(*pairs[name])
        for name in ("(0, 0)", "(0, 1)", "(n, n)")
    }
    lengths = {f"{count} zeros": bytes(count) for count in (1, half, len(good) - 1, len(good) + 2)}
    return {**written, **der, **lengths, "the good one in DER": encode_dss_signature(r, s)}


@pytest.mark.parametrize("algorithm", ORDERS)
def test_cve_2022_21449_blank_signature(key_pairs: dict[str, PrivateKey], algorithm: str) -> None:
    """CVE-2022-21449: Java 15 to 18 did not look whether r and s of an ECDSA signature lie between
    1 and n-1, so that all zeros were a signature of anything by anybody; here none of those is.
    """
    header = {"typ": "JWT", "alg": algorithm}
    good = forge(header, claims(), signature(algorithm, key_pairs[algorithm]))
    blanks = psychic_signatures(algorithm, decoded(good.rpartition(".")[2]))
    forged = {name: forge(header, claims(), ready_made(blank)) for name, blank in blanks.items()}
    judge = verifier(signing_key(algorithm))

    assert successes(judge, {**forged, "the good one": good}) == ["the good one"]
    with pytest.raises(InvalidSignature):
        judge.verify(forged["(0, 0)"])
    app = attacked(JWT_ALGORITHM=algorithm, JWT_PRIVATE_KEY=pem(PRIVATE[algorithm]))
    assert_refused(app, forged)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "Ed25519", "HS256"])
def test_cve_2022_21449_blank_signature_of_other_algorithms(
    key_pairs: dict[str, PrivateKey], algorithm: str
) -> None:
    """RSA, Ed25519 and HMAC have blank signatures of their own, and those are refused as well."""
    blanks = [b"\0", bytes(32), bytes(64), b"\xff" * 32, b"\xff" * 64]
    if algorithm in ("RS256", "PS256"):
        modulus = cast(RSAPrivateKey, key_pairs[algorithm]).public_key().public_numbers().n
        blanks += [n.to_bytes(256, "big") for n in (0, 1, modulus - 1, modulus, modulus + 1)]
    elif algorithm == "Ed25519":
        # R the neutral point, or a point of order 4; S zero, or the order of the group.
        blanks += [b"\x01" + bytes(63), b"\x01" + bytes(31) + EDWARDS_ORDER.to_bytes(32, "little")]
    judge = verifier(signing_key(algorithm))
    forged = {
        blank.hex(): forge({"alg": algorithm}, claims(), ready_made(blank)) for blank in blanks
    }

    assert successes(judge, forged) == []
    assert judge.verify(signer(signing_key(algorithm)).sign(claims())).claims == claims()


SAME_KEY = [["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"], ["HS256", "HS384", "HS512"]]


@pytest.mark.parametrize(
    ("bound", "presented"),
    [pair for names in SAME_KEY for pair in itertools.permutations(names, 2)],
)
def test_cve_2026_22817_header_selects_no_algorithm(
    key_pairs: dict[str, PrivateKey], bound: str, presented: str
) -> None:
    """CVE-2026-22817: Hono before 4.11.4 took the algorithm from the token's header where the JWK
    named none; here each key has one algorithm, and even a signature that its true holder made
    with another one is refused.
    """
    judge = verifier(signing_key(bound))
    own, others = (
        mac(SECRET, name) if name.startswith("HS") else signature(name, key_pairs[name])
        for name in (bound, presented)
    )

    for sign in (own, others):
        with pytest.raises(InvalidHeader):
            judge.verify(forge({"alg": presented}, claims(), sign))
    # The name of the key's algorithm above the signature of another one.
    with pytest.raises(InvalidSignature):
        judge.verify(forge({"alg": bound}, claims(), others))
    assert judge.verify(forge({"alg": bound}, claims(), own)).claims == claims()
