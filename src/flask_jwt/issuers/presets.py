"""What each provider does in its own way; the page of its documentation stands above each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import InvalidClaim, MissingClaim
from ..core.grants import OWN_NAMES, Path, roles_in, scopes_in
from ..core.verifier import ACCESS_TOKEN_TYPES

#: Looks at the claims of a token and raises :exc:`.TokenError`.
Rule = Callable[[Mapping[str, Any]], None]

#: Claims that ID tokens have and access tokens have not (OpenID Connect Core sections 2, 3.3.2.11).
ID_TOKEN_CLAIMS = frozenset({"at_hash", "c_hash", "nonce"})
_ID_TOKEN = "An ID token is no access token"  # noqa: S105
# Addresses and names, which are given to somebody else one day.
_CHANGING = frozenset({"email", "name", "preferred_username", "unique_name", "upn"})


@dataclass(frozen=True, slots=True, repr=False)
class Preset:
    """How the tokens of one provider differ; the defaults are those of any issuer."""

    #: What an issuer's URL is like: matched against host and path, or on loopback the path alone.
    issuer: str = ""
    path: str = ""
    #: What to write instead, in the words of the error.
    expected: str = ""
    #: Whether ``iss`` may leave out the scheme, and the configuration too.
    bare_host: bool = False
    rules: tuple[Rule, ...] = ()
    #: Returns the rule that follows from the issuer.
    issuer_rule: Callable[[str], Rule] | None = None
    #: Options that only this preset has, each with what returns the rule of its text.
    options: Mapping[str, Callable[[str], Rule]] = field(default_factory=dict)
    #: Claims that are required whatever is configured.
    required: tuple[str, ...] = ()
    #: Where tokens name their client.
    client_claims: tuple[str, ...] = ("client_id", "azp")
    #: Whether only ``client_id`` binds tokens to this application.
    binds_by_client: bool = False
    #: Whether the application's own URL can be the audience.
    is_for_resources: bool = True
    roles: tuple[Path, ...] = OWN_NAMES.roles
    #: Returns where further roles are, those of one audience.
    audience_roles: Callable[[str], Path] | None = None
    scopes: tuple[Path, ...] = OWN_NAMES.scopes
    subject: str = "sub"
    unfit_subjects: frozenset[str] = frozenset()
    types: frozenset[str] = ACCESS_TOKEN_TYPES
    id_token_claims: frozenset[str] = ID_TOKEN_CLAIMS


def _says(name: str, value: str, description: str) -> Rule:
    """Return the rule that a claim is there and has one value."""

    def check(claims: Mapping[str, Any]) -> None:
        if name not in claims:
            raise MissingClaim(name)
        if claims[name] != value:
            raise InvalidClaim(description, name)

    return check


def _names_client(*names: str) -> Rule:
    """Return the rule that a token names its client, which the provider's ID tokens do not."""

    def check(claims: Mapping[str, Any]) -> None:
        if not any(name in claims for name in names):
            raise InvalidClaim(_ID_TOKEN, names[0])

    return check


_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def _same_tenant(issuer: str) -> Rule:
    tenant = re.findall(f"/({_GUID})/", issuer)[0]
    return _says("tid", tenant, "The token is of another tenant")


def _has_permissions(claims: Mapping[str, Any]) -> None:
    # Any client of the tenant gets a token for the audience, one without permissions too.
    if not scopes_in(claims, (("scp",),)) and not roles_in(claims):
        raise InvalidClaim("The token has neither scopes (scp) nor roles", "scp")


def _client_roles(audience: str) -> Path:
    return ("resource_access", audience, "roles")


def _same_domain(domain: str) -> Rule:
    return _says("hd", domain, "The account is of another domain")


#: The presets by their names.
PRESETS = {
    # https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
    # https://learn.microsoft.com/en-us/entra/identity-platform/claims-validation
    "entra": Preset(
        issuer=rf"[^/]+/{_GUID}/(?:v2\.0/?)?",
        path=rf"/{_GUID}/(?:v2\.0/?)?",
        expected=(
            "the issuer of one tenant, by its id in lower case (common, organizations and "
            "consumers are everybody's): https://login.microsoftonline.com/{tenant id}/v2.0, or "
            "for tokens of version 1 https://sts.windows.net/{tenant id}/"
        ),
        rules=(_names_client("azp", "appid"), _has_permissions),
        issuer_rule=_same_tenant,
        required=("tid", "oid"),
        client_claims=("azp", "appid"),
        scopes=(("scp",),),
        subject="oid",
        unfit_subjects=_CHANGING,
    ),
    # https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
    # https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_IssuerConfigurationType.html
    "cognito": Preset(
        issuer=(
            r"(?:issuer-)?cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/[a-z0-9-]+_[A-Za-z0-9]+"
        ),
        path=r"/[a-z0-9-]+_[A-Za-z0-9]+",
        expected=(
            "the issuer of a user pool: https://cognito-idp.{region}.amazonaws.com/{pool id}, or "
            "https://issuer-cognito-idp.{region}.amazonaws.com/{pool id}"
        ),
        rules=(_says("token_use", "access", _ID_TOKEN),),
        client_claims=("client_id",),
        binds_by_client=True,
        roles=(("cognito:groups",),),
        scopes=(("scope",),),
    ),
    # https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
    "auth0": Preset(
        issuer=r"[^/]+/",
        path="/",
        expected="the domain with a slash at the end: https://{domain}/",
        rules=(_names_client("azp", "client_id"),),
        client_claims=("azp", "client_id"),
        roles=(("permissions",),),
        scopes=(("scope",),),
    ),
    # https://www.keycloak.org/docs/latest/server_admin/
    # https://www.keycloak.org/docs/latest/upgrading/ (25.0: nonce)
    "keycloak": Preset(
        issuer=r"[^/]+(?:/[^/]+)*/realms/[^/]+",
        path=r"(?:/[^/]+)*/realms/[^/]+",
        expected=(
            "the issuer of a realm: https://{host}/realms/{realm}, or before release 17 "
            "https://{host}/auth/realms/{realm}, without a slash at the end"
        ),
        # ID, refresh, logout and DPoP tokens say so in the same claim, which is no header.
        rules=(_says("typ", "Bearer", "The token is of another kind"),),
        client_claims=("azp", "client_id"),
        roles=(("realm_access", "roles"),),
        audience_roles=_client_roles,
        scopes=(("scope",),),
        # Releases before 25 put nonce into access tokens too.
        id_token_claims=ID_TOKEN_CLAIMS - {"nonce"},
    ),
    # https://developer.okta.com/docs/concepts/auth-servers/
    # https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/
    "okta": Preset(
        issuer=r"[^/]+/oauth2/[^/]+",
        path=r"/oauth2/[^/]+",
        expected=(
            "the issuer of a custom authorization server: https://{domain}/oauth2/{id}, such as "
            "https://{domain}/oauth2/default (what the org authorization server issues, Okta alone "
            "can validate)"
        ),
        rules=(_names_client("cid"),),
        client_claims=("cid",),
        scopes=(("scp",),),
    ),
    # https://developers.google.com/identity/openid-connect/openid-connect
    "google": Preset(
        issuer=r"accounts\.google\.com",
        expected="https://accounts.google.com",
        bare_host=True,
        options={"hosted_domain": _same_domain},
        client_claims=("azp",),
        is_for_resources=False,
        unfit_subjects=_CHANGING,
        types=frozenset({"jwt"}),
        id_token_claims=frozenset(),
    ),
}
#: What holds for an issuer without a preset.
ANY_PROVIDER = Preset()
