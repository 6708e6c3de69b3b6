"""Flask-HTTPAuth's token scheme, with PyJWT in its callback."""

from __future__ import annotations

import jwt
from flask import Flask
from flask_httpauth import HTTPTokenAuth  # type: ignore[import-untyped]

from ..keys import Keys
from .candidate import OLDER_NAMES, Candidate, Protection, User, find_user, plain_claims
from .pyjwt_by_hand import verification_key


def _protect(app: Flask, keys: Keys, algorithm: str) -> Protection:
    key = verification_key(keys)
    auth = HTTPTokenAuth()

    def verify_token(token: str) -> User | None:
        try:
            claims = jwt.decode(
                token, key, algorithms=[algorithm], options={"require": ["exp", "sub"]}
            )
        except jwt.InvalidTokenError:
            return None
        return find_user(claims["sub"])

    def user_id() -> str:
        found: str = auth.current_user().id
        return found

    auth.verify_token(verify_token)
    return Protection(auth.login_required, user_id)


HTTPAUTH = Candidate(
    "Flask-HTTPAuth + PyJWT",
    _protect,
    plain_claims,
    names=OLDER_NAMES,
    imports="import flask_httpauth, jwt",
)
