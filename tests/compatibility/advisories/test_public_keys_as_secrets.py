"""Advisories about public keys that were taken for the secret of an HMAC."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from flask_jwt.core import InvalidHeader, Key, KeyMaterialError
from tests.support.material import PRIVATE, SECRET, claims, pem, signer, signing_key, verifier

from .applications import assert_refused, attacked
from .forging import PrivateKey, forge, mac, public_pem, successes

HMACS = ["HS256", "HS384", "HS512"]
ASYMMETRIC = ["RS256", "PS256", "ES256", "ES384", "ES512", "Ed25519"]
#: What may stand before a key in a database, a YAML file or an editor, and what no strip removes.
PREFIXES = [
    "\t", "\n", "\r\n", "\n\n    ", "\v", "\f", " ", "\ufeff", "\u200b", "\u00a0", "\0", "\x1b",
    ".", "#", "# key of ann\n", "//", ">",
]  # fmt: skip
#: The types of key that OpenSSH knows.
SSH = [
    "ssh-rsa", "ssh-dss", "ssh-ed25519", "ssh-ed448", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa-cert-v01@openssh.com", "ssh-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
]  # fmt: skip


def texts_of(algorithm: str, private: PrivateKey) -> dict[str, bytes]:
    """Return the public half of a key in shapes that no secret may have."""
    public: Any = private.public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    line = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    text, jwk = public_pem(private), json.dumps(signing_key(algorithm).public_jwk)
    return {
        "PEM": text,
        "without the last newline": text.rstrip(b"\n"),
        "with CRLF": text.replace(b"\n", b"\r\n"),
        "indented": text.replace(b"\n", b"\n    "),
        "on one line": text.replace(b"\n", b"\\n"),
        "with NUL at the end": text + b"\0",
        "DER": der,
        "base64": base64.b64encode(der),
        "base64 in lines": base64.encodebytes(der),
        "SSH": line,
        "SSH with a comment": line + b" ann@example.com\n",
        "JWK": jwk.encode(),
        "JWK set": f'{{"keys": [{jwk}]}}'.encode(),
        **({"PKCS#1": pem("rsa-public-pkcs1")} if PRIVATE[algorithm] == "rsa" else {}),
    }


def forgeries(secrets: Mapping[str, bytes], algorithm: str) -> dict[str, str]:
    """Return tokens for the administrator, signed with each text as an HMAC secret."""
    header = {"typ": "JWT", "alg": algorithm}
    return {
        name: forge(header, claims(identity="admin"), mac(secret, algorithm))
        for name, secret in secrets.items()
    }


def accepted(secrets: Mapping[str, bytes]) -> list[str]:
    """Return the names of the secrets that a key is made of, even in development."""
    found = []
    for name, secret in secrets.items():
        try:
            Key.from_secret(secret, allow_insecure=True)
        except KeyMaterialError:
            continue
        found.append(name)
    return found


@pytest.mark.parametrize("hmac", HMACS)
@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_cve_2015_9235_hmac_with_the_public_key(
    key_pairs: dict[str, PrivateKey], algorithm: str, hmac: str
) -> None:
    """CVE-2015-9235: jsonwebtoken for Node before 4.2.2 let the token say HS256 where the server
    held an RSA or EC public key, which so became the HMAC secret; here no encoding of it does.
    """
    key = signing_key(algorithm)
    texts = {"nothing": b"", **texts_of(algorithm, key_pairs[algorithm])}
    forged = forgeries(texts, hmac)

    # Where a ring does hold an HMAC key as well, HS256 is allowed, but means that key alone.
    for judge in (verifier(key), verifier(signing_key("HS256"), key)):
        assert successes(judge, forged) == []
        assert judge.verify(signer(key).sign(claims())).claims == claims()
    with pytest.raises(InvalidHeader, match="The specified alg value is not allowed"):
        verifier(key).verify(forged["PEM"])


def test_cve_2015_9235_over_http(key_pairs: dict[str, PrivateKey]) -> None:
    """A server with an RSA key answers 401 to each such token, and 200 to its own."""
    app = attacked(JWT_ALGORITHM="RS256", JWT_PRIVATE_KEY=pem("rsa"))

    assert_refused(app, forgeries(texts_of("RS256", key_pairs["RS256"]), "HS256"))


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_cve_2022_29217_public_key_is_no_secret(
    key_pairs: dict[str, PrivateKey], algorithm: str
) -> None:
    """CVE-2022-29217: PyJWT 1.5 to 2.3 kept a list of prefixes of public keys that must not be an
    HMAC secret, and ``ssh-ed25519`` and ``ecdsa-sha2-`` were not on it; here PEM, SSH and JWK texts
    of every type of key are refused when the key is loaded, in development as well.
    """
    lines = {
        kind: f"{kind} AAAAC3NzaC1lZDI1NTE5AAAAIDw2sYqk0c8bS1p0Jw5cV0n6".encode() for kind in SSH
    }

    assert accepted({**texts_of(algorithm, key_pairs[algorithm]), **lines}) == []


@pytest.mark.parametrize("prefix", PREFIXES)
def test_cve_2026_34950_prefixed_key_as_secret(
    key_pairs: dict[str, PrivateKey], prefix: str
) -> None:
    """CVE-2026-34950: a space before the PEM passed by fast-jwt's mend of CVE-2023-48223, up to
    6.1.0 (and its own mend fell to other characters): here no prefix makes PEM or SSH a secret.
    """
    for algorithm in ("RS256", "ES256", "Ed25519"):
        texts = texts_of(algorithm, key_pairs[algorithm])
        kinds = texts.keys() & {"PEM", "PKCS#1", "SSH"}
        assert accepted({kind: prefix.encode() + texts[kind] for kind in kinds}) == []
    assert accepted({"a secret": prefix.encode() + SECRET}) == ["a secret"]
