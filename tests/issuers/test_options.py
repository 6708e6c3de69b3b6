"""What ``JWT_TRUSTED_ISSUERS`` may say of an issuer, and what it means."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flask_jwt.errors import ConfigurationError
from flask_jwt.issuers.options import IssuerOptions, read_options
from tests.support.secret import secret

ISSUER = "https://id.example/tenant"
TENANT = "0a1b2c3d-1111-2222-3333-444455556666"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIx\n-----END PRIVATE KEY-----\n"
SECRET = secret("test_options")
INTROSPECTION = {"client_id": "shop-api", "client_secret": SECRET}


def read(issuer: str = ISSUER, **given: Any) -> IssuerOptions:
    """Read options of an issuer; those that a test is not about are as usual."""
    return read_options(issuer, {"audience": "shop-api", **given})


def refusal(issuer: str = ISSUER, **given: Any) -> str:
    """Return the text of the error that options are."""
    with pytest.raises(ConfigurationError) as caught:
        read(issuer, **given)
    return str(caught.value)


def test_an_audience_is_enough() -> None:
    """With an audience alone: expiry and subject, any asymmetric algorithm, keys by discovery."""
    options = read()

    assert (options.issuer, options.audience) == (ISSUER, ("shop-api",))
    assert options.required_claims == ("exp", "sub")
    assert options.subject == "sub"
    assert {"RS256", "PS512", "ES384", "Ed25519"} < set(options.algorithms)
    assert not any(name.startswith("HS") for name in options.algorithms)
    assert options.types == {"jwt", "at+jwt"}
    assert (options.leeway, options.max_stale) == (0, 3600)
    assert (options.jwks_uri, options.keys, options.introspection) == (None, None, None)


def test_what_the_application_says_is_the_default() -> None:
    """Audience, leeway and roles are the application's where an issuer has none of its own."""
    given: dict[str, Any] = {"audience": ["a", "b"], "leeway": 0, "roles_claim": "groups"}
    defaults: dict[str, Any] = {
        "default_audience": ("https://api.example",),
        "default_leeway": 30,
        "default_roles": ("realm_access", "roles"),
    }

    options = read_options(ISSUER, {}, **defaults)
    assert (options.audience, options.leeway) == (("https://api.example",), 30)
    assert options.roles == (("realm_access", "roles"),)

    options = read_options(ISSUER, given, **defaults)
    assert (options.audience, options.leeway) == (("a", "b"), 0)
    assert options.roles == (("groups",),)


def test_options_that_are_given() -> None:
    """A name stands for a list of one, a timedelta for seconds, a list of lists for paths."""
    options = read(
        algorithms="ES256",
        typ="application/AT+JWT",
        client_id="shop-web",
        roles_claim=[["realm", "roles"], ["https://shop.example/roles"]],
        scope_claim="scp",
        subject_claim="uid",
        leeway=timedelta(minutes=1),
        max_stale=timedelta(days=1),
        jwks_uri="https://keys.example/set?p=1",
    )

    assert options.algorithms == ("ES256",)
    assert options.types == {"at+jwt"}
    assert options.client_ids == ("shop-web",)
    assert options.roles == (("realm", "roles"), ("https://shop.example/roles",))
    assert options.scopes == (("scp",),)
    assert (options.leeway, options.max_stale) == (60, 86400)
    assert options.jwks_uri == "https://keys.example/set?p=1"


def test_the_claim_that_names_the_user_is_required() -> None:
    """A subject_claim is required whatever else is; a lone at+jwt asks for RFC 9068's claims."""
    assert read(subject_claim="uid").required_claims == ("exp", "sub", "uid")
    assert read(subject_claim="uid", required_claims=["exp"]).required_claims == ("exp", "uid")
    assert read(typ="at+jwt").required_claims == ("exp", "sub", "client_id", "iat", "jti")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"audience": None}, "['audience'] must be what tokens for this application name in aud"),
        ({"audience": []}, "['audience'] must be a string, or a list of them"),
        ({"audience": ["a", ""]}, "none of them empty"),
        ({"audiense": "a"}, "['audiense'] is no option of an issuer; did you mean 'audience'?"),
        ({"url": "a"}, "is no option of an issuer; did you mean 'jwks_uri'?"),
        ({"hosted_domain": "a"}, "['hosted_domain'] is an option of preset='google' alone"),
        ({"preset": "azure"}, "must be one of entra, cognito, auth0, keycloak, okta, google"),
        ({"algorithms": ["RS256", "HS256"]}, "who verifies with a shared secret could make tokens"),
        ({"algorithms": "None"}, "anybody makes tokens with none"),
        ({"algorithms": "RS1"}, "['algorithms'] must be among RS256, "),
        ({"typ": ""}, "['typ'] must be a string"),
        ({"roles_claim": []}, "['roles_claim'] must be the name of a claim"),
        ({"roles_claim": "sub"}, "no registered claim"),
        ({"roles_claim": ["identity", "roles"]}, "no registered claim"),
        ({"subject_claim": "iss"}, "['subject_claim'] must be what names one user: no registered"),
        ({"subject_claim": "identity"}, "and not identity, which is taken out"),
        ({"scope_claim": {"scope"}}, "['scope_claim'] must be the name of a claim"),
        ({"leeway": -1}, "['leeway'] must be a timedelta or a number of seconds, from 0 to a day"),
        ({"leeway": True}, "['leeway'] must be a timedelta or a number of seconds"),
        ({"leeway": float("nan")}, "from 0 to a day"),
        ({"max_stale": 86401}, "['max_stale'] must be a timedelta or a number of seconds, from 0"),
        ({"jwks_uri": "http://id.example/keys"}, "['jwks_uri'] must be a URL: https"),
        ({"jwks_uri": "http://127.0.0.1/keys"}, "http where the issuer is on this machine"),
        ({"jwks_uri": "https://me:pw@id.example/"}, "no user name"),
        ({"keys": ["a"]}, "['keys'] must be a JWK set"),
        ({"keys": {"keys": []}, "jwks_uri": "https://a.example"}, "they exclude one another"),
        ({"introspection": "https://id.example"}, "['introspection'] must be a dict of options"),
    ],
)
def test_options_that_are_refused(given: dict[str, Any], why: str) -> None:
    """What can't be meant is an error that quotes the option and says why."""
    text = refusal(**given)

    assert text.startswith(f"app.config['JWT_TRUSTED_ISSUERS']['{ISSUER}']")
    assert why in text


@pytest.mark.parametrize(
    "issuer",
    [
        "http://id.example",
        "https://id.example?tenant=1",
        "https://id.example/#a",
        "https:///realms",
        "https://id.example:0",
        "https://id .example",
        "https://id.example\\@evil.example",
        "ftp://id.example",
        "id.example",
    ],
)
def test_an_issuer_is_a_url(issuer: str) -> None:
    """An issuer whose keys are fetched is a https URL without a query or a fragment."""
    assert "must have a URL for its key: https, or http on this machine" in refusal(issuer)


def test_the_address_of_the_metadata_is_no_issuer() -> None:
    """Whoever has written it is told which part of it to write."""
    refused = refusal("https://id.example/realms/a/.well-known/openid-configuration")
    assert "ends before /.well-known/" in refused


def test_a_password_in_an_issuer_is_not_shown() -> None:
    """The error that an issuer has a user name does not quote it."""
    text = refusal("https://me:" + SECRET + "@id.example")

    assert "no user name" in text
    assert SECRET not in text


def test_an_issuer_on_this_machine() -> None:
    """There http will do, for its keys as well."""
    options = read("http://127.0.0.1:8080/realms/a", jwks_uri="http://localhost:8081/keys")

    assert options.jwks_uri == "http://localhost:8081/keys"


def test_an_issuer_whose_keys_are_given() -> None:
    """It may have any name: nothing is fetched."""
    key_set: dict[str, Any] = {"keys": []}

    assert read("shop", keys=key_set).keys is key_set
    assert read("shop", keys="/etc/shop/keys.json").keys == Path("/etc/shop/keys.json")


def test_introspection() -> None:
    """How tokens are asked about: by discovery, without a cache, eight at once, unless said."""
    found = read(introspection=INTROSPECTION).introspection
    said = read(
        introspection={
            "endpoint": "https://id.example/ask",
            "client_id": "shop-api",
            "private_key": PEM,
            "key_id": "2026",
            "algorithm": "ES256",
            "cache": timedelta(seconds=30),
            "max_in_flight": 2,
        }
    ).introspection

    assert found is not None
    assert (found.endpoint, found.cache, found.max_in_flight) == (None, 0, 8)
    assert said is not None
    assert (said.private_key, said.key_id, said.algorithm) == (PEM.encode(), "2026", "ES256")
    assert (said.cache, said.max_in_flight) == (30, 2)


def test_a_private_key_in_a_file(tmp_path: Path) -> None:
    """It is read with the options, from the folder that is given, and has to be its owner's."""
    file = tmp_path / "client.pem"
    file.write_text(PEM)
    file.chmod(0o600)

    given = {"client_id": "shop-api", "private_key": file}
    for path in (file, "client.pem"):
        said = {"audience": "shop-api", "introspection": {**given, "private_key": path}}
        options = read_options(ISSUER, said, folder=tmp_path).introspection
        assert options is not None
        assert options.private_key == PEM.encode()

    file.chmod(0o644)
    assert "chmod 600" in refusal(introspection=given)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"client_id": None}, "['client_id'] must be the client that asks"),
        ({"client_secret": None}, "must have exactly one of 'client_secret' and 'private_key'"),
        ({"private_key": PEM}, "must have exactly one of 'client_secret' and 'private_key'"),
        ({"key_id": "1"}, "['key_id'] must be left out: it belongs to private_key"),
        ({"algorithm": "RS256"}, "['algorithm'] must be left out"),
        ({"client_secret": None, "private_key": PEM, "algorithm": "HS256"}, "shared secret"),
        ({"private_key": 7}, "['private_key'] must be PEM text, or the path of a PEM file"),
        ({"endpoint": "http://id.example/ask"}, "['endpoint'] must be a URL: https"),
        ({"cache": -1}, "['cache'] must be"),
        ({"max_in_flight": 0}, "['max_in_flight'] must be a number, 1 or more"),
        ({"secret": "a"}, "['secret'] is no option of an issuer; did you mean 'client_secret'?"),
    ],
)
def test_introspection_that_is_refused(given: dict[str, Any], why: str) -> None:
    """An error quotes the option of introspection, and no secret."""
    text = refusal(introspection={**INTROSPECTION, **given})

    assert text.startswith(f"app.config['JWT_TRUSTED_ISSUERS']['{ISSUER}']['introspection']")
    assert why in text
    assert SECRET not in text


def test_secrets_do_not_show() -> None:
    """The repr of options names the issuer and the client, and nothing else."""
    options = read(introspection=INTROSPECTION)

    assert repr(options) == f"<IssuerOptions {ISSUER}>"
    assert repr(options.introspection) == "<IntrospectionOptions shop-api>"


@pytest.mark.parametrize(
    ("preset", "issuer"),
    [
        ("entra", f"https://login.microsoftonline.com/{TENANT}/v2.0"),
        ("entra", f"https://sts.windows.net/{TENANT}/"),
        ("entra", f"https://login.microsoftonline.us/{TENANT}/v2.0"),
        ("entra", f"http://127.0.0.1:8080/{TENANT}/v2.0"),
        ("cognito", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123"),
        ("cognito", "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123"),
        ("auth0", "https://shop.eu.auth0.com/"),
        ("auth0", "https://login.shop.example/"),
        ("keycloak", "https://id.example/realms/shop"),
        ("keycloak", "https://id.example/auth/realms/shop"),
        ("okta", "https://shop.okta.com/oauth2/default"),
        ("okta", "https://login.shop.example/oauth2/aus1a2b3c4d5"),
        ("google", "https://accounts.google.com"),
        ("google", "accounts.google.com"),
        ("google", "http://127.0.0.1:8080"),
    ],
)
def test_an_issuer_of_a_provider(preset: str, issuer: str) -> None:
    """Each shape of issuer that a provider documents is taken, custom domains included."""
    options = read(issuer, preset=preset, client_id="1example")

    assert options.preset == preset
    assert options.issuer.endswith(issuer)


@pytest.mark.parametrize(
    ("preset", "issuer", "instead"),
    [
        ("entra", "https://login.microsoftonline.com/common/v2.0", "the issuer of one tenant"),
        ("entra", "https://login.microsoftonline.com/organizations/v2.0", "one tenant"),
        ("entra", "https://login.microsoftonline.com/consumers/v2.0", "one tenant"),
        ("entra", f"https://login.microsoftonline.com/{TENANT.upper()}/v2.0", "in lower case"),
        ("entra", f"https://login.microsoftonline.com/{TENANT}", "{tenant id}/v2.0"),
        ("cognito", "https://shop.auth.eu-west-1.amazoncognito.com", "cognito-idp.{region}"),
        ("cognito", "https://cognito-idp.a.amazonaws.com.evil.example/a_B1", "cognito-idp.{reg"),
        ("auth0", "https://shop.eu.auth0.com", "with a slash at the end: https://{domain}/"),
        ("keycloak", "https://id.example/realms/shop/", "without a slash at the end"),
        ("keycloak", "https://id.example", "https://{host}/realms/{realm}"),
        ("okta", "https://shop.okta.com", "what the org authorization server issues, Okta alone"),
        ("google", "https://accounts.google.com/", "must be https://accounts.google.com"),
        ("google", "https://id.example", "must be https://accounts.google.com"),
        ("okta", "http://127.0.0.1:8080", "a custom authorization server"),
    ],
)
def test_an_issuer_of_another_shape(preset: str, issuer: str, instead: str) -> None:
    """What a provider never calls itself is an error that says what to write."""
    assert instead in refusal(issuer, preset=preset, client_id="1example")


def test_what_binds_tokens_to_the_application() -> None:
    """Cognito needs its clients, and Google an audience that is no resource's URL."""
    pool = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123"
    text = refusal(pool, preset="cognito", audience=None)
    assert "['client_id'] must be the ids of the app clients" in text
    assert read(pool, preset="cognito", audience=None, client_id="1example").audience is None

    with pytest.raises(ConfigurationError, match="must be the client ids of the application"):
        read_options(
            "https://accounts.google.com",
            {"preset": "google"},
            default_audience=("https://api.example",),
        )


@pytest.mark.parametrize("claim", ["email", "upn", "preferred_username"])
def test_a_user_is_known_by_what_stays(claim: str) -> None:
    """Addresses and names of Entra and Google are given to somebody else one day."""
    tenant = f"https://login.microsoftonline.com/{TENANT}/v2.0"

    assert "['subject_claim'] must be what never names somebody else: oid" in refusal(
        tenant, preset="entra", subject_claim=claim
    )
