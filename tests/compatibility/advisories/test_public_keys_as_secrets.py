"""Advisories about public keys that were taken for the secret of an HMAC."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from flask_jwt.core import (
    InvalidHeader,
    InvalidSignature,
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
    sign_in,
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
    public_pem,
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
    ring = KeyRing(key_of(algorithm, private))
    verifier = Verifier(ring, clock=SetClock())
    forged = forgeries(every_encoding(algorithm, private), hmac)

    assert successes(verifier, forged) == []
    with pytest.raises(InvalidHeader, match="The specified alg value is not allowed"):
        verifier.verify(forged["PEM"])
    assert verifier.verify(Signer(ring).sign(claims())).claims == claims()


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_cve_2015_9235_with_an_hmac_key_beside_it(
    key_pairs: dict[str, PrivateKey], algorithm: str
) -> None:
    """Where a ring does hold an HMAC key as well, HS256 is allowed, but means that key alone."""
    private = key_pairs[algorithm]
    ring = KeyRing(Key.from_secret(SECRET), [key_of(algorithm, private)])
    verifier = Verifier(ring, clock=SetClock())
    forged = forgeries(every_encoding(algorithm, private), "HS256")

    assert successes(verifier, forged) == []
    with pytest.raises(InvalidSignature):
        verifier.verify(forged["PEM"])
    assert successes(verifier, forgeries({"the secret": SECRET.encode()}, "HS256")) == [
        "the secret"
    ]


def test_cve_2015_9235_over_http(rsa_key: RSAPrivateKey) -> None:
    """A server with an RSA key answers 401 to each such token, and 200 to its own."""
    app = production(JWT_ALGORITHM="RS256", JWT_PRIVATE_KEY=private_pem(rsa_key))
    encodings = every_encoding("RS256", rsa_key)

    for hmac in HMACS:
        assert_all_refused(app, forgeries(encodings, hmac))
    assert_let_in(show(app, token_of(app)))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "none ", "", "HS0", "null"])
def test_cve_2015_9235_no_algorithm_at_all(rsa_key: RSAPrivateKey, name: str) -> None:
    """The report behind it told of ``none`` too: no spelling of it is an algorithm here."""
    app = production(JWT_ALGORITHM="RS256", JWT_PRIVATE_KEY=private_pem(rsa_key))
    good = token_of(app)
    header = {"typ": "JWT", "alg": name}
    unsigned = forge(header, claims("admin"), lambda signing_input: b"")
    forged = {
        "an empty signature": unsigned,
        "two parts": unsigned.removesuffix("."),
        "a signature of nothing": forge(header, claims("admin"), mac(b"")),
        "somebody's good signature": unsigned + good.rpartition(".")[2],
    }

    assert_all_refused(app, forged)
    assert_let_in(show(app, good))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384", "ES512", "Ed25519"])
def test_cve_2022_29217_public_key_is_no_secret(
    key_pairs: dict[str, PrivateKey], algorithm: str
) -> None:
    """CVE-2022-29217: PyJWT 1.5 to 2.3 kept a list of prefixes of public keys that must not be an
    HMAC secret, and ``ssh-ed25519`` and ``ecdsa-sha2-`` were not on it; here PEM, SSH and JWK texts
    of every type of key are refused when the key is loaded, in development as well.
    """
    private = key_pairs[algorithm]
    texts = {**ssh_lines(private), **jwk_texts(algorithm, private)}
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


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "Ed25519"])
def test_cve_2022_29217_without_armour(key_pairs: dict[str, PrivateKey], algorithm: str) -> None:
    """Nor is a public key that lost its armour: DER, or the bare base64 that consoles show."""
    assert accepted_secrets(unarmoured(key_pairs[algorithm])) == []


@pytest.mark.parametrize("setting", ["SECRET_KEY", "JWT_SECRET_KEY"])
@pytest.mark.parametrize("kind", ["PEM", "SSH line", "JWK"])
def test_cve_2022_29217_over_http(
    key_pairs: dict[str, PrivateKey], setting: str, kind: str
) -> None:
    """An application whose secret is a public key makes no token and lets nobody in: it says 500
    and logs why, because the mistake is in its configuration.
    """
    secret = every_encoding("Ed25519", key_pairs["Ed25519"])[kind]
    app = production(**{setting: secret})
    config: dict[str, Any] = {setting: SECRET}
    sound = production(**config)
    forged = forge({"typ": "JWT", "alg": "HS256"}, claims(), mac(secret))

    assert show(app, forged).status_code == 500
    assert sign_in(app).status_code == 500
    assert_let_in(show(sound, token_of(sound)))


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


def test_cve_2023_48223_over_http(rsa_key: RSAPrivateKey) -> None:
    """A server whose ``JWT_PUBLIC_KEY`` is PKCS#1 accepts RS256 alone."""
    pem = pem_texts(rsa_key)["PKCS#1 PEM"]
    app = production(JWT_ALGORITHM="RS256", JWT_PUBLIC_KEY=pem)
    issuer = Signer(KeyRing(key_of("RS256", rsa_key)))

    for algorithm in HMACS:
        assert_all_refused(app, forgeries(respelled("key", pem), algorithm))
    assert_let_in(show(app, issuer.sign(claims())))


@pytest.mark.parametrize("prefix", WHITESPACE + OTHER_PREFIXES)
def test_cve_2026_34950_prefixed_pem_as_secret(
    key_pairs: dict[str, PrivateKey], prefix: str
) -> None:
    """CVE-2026-34950: a space before the PEM passed by fast-jwt's mend of CVE-2023-48223, up to
    6.1.0 (and its own mend fell to other characters): here no prefix makes a PEM text a secret.
    """
    assert accepted_secrets(prefixed(prefix, pem_texts, key_pairs)) == []
    assert accepted_secrets({"a secret": (prefix + SECRET).encode()}) == ["a secret"]


@pytest.mark.parametrize("prefix", WHITESPACE + OTHER_PREFIXES)
def test_cve_2026_34950_prefixed_ssh_line_as_secret(
    key_pairs: dict[str, PrivateKey], prefix: str
) -> None:
    """Nor does one make an SSH line a secret, as in a file that begins with a comment."""
    assert accepted_secrets(prefixed(prefix, ssh_lines, key_pairs)) == []


@pytest.mark.parametrize("prefix", WHITESPACE + OTHER_PREFIXES)
def test_cve_2026_34950_prefixed_key_over_http(rsa_key: RSAPrivateKey, prefix: str) -> None:
    """With such a text as ``JWT_PUBLIC_KEY`` a server takes RS256 tokens and no forged ones."""
    pem = prefix + public_pem(rsa_key).decode()
    app = production(JWT_ALGORITHM="RS256", JWT_PUBLIC_KEY=pem)
    secrets = {"as configured": pem.encode(), "without the prefix": public_pem(rsa_key)}
    issuer = Signer(KeyRing(key_of("RS256", rsa_key)))

    for algorithm in HMACS:
        assert_all_refused(app, forgeries(secrets, algorithm))
    assert_let_in(show(app, issuer.sign(claims())))
