"""Claims of a token that would never be good: an error when it is made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flask_jwt.core import ClaimsError, Key, KeyRing, Signer, Verifier
from tests.support.secret import secret

NOW = 1_800_000_000
KEYS = KeyRing(Key.from_secret(secret()))


def signer(now: float = NOW) -> Signer:
    """Return a signer whose clock stands still."""
    return Signer(KEYS, clock=lambda: now)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW},
        {"exp": NOW - 3600},
        {"exp": NOW + 0.9},
        {"exp": datetime.fromtimestamp(NOW, UTC)},
        {"exp": NOW + 300, "nbf": NOW + 300},
        {"exp": NOW + 300, "nbf": NOW + 7200},
    ],
)
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


def test_an_aware_datetime_is_not_blamed() -> None:
    """What is right is not named."""
    past = datetime.fromtimestamp(NOW - 1, UTC)

    with pytest.raises(ClaimsError) as caught:
        signer().sign({"exp": past, "identity": 1})

    assert "naive" not in str(caught.value)


@pytest.mark.parametrize("claims", [{"exp": NOW + 1}, {"exp": NOW + 1, "nbf": NOW, "iat": NOW}])
def test_good_for_a_second(claims: dict[str, Any]) -> None:
    """The shortest token is one that the gate lets in."""
    token = signer(NOW + 0.5).sign(claims)

    assert Verifier(KEYS, clock=lambda: NOW + 0.9).verify(token).claims == claims
