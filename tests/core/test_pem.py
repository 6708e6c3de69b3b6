"""RSA, EC and Ed25519 keys out of PEM texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_jwt.core import Key, KeyMaterialError, WeakKeyError
from tests.support.material import PRIVATE, one_line, pem, signing_key, verifying_key

TEXT = b"header.payload"

LOADED = {
    "rsa": (["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"], True),
    "rsa-pkcs1": (["RS256", "PS512"], True),
    "rsa-public": (["RS256", "PS256"], False),
    "rsa-public-pkcs1": (["RS256", "PS256"], False),
    "p256": (["ES256"], True),
    "p256-sec1": (["ES256"], True),
    "p256-parameters": (["ES256"], True),
    "p256-public": (["ES256"], False),
    "p384": (["ES384"], True),
    "p384-public": (["ES384"], False),
    "p521": (["ES512"], True),
    "p521-public": (["ES512"], False),
    "ed25519": (["Ed25519", "EdDSA"], True),
    "ed25519-public": (["Ed25519", "EdDSA"], False),
}


@pytest.mark.parametrize("name", LOADED)
def test_loaded(name: str) -> None:
    """Every usual kind of PEM is loaded, as text and as bytes; the private ones sign."""
    algorithms, private = LOADED[name]
    for algorithm in algorithms:
        for material in (pem(name), pem(name).decode(), pem(name).replace(b"\n", b"\r\n")):
            assert Key.from_pem(material, algorithm).can_sign is private


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_halves(algorithm: str) -> None:
    """What the private half signs the public half verifies, and nothing else."""
    private, public = signing_key(algorithm), verifying_key(algorithm)
    signature = private.sign(TEXT)

    assert private.verify(TEXT, signature)
    assert public.verify(TEXT, signature)
    for text, wrong in (
        (TEXT + b".", signature),
        (TEXT, signature[:-1]),
        (TEXT, signature + b"\0"),
        (TEXT, b"\0" + signature),
        (TEXT, bytes([signature[0] ^ 1]) + signature[1:]),
        (TEXT, bytes(len(signature))),
        (TEXT, b"\xff" * len(signature)),
        (TEXT, b""),
    ):
        assert not private.verify(text, wrong)
        assert not public.verify(text, wrong)


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_public_half_signs_nothing(algorithm: str) -> None:
    """A public key does not sign."""
    key = verifying_key(algorithm)

    assert not key.can_sign
    with pytest.raises(KeyMaterialError, match="only a private one signs"):
        key.sign(TEXT)


@pytest.mark.parametrize(
    ("name", "algorithms"),
    [
        ("rsa", ["ES256", "ES512", "Ed25519", "EdDSA"]),
        ("rsa-public", ["ES256", "Ed25519"]),
        ("p256", ["RS256", "PS256", "ES384", "ES512", "Ed25519"]),
        ("p256-public", ["RS256", "PS256", "ES384", "ES512", "EdDSA"]),
        ("p384", ["ES256", "ES512"]),
        ("p384-public", ["ES256", "ES512"]),
        ("p521", ["ES256", "ES384"]),
        ("secp256k1", ["ES256", "ES384", "ES512"]),
        ("brainpool256", ["ES256"]),
        ("ed25519", ["RS256", "ES256"]),
        ("ed25519-public", ["PS256", "ES256"]),
        ("ed448", ["EdDSA", "Ed25519", "ES256"]),
        ("x25519", ["EdDSA", "Ed25519", "ES256"]),
    ],
)
def test_wrong_type_or_curve(name: str, algorithms: list[str]) -> None:
    """A key of another type or on another curve is refused, and the error says what it is."""
    for algorithm in algorithms:
        for allow in (True, False):
            with pytest.raises(KeyMaterialError, match=f"^{algorithm} needs .* and this"):
                Key.from_pem(pem(name), algorithm, allow_insecure=allow)


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [("rsa-encrypted", "RS256"), ("rsa-pkcs1-encrypted", "PS256"), ("ed25519-encrypted", "EdDSA")],
)  # fmt: skip
def test_encrypted(name: str, algorithm: str) -> None:
    """An encrypted key is refused, with a word on what to do."""
    with pytest.raises(KeyMaterialError, match="encrypted; decrypt it first"):
        Key.from_pem(pem(name), algorithm)


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256"])
@pytest.mark.parametrize(("name", "bits"), [("rsa-1024", 1024), ("rsa-2040", 2040)])
def test_short_rsa(name: str, bits: int, algorithm: str) -> None:
    """An RSA key of less than 2048 bits is refused, but for development."""
    with pytest.raises(WeakKeyError, match=f"at least 2048 bits, and this one has {bits}"):
        Key.from_pem(pem(name), algorithm)

    key = Key.from_pem(pem(name), algorithm, allow_insecure=True)
    assert key.verify(TEXT, key.sign(TEXT))


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "x", "-----BEGIN PRIVATE KEY-----", "PRIVATE KEY-----", "\0", "\xe9",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PRIVATE KEY-----\nbWFya2Vy\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nbWFya2Vy\n-----END PUBLIC KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\n!!!!\n-----END RSA PRIVATE KEY-----\n",
        '{"kty":"oct","k":"c2VjcmV0"}', "ssh-rsa AAAAB3NzaC1yc2E=",
    ],
)  # fmt: skip
def test_no_key(text: str) -> None:
    """What is no PEM key is refused, and not shown."""
    for algorithm in ("RS256", "ES256", "EdDSA"):
        with pytest.raises(KeyMaterialError, match="no key that can be read") as caught:
            Key.from_pem(text, algorithm)
        assert caught.value.__suppress_context__


def test_line_ends_spelt_out() -> None:
    """A key with its line ends spelt out, as environments have it, is told how to mend it."""
    text = pem("ed25519").decode()
    for spelt in (text.replace("\n", "\\n"), text.replace("\n", "\\r\\n")):
        with pytest.raises(KeyMaterialError, match=r'write \.replace\("\\\\n", "\\n"\)'):
            Key.from_pem(spelt, "EdDSA")


@pytest.mark.parametrize("name", ["p256-certificate", "rsa-openssh", "ed25519-openssh"])
def test_other_armour(name: str) -> None:
    """A certificate, and a key in the form of OpenSSH, is refused."""
    for algorithm in ("RS256", "ES256", "EdDSA"):
        with pytest.raises(KeyMaterialError, match="no key that can be read"):
            Key.from_pem(pem(name), algorithm)


def test_lone_surrogate() -> None:
    """Text that is no Unicode is refused, and nothing of it is shown."""
    text = pem("ed25519").decode()
    with pytest.raises(KeyMaterialError) as caught:
        Key.from_pem(text + "\ud800", "EdDSA")
    assert one_line("ed25519") not in repr(caught.value)


@given(
    name=st.sampled_from(["rsa-public", "p256", "p384-public", "ed25519", "ed25519-public"]),
    position=st.integers(0, 1700),
    change=st.sampled_from([b"", b"A", b"/", b"=", b"\n", b"-", b"\0", b"\xff", b"AAAA"]),
    length=st.integers(0, 4),
)
def test_damaged(name: str, position: int, change: bytes, length: int) -> None:
    """A damaged PEM text is a key or a KeyMaterialError, never another exception."""
    text = pem(name)
    position %= len(text)
    damaged = text[:position] + change + text[position + length :]
    algorithm = {"r": "RS256", "p": "ES256", "e": "EdDSA"}[name[0]]

    error = None
    try:
        key = Key.from_pem(damaged, algorithm)
    except KeyMaterialError as refusal:
        error = refusal
    if error is None:
        assert key.algorithm.name == algorithm
    else:
        assert one_line(name)[:40] not in repr(error)
        assert error.__suppress_context__ or error.__context__ is None
