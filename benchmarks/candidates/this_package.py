"""This package, with its three lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from flask_jwt import JWT, create_access_token, current_identity, jwt_required

from ..keys import Keys
from ..tokens import LIFETIME
from .candidate import Candidate, Protection, User, find_user


def _protect(app: Flask, keys: Keys, algorithm: str) -> Protection:
    app.config["JWT_ALGORITHM"] = algorithm
    if keys.secret:
        # Not Flask's own SECRET_KEY, with which each request opens a session, protected or not.
        app.config["JWT_SECRET_KEY"] = keys.secret
    else:
        app.config["JWT_PRIVATE_KEY"] = keys.private_pem
        app.config["JWT_PUBLIC_KEY"] = keys.public_pem
    JWT(app, _authenticate, _identity)
    return Protection(jwt_required(), _user_id, create_access_token)


def _authenticate(username: str, password: str) -> User | None:
    return None


def _identity(payload: Mapping[str, Any]) -> User:
    return find_user(payload["identity"])


def _user_id() -> str:
    user_id: str = current_identity.id
    return user_id


def _claims_of(user_id: str, now: int) -> dict[str, Any]:
    return {"exp": now + LIFETIME, "iat": now, "nbf": now, "identity": user_id}


# JWT_CACHE_TOKENS, unless set.
_REMEMBERED = 4096

THIS_PACKAGE = Candidate(
    "flask_jwt (this package)",
    _protect,
    _claims_of,
    scheme="JWT",
    imports="import flask_jwt",
    remembers=_REMEMBERED,
)
