"""The shapes in which a public key goes about, each a candidate for an HMAC secret."""

from __future__ import annotations

import base64
import datetime
import json

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .forging import NOW, PrivateKey, base64url, public_jwk


def pem_texts(private: PrivateKey) -> dict[str, bytes]:
    """Return the public half of a key in the kinds of PEM there are."""
    public = private.public_key()
    texts = {
        "PEM": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "certificate": _certificate(private).public_bytes(Encoding.PEM),
    }
    if isinstance(public, RSAPublicKey):
        texts["PKCS#1 PEM"] = public.public_bytes(Encoding.PEM, PublicFormat.PKCS1)
    return texts


def respelled(name: str, pem: bytes) -> dict[str, bytes]:
    """Return a PEM text with the differences that files, shells and databases make."""
    lines = pem.split(b"\n")
    return {
        name: pem,
        f"{name} without the last newline": pem.rstrip(b"\n"),
        f"{name} with two last newlines": pem + b"\n",
        f"{name} with CRLF": pem.replace(b"\n", b"\r\n"),
        f"{name} with CRLF, without the last": pem.replace(b"\n", b"\r\n").rstrip(),
        f"{name} after a space": b" " + pem,
        f"{name} after a newline": b"\n" + pem,
        f"{name} after a tab": b"\t" + pem,
        f"{name} indented": b"\n".join(b"    " + line for line in lines),
        f"{name} on one line": pem.replace(b"\n", b"\\n"),
        f"{name} with a byte-order mark": b"\xef\xbb\xbf" + pem,
        f"{name} with NUL at the end": pem + b"\0",
    }


def ssh_lines(private: PrivateKey) -> dict[str, bytes]:
    """Return the public half of a key as lines for OpenSSH."""
    line = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return {
        "SSH line": line,
        "SSH line with a newline": line + b"\n",
        "SSH line with a comment": line + b" ann@example.com\n",
    }


def jwk_texts(algorithm: str, private: PrivateKey) -> dict[str, bytes]:
    """Return the public half of a key as JSON."""
    jwk = public_jwk(algorithm, private)
    return {
        "JWK": json.dumps(jwk, separators=(",", ":")).encode(),
        "JWK with spaces": json.dumps(jwk).encode(),
        "JWK sorted": json.dumps(jwk, sort_keys=True, indent=2).encode(),
        "JWK of RFC 7638": json.dumps(
            {name: jwk[name] for name in sorted({"kty", "n", "e", "crv", "x", "y"} & jwk.keys())},
            separators=(",", ":"),
        ).encode(),
        "JWK set": json.dumps({"keys": [jwk]}).encode(),
    }


def unarmoured(private: PrivateKey) -> dict[str, bytes]:
    """Return the public half of a key as DER, and as the base64 text inside a PEM."""
    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "DER": der,
        "base64": base64.b64encode(der),
        "base64 in lines": base64.encodebytes(der),
        "base64url": base64url(der).encode(),
    }


def bare_numbers(private: PrivateKey) -> dict[str, bytes]:
    """Return the numbers that the public half of a key consists of."""
    public = private.public_key()
    if isinstance(public, RSAPublicKey):
        modulus = public.public_numbers().n
        raw = modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")
        pkcs1 = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
        return {
            "modulus": raw,
            "modulus in DER": b"\0" + raw,
            "modulus in hex": raw.hex().encode(),
            "modulus in hex, as openssl prints it": f"{modulus:X}".encode(),
            "modulus in decimal": str(modulus).encode(),
            "modulus in base64url": base64url(raw).encode(),
            "PKCS#1 DER": pkcs1,
            "exponent": b"\x01\x00\x01",
        }
    if isinstance(public, EllipticCurvePublicKey):
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        half = len(point) // 2
        return {
            "point": point,
            "compressed point": public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint),
            "x": point[1 : half + 1],
            "x and y": point[1:],
            "point in hex": point.hex().encode(),
        }
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"x": raw, "x in hex": raw.hex().encode(), "x in base64url": base64url(raw).encode()}


def every_encoding(algorithm: str, private: PrivateKey) -> dict[str, bytes]:
    """Return the public half of a key in every encoding that this module knows."""
    encodings = {"nothing": b""}
    for name, text in pem_texts(private).items():
        encodings.update(respelled(name, text))
        encodings[f"{name} in UTF-16"] = text.decode().encode("utf-16")
    encodings.update(ssh_lines(private))
    encodings.update(jwk_texts(algorithm, private))
    encodings.update(unarmoured(private))
    encodings.update(bare_numbers(private))
    return encodings


def _certificate(private: PrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "example.com")])
    start = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=private.public_key(),
        serial_number=1,
        not_valid_before=start,
        not_valid_after=start + datetime.timedelta(days=1),
    )
    return builder.sign(private, None if isinstance(private, Ed25519PrivateKey) else SHA256())
