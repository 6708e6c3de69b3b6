"""What is required of the claims of one issuer's tokens, once their signature is good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..core.claims import ClaimsPolicy
from ..core.errors import InvalidClaim, InvalidIssuer, MissingClaim
from .options import IssuerOptions


class IssuerPolicy(ClaimsPolicy):
    """The registered claims, the client, and what the provider does in its own way.

    The claims of an accepted token are made ours: ``iss`` is the issuer's one name, and a claim
    ``identity``, by which the application's own tokens name their user, is taken out.
    """

    __slots__ = ("_options",)

    def __init__(self, options: IssuerOptions) -> None:
        super().__init__(
            leeway=options.leeway,
            required=("iss", *options.required_claims),
            audience=options.audience,
        )
        if not options.audience_required and "aud" not in options.required_claims:
            self.required = tuple(name for name in self.required if name != "aud")
        self._options = options

    def check(self, claims: Mapping[str, Any], now: float) -> tuple[float, float]:
        """Check the claims of a token whose signature is good, and make them ours.

        :param claims: the claims, a dict that nobody else has.
        :param now: seconds since 1970.
        :return: from when until when its times are good; see :meth:`.ClaimsPolicy.check`.
        :raises InvalidClaim: a claim is missing or not acceptable; see :meth:`.ClaimsPolicy.check`
            for the children.
        """
        times = super().check(claims, now)
        self._accept(claims)
        return times

    def check_ignoring_expiry(self, claims: Mapping[str, Any]) -> None:
        """Check the claims of a token that may have expired, or not have begun.

        :param claims: the claims, a dict that nobody else has.
        :raises InvalidClaim: see :meth:`check`.
        """
        super().check_ignoring_expiry(claims)
        self._accept(claims)

    def _accept(self, claims: Mapping[str, Any]) -> None:
        options = self._options
        if claims["iss"] != options.issuer and claims["iss"] not in options.aliases:
            raise InvalidIssuer
        if "cnf" in claims:
            # RFC 7800: who has stolen it can't use it, unless the proof is not asked for.
            raise InvalidClaim("The token is bound to a key, and no proof is looked at", "cnf")
        for name in options.id_token_claims:
            if name in claims:
                raise InvalidClaim("An ID token is no access token", name)
        # A logout token, for one, need not say its kind in the header (RFC 8417 section 2.2).
        if "events" in claims:
            raise InvalidClaim("A security event is no access token", "events")
        for rule in options.rules:
            rule(claims)
        self._check_client(claims)
        subject = claims.get(options.subject, "-")
        if type(subject) is not str or not subject:
            raise InvalidClaim(f"{options.subject} must be a string", options.subject)
        make_ours(cast("dict[str, Any]", claims), options)

    def _check_client(self, claims: Mapping[str, Any]) -> None:
        options = self._options
        if not options.client_ids:
            return
        named = [name for name in options.client_claims if name in claims]
        if not named:
            raise MissingClaim(options.client_claims[0])
        for name in named:
            if claims[name] not in options.client_ids:
                raise InvalidClaim("The token is of another client", name)


def make_ours(claims: dict[str, Any], options: IssuerOptions) -> None:
    """Give the claims of an accepted token the one name of its issuer, and no name of our users."""
    claims["iss"] = options.issuer
    claims.pop("identity", None)
