"""Secrets and key pairs in the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from flask_jwt import ConfigurationError, create_access_token
from flask_jwt.core import Key
from tests.support.app import error_of, make_app, sign_in, status, token_of
from tests.support.secret import secret
from tests.support.tokens import parts_of

LONG = secret("long")[:32]
SHORT = "tell-nobody!"

ALGORITHMS = ["RS256", "PS256", "RS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]


class Pair(NamedTuple):
    """A key pair as PEM texts."""

    private: str
    public: str


def pair_of(private: Any) -> Pair:
    """Write a key pair as PEM."""
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(text.decode(), public.decode())


RSA = rsa.generate_private_key(65537, 2048)
PAIRS = {
    "RS": pair_of(RSA),
    "PS": pair_of(RSA),
    "ES256": pair_of(ec.generate_private_key(ec.SECP256R1())),
    "ES384": pair_of(ec.generate_private_key(ec.SECP384R1())),
    "ES512": pair_of(ec.generate_private_key(ec.SECP521R1())),
    "Ed": pair_of(ed25519.Ed25519PrivateKey.generate()),
}


def pair(algorithm: str) -> Pair:
    """Return a key pair for an algorithm."""
    return PAIRS.get(algorithm) or PAIRS[algorithm[:2]]


@pytest.mark.parametrize(
    ("algorithm", "secret", "least"),
    [("HS256", SHORT, 32), ("HS256", "x" * 31, 32), ("HS384", LONG, 48), ("HS512", "x" * 63, 64)],
)
def test_short_secret_in_production(
    caplog: pytest.LogCaptureFixture, algorithm: str, secret: str, least: int
) -> None:
    """A secret shorter than the hash is a 500, and the log says how to mend it."""
    app = make_app(SECRET_KEY=secret, JWT_ALGORITHM=algorithm)
    answer = sign_in(app)

    assert answer.status_code == 500
    assert status(app, "a.b.c") == 500
    assert "ConfigurationError: app.config['SECRET_KEY'] is not safe" in caplog.text
    assert f"at least {least} bytes, and this one has {len(secret)}" in caplog.text
    assert f"secrets.token_hex({least})" in caplog.text
    assert "JWT_ALLOW_INSECURE_KEYS = True" in caplog.text
    assert secret not in caplog.text
    assert secret not in answer.text


@pytest.mark.parametrize("key", ["DEBUG", "TESTING", "JWT_ALLOW_INSECURE_KEYS"])
def test_short_secret_in_development(caplog: pytest.LogCaptureFixture, key: str) -> None:
    """In debug, in testing, and where it is allowed, it works: with one warning without it."""
    app = make_app(SECRET_KEY=SHORT, **{key: True})

    for _ in range(3):
        assert status(app, token_of(app)) == 200
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "app.config['SECRET_KEY'] is not safe" in record.getMessage()
    assert SHORT not in record.getMessage()


@pytest.mark.parametrize(
    ("config", "texts"),
    [
        ({"SECRET_KEY": None}, ["'SECRET_KEY'", "is not set"]),
        ({"SECRET_KEY": ""}, ["'SECRET_KEY'", "empty"]),
        ({"SECRET_KEY": 12345678}, ["'SECRET_KEY'", "number", "environment"]),
        ({"JWT_SECRET_KEY": 12345678}, ["'JWT_SECRET_KEY'", "number"]),
        ({"SECRET_KEY": ["a", "b"]}, ["'SECRET_KEY'", "str or bytes"]),
        ({"SECRET_KEY": PAIRS["RS"].public}, ["'SECRET_KEY'", "looks like a public key"]),
        ({"SECRET_KEY": LONG, "JWT_PRIVATE_KEY": "x.pem"}, ["'JWT_PRIVATE_KEY'", "'HS256'"]),
        ({"SECRET_KEY": LONG, "JWT_PUBLIC_KEY": "x.pem"}, ["'JWT_PUBLIC_KEY'", "'HS256'"]),
    ],
    ids=["none", "empty", "int", "own-int", "list", "public", "private-key", "public-key"],
)
@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
def test_secret_at_fault(config: dict[str, Any], texts: list[str], debug: bool) -> None:
    """What is no secret is an error that quotes its key, in debug too."""
    text = error_of(DEBUG=debug, **config)

    assert all(part in text for part in texts)
    assert "12345678" not in text


def test_short_secret_of_its_own() -> None:
    """A short ``JWT_SECRET_KEY`` is called by its name."""
    text = error_of(SECRET_KEY=LONG, JWT_SECRET_KEY="short")

    assert "app.config['JWT_SECRET_KEY'] is not safe" in text


def test_digits_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An all-digit secret from the environment is a number, and the error says so."""
    monkeypatch.setenv("FLASK_SECRET_KEY", "8" * 40)
    app = make_app(SECRET_KEY=None)
    app.config.from_prefixed_env()

    with app.app_context(), pytest.raises(ConfigurationError, match="all-digit") as caught:
        create_access_token({"id": "ann"})
    assert "88888888" not in str(caught.value)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("given", ["text", "bytes", "path", "pathlike"])
def test_private_key(algorithm: str, given: str, tmp_path: Path) -> None:
    """A private key signs and verifies: as PEM text or bytes, or as the path of a file."""
    file = tmp_path / "key.pem"
    file.write_text(pair(algorithm).private)
    file.chmod(0o600)
    forms = {
        "text": pair(algorithm).private,
        "bytes": pair(algorithm).private.encode(),
        "path": str(file),
        "pathlike": file,
    }
    app = make_app(JWT_ALGORITHM=algorithm, JWT_PRIVATE_KEY=forms[given])

    token = token_of(app)
    name = Key.from_pem(pair(algorithm).public, algorithm).kid
    assert parts_of(token)[0] == {"typ": "JWT", "alg": algorithm, "kid": name}
    assert status(app, token) == 200


def test_a_file_is_read_once(tmp_path: Path) -> None:
    """A key that can't be loaded is an error until it is there; then it stays without its file."""
    file = tmp_path / "key.pem"
    app = make_app(JWT_ALGORITHM="ES256", JWT_PUBLIC_KEY=file)
    text = token_of(make_app(JWT_ALGORITHM="ES256", JWT_PRIVATE_KEY=pair("ES256").private))
    assert status(app, text) == 500

    file.write_text(pair("ES256").public)
    assert status(app, text) == 200
    file.unlink()
    assert status(app, text) == 200


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_public_key_alone(algorithm: str) -> None:
    """With the public key alone tokens are read, and sign-in is an error that says why."""
    maker = make_app(JWT_ALGORITHM=algorithm, JWT_PRIVATE_KEY=pair(algorithm).private)
    reader = make_app(JWT_ALGORITHM=algorithm, JWT_PUBLIC_KEY=pair(algorithm).public)
    token = token_of(maker)

    assert status(reader, token) == 200
    assert status(reader, token[:-8] + "AAAAAAAA") == 401
    text = error_of(JWT_ALGORITHM=algorithm, JWT_PUBLIC_KEY=pair(algorithm).public)
    assert "app.config['JWT_PRIVATE_KEY'] is not set" in text


def test_both_halves() -> None:
    """The two halves of a pair may both be there."""
    keys = {"JWT_PRIVATE_KEY": PAIRS["Ed"].private, "JWT_PUBLIC_KEY": PAIRS["Ed"].public}
    app = make_app(JWT_ALGORITHM="Ed25519", **keys)

    assert status(app, token_of(app)) == 200


def encrypted() -> str:
    """Return a private key that is encrypted."""
    key = ec.generate_private_key(ec.SECP256R1())
    encryption = BestAvailableEncryption(b"passphrase")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


@pytest.mark.parametrize(
    ("config", "texts"),
    [
        ({}, ["'JWT_ALGORITHM'", "'JWT_PRIVATE_KEY'"]),
        ({"JWT_PRIVATE_KEY": PAIRS["ES256"].public}, ["'JWT_PRIVATE_KEY'", "public one"]),
        ({"JWT_PUBLIC_KEY": PAIRS["ES256"].private}, ["'JWT_PUBLIC_KEY'", "private one"]),
        ({"JWT_PRIVATE_KEY": PAIRS["ES384"].private}, ["'JWT_PRIVATE_KEY'", "P-256", "secp384r1"]),
        ({"JWT_PRIVATE_KEY": PAIRS["RS"].private}, ["'JWT_PRIVATE_KEY'", "P-256", "RSA"]),
        ({"JWT_PRIVATE_KEY": PAIRS["Ed"].private}, ["'JWT_PRIVATE_KEY'", "P-256", "Ed25519"]),
        ({"JWT_PRIVATE_KEY": encrypted()}, ["'JWT_PRIVATE_KEY'", "encrypted"]),
        ({"JWT_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----\nbm8="}, ["'JWT_PRIVATE_KEY'", "no key"]),
        ({"JWT_PRIVATE_KEY": "/no/such/private/file"}, ["'JWT_PRIVATE_KEY'", "can't be read"]),
        ({"JWT_PRIVATE_KEY": "private\0file"}, ["'JWT_PRIVATE_KEY'", "can't be read"]),
        ({"JWT_PRIVATE_KEY": 5}, ["'JWT_PRIVATE_KEY'", "PEM text, or the path"]),
        ({"JWT_PRIVATE_KEY": True}, ["'JWT_PRIVATE_KEY'", "PEM text, or the path"]),
        ({"JWT_PUBLIC_KEY": ["a"]}, ["'JWT_PUBLIC_KEY'", "PEM text, or the path"]),
        ({"JWT_PRIVATE_KEY": PAIRS["ES256"].private,
          "JWT_PUBLIC_KEY": pair_of(ec.generate_private_key(ec.SECP256R1())).public},
         ["'JWT_PUBLIC_KEY'", "not the public half", "'JWT_PRIVATE_KEY'"]),
    ],
    ids=[
        *("none", "public", "private", "curve", "RSA", "Ed25519", "encrypted", "garbage"),
        *("no-file", "nul", "number", "bool", "list", "another-pair"),
    ],
)  # fmt: skip
def test_key_at_fault(config: dict[str, Any], texts: list[str]) -> None:
    """What is no key for the algorithm is an error that quotes its key of the configuration."""
    text = error_of(JWT_ALGORITHM="ES256", SECRET_KEY=LONG, **config)

    assert all(part in text for part in texts)
    assert "PRIVATE KEY-----" not in text
    assert "/no/such" not in text


def test_short_rsa_key(caplog: pytest.LogCaptureFixture) -> None:
    """An RSA key of 1024 bits is refused in production, and one warning in debug."""
    weak = pair_of(rsa.generate_private_key(65537, 1024)).private
    text = error_of(JWT_ALGORITHM="RS256", JWT_PRIVATE_KEY=weak)
    assert "app.config['JWT_PRIVATE_KEY'] is not safe" in text
    assert "2048 bits" in text

    app = make_app(JWT_ALGORITHM="RS256", JWT_PRIVATE_KEY=weak, DEBUG=True)
    for _ in range(2):
        assert status(app, token_of(app)) == 200
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_well_known_secret() -> None:
    """A secret that is printed in public documentation is refused, however long it is."""
    text = error_of(SECRET_KEY="09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7")

    assert "printed in public lists or documentation" in text
    assert "placeholder" in error_of(SECRET_KEY="<put a long and random secret key in here>")
