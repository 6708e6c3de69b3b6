"""Advisories about public keys that were taken for the secret of an HMAC."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from flask_jwt.core import (
    InvalidHeader,
    Key,
    KeyMaterialError,
    KeyRing,
    Signer,
    Verifier,
)

from .applications import (
    assert_all_refused,
    assert_let_in,
    production,
    show,
    token_of,
)
from .encodings import every_encoding, jwk_texts, pem_texts, respelled, ssh_lines, unarmoured
from .forging import (
    SECRET,
    PrivateKey,
    SetClock,
    claims,
    forge,
    key_of,
    mac,
    private_pem,
    successes,
)

HMACS = ["HS256", "HS384", "HS512"]
ASYMMETRIC = ["RS256", "PS256", "ES256", "ES384", "ES512", "Ed25519"]

#: What may stand before a key when it comes out of a database, a YAML file or an editor.
WHITESPACE = [" ", "\t", "\n", "\r\n", "\n\n    ", "\v", "\f"]
#: What no ``strip`` takes away: the way round the second mend of fast-jwt.
OTHER_PREFIXES = ["\ufeff", "\u200b", "\u00a0", "\0", "\x1b", ".", "#", "# key of ann\n", "//", ">"]


def forgeries(encodings: dict[str, bytes], algorithm: str) -> dict[str, str]:
    """Return tokens for the administrator, signed with each encoding as an HMAC secret."""
    header = {"typ": "JWT", "alg": algorithm}
    return {
        name: forge(header, claims("admin"), mac(secret, algorithm))
        for name, secret in encodings.items()
    }


def accepted_secrets(secrets: dict[str, bytes]) -> list[str]:
    """Return the names of the secrets that a key is made of, even in development."""
    accepted = []
    for name, secret in secrets.items():
        try:
            Key.from_secret(secret, allow_insecure=True)
        except KeyMaterialError:
            continue
        accepted.append(name)
    return accepted


def prefixed(
    prefix: str,
    encode: Callable[[PrivateKey], dict[str, bytes]],
    key_pairs: dict[str, PrivateKey],
) -> dict[str, bytes]:
    """Return public keys of three types, encoded, each after a prefix."""
    return {
        f"{algorithm}: {name}": prefix.encode() + text
        for algorithm in ("RS256", "ES256", "Ed25519")
        for name, text in encode(key_pairs[algorithm]).items()
    }


@pytest.mark.parametrize("hmac", HMACS)
@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_cve_2015_9235_hmac_with_the_public_key(
    key_pairs: dict[str, PrivateKey], algorithm: str, hmac: str
) -> None:
    """CVE-2015-9235: jsonwebtoken for Node before 4.2.2 let the token say HS256 where the server
    held an RSA or EC public key, which so became the HMAC secret; here no encoding of it does.
    """
    private = key_pairs[algorithm]
    key = key_of(algorithm, private)
    ring = KeyRing(key)
    verifier = Verifier(ring, clock=SetClock())
    # Where a ring does hold an HMAC key as well, HS256 is allowed, but means that key alone.
    beside = Verifier(KeyRing(Key.from_secret(SECRET), [key]), clock=SetClock())
    forged = forgeries(every_encoding(algorithm, private), hmac)

    assert successes(verifier, forged) == successes(beside, forged) == []
    with pytest.raises(InvalidHeader, match="The specified alg value is not allowed"):
        verifier.verify(forged["PEM"])
    assert verifier.verify(Signer(ring).sign(claims())).claims == claims()


def test_cve_2015_9235_over_http(rsa_key: RSAPrivateKey) -> None:
    """A server with an RSA key answers 401 to each such token, and 200 to its own."""
    app = production(JWT_ALGORITHM="RS256", JWT_PRIVATE_KEY=private_pem(rsa_key))
    encodings = every_encoding("RS256", rsa_key)

    for hmac in HMACS:
        assert_all_refused(app, forgeries(encodings, hmac))
    assert_let_in(show(app, token_of(app)))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384", "ES512", "Ed25519"])
def test_cve_2022_29217_public_key_is_no_secret(
    key_pairs: dict[str, PrivateKey], algorithm: str
) -> None:
    """CVE-2022-29217: PyJWT 1.5 to 2.3 kept a list of prefixes of public keys that must not be an
    HMAC secret, and ``ssh-ed25519`` and ``ecdsa-sha2-`` were not on it; here PEM, SSH and JWK texts
    of every type of key are refused when the key is loaded, in development as well.
    """
    private = key_pairs[algorithm]
    texts = {**ssh_lines(private), **jwk_texts(algorithm, private), **unarmoured(private)}
    for name, pem in pem_texts(private).items():
        texts.update(respelled(name, pem))

    assert accepted_secrets(texts) == []
    assert accepted_secrets({"a secret": SECRET.encode()}) == ["a secret"]


@pytest.mark.parametrize(
    "kind",
    [
        "ssh-rsa",
        "ssh-dss",
        "ssh-ed25519",
        "ssh-ed448",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "ssh-rsa-cert-v01@openssh.com",
        "ssh-ed25519-cert-v01@openssh.com",
        "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    ],
)
def test_cve_2022_29217_every_type_of_ssh_key(kind: str) -> None:
    """No type of key that OpenSSH knows is taken for a secret."""
    line = f"{kind} AAAAC3NzaC1lZDI1NTE5AAAAIDw2sYqk0c8bS1p0Jw5cV0n6 ann@example.com"

    assert accepted_secrets({"line": line.encode()}) == []


@pytest.mark.parametrize("label", ["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"])
def test_cve_2023_48223_other_labels_of_pem(rsa_key: RSAPrivateKey, label: str) -> None:
    """CVE-2023-48223: fast-jwt before 3.3.2 knew a public key by ``BEGIN PUBLIC KEY`` alone, so
    that ``BEGIN RSA PUBLIC KEY`` became an HMAC secret; here every label says "no secret".
    """
    texts = {pem.splitlines()[0]: pem for pem in pem_texts(rsa_key).values()}
    pem = texts[f"-----BEGIN {label}-----".encode()]
    verifier = Verifier(KeyRing(key_of("RS256", rsa_key)), clock=SetClock())

    for algorithm in HMACS:
        assert successes(verifier, forgeries(respelled(label, pem), algorithm)) == []
    assert accepted_secrets({label: pem}) == []


@pytest.mark.parametrize("prefix", WHITESPACE + OTHER_PREFIXES)
def test_cve_2026_34950_prefixed_key_as_secret(
    key_pairs: dict[str, PrivateKey], prefix: str
) -> None:
    """CVE-2026-34950: a space before the PEM passed by fast-jwt's mend of CVE-2023-48223, up to
    6.1.0 (and its own mend fell to other characters): here no prefix makes PEM or SSH a secret.
    """
    for texts in (pem_texts, ssh_lines):
        assert accepted_secrets(prefixed(prefix, texts, key_pairs)) == []
    assert accepted_secrets({"a secret": (prefix + SECRET).encode()}) == ["a secret"]
