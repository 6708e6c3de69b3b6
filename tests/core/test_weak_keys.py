"""RSA, EC and Ed25519 keys that an attacker has, or can compute; and keys for one padding alone."""

from __future__ import annotations

import subprocess
from functools import cache
from math import lcm
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from jwt.algorithms import get_default_algorithms

from flask_jwt.core import ALGORITHMS, Key, KeyMaterialError, WeakKeyError
from flask_jwt.core.weak_keys import has_roca_fingerprint

from .key_texts import pem

RSA_NAMES = [name for name, row in ALGORITHMS.items() if row.key_type == "RSA"]


def private_pem(key: Any) -> bytes:
    text: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return text


def public_pem(key: Any) -> bytes:
    text: bytes = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text


class TestPrinted:
    """Private keys that specifications print for everybody to try."""

    @pytest.mark.parametrize(
        ("algorithm", "key"),
        [
            # RFC 6979 A.2.5 to A.2.7.
            ("ES256", ec.derive_private_key(
                0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721,
                ec.SECP256R1())),
            ("ES384", ec.derive_private_key(
                int("6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA"
                    "9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5", 16),
                ec.SECP384R1())),
            # RFC 8032 7.1, and RFC 8037 A.1 with it.
            ("EdDSA", ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))),
        ],
        ids=["RFC 6979, P-256", "RFC 6979, P-384", "RFC 8037"],
    )  # fmt: skip
    def test_private_and_public(self, algorithm: str, key: Any) -> None:
        """It neither signs nor verifies, as PEM and as JWK; in development it does."""
        jwk = get_default_algorithms()[algorithm].to_jwk(key, as_dict=True)
        jwk.pop("key_ops", None)
        for text in (private_pem(key), public_pem(key.public_key())):
            with pytest.raises(WeakKeyError, match="printed in public documentation"):
                Key.from_pem(text, algorithm)
            assert Key.from_pem(text, algorithm, allow_insecure=True)
        with pytest.raises(WeakKeyError, match="printed in public documentation"):
            Key.from_jwk({**jwk, "alg": algorithm})

    def test_rsa(self) -> None:
        """An RSA key of RFC 7515 is known by its modulus."""
        modulus = (
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4"
            "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re"
            "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX"
            "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
        )
        jwk = {"kty": "RSA", "alg": "RS256", "n": modulus, "e": "AQAB"}

        with pytest.raises(WeakKeyError, match="printed in public documentation"):
            Key.from_jwk(jwk)


@cache
def roca_key() -> rsa.RSAPrivateKey:
    """Make a key as the faulty generator did: each prime is k * M + (65537**a mod M)."""
    product = 1
    for number in range(2, 702):
        if all(number % by for by in range(2, number)):
            product *= number
    primes: list[int] = []
    exponent, factor = 7, 1 << (1024 - product.bit_length())
    while len(primes) < 2:
        factor += 1
        candidate = factor * product + pow(65537, exponent, product)
        if pow(2, candidate - 1, candidate) == 1 and (candidate - 1) % 65537:
            primes.append(candidate)
            exponent += 1000
    p, q = primes
    d = pow(65537, -1, lcm(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    )
    return numbers.private_key()


class TestROCA:
    """CVE-2017-15361."""

    def test_refused(self) -> None:
        """Such a key is refused in every form as a short one is, and taken in development."""
        key = roca_key()
        assert key.key_size >= 2048
        for algorithm in ("RS256", "PS512"):
            for text in (private_pem(key), public_pem(key.public_key())):
                with pytest.raises(WeakKeyError, match="ROCA"):
                    Key.from_pem(text, algorithm)
                assert Key.from_pem(text, algorithm, allow_insecure=True)
        jwk = get_default_algorithms()["RS256"].to_jwk(key.public_key(), as_dict=True)
        with pytest.raises(WeakKeyError, match="ROCA"):
            Key.from_jwk({"kty": "RSA", "alg": "RS256", "n": jwk["n"], "e": jwk["e"]})

    def test_good_keys(self) -> None:
        """Keys of other generators have no such fingerprint, nor has one whose factor is off."""
        for name in ("rsa", "rsa-other", "rsa-2040"):
            assert not has_roca_fingerprint(_modulus(name))
        modulus = roca_key().public_key().public_numbers().n
        assert has_roca_fingerprint(modulus)
        assert not has_roca_fingerprint(modulus + 2)


def _modulus(name: str) -> int:
    key: Any = load_pem_private_key(pem(name), None)
    modulus: int = key.public_key().public_numbers().n
    return modulus


def pss_pem(folder: Path, **options: str) -> tuple[bytes, bytes]:
    """Make a key of id-RSASSA-PSS; return its private and its public half."""
    private = folder / "pss.pem"
    given = [f"-pkeyopt=rsa_pss_keygen_{name}:{value}" for name, value in options.items()]
    arguments = [argument for option in given for argument in option.split("=", 1)]
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048",
         *arguments, "-out", private],
        check=True, capture_output=True,
    )  # fmt: skip
    public = subprocess.run(
        ["openssl", "pkey", "-in", private, "-pubout"], check=True, capture_output=True
    )
    return private.read_bytes(), public.stdout


class TestPSS:
    """RFC 4055: a key whose identifier is id-RSASSA-PSS."""

    @pytest.mark.parametrize(
        ("options", "fitting"),
        [
            ({}, {"PS256", "PS384", "PS512"}),
            ({"md": "sha256", "mgf1_md": "sha256", "saltlen": "32"}, {"PS256"}),
            ({"md": "sha384", "mgf1_md": "sha384", "saltlen": "20"}, {"PS384"}),
            ({"md": "sha512", "mgf1_md": "sha512", "saltlen": "64"}, {"PS512"}),
            ({"md": "sha256", "mgf1_md": "sha256", "saltlen": "33"}, set()),
            ({"md": "sha256", "mgf1_md": "sha512", "saltlen": "32"}, set()),
            ({"md": "sha1", "mgf1_md": "sha1", "saltlen": "20"}, set()),
            ({"md": "sha224", "mgf1_md": "sha224", "saltlen": "20"}, set()),
        ],
        ids=str,
    )
    def test_only_what_it_is_for(
        self, tmp_path: Path, options: dict[str, str], fitting: set[str]
    ) -> None:
        """It signs and verifies with its own hash alone, and never with PKCS#1."""
        for text in pss_pem(tmp_path, **options):
            for line_end in (b"\n", b"\r\n"):
                spelt = text.replace(b"\n", line_end)
                for name in RSA_NAMES:
                    if name in fitting:
                        assert Key.from_pem(spelt, name)
                        continue
                    with pytest.raises(KeyMaterialError, match=f"not for {name}"):
                        Key.from_pem(spelt, name, allow_insecure=True)

    def test_hidden_behind_a_line(self, tmp_path: Path) -> None:
        """What a block holds beside base64 hides no restriction."""
        for text in pss_pem(tmp_path):
            first, _, rest = text.partition(b"\n")
            for between in (b"X: y\n\n", b"!\n", b" \n"):
                with pytest.raises(KeyMaterialError):
                    Key.from_pem(first + b"\n" + between + rest, "RS256")

    def test_plain_keys(self) -> None:
        """A key that is not restricted is for both paddings, as before."""
        for name in ("rsa", "rsa-public", "rsa-pkcs1", "rsa-public-pkcs1"):
            for algorithm in RSA_NAMES:
                assert Key.from_pem(pem(name), algorithm)
