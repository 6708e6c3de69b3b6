"""The examples that the specifications print."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from flask_jwt.core import (
    ExpiredToken,
    InvalidHeader,
    InvalidSignature,
    Key,
    KeyRing,
    MalformedToken,
    Verifier,
)
from flask_jwt.core.compact_jws import decode_base64url

#: The last second in which the claims of RFC 7515 appendix A are good.
IN_TIME = 1300819379
CLAIMS = {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}
PAYLOAD = (
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)

# RFC 7515 appendix A.1.
HS256_SECRET = (
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
)
HS256_TOKEN = (
    f"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{PAYLOAD}."
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

# RFC 7515 appendix A.2.
RS256_MODULUS = (
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddx"
    "HmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs"
    "D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSH"
    "SXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV"
    "MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8"
    "NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
)
RS256_TOKEN = (
    f"eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
    "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
    "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
    "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
    "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
    "p0igcN_IoypGlUPQGe77Rw"
)

# RFC 7515 appendix A.3.
ES256_X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
ES256_Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
ES256_TOKEN = (
    f"eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
    "pmWQxfKTUJqPP3-Kg6NU1Q"
)

# RFC 8037 appendices A.1, A.2 and A.4.
ED25519_D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
ED25519_X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
ED25519_TEXT = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
ED25519_SIGNATURE = (
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)


def raw(text: str) -> bytes:
    """Decode base64url."""
    return decode_base64url(text.encode(), "payload")


def number(text: str) -> int:
    """Decode a number of a JWK."""
    return int.from_bytes(raw(text))


def public_pem(public: Any) -> bytes:
    """Return a public key as PEM."""
    encoded: bytes = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def rs256_key() -> Key:
    """Return the key of appendix A.2."""
    public = rsa.RSAPublicNumbers(number("AQAB"), number(RS256_MODULUS)).public_key()
    return Key.from_pem(public_pem(public), "RS256", allow_insecure=True)


def es256_key() -> Key:
    """Return the key of appendix A.3."""
    numbers = ec.EllipticCurvePublicNumbers(number(ES256_X), number(ES256_Y), ec.SECP256R1())
    return Key.from_pem(public_pem(numbers.public_key()), "ES256", allow_insecure=True)


EXAMPLES = {
    "A.1 HS256": (Key.from_secret(raw(HS256_SECRET), allow_insecure=True), HS256_TOKEN),
    "A.2 RS256": (rs256_key(), RS256_TOKEN),
    "A.3 ES256": (es256_key(), ES256_TOKEN),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_rfc_7515(name: str) -> None:
    """The tokens of RFC 7515 appendix A, with line ends in their JSON, pass until they expire."""
    key, token = EXAMPLES[name]

    assert Verifier(KeyRing(None, [key]), clock=lambda: IN_TIME).verify(token).claims == CLAIMS
    with pytest.raises(ExpiredToken):
        Verifier(KeyRing(None, [key]), clock=lambda: IN_TIME + 1).verify(token)
    text, _, signature = token.rpartition(".")
    other = f"{text}.{'e' if signature[0] != 'e' else 'f'}{signature[1:]}"
    with pytest.raises(InvalidSignature):
        Verifier(KeyRing(None, [key]), clock=lambda: IN_TIME).verify(other)


@pytest.mark.parametrize("algorithm", ["EdDSA", "Ed25519"])
def test_rfc_8037(algorithm: str) -> None:
    """The signature of RFC 8037 appendix A.4 is made, and verified, under both names."""
    private = ed25519.Ed25519PrivateKey.from_private_bytes(raw(ED25519_D))
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = Key.from_pem(pem, algorithm, allow_insecure=True)
    public = Key.from_pem(
        public_pem(ed25519.Ed25519PublicKey.from_public_bytes(raw(ED25519_X))),
        algorithm,
        allow_insecure=True,
    )

    assert key.sign(ED25519_TEXT) == raw(ED25519_SIGNATURE)
    assert public.verify(ED25519_TEXT, raw(ED25519_SIGNATURE))
    assert not public.verify(ED25519_TEXT + b" ", raw(ED25519_SIGNATURE))


def test_rfc_7519_unsecured() -> None:
    """The unsecured token of RFC 7519 section 6.1 is refused, and so is it with any signature."""
    key, token = EXAMPLES["A.1 HS256"]
    judge = Verifier(KeyRing(key), clock=lambda: IN_TIME)

    for signature in ("", token.rpartition(".")[2]):
        with pytest.raises((InvalidHeader, MalformedToken)):
            judge.verify(f"eyJhbGciOiJub25lIn0.{PAYLOAD}.{signature}")
