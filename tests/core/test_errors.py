"""Errors: one tree, stable codes, and nothing in their texts that was sent or is secret."""

from __future__ import annotations

import pickle

import pytest

from flask_jwt import core
from flask_jwt.core import (
    ClaimsError,
    ClaimsPolicy,
    ExpiredToken,
    ImmatureToken,
    InvalidAudience,
    InvalidClaim,
    InvalidHeader,
    InvalidIssuer,
    InvalidSignature,
    Key,
    KeyMaterialError,
    KeyRing,
    MalformedToken,
    MissingClaim,
    TokenError,
    WeakKeyError,
)
from tests.support.malformed import MARKER, Forge
from tests.support.material import NOW, SECRET, claims, everything_shown, signer, verifier

FORGE = Forge(SECRET, NOW)

CODES: dict[type[TokenError], str] = {
    TokenError: "invalid_token",
    MalformedToken: "malformed_token",
    InvalidHeader: "invalid_header",
    InvalidSignature: "invalid_signature",
    InvalidClaim: "invalid_claim",
    MissingClaim: "missing_claim",
    ExpiredToken: "expired_token",
    ImmatureToken: "immature_token",
    InvalidIssuer: "invalid_issuer",
    InvalidAudience: "invalid_audience",
}


def refusal(token: str, **policy: str) -> TokenError:
    """Return the error that refuses a token."""
    with pytest.raises(TokenError) as caught:
        verifier(policy=ClaimsPolicy(**policy)).verify(token)  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        MalformedToken("Not enough segments"), InvalidSignature(), ExpiredToken(),
        MissingClaim("iat"), ImmatureToken("Not yet", "nbf"), InvalidAudience(),
    ],
    ids=repr,
)  # fmt: skip
def test_pickled(error: TokenError) -> None:
    """An error that comes back from another process is the same error."""
    back = pickle.loads(pickle.dumps(error))

    assert type(back) is type(error)
    assert (str(back), back.args, back.__dict__) == (str(error), error.args, error.__dict__)


class TestTree:
    """What is caught by what."""

    def test_refusals(self) -> None:
        """Every refusal of a token is a TokenError, and no other built-in error."""
        public = [value for value in vars(core).values() if isinstance(value, type)]

        assert {kind for kind in public if issubclass(kind, TokenError)} == set(CODES)

    def test_claims(self) -> None:
        """What is wrong with a claim is an InvalidClaim."""
        parents = {kind: kind.__bases__ for kind in CODES}
        for kind in (MissingClaim, ExpiredToken, ImmatureToken, InvalidIssuer, InvalidAudience):
            assert parents.pop(kind) == (InvalidClaim,)
        assert parents.pop(TokenError) == (Exception,)
        assert set(parents.values()) == {(TokenError,)}

    def test_errors_of_the_application(self) -> None:
        """What is wrong with a key or with claims to be signed is a ValueError, no TokenError."""
        assert KeyMaterialError.__bases__ == ClaimsError.__bases__ == (ValueError,)
        assert WeakKeyError.__bases__ == (KeyMaterialError,)

    def test_codes(self) -> None:
        """The codes are those that programs know, each of one kind."""
        assert {kind: kind.code for kind in CODES} == CODES


class TestDescriptions:
    """What errors say."""

    @pytest.mark.parametrize(
        ("token", "code", "description"),
        [
            ("a.b", "malformed_token", "Not enough segments"),
            ("a.b.c.d", "malformed_token", "Too many segments"),
            ("!.b.c", "malformed_token", "Invalid header padding"),
            ("x" * 9000, "malformed_token", "Token is too long"),
            (FORGE.with_header(alg='"none"'), "invalid_header",
             "The specified alg value is not allowed"),
            (FORGE.token()[:-4] + "AAAA", "invalid_signature", "Signature verification failed"),
            (FORGE.with_claims(exp=""), "missing_claim", 'Token is missing the "exp" claim'),
            (FORGE.with_claims(exp="1"), "expired_token", "Signature has expired"),
            (FORGE.with_claims(nbf="1e11"), "immature_token", "The token is not yet valid (nbf)"),
            (FORGE.with_claims(iat="1e11"), "immature_token",
             "Issued At claim (iat) cannot be in the future."),
            (FORGE.with_claims(exp='"x"'), "invalid_claim",
             "Expiration Time claim (exp) must be an integer."),
            (FORGE.with_claims(aud='"x"'), "invalid_audience", "Invalid audience"),
        ],
    )  # fmt: skip
    def test_in_the_words_of_032(self, token: str, code: str, description: str) -> None:
        """Description and code are there, and the text of the error is the description."""
        error = refusal(token)

        assert (error.code, error.description, str(error)) == (code, description, description)
        assert error.args == (description,)


class TestSecrecy:
    """What errors do not say."""

    def test_key(self) -> None:
        """No key stands in the error about a token that another key signed."""
        other = b"a secret nobody may ever see here"
        with pytest.raises(TokenError) as caught:
            verifier(Key.from_secret(other, kid="k")).verify(FORGE.token())

        assert not any("nobody" in text for text in everything_shown(caught.value))

    def test_configured_issuer_and_audience(self) -> None:
        """What an issuer or an audience would have to be is not told to whoever does not know."""
        token = FORGE.with_claims(iss='"you"', aud='"you"')

        for error in (refusal(token, issuer=MARKER), refusal(token, audience=MARKER)):
            assert not any(MARKER in text for text in everything_shown(error))

    @pytest.mark.parametrize(
        "changed",
        [
            {"exp": MARKER}, {"sub": [MARKER]}, {"aud": {"a": MARKER}}, {"value": MARKER + "\0"},
            {"value": MARKER + "\ud800"}, {"value": MARKER.encode()}, {"value": {MARKER}},
            {"value": {(MARKER,): 1}}, {"value": {1: MARKER, "1": MARKER}},
            {"value": MARKER * 1000}, {"value": [MARKER, float("nan")]},
        ],
        ids=range(11),
    )  # fmt: skip
    def test_claims_that_were_not_signed(self, changed: dict[str, object]) -> None:
        """The error about claims that can't be signed does not repeat their values."""
        with pytest.raises(ClaimsError) as caught:
            signer().sign(claims(**changed))

        assert not any(MARKER in text for text in everything_shown(caught.value))

    def test_configuration_errors(self) -> None:
        """An error about keys and rings shows no material."""
        marked = (MARKER * 10).encode()
        for misuse in (
            lambda: Key.from_secret(marked[:20]),
            lambda: Key.from_secret(marked, kid=""),
            lambda: Key.from_secret(b"-----BEGIN " + marked),
            lambda: Key.from_pem(marked, "RS256"),
            lambda: Key.from_pem(b"-----BEGIN PRIVATE KEY-----" + marked, "EdDSA"),
            lambda: KeyRing(Key.from_secret(marked, kid="k"), [Key.from_secret(marked, kid="k")]),
        ):
            with pytest.raises(KeyMaterialError) as caught:
                misuse()
            assert not any(MARKER in text for text in everything_shown(caught.value))
