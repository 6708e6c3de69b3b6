"""Claims: their types, their times at the very second, the issuer and the audience."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_jwt.core import (
    ClaimsError,
    ClaimsPolicy,
    ExpiredToken,
    ImmatureToken,
    InvalidAudience,
    InvalidClaim,
    InvalidIssuer,
    MissingClaim,
)
from tests.support.material import NOW, claims, signer, verifier

LAST_SECOND_OF_9999 = 253402300799


def check(values: dict[str, Any], now: float = NOW, **policy: Any) -> None:
    """Have a policy check claims at a time."""
    ClaimsPolicy(**policy).check(values, now)


def without(*names: str) -> dict[str, Any]:
    """Return good claims, some of them left out."""
    return {name: value for name, value in claims().items() if name not in names}


class TestExpiry:
    """``exp``."""

    @pytest.mark.parametrize("leeway", [0, 10, 0.5, timedelta(seconds=10)])
    def test_boundary(self, leeway: timedelta | float) -> None:
        """At ``exp`` plus the leeway a token has expired, and just before it has not."""
        seconds = leeway.total_seconds() if isinstance(leeway, timedelta) else leeway
        end = NOW + 300 + seconds

        for now in (NOW, end - 1, end - 0.001):
            check(claims(), now, leeway=leeway)
        for now in (end, end + 0.001, end + 1, end + 1e9):
            with pytest.raises(ExpiredToken):
                check(claims(), now, leeway=leeway)

    @pytest.mark.parametrize("required", [(), ("iat",), ("exp", "exp"), ("identity",)])
    def test_always_required(self, required: tuple[str, ...]) -> None:
        """A token without ``exp`` is refused, whatever else is required."""
        with pytest.raises(MissingClaim) as caught:
            check(without("exp"), required=required)
        assert caught.value.claim == "exp"

    def test_fraction(self) -> None:
        """A fraction of a second doesn't prolong a token."""
        check(claims(exp=NOW + 1.9), NOW + 0.999)
        with pytest.raises(ExpiredToken):
            check(claims(exp=NOW + 1.9), NOW + 1)

    def test_as_late_as_can_be(self) -> None:
        """The year 9999 is the last in which a token may expire."""
        check(claims(exp=LAST_SECOND_OF_9999))
        for late in (LAST_SECOND_OF_9999 + 1, LAST_SECOND_OF_9999 + 0.5, 10**200, 1e300):
            with pytest.raises(InvalidClaim, match=r"Expiration Time claim \(exp\)"):
                check(claims(exp=late))


class TestNotBefore:
    """``nbf`` and ``iat``."""

    @pytest.mark.parametrize("name", ["nbf", "iat"])
    @pytest.mark.parametrize("leeway", [0, 10, 0.5])
    def test_boundary(self, name: str, leeway: float) -> None:
        """At the time itself, less the leeway, a token is valid, and just before it is not."""
        values = claims(nbf=0, iat=0) | {name: NOW + 60}
        start = NOW + 60 - leeway

        for now in (start, start + 0.001, start + 1):
            check(values, now, leeway=leeway)
        for now in (start - 0.001, start - 1, NOW - 1e9):
            with pytest.raises(ImmatureToken) as caught:
                check(values, now, leeway=leeway)
            assert caught.value.claim == name

    @pytest.mark.parametrize("name", ["nbf", "iat"])
    def test_fraction(self, name: str) -> None:
        """A fraction of a second counts: a token isn't valid early."""
        values = claims(**{name: NOW + 0.5})

        check(values, NOW + 0.5)
        with pytest.raises(ImmatureToken):
            check(values, NOW + 0.25)

    def test_not_required(self) -> None:
        """A token needs neither, unless the policy says so."""
        check(without("nbf", "iat"))
        for name in ("nbf", "iat"):
            with pytest.raises(MissingClaim, match=f'^Token is missing the "{name}" claim$'):
                check(without(name), required=("nbf", "iat"))

    def test_zero(self) -> None:
        """The first second of 1970 is a time like any other."""
        check(claims(nbf=0, iat=0))
        check(claims(nbf=0.0, iat=-0.0))
        check(claims(exp=1, nbf=0, iat=0), 0)


class TestTypes:
    """Types of registered claims."""

    @pytest.mark.parametrize("name", ["iss", "sub", "jti"])
    @pytest.mark.parametrize("value", [None, True, 0, 1, 1.5, "", [], ["x"], {}])
    def test_identifiers(self, name: str, value: object) -> None:
        """An identifier is a string that is not empty, asked for or not."""
        for issuer in (None, "someone"):
            with pytest.raises(InvalidClaim, match="must be a string") as caught:
                check(claims(**{"iss": "someone", name: value}), issuer=issuer)
            assert (type(caught.value), caught.value.claim) == (InvalidClaim, name)

    def test_others_are_nobodys_business(self) -> None:
        """A claim that is not registered may have any value."""
        check(claims(identity=None, EXP="x", Iss=1, audience=[], roles={"a": [1, None]}))


#: Issuers that are nearly ``https://example.com/``.
NEARLY = [
    "https://example.com", "https://example.com//", "https://EXAMPLE.com/", "example.com", "h", "/",
    " https://example.com/", "https://example.com/ ", "https://example.com/\n", "https", " ",
    "https://example.com/x", "https://example.com.evil.org/", "https://evil.org/?https://example.com/",
    "https://example.com@evil.org/", "http://example.com/", "https://example.com:443/",
    "https://example.com./", "https://example.com/x/../", "https://ex%61mple.com/",
    "https://example\uff0ecom/", "https://ex\u0430mple.com/", "https://ex\u00adample.com/",
]  # fmt: skip


class TestIssuer:
    """``iss``."""

    def test_match(self) -> None:
        """The issuer that is configured passes."""
        check(claims(iss="https://example.com/"), issuer="https://example.com/")

    @pytest.mark.parametrize("value", NEARLY)
    def test_no_match(self, value: str) -> None:
        """An issuer is compared exactly: no part, no other case, no slash more or less."""
        with pytest.raises(InvalidIssuer) as caught:
            check(claims(iss=value), issuer="https://example.com/")
        assert caught.value.claim == "iss"

    def test_implied(self) -> None:
        """Whoever asks for an issuer requires the claim."""
        with pytest.raises(MissingClaim, match="iss"):
            check(claims(), issuer="https://example.com/")

    def test_not_asked_for(self) -> None:
        """Without a configured issuer any passes."""
        check(claims(iss="anyone"))


class TestAudience:
    """``aud``."""

    @pytest.mark.parametrize("value", ["api", ["api"], ["web", "api"], ["api", "api"]])
    @pytest.mark.parametrize("audience", ["api", ["api"], ["other", "api"], ("api",), {"api"}])
    def test_match(self, value: object, audience: Any) -> None:
        """One audience in common is enough, as a string or in lists."""
        check(claims(aud=value), audience=audience)

    @pytest.mark.parametrize("value", ["web", "ap", "apis", "API", " api", "a", ["web", "mail"]])
    def test_no_match(self, value: object) -> None:
        """A token for others is refused: no part of a name is a name."""
        with pytest.raises(InvalidAudience) as caught:
            check(claims(aud=value), audience=["api", "rest"])
        assert caught.value.claim == "aud"

    def test_implied(self) -> None:
        """Whoever has an audience requires the claim."""
        with pytest.raises(MissingClaim, match="aud"):
            check(claims(), audience="api")

    @pytest.mark.parametrize("value", ["api", ["api"]])
    def test_none_configured(self, value: object) -> None:
        """A token that is meant for somebody is refused by whoever has no name."""
        with pytest.raises(InvalidAudience):
            check(claims(aud=value))


class TestPolicy:
    """What a policy may be."""

    @pytest.mark.parametrize(
        "leeway", [-1, -0.001, float("nan"), float("inf"), timedelta(seconds=-1)]
    )
    def test_leeway(self, leeway: timedelta | float) -> None:
        """A leeway is finite and not negative."""
        with pytest.raises(ValueError, match="leeway"):
            ClaimsPolicy(leeway=leeway)

    @pytest.mark.parametrize("audience", ["", [], [""], ["api", ""], ()])
    def test_audience(self, audience: Any) -> None:
        """An audience that is empty is an error of whoever configures it."""
        with pytest.raises(ValueError, match="audience"):
            ClaimsPolicy(audience=audience)

    def test_issuer(self) -> None:
        """An empty issuer is an error of whoever configures it."""
        with pytest.raises(ValueError, match="issuer"):
            ClaimsPolicy(issuer="")

    def test_required(self) -> None:
        """What is required is told, ``exp`` first, without repetition."""
        policy = ClaimsPolicy(required=["iat", "exp", "iat"], issuer="i", audience="a")

        assert policy.required == ("exp", "iat", "iss", "aud")

    def test_claims_stay_as_they_are(self) -> None:
        """Checking claims does not change them."""
        values = claims(aud=["api"], iss="i", x=[1])
        before = json.dumps(values)
        check(values, audience="api", issuer="i")

        assert json.dumps(values) == before


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW}, {"exp": NOW - 3600}, {"exp": NOW + 0.9},
        {"exp": datetime.fromtimestamp(NOW, UTC)},
        {"exp": NOW + 300, "nbf": NOW + 300}, {"exp": NOW + 300, "nbf": NOW + 7200},
    ],
)  # fmt: skip
def test_never_good(claims: dict[str, Any]) -> None:
    """It has expired, or begins when it has: the error says so, and nobody hunts for a 401."""
    with pytest.raises(ClaimsError, match="exp"):
        signer().sign({**claims, "identity": 1})


@pytest.mark.parametrize("name", ["exp", "nbf"])
def test_local_time(name: str) -> None:
    """The mistake that makes such tokens: datetime.now() without a zone, which is taken for UTC."""
    hours = -3600 if name == "exp" else 3600
    local = datetime.fromtimestamp(NOW + hours + 300, UTC).replace(tzinfo=None)

    with pytest.raises(ClaimsError) as caught:
        signer().sign({"exp": NOW + 300, "identity": 1, name: local})

    text = str(caught.value)
    assert f"{name} was given as a naive datetime, which is taken for UTC" in text
    assert "datetime.now(timezone.utc)" in text
    with pytest.raises(ClaimsError) as caught:
        signer().sign({"exp": datetime.fromtimestamp(NOW - 1, UTC), "identity": 1})
    assert "naive" not in str(caught.value)


@pytest.mark.parametrize("claims", [{"exp": NOW + 1}, {"exp": NOW + 1, "nbf": NOW, "iat": NOW}])
def test_good_for_a_second(claims: dict[str, Any]) -> None:
    """The shortest token is one that the gate lets in."""
    token = signer(clock=lambda: NOW + 0.5).sign(claims)

    assert verifier(now=NOW + 0.9).verify(token).claims == claims
