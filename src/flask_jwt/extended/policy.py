"""What Flask-JWT-Extended requires of the claims of a token, and what it writes into them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from typing import Any

from flask import current_app
from flask.json.provider import DefaultJSONProvider

from ..core.claims import ClaimsPolicy, check_times
from ..core.errors import (
    ClaimsError,
    ExpiredToken,
    ImmatureToken,
    InvalidAudience,
    InvalidClaim,
    InvalidIssuer,
    MissingClaim,
)
from ..core.signer import Signer
from ..core.strict_json import StrictJSONError, parse_object
from .settings import ExtendedTokenSettings

#: What a token says that does not say it.
DEFAULT_CLAIMS = {"type": "access", "fresh": False, "jti": None}


class ExtendedPolicy(ClaimsPolicy):
    """The claim rules of Flask-JWT-Extended.

    A token may have no end, and its subject may be a number. What a token leaves out is written
    into its claims, so that each program finds ``type``, ``fresh`` and ``jti`` there, and ``sub``
    in a token of version 3.
    """

    __slots__ = ("_identity_claim", "_issuer", "_verifies_sub")

    def __init__(self, settings: ExtendedTokenSettings) -> None:
        issuers = settings.decode_issuer or (None,)
        super().__init__(
            leeway=settings.leeway, issuer=issuers[0], audience=settings.decode_audience
        )
        self.required = (settings.identity_claim,)
        self._identity_claim = settings.identity_claim
        self._verifies_sub = settings.verify_sub
        self._issuer = settings.decode_issuer

    def check(self, claims: Mapping[str, Any], now: float) -> tuple[float, float]:
        """Check the claims of a token whose signature is good, and complete them."""
        begins, ends = self._times(claims)
        self._check_begun(claims, begins, now)
        if now >= ends:
            raise ExpiredToken
        self._check_rest(claims)
        return begins, ends

    def check_begun(self, claims: Mapping[str, Any], now: float) -> None:
        """Check that it is not too early for a token that may have expired."""
        self._check_begun(claims, self._times(claims)[0], now)

    def check_ignoring_expiry(self, claims: Mapping[str, Any]) -> None:
        """Check the claims of a token that may have expired, and complete them."""
        self._times(claims)
        self._check_rest(claims)

    def _check_begun(self, claims: Mapping[str, Any], begins: float, now: float) -> None:
        if begins > now:
            is_nbf = claims.get("nbf", 0) - self.leeway > now
            name = "nbf" if is_nbf else "iat"
            raise ImmatureToken(f"The token is not yet valid ({name})", name)

    def _times(self, claims: Mapping[str, Any]) -> tuple[float, float]:
        check_times(claims)
        begins = max(claims.get("nbf", 0), claims.get("iat", 0)) - self.leeway
        # A fraction of a second never prolongs a token: others read exp as an integer.
        return begins, int(claims["exp"]) + self.leeway if "exp" in claims else inf

    def _check_rest(self, claims: Mapping[str, Any]) -> None:
        if self._identity_claim == "sub" and isinstance(claims, dict) and is_former(claims):
            claims["sub"] = claims["identity"]
        if self._issuer is not None:
            if "iss" not in claims:
                raise MissingClaim("iss")
            if type(claims["iss"]) is not str or claims["iss"] not in self._issuer:
                raise InvalidIssuer
        if self.audience is not None:
            self._check_audience(claims.get("aud"), self.audience)
        # A bool is an int to isinstance.
        if self._verifies_sub and "sub" in claims and type(claims["sub"]) not in (str, int):
            raise InvalidClaim("Subject must be a string", "sub")
        if "jti" in claims and type(claims["jti"]) is not str:
            raise InvalidClaim("JWT ID must be a string", "jti")
        if self._identity_claim not in claims:
            raise MissingClaim(self._identity_claim)
        if isinstance(claims, dict):
            for name, value in DEFAULT_CLAIMS.items():
                claims.setdefault(name, value)

    def _check_audience(self, named: Any, accepted: frozenset[str]) -> None:
        if not named:
            raise MissingClaim("aud")
        audiences = [named] if type(named) is str else named
        if type(audiences) is not list or not all(type(name) is str for name in audiences):
            raise InvalidAudience
        if accepted.isdisjoint(audiences):
            raise InvalidAudience


def is_former(claims: Mapping[str, Any]) -> bool:
    """Tell whether version 3 has made a token: its user is in ``identity``, and nobody in ``sub``.

    Tokens of Flask-JWT look like that as well, but have neither a kind nor a name.
    """
    return (
        "sub" not in claims
        and "identity" in claims
        and claims.get("type") in ("access", "refresh")
        and "jti" in claims
    )


def json_default() -> Callable[[Any], Any]:
    """Return what writes values that JSON does not know, as the application's provider does."""
    provider = current_app.json_provider_class
    return getattr(provider, "default", DefaultJSONProvider.default)


class ExtendedSigner(Signer):
    """Makes tokens as Flask-JWT-Extended does: without an end, too, and expired ones for tests.

    A value that is no JSON is the :exc:`TypeError` of the application's own provider.
    """

    __slots__ = ()

    def _payload(
        self, written: dict[str, Any], _claims: Mapping[str, Any], _now: float, /
    ) -> tuple[bytes, dict[str, Any]]:
        encoder = partial(json.dumps, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        try:
            raw = encoder(written, default=json_default()).encode()
            # Read back by the verifier's parser: what that would refuse is an error here.
            return raw, parse_object(raw)
        except (StrictJSONError, ValueError, RecursionError) as error:
            raise ClaimsError(f"the claims would be refused: {error}") from None
