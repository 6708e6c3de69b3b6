"""Tokens of the providers that have a preset, good ones and bad ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from flask_jwt.core import Key, KeyRing, Verifier
from flask_jwt.core.algorithms import ALGORITHMS
from flask_jwt.core.asymmetric import generate_jwk
from flask_jwt.core.errors import InvalidSignature, TokenError
from flask_jwt.core.grants import ClaimNames
from flask_jwt.issuers.options import read_options
from flask_jwt.issuers.policy import IssuerPolicy
from flask_jwt.issuers.presets import PRESETS
from tests.support.material import NOW
from tests.support.tokens import base64url

from .provider_tokens import API, COGNITO, COMMON, PROVIDERS, Accepted, Provider, Wrong

KEY = Key.from_jwk({**generate_jwk(ALGORITHMS["RS256"]), "kid": "2026"}, "RS256")
OTHER_KEY = Key.from_jwk({**generate_jwk(ALGORITHMS["RS256"]), "kid": "2026"}, "RS256")

ACCEPTED = [
    pytest.param(provider, accepted, id=f"{name}: {accepted.name}")
    for name, provider in PROVIDERS.items()
    for accepted in provider.accepted
]
WRONG = [
    pytest.param(provider, wrong, id=f"{name}: {wrong.name}")
    for name, provider in PROVIDERS.items()
    for wrong in (*COMMON, *provider.wrong)
]


def token(claims: Mapping[str, Any], header: Mapping[str, Any], key: Key = KEY) -> str:
    """Return a token that a key signs, whatever the header says; what is None is left out."""
    parts = ({"typ": "JWT", "alg": "RS256", "kid": "2026", **header}, claims)
    kept = ({name: value for name, value in part.items() if value is not None} for part in parts)
    signing_input = ".".join(base64url(json.dumps(part).encode()) for part in kept)
    return f"{signing_input}.{base64url(key.sign(signing_input.encode()))}"


def verifier(provider: Provider, issuer: str | None = None, **given: Any) -> Verifier:
    """Return what verifies the tokens of a row, with a clock that stands still."""
    options = read_options(
        issuer or provider.issuer, {**provider.options, **given}, default_audience=(API,)
    )
    return Verifier(
        KeyRing(None, [KEY]),
        IssuerPolicy(options),
        types=options.types,
        clock=lambda: NOW,
        names=ClaimNames(options.roles, options.scopes, options.subject, options.issuer),
    )


def refused(verifier: Verifier, text: str) -> TokenError:
    """Return the error for which a token is refused."""
    with pytest.raises(TokenError) as caught:
        verifier.verify(text)
    return caught.value


def test_every_preset_has_its_table() -> None:
    """No preset is without tokens, and each has twelve wrong ones at least."""
    assert list(PROVIDERS) == list(PRESETS)
    assert all(len({*map(str, COMMON + row.wrong)}) >= 12 for row in PROVIDERS.values())


@pytest.mark.parametrize(("provider", "accepted"), ACCEPTED)
def test_a_token_as_documented(provider: Provider, accepted: Accepted) -> None:
    """It is accepted, and its user, roles and scopes are found where the provider has them."""
    row = verifier(provider, accepted.issuer)

    verified = row.verify(token(accepted.claims, accepted.header))

    assert verified.subject == accepted.subject
    assert verified.roles == accepted.roles
    assert verified.scopes == accepted.scopes
    assert verified.issuer == (accepted.issuer or provider.issuer)
    assert not verified.is_own


@pytest.mark.parametrize(("provider", "wrong"), WRONG)
def test_a_wrong_token(provider: Provider, wrong: Wrong) -> None:
    """It differs from a good one in one thing, and that is the reason for which it is refused."""
    good = provider.accepted[0]
    changed = token({**good.claims, **wrong.claims}, {**good.header, **wrong.header})

    error = refused(verifier(provider), changed)

    assert (error.code, error.description) == (wrong.code, wrong.description)


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_a_token_of_another_key(provider: Provider) -> None:
    """A good token that another key of the same name has signed is nobody's."""
    good = provider.accepted[0]

    error = refused(verifier(provider), token(good.claims, good.header, OTHER_KEY))

    assert isinstance(error, InvalidSignature)


def test_both_spellings_are_one_issuer() -> None:
    """However Google spells itself, the claims have the issuer that is configured; remembered too.

    A user is known by issuer and subject: two spellings would make two users of one account.
    """
    provider = PROVIDERS["google"]
    row = verifier(provider)

    for accepted in provider.accepted * 2:
        assert row.verify(token(accepted.claims, {})).claims["iss"] == provider.issuer


def test_an_identity_of_others_is_taken_out() -> None:
    """The claim by which tokens of the application's own name their user counts in no other."""
    provider = PROVIDERS["auth0"]
    row = verifier(provider)
    text = token({**provider.accepted[0].claims, "identity": 1}, {})

    for _ in range(2):
        verified = row.verify(text)
        assert "identity" not in verified.claims
        assert verified.subject == "auth0|123456"


def test_an_audience_that_is_asked_for_at_cognito() -> None:
    """With an audience of the row's own, a token without one is refused as well."""
    provider = PROVIDERS["cognito"]
    row = verifier(provider, COGNITO, audience=API)

    row.verify(token(provider.accepted[1].claims, {}))
    error = refused(row, token(provider.accepted[0].claims, {}))

    assert error.description == 'Token is missing the "aud" claim'


def test_a_user_of_okta_by_the_id() -> None:
    """subject_claim="uid" knows people by what stays, and takes no token without a user."""
    provider = PROVIDERS["okta"]
    row = verifier(provider, subject_claim="uid")

    assert row.verify(token(provider.accepted[0].claims, {})).subject == "00ujmkLgagxeRrAg20g3"
    error = refused(row, token(provider.accepted[1].claims, {}))
    assert error.description == 'Token is missing the "uid" claim'


@pytest.mark.parametrize("claim", ["nonce", "at_hash", "c_hash"])
def test_an_id_token_without_a_preset(claim: str) -> None:
    """What only ID tokens have is refused of any issuer."""
    issuer = "https://id.example"
    row = verifier(Provider(issuer, {"audience": "shop"}, (), ()))
    claims = {"iss": issuer, "aud": "shop", "sub": "7", "exp": NOW + 300}
    row.verify(token(claims, {}))

    error = refused(row, token({**claims, claim: "12345"}, {}))

    assert error.description == "An ID token is no access token"
