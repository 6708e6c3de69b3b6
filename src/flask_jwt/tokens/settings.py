"""The settings of the claims in tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from ..authentication.settings import ResourceRoute
from ..errors import refuse
from ..settings.declare import Config, Group
from ..settings.types import duration, names, text

# A leeway past this would be a switch that turns expiry off.
_MAX_LEEWAY = timedelta(days=1)
_CLAIMS = "a list of names of claims"
_AUDIENCE = "a string, or a list of strings, none of them empty"
# Every check that JWT_VERIFY_CLAIMS could leave out of Flask-JWT 0.3.2.
_CHECKS = ("signature", "exp", "nbf", "iat")


@dataclass(frozen=True, slots=True)
class TokenSettings(Group):
    """How long tokens live, and what is in them."""

    title = "Tokens"

    expiration: float = duration("JWT_EXPIRATION_DELTA", timedelta(seconds=300))
    """how long a token lives"""
    not_before: float = duration("JWT_NOT_BEFORE_DELTA", timedelta(seconds=0))
    """how long after its making a token becomes good"""
    leeway: float = duration(
        "JWT_LEEWAY",
        timedelta(seconds=10),
        least=0,
        most=_MAX_LEEWAY.total_seconds(),
        expected="between 0 and a day: it is for clocks that differ a little",
    )
    """how far clocks may differ: 0 to a day; added to `exp`, and taken from `nbf` and `iat`"""
    required_claims: tuple[str, ...] = names(
        "JWT_REQUIRED_CLAIMS", ["exp", "iat", "nbf"], _CLAIMS, lone=False, empty=True
    )
    """claims without which a token is neither made (`RuntimeError`) nor accepted (401); `exp` is
    required even if it is left out"""
    verify_claims: tuple[str, ...] = names(
        "JWT_VERIFY_CLAIMS", list(_CHECKS), _CLAIMS, lone=False, empty=True
    )
    """ignored: every check is made. What is left out is one warning, as it had no effect in
    Flask-JWT either"""
    issuer: str | None = text("JWT_ISSUER")
    """written into tokens as `iss`, and the only `iss` that is accepted, compared exactly"""
    audience: tuple[str, ...] | None = names("JWT_AUDIENCE", None, _AUDIENCE)
    """a string or a list of strings, written into tokens as `aud`, one of which a token has to
    name. None is `JWT_RESOURCE`, and without that accepts only tokens without `aud`"""

    profile: str | None = text(
        "JWT_ACCESS_TOKEN_PROFILE", fits="rfc9068".__eq__, expected="'rfc9068', or None"
    )
    """`"rfc9068"` makes, and accepts, only access tokens as [other resource
    servers](resource.md#tokens-for-other-resource-servers) read them, of the kind `at+jwt`"""
    client_id: str | None = text("JWT_CLIENT_ID")
    """with that profile, the `client_id` of tokens for which a hook names no other"""

    def settled(self, config: Config) -> Self:
        """Take the name of this resource for the audience, and look for what the profile needs."""
        resource = ResourceRoute.read(config).resource
        settings = self
        if self.audience is None and resource is not None:
            settings = replace(self, audience=(resource,))
        if settings.profile is not None:
            for key, value in (
                ("JWT_ISSUER", settings.issuer),
                ("JWT_AUDIENCE", settings.audience),
                ("JWT_CLIENT_ID", settings.client_id),
            ):
                if value is None:
                    what = "set, or JWT_RESOURCE," if key == "JWT_AUDIENCE" else "set"
                    refuse(key, f"{what} where JWT_ACCESS_TOKEN_PROFILE is 'rfc9068'")
        return settings

    @property
    def claims_of_profile(self) -> tuple[str, ...]:
        """The claims that each token has to have for its profile (:rfc:`9068` section 2.2)."""
        return () if self.profile is None else ("iss", "aud", "sub", "client_id", "jti", "iat")

    def warnings(self) -> Iterable[str]:
        """Tell of checks that are made all the same, and of a client id that is in no token."""
        omitted = [name for name in _CHECKS if name not in self.verify_claims]
        if omitted:
            yield (
                f"app.config['JWT_VERIFY_CLAIMS'] leaves out {', '.join(omitted)}; no check is "
                "ever left out, and the key is ignored"
            )
        if self.client_id is not None and self.profile is None:
            yield "app.config['JWT_CLIENT_ID'] has no effect without JWT_ACCESS_TOKEN_PROFILE"
