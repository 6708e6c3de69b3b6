"""Tokens made by hand, good ones and bad ones, without the package under test."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

_HEADER = {"typ": "JWT", "alg": "HS256"}


def base64url(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(signing_input: str, secret: str) -> str:
    """Return the HS256 signature of a signing input, encoded."""
    return base64url(hmac.digest(secret.encode(), signing_input.encode(), hashlib.sha256))


def compact(claims: Mapping[str, Any], secret: str, header: Mapping[str, Any] | None = None) -> str:
    """Sign claims with HS256."""
    parts = [json.dumps(header or _HEADER).encode(), json.dumps(dict(claims)).encode()]
    signing_input = ".".join(base64url(part) for part in parts)
    return f"{signing_input}.{sign(signing_input, secret)}"


def claims(identity: Any, **changed: Any) -> dict[str, Any]:
    """Return the claims that Flask-JWT gives a token now."""
    now = int(time.time())
    values = {"exp": now + 300, "iat": now, "nbf": now, "identity": identity, **changed}
    return {name: value for name, value in values.items() if value is not None}


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the header and the claims of a token, without verifying anything."""
    header, payload, _ = (
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")
    )
    return json.loads(header), json.loads(payload)
