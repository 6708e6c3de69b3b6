"""Every malformed token of the table is refused, and by a check of its own."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from datetime import timedelta

import pytest

from flask_jwt.core import (
    ClaimsPolicy,
    InvalidClaim,
    InvalidHeader,
    InvalidSignature,
    MalformedToken,
    TokenError,
)
from tests.support.malformed import (
    MARKER,
    base64url,
    good_token,
    malformed_tokens,
    unsendable_tokens,
)
from tests.support.material import NOW, SECRET, everything_shown, signing_key, verifier

TOKENS = malformed_tokens(SECRET, NOW)
#: A verifier that has seen the token of which the others are made.
WARM = verifier(policy=ClaimsPolicy(leeway=timedelta(seconds=10)))
WARM.verify(good_token(SECRET, NOW))
UNSENDABLE = unsendable_tokens(SECRET, NOW)
#: Beginnings of the names of those tokens that are about the signature, or name no algorithm.
NOT_SIGNED_WELL = (
    "signature ", "alg HS384, signed so", "alg HS512, signed so", "alg none, ", "claims changed",
    "header changed", "long signature",
)  # fmt: skip


def refusal(token: str) -> TokenError:
    """Return the error that refuses a token."""
    with pytest.raises(TokenError) as caught:
        verifier(policy=ClaimsPolicy(leeway=10)).verify(token)
    return caught.value


def signed_well(token: str) -> bool:
    """Tell whether the last of three parts is the HS256 signature of the others."""
    text, _, signature = token.rpartition(".")
    return signature == base64url(hmac.digest(SECRET, text.encode(), hashlib.sha256))


def test_the_good_one() -> None:
    """The token that the others are made of passes."""
    token = good_token(SECRET, NOW)

    assert verifier().verify(token).claims["note"] == MARKER


@pytest.mark.parametrize("name", TOKENS)
def test_refused(name: str) -> None:
    """It is refused in one plain line that repeats nothing of it, seen after a good one or not."""
    error = refusal(TOKENS[name])
    with pytest.raises(type(error)):
        WARM.verify(TOKENS[name])

    parts = [MARKER, *(part for part in TOKENS[name].split(".") if len(part) > 7)]
    assert not [part for part in parts for text in everything_shown(error) if part in text]
    assert error.description.isprintable()
    assert error.description.isascii()
    assert 0 < len(error.description) < 120


@pytest.mark.parametrize("name", UNSENDABLE)
def test_text_that_no_header_carries(name: str) -> None:
    """Spaces, controls and letters beyond ASCII are refused before anything is decoded."""
    assert type(refusal(UNSENDABLE[name])) is MalformedToken


def test_most_are_signed_well() -> None:
    """No signature refuses these tokens, but for those that are about the signature."""
    by_signature = [name for name in TOKENS if type(refusal(TOKENS[name])) is InvalidSignature]

    assert len([token for token in TOKENS.values() if signed_well(token)]) > 300
    assert [name for name in by_signature if not name.startswith(NOT_SIGNED_WELL)] == []


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        *((name, MalformedToken) for name in ("header: ", "claims: ", "header pad", "claims pad")),
        *((name, InvalidHeader) for name in ("alg ", "typ ", "crit ", "b64 ", "zip")),
        ("kid ", (InvalidHeader, MalformedToken)),
        *((f"{name} ", InvalidClaim) for name in ("exp", "nbf", "iat", "iss", "sub", "jti", "aud")),
    ],
)
def test_kind_of_refusal(
    beginning: str, kind: type[TokenError] | tuple[type[TokenError], ...]
) -> None:
    """The refusal says which part of the token is at fault, and which claim."""
    named = {name: refusal(token) for name, token in TOKENS.items() if name.startswith(beginning)}
    for other in ("alg with a NUL", "alg none, two parts", "alg none, not signed"):
        named.pop(other, None)
    named.pop('typ "JWT\\u0000"', None)

    assert named
    assert [name for name, error in named.items() if not isinstance(error, kind)] == []
    claims = {error.claim for error in named.values() if isinstance(error, InvalidClaim)}
    assert claims <= {beginning.strip()}


def test_the_table() -> None:
    """There are hundreds of them, no two alike, and each kind of refusal occurs."""
    kinds = Counter(refusal(token).code for token in TOKENS.values())

    assert len(set(TOKENS.values()) | set(UNSENDABLE.values())) == len(TOKENS) + len(UNSENDABLE)
    assert len(TOKENS) > 300
    assert set(kinds) == {
        "malformed_token", "invalid_header", "invalid_signature", "missing_claim", "invalid_claim",
        "expired_token", "immature_token", "invalid_audience",
    }  # fmt: skip


def test_all_fit_into_a_header_of_http() -> None:
    """The sendable ones have no character that HTTP would refuse or take away."""
    odd = {name for name, token in TOKENS.items() if not (token.isascii() and token.isprintable())}

    assert odd == set()
    assert [name for name, token in TOKENS.items() if token != token.strip() or not token] == []


def test_nothing_but_hs256_is_tried() -> None:
    """A ring with keys for every algorithm refuses the same tokens."""
    keys = [signing_key(name) for name in ("HS256", "RS256", "PS256", "ES256", "Ed25519", "EdDSA")]
    judge = verifier(*keys, policy=ClaimsPolicy(leeway=10))
    accepted = []
    for name, token in TOKENS.items():
        try:
            judge.verify(token)
        except TokenError:
            continue
        accepted.append(name)

    assert accepted == []
    assert json.dumps(judge.verify(good_token(SECRET, NOW)).claims["identity"]) == "1"
