"""Advisories about what a token says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flask_jwt.core import (
    ClaimsPolicy,
    InvalidAudience,
    InvalidIssuer,
    Key,
    KeyRing,
    MissingClaim,
    Verifier,
)

from .applications import assert_all_refused, assert_let_in, production, show, token_of
from .forging import SECRET, SetClock, claims, forge, mac, outcome, successes

HEADER = {"typ": "JWT", "alg": "HS256"}
ISSUER = "https://auth.example.com/realms/one"

#: Issuers that share all but something with the one that is trusted.
NEARLY: dict[str, Any] = {
    "part": "https",
    "one letter": "h",
    "slash": "/",
    "empty": "",
    "space": " ",
    "prefix": ISSUER[:-1],
    "suffix": ISSUER[1:],
    "middle": "auth.example.com",
    "longer": f"{ISSUER}/",
    "longer by a name": f"{ISSUER}.attacker.example",
    "before": f"https://attacker.example/?{ISSUER}",
    "user part": "https://auth.example.com@attacker.example/realms/one",
    "upper case": ISSUER.upper(),
    "another case": ISSUER.replace("auth", "Auth"),
    "other scheme": ISSUER.replace("https", "http"),
    "port": ISSUER.replace(".com", ".com:443"),
    "dot": ISSUER.replace(".com", ".com."),
    "dot segments": ISSUER.replace("/one", "/two/../one"),
    "percent": ISSUER.replace("one", "%6Fne"),
    "space after": f"{ISSUER} ",
    "newline after": f"{ISSUER}\n",
    "Cyrillic": ISSUER.replace("a", "\u0430"),
    "full width": ISSUER.replace("a", "\uff41"),
    "soft hyphen": ISSUER.replace("auth", "au\u00adth"),
    "list": [ISSUER],
    "list with others": ["https://attacker.example", ISSUER],
    "letters": list(ISSUER),
    "empty list": [],
    "member": {ISSUER: True},
    "object": {"iss": ISSUER},
    "null": None,
    "true": True,
    "number": 0,
}


def issuers_as_tokens(nearly: dict[str, Any]) -> dict[str, str]:
    """Return a well signed token for each issuer, and two in which there are two, or none."""
    tokens = {name: forge(HEADER, claims(iss=value), mac(SECRET)) for name, value in nearly.items()}
    rest = json.dumps(claims())[1:]
    twice = f'{{"iss":"https://attacker.example","iss":"{ISSUER}",{rest}'.encode()
    tokens["twice"] = forge(HEADER, twice, mac(SECRET))
    tokens["absent"] = forge(HEADER, claims(), mac(SECRET))
    tokens["other name"] = forge(HEADER, claims(ISS=ISSUER, issuer=ISSUER), mac(SECRET))
    return tokens


def test_cve_2024_53861_issuer_by_substring() -> None:
    """CVE-2024-53861: PyJWT 2.10.0 asked whether ``iss`` was *in* the issuer, so that any part of
    its name passed; here the two are equal, character by character, or the token is refused.
    """
    policy = ClaimsPolicy(issuer=ISSUER)
    judge = Verifier(KeyRing(Key.from_secret(SECRET)), policy, clock=SetClock())
    tokens = issuers_as_tokens(NEARLY)
    good = forge(HEADER, claims(iss=ISSUER), mac(SECRET))

    assert successes(judge, {**tokens, "the issuer": good}) == ["the issuer"]
    with pytest.raises(InvalidIssuer):
        judge.verify(tokens["part"])
    with pytest.raises(MissingClaim):
        judge.verify(tokens["absent"])
    assert {outcome(judge, tokens[name]) for name in ("list", "letters", "null", "empty")} == {
        "invalid_claim"
    }


def test_cve_2024_53861_over_http() -> None:
    """With ``JWT_ISSUER`` set, each of them is a 401."""
    app = production(JWT_ISSUER=ISSUER)

    assert_all_refused(app, issuers_as_tokens(NEARLY))
    assert_let_in(show(app, forge(HEADER, claims(iss=ISSUER), mac(SECRET))))
    assert_let_in(show(app, token_of(app)))


@pytest.mark.parametrize("configured", ["orders", ["orders", "billing"]])
def test_cve_2024_53861_audience_by_substring(configured: str | list[str]) -> None:
    """Audiences are compared as exactly, where one is expected and where several are."""
    app = production(JWT_AUDIENCE=configured)
    judge = Verifier(
        KeyRing(Key.from_secret(SECRET)), ClaimsPolicy(audience=configured), clock=SetClock()
    )
    nearly: dict[str, Any] = {
        "part": "order", "letter": "o", "letters": list("orders"), "longer": "orders2",
        "case": "Orders", "empty": "", "none": [], "joined": "orders billing", "comma": "orders,",
        "nested": [["orders"]], "member": {"orders": 1}, "other": "reports", "null": None,
        "one of another type": ["orders", 1],
    }  # fmt: skip
    tokens = {name: forge(HEADER, claims(aud=aud), mac(SECRET)) for name, aud in nearly.items()}
    tokens["absent"] = forge(HEADER, claims(), mac(SECRET))

    assert_all_refused(app, tokens)
    with pytest.raises(InvalidAudience):
        judge.verify(tokens["part"])
    for aud in ("orders", ["orders"], ["reports", "orders"]):
        assert_let_in(show(app, forge(HEADER, claims(aud=aud), mac(SECRET))))
    assert_let_in(show(app, token_of(app)))
