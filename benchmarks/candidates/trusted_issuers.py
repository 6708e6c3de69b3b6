"""This package, with the tokens of a provider, and of itself beside."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Flask

from flask_jwt import JWT, create_access_token, current_identity, jwt_required

from ..keys import Keys, make_keys
from ..provider import AUDIENCE, ISSUER, claims_of, key_set
from .candidate import Candidate, Protection, User, find_user
from .this_package import THIS_PACKAGE


def trusting(issuers: int) -> Candidate:
    """Return this package with so many trusted issuers, of which the first has made the tokens."""
    return Candidate(
        THIS_PACKAGE.name,
        partial(_protect, issuers),
        claims_of,
        scheme=THIS_PACKAGE.scheme,
        remembers=THIS_PACKAGE.remembers,
    )


def _protect(issuers: int, app: Flask, keys: Keys, algorithm: str) -> Protection:
    own = make_keys(algorithm)
    app.config["JWT_ALGORITHM"] = algorithm
    app.config["JWT_PRIVATE_KEY"] = own.private_pem
    app.config["JWT_PUBLIC_KEY"] = own.public_pem
    published = {"jwks_uri": keys.jwks_uri} if keys.jwks_uri else {"keys": key_set(keys)}
    options = {"audience": AUDIENCE, "algorithms": [algorithm], **published}
    names = [f"{ISSUER}-{number}" if number else ISSUER for number in range(issuers)]
    app.config["JWT_TRUSTED_ISSUERS"] = dict.fromkeys(names, options)
    JWT(app, _authenticate, _identity)
    return Protection(jwt_required(), _user_id, create_access_token)


def _authenticate(username: str, password: str) -> User | None:
    return None


def _identity(payload: Mapping[str, Any]) -> User:
    return find_user(payload["sub"] if "sub" in payload else payload["identity"])


def _user_id() -> str:
    user_id: str = current_identity.id
    return user_id


TRUSTED_ISSUER = trusting(1)
