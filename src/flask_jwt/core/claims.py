"""Registered claims (RFC 7519 section 4.1): how they are written, and what is required of them."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from .errors import (
    ExpiredToken,
    ImmatureToken,
    InvalidAudience,
    InvalidClaim,
    InvalidIssuer,
    MissingClaim,
)

#: The last second of the year 9999: what a datetime can hold bounds what a time claim may say.
MAX_NUMERIC_DATE = 253402300799

#: The claims that hold times, with the names that error texts give them.
TIME_CLAIMS = {"exp": "Expiration Time", "nbf": "Not Before", "iat": "Issued At"}
# Claims that name someone or something: strings that are not empty.
_IDENTIFIERS = {"iss": "Issuer", "sub": "Subject", "jti": "JWT ID"}


def numeric_date(value: Any) -> Any:
    """Return a datetime as whole seconds since 1970, and any other value as it is."""
    if isinstance(value, datetime):
        return calendar.timegm(value.utctimetuple())
    return value


def is_naive(value: Any) -> bool:
    """Tell whether a value is a datetime that does not say its zone."""
    return isinstance(value, datetime) and value.utcoffset() is None


def seconds(value: timedelta | float) -> float:
    """Return a duration given as timedelta or number in seconds."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def check_types(claims: Mapping[str, Any]) -> None:
    """Check the types of the registered claims that are present (:rfc:`7519` section 4.1)."""
    check_times(claims)
    _check_names(claims)


def check_times(claims: Mapping[str, Any]) -> None:
    """Check the types of the times that are present."""
    for name, title in TIME_CLAIMS.items():
        value = claims.get(name, 0)
        # A bool is an int to isinstance, and NaN fails every comparison.
        if not (type(value) in (int, float) and 0 <= value <= MAX_NUMERIC_DATE):
            raise InvalidClaim(f"{title} claim ({name}) must be an integer.", name)


def _check_names(claims: Mapping[str, Any]) -> None:
    for name, title in _IDENTIFIERS.items():
        if name in claims and not (type(claims[name]) is str and claims[name]):
            raise InvalidClaim(f"{title} must be a string", name)
    if "aud" in claims and not _is_audience(claims["aud"]):
        raise InvalidClaim("Invalid claim format in token", "aud")


def _is_audience(value: Any) -> bool:
    named = [value] if type(value) is str else value
    return type(named) is list and bool(named) and all(type(name) is str and name for name in named)


def _named(audience: str | Iterable[str]) -> list[str]:
    return [audience] if isinstance(audience, str) else list(audience)


class ClaimsPolicy:
    """What is required of the claims of a token that is verified. Not to be changed once made.

    :param leeway: how far clocks may differ: a timedelta, or seconds.
    :param required: names of claims that must be present. ``exp`` always is required.
    :param issuer: the only ``iss`` that is accepted, compared exactly; None asks for none.
    :param audience: one audience or several, one of which ``aud`` has to name. None accepts only
        tokens without ``aud``: a token for a named audience is not for a service without a name.
    :raises ValueError: the leeway is negative or not finite, the issuer or the audience is empty.
    """

    __slots__ = ("audience", "issuer", "leeway", "required")

    def __init__(
        self,
        *,
        leeway: timedelta | float = 0,
        required: Iterable[str] = (),
        issuer: str | None = None,
        audience: str | Iterable[str] | None = None,
    ) -> None:
        self.leeway = seconds(leeway)
        if not 0 <= self.leeway < float("inf"):
            raise ValueError("leeway must be a finite number of seconds, 0 or more")
        if issuer == "":
            raise ValueError("an issuer is a string that is not empty")
        named = None if audience is None else _named(audience)
        if named is not None and not _is_audience(named):
            raise ValueError("an audience is a string, or several, and none is empty")
        self.issuer = issuer
        self.audience = None if named is None else frozenset(named)
        configured = (("iss", issuer), ("aud", named))
        implied = [name for name, value in configured if value is not None]
        self.required = tuple(dict.fromkeys(("exp", *required, *implied)))

    def check(self, claims: Mapping[str, Any], now: float) -> tuple[float, float]:
        """Check the claims of a token whose signature is good.

        :param claims: the claims.
        :param now: seconds since 1970.
        :return: from when until when its times are good, leeway included, in seconds since 1970;
            the second is the first that is too late.
        :raises MissingClaim: a required claim is absent.
        :raises InvalidClaim: a registered claim has the wrong type.
        :raises ExpiredToken: ``now >= exp + leeway``.
        :raises ImmatureToken: ``nbf`` or ``iat`` is later than ``now + leeway``.
        :raises InvalidIssuer: ``iss`` is not the issuer.
        :raises InvalidAudience: ``aud`` names no audience that is accepted here.
        """
        for name in self.required:
            if name not in claims:
                raise MissingClaim(name)
        exp = claims["exp"]
        nbf = claims.get("nbf", 0)
        iat = claims.get("iat", 0)
        # What most tokens have: times that are whole numbers. Anything else is looked at slowly.
        if not (
            type(exp) is type(nbf) is type(iat) is int
            and 0 <= exp <= MAX_NUMERIC_DATE
            and nbf >= 0 <= iat
        ):
            check_times(claims)
            # A fraction of a second never prolongs a token: others read exp as an integer.
            exp = int(exp)
        leeway = self.leeway
        begins = nbf - leeway
        if iat > nbf:
            begins = iat - leeway
        if begins > now:
            if nbf - leeway > now:
                raise ImmatureToken("The token is not yet valid (nbf)", "nbf")
            raise ImmatureToken("Issued At claim (iat) cannot be in the future.", "iat")
        ends = exp + leeway
        if now >= ends:
            raise ExpiredToken
        # One by one, which takes a third of what a set of names takes.
        if "sub" in claims or "jti" in claims or "iss" in claims or "aud" in claims:
            self._check_parties(claims)
        return begins, ends

    def check_ignoring_expiry(self, claims: Mapping[str, Any]) -> None:
        """Check the claims of a token that may have expired, or not have begun.

        :param claims: the claims.
        :raises InvalidClaim: see :meth:`check`; whether it is too late or too early for the token
            is not looked at.
        """
        for name in self.required:
            if name not in claims:
                raise MissingClaim(name)
        check_times(claims)
        self._check_parties(claims)

    def _check_parties(self, claims: Mapping[str, Any]) -> None:
        _check_names(claims)
        if self.issuer is not None and claims["iss"] != self.issuer:
            raise InvalidIssuer
        if "aud" in claims and (
            self.audience is None or self.audience.isdisjoint(_named(claims["aud"]))
        ):
            raise InvalidAudience
