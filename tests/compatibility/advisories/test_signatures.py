"""Advisories about signatures that are none, and algorithms that the token chose."""

from __future__ import annotations

import itertools

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from flask_jwt.core import InvalidHeader, InvalidSignature, Key, KeyRing, Signer, Verifier

from .applications import assert_all_refused, assert_let_in, production, show, token_of
from .forging import (
    SECRET,
    PrivateKey,
    SetClock,
    claims,
    decoded,
    forge,
    key_of,
    mac,
    private_pem,
    ready_made,
    signature,
    successes,
)

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


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512"])
def test_cve_2022_21449_blank_signature(key_pairs: dict[str, PrivateKey], algorithm: str) -> None:
    """CVE-2022-21449: Java 15 to 18 did not look whether r and s of an ECDSA signature lie between
    1 and n-1, so that all zeros were a signature of anything by anybody; here none of those is.
    """
    private = key_pairs[algorithm]
    sign = signature(algorithm, private)
    ring = KeyRing(key_of(algorithm, private))
    verifier = Verifier(ring, clock=SetClock())
    header = {"typ": "JWT", "alg": algorithm}
    good = forge(header, claims(), sign)
    blanks = psychic_signatures(algorithm, decoded(good.rpartition(".")[2]))
    forged = {name: forge(header, claims(), ready_made(blank)) for name, blank in blanks.items()}
    app = production(JWT_ALGORITHM=algorithm, JWT_PRIVATE_KEY=private_pem(private))

    assert successes(verifier, {**forged, "the good one": good}) == ["the good one"]
    with pytest.raises(InvalidSignature):
        verifier.verify(forged["(0, 0)"])
    assert_all_refused(app, forged)
    assert_let_in(show(app, token_of(app)))


def test_cve_2022_21449_blank_signature_of_other_algorithms(
    key_pairs: dict[str, PrivateKey], rsa_key: RSAPrivateKey
) -> None:
    """RSA and Ed25519 have blank signatures of their own, and those are refused as well."""
    modulus = rsa_key.public_key().public_numbers().n
    numbers = {"0": 0, "1": 1, "n-1": modulus - 1, "n": modulus, "n+1": modulus + 1}
    blanks = {
        "RS256": {name: number.to_bytes(256, "big") for name, number in numbers.items()},
        "PS256": {name: number.to_bytes(256, "big") for name, number in numbers.items()},
        # R the neutral point, or a point of order 4; S zero, or the order of the group.
        "Ed25519": {
            "zeros": bytes(64),
            "neutral point": b"\x01" + bytes(63),
            "order": b"\x01" + bytes(31) + EDWARDS_ORDER.to_bytes(32, "little"),
            "ones": b"\xff" * 64,
        },
        "HS256": {"zeros": bytes(32), "one byte": b"\0", "ones": b"\xff" * 32},
    }
    for algorithm, signatures in blanks.items():
        key = (
            Key.from_secret(SECRET) if algorithm == "HS256"
            else key_of(algorithm, key_pairs[algorithm])
        )  # fmt: skip
        ring = KeyRing(key)
        verifier = Verifier(ring, clock=SetClock())
        forged = {
            name: forge({"alg": algorithm}, claims(), ready_made(blank))
            for name, blank in signatures.items()
        }

        assert successes(verifier, forged) == []
        assert verifier.verify(Signer(ring).sign(claims())).claims == claims()


SAME_KEY = {
    "RSA": ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
    "oct": ["HS256", "HS384", "HS512"],
}


@pytest.mark.parametrize(
    ("bound", "presented"),
    [pair for names in SAME_KEY.values() for pair in itertools.permutations(names, 2)],
)
def test_cve_2026_22817_header_selects_no_algorithm(
    rsa_key: RSAPrivateKey, bound: str, presented: str
) -> None:
    """CVE-2026-22817: Hono before 4.11.4 took the algorithm from the token's header where the JWK
    named none; here each key has one algorithm, and even a signature that its true holder made
    with another one is refused. Key sets that are fetched come later; the binding is this one.
    """
    secret = SECRET.encode()
    if bound.startswith("HS"):
        key, others, own = (
            Key.from_secret(secret, bound),
            mac(secret, presented),
            mac(secret, bound),
        )
    else:
        key = key_of(bound, rsa_key)
        others, own = signature(presented, rsa_key), signature(bound, rsa_key)
    verifier = Verifier(KeyRing(key), clock=SetClock())

    with pytest.raises(InvalidHeader):
        verifier.verify(forge({"alg": presented}, claims(), others))
    # The name of the key's algorithm above the signature of another one, and the other way round.
    with pytest.raises(InvalidSignature):
        verifier.verify(forge({"alg": bound}, claims(), others))
    with pytest.raises(InvalidHeader):
        verifier.verify(forge({"alg": presented}, claims(), own))
    assert verifier.verify(forge({"alg": bound}, claims(), own)).claims == claims()


def test_cve_2026_22817_kid_of_one_key_algorithm_of_another(
    key_pairs: dict[str, PrivateKey],
) -> None:
    """In a ring with keys of all types, a name and an algorithm that do not belong together match
    no key, whichever of the keys signed.
    """
    names = ["RS256", "ES256", "ES384", "Ed25519"]
    keys = {name: key_of(name, key_pairs[name], kid=f"key-{name}") for name in names}
    keys["HS256"] = Key.from_secret(SECRET, kid="key-HS256")
    signs = {name: signature(name, key_pairs[name]) for name in names}
    signs["HS256"] = mac(SECRET)
    verifier = Verifier(KeyRing(None, keys.values()), clock=SetClock())
    tokens = {
        f"{signing} signs, header says {algorithm} by key-{kid}": forge(
            {"alg": algorithm, "kid": f"key-{kid}"}, claims(), signs[signing]
        )
        for signing, algorithm, kid in itertools.product(keys, repeat=3)
    }

    assert set(successes(verifier, tokens)) == {
        f"{name} signs, header says {name} by key-{name}" for name in keys
    }
