"""PyJWT in a decorator of one's own, as a careful developer writes it."""

from __future__ import annotations

import time
from functools import wraps
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from flask import Flask, Response, g, jsonify, request

from ..keys import Keys
from .candidate import OLDER_NAMES, Candidate, Protection, User, View, find_user, plain_claims


def signing_key(keys: Keys) -> Any:
    """Load what PyJWT signs with, once."""
    if keys.secret:
        return keys.secret.encode()
    return load_pem_private_key(keys.private_pem.encode(), password=None)


def verification_key(keys: Keys) -> Any:
    """Load what PyJWT verifies with, once."""
    if keys.secret:
        return keys.secret.encode()
    return load_pem_public_key(keys.public_pem.encode())


def _protect(app: Flask, keys: Keys, algorithm: str) -> Protection:
    key, private = verification_key(keys), signing_key(keys)

    def login_required(view: View) -> View:
        @wraps(view)
        def guarded() -> Any:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not token:
                return refuse("Bearer")
            try:
                claims = jwt.decode(
                    token, key, algorithms=[algorithm], options={"require": ["exp", "sub"]}
                )
            except jwt.InvalidTokenError:
                return refuse('Bearer error="invalid_token"')
            g.user = find_user(claims["sub"])
            return view()

        return guarded

    def issue(user: User) -> str:
        return jwt.encode(plain_claims(user.id, int(time.time())), private, algorithm)

    return Protection(login_required, user_id, issue)


def refuse(challenge: str) -> tuple[Response, int, dict[str, str]]:
    """Answer a request that is refused."""
    return jsonify(error="unauthorized"), 401, {"WWW-Authenticate": challenge}


def user_id() -> str:
    """Return the id of the user who was let in."""
    found: str = g.user.id
    return found


BY_HAND = Candidate(
    "PyJWT by hand", _protect, plain_claims, names=OLDER_NAMES, imports="import jwt"
)
