"""Flask-JWT-Extended, with a user loader."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, current_user, jwt_required

from ..keys import Keys
from ..tokens import LIFETIME
from .candidate import OLDER_NAMES, Candidate, Protection, User, find_user


def _protect(app: Flask, keys: Keys, algorithm: str) -> Protection:
    app.config["JWT_ALGORITHM"] = algorithm
    if keys.secret:
        app.config["JWT_SECRET_KEY"] = keys.secret
    else:
        app.config["JWT_PRIVATE_KEY"] = keys.private_pem
        app.config["JWT_PUBLIC_KEY"] = keys.public_pem
    JWTManager(app).user_lookup_loader(_load_user)
    return Protection(jwt_required(), _user_id, _issue)


def _load_user(header: dict[str, Any], payload: dict[str, Any]) -> User:
    return find_user(payload["sub"])


def _user_id() -> str:
    user_id: str = current_user.id
    return user_id


def _issue(user: User) -> str:
    token: str = create_access_token(user.id)
    return token


def _claims_of(user_id: str, now: int) -> dict[str, Any]:
    return {
        "fresh": False,
        "iat": now,
        "jti": str(uuid.uuid4()),
        "type": "access",
        "sub": user_id,
        "nbf": now,
        "csrf": str(uuid.uuid4()),
        "exp": now + LIFETIME,
    }


JWT_EXTENDED = Candidate(
    "Flask-JWT-Extended",
    _protect,
    _claims_of,
    names=OLDER_NAMES,
    imports="import flask_jwt_extended",
)
