"""Tokens of each preset: of the shapes that its provider documents, and wrong ones.

A claim of None is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.support.material import NOW

TENANT = "0a1b2c3d-1111-2222-3333-444455556666"
OTHER_TENANT = "99999999-1111-2222-3333-444455556666"
API = "https://api.example"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
ENTRA_V1 = f"https://sts.windows.net/{TENANT}/"
COGNITO = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123"
AUTH0 = "https://shop.eu.auth0.com/"
KEYCLOAK = "https://id.example/realms/shop"
OKTA = "https://shop.okta.com/oauth2/default"
GOOGLE = "https://accounts.google.com"
GOOGLE_CLIENT = "1234987819200.apps.googleusercontent.com"

_TIMES = {"iat": NOW, "exp": NOW + 300}


class Accepted(NamedTuple):
    """A token, the row that accepts it, and what it says there."""

    name: str
    claims: Mapping[str, Any]
    subject: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    header: Mapping[str, Any] = {}
    issuer: str | None = None


class Wrong(NamedTuple):
    """How a token differs from the first one accepted, and the reason for which it is refused."""

    name: str
    claims: Mapping[str, Any]
    code: str
    description: str
    header: Mapping[str, Any] = {}


class Provider(NamedTuple):
    """A row of the table, and its tokens."""

    issuer: str
    options: Mapping[str, Any]
    accepted: tuple[Accepted, ...]
    wrong: tuple[Wrong, ...]


def _missing(name: str, **claims: Any) -> Wrong:
    text = f'Token is missing the "{name}" claim'
    return Wrong(f"no {name}", {**claims, name: None}, "missing_claim", text)


def _invalid(name: str, description: str, **claims: Any) -> Wrong:
    return Wrong(name, claims, "invalid_claim", description)


def _id_token(name: str, **claims: Any) -> Wrong:
    return _invalid(name, "An ID token is no access token", **claims)


def _other_audience(name: str, **claims: Any) -> Wrong:
    return Wrong(name, claims, "invalid_audience", "Invalid audience")


def _other_issuer(name: str, issuer: str) -> Wrong:
    return Wrong(name, {"iss": issuer}, "invalid_issuer", "Invalid issuer")


_OTHER_CLIENT = "The token is of another client"
_OTHER_KIND = "The token is of another kind"
_NO_PERMISSIONS = "The token has neither scopes (scp) nor roles"

#: What no provider's row takes.
COMMON = (
    _other_issuer("another issuer", "https://evil.example"),
    Wrong("expired", {"exp": NOW - 1}, "expired_token", "Signature has expired"),
    _missing("exp"),
    _missing("sub"),
    Wrong("a kind", {}, "invalid_header", _OTHER_KIND, {"typ": "logout+jwt"}),
    _invalid(
        "a logout token without a kind",
        "A security event is no access token",
        events={"http://schemas.openid.net/event/backchannel-logout": {}},
    ),
    Wrong("none", {}, "invalid_header", "The specified alg value is not allowed", {"alg": "none"}),
    Wrong("HMAC", {}, "invalid_header", "The specified alg value is not allowed", {"alg": "HS256"}),
)

_ENTRA_USER = {
    **_TIMES,
    "nbf": NOW,
    "iss": ENTRA,
    "aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3",
    "aio": "AXQAi/8IAAAAFm",
    "azp": "00001111-aaaa-2222-bbbb-3333cccc4444",
    "azpacr": "0",
    "name": "Jane Doe",
    "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474",
    "preferred_username": "jane@shop.example",
    "rh": "I",
    "scp": "access_as_user orders.read",
    "sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ",
    "tid": TENANT,
    "uti": "fqiBqXLPj0eQa82S-IYFAA",
    "ver": "2.0",
}
_ENTRA = Provider(
    ENTRA,
    {
        "preset": "entra",
        "audience": ["6e74172b-be56-4843-9ff4-e66a39bb12e3", "api://shop"],
        "client_id": "00001111-aaaa-2222-bbbb-3333cccc4444",
    },
    (
        Accepted(
            "a user",
            _ENTRA_USER,
            "690222be-ff1a-4d56-abd1-7e4f7d38e474",
            scopes=frozenset({"access_as_user", "orders.read"}),
        ),
        Accepted(
            "an application",
            {
                **_ENTRA_USER,
                **dict.fromkeys(("scp", "name", "preferred_username")),
                "roles": ["Orders.Read.All"],
                "idtyp": "app",
                "azpacr": "1",
            },
            "690222be-ff1a-4d56-abd1-7e4f7d38e474",
            roles=frozenset({"Orders.Read.All"}),
        ),
        Accepted(
            "version 1",
            {
                **_ENTRA_USER,
                **dict.fromkeys(("azp", "azpacr", "preferred_username")),
                "iss": ENTRA_V1,
                "aud": "api://shop",
                "appid": "00001111-aaaa-2222-bbbb-3333cccc4444",
                "appidacr": "0",
                "upn": "jane@shop.example",
                "unique_name": "jane@shop.example",
                "ver": "1.0",
            },
            "690222be-ff1a-4d56-abd1-7e4f7d38e474",
            scopes=frozenset({"access_as_user", "orders.read"}),
            header={"typ": "JWT", "x5t": "1LTMzakihiRla_8z2BEJVXeWMqo"},
            issuer=ENTRA_V1,
        ),
    ),
    (
        _invalid("another tenant", "The token is of another tenant", tid=OTHER_TENANT),
        _missing("tid"),
        _missing("oid"),
        _invalid("no user", "oid must be a string", oid=7),
        _invalid("no permissions", _NO_PERMISSIONS, scp=None),
        _invalid("empty permissions", _NO_PERMISSIONS, scp="", roles=[]),
        _invalid("malformed permissions", _NO_PERMISSIONS, scp=7, roles={"Admin": True}),
        _id_token("an ID token", azp=None, scp=None, roles=["Admin"]),
        _id_token("an ID token with a nonce", nonce="12345", roles=["Admin"]),
        _other_issuer("version 1 in a row of version 2", ENTRA_V1),
        _other_audience("a token for Graph", aud="00000003-0000-0000-c000-000000000000"),
        _missing("aud"),
        _invalid("another client", _OTHER_CLIENT, azp="11112222-bbbb-3333-cccc-4444dddd5555"),
        _invalid("two clients", _OTHER_CLIENT, appid="11112222-bbbb-3333-cccc-4444dddd5555"),
    ),
)

_COGNITO_USER = {
    **_TIMES,
    "iss": COGNITO,
    "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    "device_key": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    "cognito:groups": ["testers"],
    "version": 2,
    "client_id": "1example23456789",
    "origin_jti": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    "event_id": "64f513be-32db-42b0-b78e-b02127b4f463",
    "token_use": "access",
    "scope": "phone openid orders/read",
    "auth_time": NOW,
    "jti": "bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee",
    "username": "my-test-user",
}
_COGNITO = Provider(
    COGNITO,
    {"preset": "cognito", "client_id": ["1example23456789", "2example23456789"]},
    (
        Accepted(
            "a user",
            _COGNITO_USER,
            "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            frozenset({"testers"}),
            frozenset({"phone", "openid", "orders/read"}),
            {"typ": None},
        ),
        Accepted(
            "for a resource",
            {**_COGNITO_USER, "aud": API},
            "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            frozenset({"testers"}),
            frozenset({"phone", "openid", "orders/read"}),
            {"typ": None},
        ),
        Accepted(
            "an application",
            {
                **_COGNITO_USER,
                **dict.fromkeys(("device_key", "cognito:groups", "event_id", "username")),
                "sub": "2example23456789",
                "client_id": "2example23456789",
                "scope": "orders/read",
            },
            "2example23456789",
            scopes=frozenset({"orders/read"}),
        ),
    ),
    (
        _id_token("an ID token", token_use="id"),
        _other_audience("an ID token's shape", client_id=None, aud="1example23456789"),
        _missing("token_use"),
        _id_token("a hash of an access token", at_hash="dGVzdA"),
        _invalid("another client", _OTHER_CLIENT, client_id="9example23456789"),
        _missing("client_id"),
        _other_audience("for another resource", aud="https://other.example"),
        _other_issuer("another pool", COGNITO.replace("123", "456")),
    ),
)

_AUTH0_USER = {
    **_TIMES,
    "iss": AUTH0,
    "sub": "auth0|123456",
    "aud": ["https://api.example", "https://shop.eu.auth0.com/userinfo"],
    "azp": "my_client_id",
    "scope": "openid profile read:orders",
    "permissions": ["read:orders", "write:orders"],
}
_AUTH0 = Provider(
    AUTH0,
    {"preset": "auth0", "audience": API, "client_id": "my_client_id"},
    (
        Accepted(
            "the default profile",
            _AUTH0_USER,
            "auth0|123456",
            frozenset({"read:orders", "write:orders"}),
            frozenset({"openid", "profile", "read:orders"}),
        ),
        Accepted(
            "the profile of RFC 9068",
            {
                **_AUTH0_USER,
                **dict.fromkeys(("azp", "permissions")),
                "client_id": "my_client_id",
                "jti": "73WakrfVbNJBaAmhQtEeDv",
            },
            "auth0|123456",
            scopes=frozenset({"openid", "profile", "read:orders"}),
            header={"typ": "at+jwt"},
        ),
        Accepted(
            "an application",
            {
                **_AUTH0_USER,
                "permissions": None,
                "sub": "my_client_id@clients",
                "aud": API,
                "scope": "read:orders",
                "gty": "client-credentials",
            },
            "my_client_id@clients",
            scopes=frozenset({"read:orders"}),
        ),
    ),
    (
        _other_audience("an ID token", azp=None, aud="my_client_id"),
        _id_token("an ID token that names the API", azp=None, aud=API),
        _id_token("a nonce", nonce="12345"),
        _id_token("a hash of a code", c_hash="dGVzdA"),
        _other_audience("for userinfo alone", aud=["https://shop.eu.auth0.com/userinfo"]),
        _other_issuer("no slash", AUTH0.rstrip("/")),
        _invalid("another client", _OTHER_CLIENT, azp="another_client_id"),
        _missing("aud"),
    ),
)

_KEYCLOAK_USER = {
    **_TIMES,
    "iss": KEYCLOAK,
    "jti": "d58f5dc8-fd8f-462b-8a19-716f8f83985b",
    "aud": ["shop-api", "account"],
    "sub": "36fa0f91-f94d-4a0c-afed-6b7d952e47da",
    "typ": "Bearer",
    "azp": "shop-web",
    "sid": "2a88c258-f73a-4103-b862-e1fbd8f4e04e",
    "acr": "1",
    "allowed-origins": ["https://shop.example"],
    "realm_access": {"roles": ["offline_access", "uma_authorization"]},
    "resource_access": {
        "shop-api": {"roles": ["seller"]},
        "account": {"roles": ["manage-account"]},
    },
    "scope": "email profile",
    "preferred_username": "jane",
}
_KEYCLOAK_ROLES = frozenset({"offline_access", "uma_authorization", "seller"})
_KEYCLOAK = Provider(
    KEYCLOAK,
    {"preset": "keycloak", "audience": "shop-api", "client_id": ["shop-web", "shop-job"]},
    (
        Accepted(
            "a user",
            _KEYCLOAK_USER,
            "36fa0f91-f94d-4a0c-afed-6b7d952e47da",
            _KEYCLOAK_ROLES,
            frozenset({"email", "profile"}),
        ),
        Accepted(
            "before release 25",
            {**_KEYCLOAK_USER, "nonce": "12345", "session_state": "2a88c258"},
            "36fa0f91-f94d-4a0c-afed-6b7d952e47da",
            _KEYCLOAK_ROLES,
            frozenset({"email", "profile"}),
        ),
        Accepted(
            "a service account of the kind at+jwt",
            {
                **_KEYCLOAK_USER,
                **dict.fromkeys(("sid", "realm_access", "resource_access")),
                "azp": "shop-job",
                "client_id": "shop-job",
                "aud": "shop-api",
            },
            "36fa0f91-f94d-4a0c-afed-6b7d952e47da",
            scopes=frozenset({"email", "profile"}),
            header={"typ": "at+jwt"},
        ),
    ),
    (
        _invalid("an ID token", _OTHER_KIND, typ="ID"),
        _invalid("a refresh token", _OTHER_KIND, typ="Refresh"),
        _invalid("a logout token", _OTHER_KIND, typ="Logout"),
        _invalid("bound to a key", _OTHER_KIND, typ="DPoP"),
        _missing("typ"),
        _id_token("a hash of an access token", at_hash="dGVzdA"),
        _other_audience("for the account console alone", aud="account"),
        _missing("aud"),
        _other_issuer("another realm", "https://id.example/realms/master"),
        _invalid("another client", _OTHER_CLIENT, azp="evil"),
    ),
)

_OKTA_USER = {
    **_TIMES,
    "ver": 1,
    "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
    "iss": OKTA,
    "aud": "api://default",
    "sub": "jane@shop.example",
    "cid": "nmdP1fcyvdVO11AL7ECm",
    "uid": "00ujmkLgagxeRrAg20g3",
    "scp": ["openid", "orders.read"],
}
_OKTA = Provider(
    OKTA,
    {"preset": "okta", "audience": "api://default", "client_id": "nmdP1fcyvdVO11AL7ECm"},
    (
        Accepted(
            "a user",
            _OKTA_USER,
            "jane@shop.example",
            scopes=frozenset({"openid", "orders.read"}),
            header={"typ": None},
        ),
        Accepted(
            "an application",
            {
                **_OKTA_USER,
                "uid": None,
                "sub": "nmdP1fcyvdVO11AL7ECm",
                "scp": ["orders.read"],
            },
            "nmdP1fcyvdVO11AL7ECm",
            scopes=frozenset({"orders.read"}),
        ),
    ),
    (
        _other_audience("an ID token", cid=None, scp=None, aud="nmdP1fcyvdVO11AL7ECm"),
        _id_token("an ID token that names the API", cid=None),
        _id_token("a hash of an access token", at_hash="dGVzdA"),
        _id_token("a nonce", nonce="12345"),
        _other_issuer("the org authorization server", "https://shop.okta.com"),
        _other_issuer("another authorization server", "https://shop.okta.com/oauth2/aus1"),
        _other_audience("for Okta", aud="https://shop.okta.com"),
        _invalid("another client", _OTHER_CLIENT, cid="another"),
    ),
)

_GOOGLE_USER = {
    **_TIMES,
    "iss": GOOGLE,
    "azp": GOOGLE_CLIENT,
    "aud": GOOGLE_CLIENT,
    "sub": "10769150350006150715113082367",
    "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q",
    "hd": "shop.example",
    "email": "jane@shop.example",
    "email_verified": True,
    "nonce": "0394852-3190485-2490358",
}
_OTHER_DOMAIN = "The account is of another domain"
_GOOGLE = Provider(
    GOOGLE,
    {
        "preset": "google",
        "audience": GOOGLE_CLIENT,
        "hosted_domain": "shop.example",
        "client_id": GOOGLE_CLIENT,
    },
    (
        Accepted("an account", _GOOGLE_USER, "10769150350006150715113082367"),
        Accepted(
            "the other spelling",
            {**_GOOGLE_USER, "iss": "accounts.google.com"},
            "10769150350006150715113082367",
        ),
    ),
    (
        _other_audience("another application", aud="9.apps.googleusercontent.com"),
        _missing("aud"),
        _invalid("another domain", _OTHER_DOMAIN, hd="evil.example"),
        _missing("hd"),
        _invalid("another presenter", _OTHER_CLIENT, azp="9.apps.googleusercontent.com"),
        _other_issuer("another spelling", "https://accounts.google.com/"),
        _other_issuer("without TLS", "http://accounts.google.com"),
        Wrong("a kind of access token", {}, "invalid_header", _OTHER_KIND, {"typ": "at+jwt"}),
    ),
)

#: The providers, by the names of their presets.
PROVIDERS = {
    "entra": _ENTRA,
    "cognito": _COGNITO,
    "auth0": _AUTH0,
    "keycloak": _KEYCLOAK,
    "okta": _OKTA,
    "google": _GOOGLE,
}
