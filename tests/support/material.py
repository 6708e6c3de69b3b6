"""Keys, a time that stands still, and the claims of a good token."""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Iterator
from functools import cache
from typing import Any

from flask_jwt.core import ALGORITHMS, ClaimsPolicy, Key, KeyRing, Signer, Verifier
from tests.core.key_texts import pem as pem

#: The time in all tests that give a clock, in seconds since 1970.
NOW = 1_800_000_000
#: A secret that is long enough for HS512.
SECRET = secrets.token_hex(32).encode()

#: The file of the private key for each algorithm that has one.
PRIVATE = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "rsa"),
    "ES256": "p256",
    "ES384": "p384",
    "ES512": "p521",
    "Ed25519": "ed25519",
    "EdDSA": "ed25519",
}


def one_line(name: str) -> str:
    """Return the base64 of a key file, without its armour and line ends."""
    return "".join(line for line in pem(name).decode().splitlines() if "-----" not in line)


@cache
def signing_key(algorithm: str, kid: str | None = None) -> Key:
    """Return the key that signs for an algorithm in these tests."""
    if ALGORITHMS[algorithm].symmetric:
        return Key.from_secret(SECRET, algorithm, kid=kid)
    return Key.from_pem(pem(PRIVATE[algorithm]), algorithm, kid=kid)


@cache
def verifying_key(algorithm: str, kid: str | None = None) -> Key:
    """Return the public half of :func:`signing_key`, or the same secret."""
    if ALGORITHMS[algorithm].symmetric:
        return signing_key(algorithm, kid)
    return Key.from_pem(pem(f"{PRIVATE[algorithm]}-public"), algorithm, kid=kid)


def header_of(algorithm: str) -> dict[str, str]:
    """Return the header of a token by :func:`signing_key`: a pair is called by its thumbprint."""
    header = {"typ": "JWT", "alg": algorithm}
    if not ALGORITHMS[algorithm].symmetric:
        header["kid"] = signing_key(algorithm).kid or ""
    return header


def claims(**changed: Any) -> dict[str, Any]:
    """Return the claims of a token that is good at :data:`NOW`, and others besides."""
    return {"exp": NOW + 300, "iat": NOW, "nbf": NOW, "identity": 7, **changed}


def verifier(*keys: Key, policy: ClaimsPolicy | None = None, now: float = NOW) -> Verifier:
    """Return a verifier for some keys, or for the HS256 secret, with a clock that stands still."""
    ring = KeyRing(None, keys or (signing_key("HS256"),))
    return Verifier(ring, policy or ClaimsPolicy(), clock=lambda: now)


def signer(key: Key | None = None, **options: Any) -> Signer:
    """Return a signer with a key, that of HS256 unless given, and a clock that stands still."""
    return Signer(KeyRing(key or signing_key("HS256")), **{"clock": lambda: NOW, **options})


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of an HS256 token, as the verifier understands them."""
    verified = verifier().verify(token)
    return dict(verified.header), dict(verified.claims)


def everything_shown(error: BaseException) -> Iterator[str]:
    """Yield all that a log would show of an error, the lines of the program left out."""
    yield str(error)
    yield repr(error)
    yield repr(error.args)
    yield repr({name: value for name, value in vars(error).items() if name != "__notes__"})
    yield "".join(traceback.format_exception_only(error))
    lines = "".join(traceback.format_exception(error)).splitlines()
    yield "\n".join(line for line in lines if not line.startswith("    "))
