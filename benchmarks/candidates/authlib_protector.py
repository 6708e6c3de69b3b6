"""Authlib's ResourceProtector for Flask, with joserfc under it."""

from __future__ import annotations

import time
from typing import Any

from authlib.integrations.flask_oauth2 import (
    ResourceProtector,
    current_token,
)
from authlib.oauth2.rfc6749 import TokenMixin
from authlib.oauth2.rfc6750 import BearerTokenValidator
from flask import Flask
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from ..keys import Keys
from .candidate import Candidate, Protection, User, find_user, plain_claims

_KEY_TYPES: dict[str, type[RSAKey | ECKey | OKPKey]] = {
    "RS256": RSAKey,
    "ES256": ECKey,
    "Ed25519": OKPKey,
}


class _Token(TokenMixin):
    def __init__(self, claims: dict[str, Any]) -> None:
        self.user = find_user(claims["sub"])

    def get_scope(self) -> str:
        return ""

    def is_expired(self) -> bool:
        return False  # The claims have been checked.

    def is_revoked(self) -> bool:
        return False


class _Validator(BearerTokenValidator):
    def __init__(self, key: Any, algorithm: str) -> None:
        super().__init__()
        self._key = key
        self._algorithms = [algorithm]
        self._rules = jwt.JWTClaimsRegistry(exp={"essential": True}, sub={"essential": True})

    def authenticate_token(self, token_string: str) -> _Token | None:
        try:
            token = jwt.decode(token_string, self._key, self._algorithms)
            self._rules.validate(token.claims)
        except JoseError:
            return None
        return _Token(token.claims)


def _protect(app: Flask, keys: Keys, algorithm: str) -> Protection:
    private, public = _load(keys)
    require_oauth = ResourceProtector()
    require_oauth.register_token_validator(_Validator(public, algorithm))

    def issue(user: User) -> str:
        claims = plain_claims(user.id, int(time.time()))
        return jwt.encode({"alg": algorithm}, claims, private, [algorithm])

    return Protection(require_oauth(), _user_id, issue)


def _load(keys: Keys) -> tuple[Any, Any]:
    if keys.secret:
        secret = OctKey.import_key(keys.secret)
        return secret, secret
    kind = _KEY_TYPES[keys.algorithm]
    return kind.import_key(keys.private_pem), kind.import_key(keys.public_pem)


def _user_id() -> str:
    user_id: str = current_token.user.id
    return user_id


AUTHLIB = Candidate(
    "Authlib ResourceProtector",
    _protect,
    plain_claims,
    imports="import authlib.integrations.flask_oauth2, joserfc.jwt",
)
