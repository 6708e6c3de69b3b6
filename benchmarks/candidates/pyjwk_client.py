"""PyJWT and its PyJWKClient in a decorator of one's own, for the tokens of a provider."""

from __future__ import annotations

from functools import wraps
from typing import Any

import jwt
from flask import Flask, g, jsonify, request

from ..keys import Keys
from ..provider import AUDIENCE, ISSUER, claims_of
from .candidate import OLDER_NAMES, Candidate, Protection, View, find_user
from .pyjwt_by_hand import refuse, user_id


def _protect(app: Flask, keys: Keys, algorithm: str) -> Protection:
    # As it comes: a key that is cached for itself (cache_keys) stays good after it was withdrawn.
    client = jwt.PyJWKClient(keys.jwks_uri)

    def login_required(view: View) -> View:
        @wraps(view)
        def guarded() -> Any:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not token:
                return refuse("Bearer")
            try:
                claims = jwt.decode(
                    token,
                    client.get_signing_key_from_jwt(token),
                    algorithms=[algorithm],
                    issuer=ISSUER,
                    audience=AUDIENCE,
                    options={"require": ["exp", "iss", "aud", "sub"]},
                )
            except jwt.PyJWKClientConnectionError:
                return jsonify(error="unavailable"), 503, {"Retry-After": "30"}
            except jwt.PyJWTError:
                return refuse('Bearer error="invalid_token"')
            g.user = find_user(claims["sub"])
            return view()

        return guarded

    return Protection(login_required, user_id)


PYJWK_CLIENT = Candidate(
    "PyJWT and PyJWKClient by hand", _protect, claims_of, names=OLDER_NAMES, imports="import jwt"
)
