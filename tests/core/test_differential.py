"""Whatever the verifier accepts, PyJWT and joserfc accept too, and read in the same way.

PyJWT always asks the machine's clock, and all three of them ask it here. Tokens are therefore at
least ten seconds away from the moment at which they begin or cease to be good, but for one test in
which joserfc is given the time.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any, NamedTuple

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt as joserfc_jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from flask_jwt.core import ALGORITHMS, ClaimsPolicy, KeyRing, TokenError, Verifier
from tests.support.malformed import base64url
from tests.support.material import NOW, PRIVATE, SECRET, pem, signing_key, verifying_key

from .json_texts import objects

# joserfc advises against the older name of Ed25519.
pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")

ISSUER = "https://issuer.example/"
ASYMMETRIC = ["RS256", "PS256", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]


class Registry(JWSRegistry):
    """joserfc, with headers as long as we accept them, and parameters of any name."""

    max_header_length = 8192

    def __init__(self, algorithm: str) -> None:
        super().__init__(algorithms=[algorithm], strict_check_header=False)


class Rules(NamedTuple):
    """What is required of claims, said once for all three."""

    leeway: int = 0
    issuer: str | None = None
    audience: tuple[str, ...] | None = None
    required: tuple[str, ...] = ()

    def verifier(self, algorithm: str, now: int | None = None) -> Verifier:
        """Return our verifier with these rules, at a time or with the machine's clock."""
        policy = ClaimsPolicy(
            leeway=self.leeway,
            issuer=self.issuer,
            audience=self.audience,
            required=self.required,
        )
        ring = KeyRing(None, [verifying_key(algorithm)])
        if now is None:
            return Verifier(ring, policy)
        return Verifier(ring, policy, clock=lambda: now)

    def read_by_pyjwt(self, token: str, algorithm: str) -> dict[str, Any]:
        """Return the claims that PyJWT finds, or have it raise."""
        return pyjwt.decode(
            token,
            PYJWT_KEYS[algorithm],
            algorithms=[algorithm],
            leeway=self.leeway,
            issuer=self.issuer,
            audience=self.audience,
            options={"require": ["exp", *self.required]},
        )

    def read_by_joserfc(
        self, token: str, algorithm: str, now: int | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the header and the claims that joserfc finds, or have it raise."""
        found = joserfc_jwt.decode(token, JOSERFC_KEYS[algorithm], registry=Registry(algorithm))
        options: dict[str, Any] = {name: {"essential": True} for name in ("exp", *self.required)}
        if self.issuer is not None:
            options["iss"] = {"essential": True, "value": self.issuer}
        if self.audience is not None:
            options["aud"] = {"essential": True, "values": list(self.audience)}
        JWTClaimsRegistry(now=now, leeway=self.leeway, **options).validate(found.claims)
        return found.header, found.claims


RULES = [
    Rules(),
    Rules(leeway=10),
    Rules(issuer=ISSUER),
    Rules(audience=("api",)),
    Rules(10, ISSUER, ("web", "api"), ("iat", "nbf", "sub", "jti")),
]

_JOSERFC_TYPES: dict[str, Any] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_PEMS = {name: pem(f"{PRIVATE[name]}-public") for name in ASYMMETRIC}
PYJWT_KEYS: dict[str, Any] = {
    "HS256": SECRET,
    **{name: load_pem_public_key(material) for name, material in _PEMS.items()},
}
JOSERFC_KEYS: dict[str, Any] = {
    "HS256": OctKey.import_key(SECRET),
    **{
        name: _JOSERFC_TYPES[ALGORITHMS[name].key_type].import_key(material)
        for name, material in _PEMS.items()
    },
}


def sealed(header: str, payload: str, algorithm: str) -> str:
    """Put a token together and sign it well; times count from now."""
    text = signing_input(header, payload)
    return f"{text}.{base64url(signing_key(algorithm).sign(text.encode()))}"


def signing_input(header: str, payload: str) -> str:
    """Encode two texts. Lone surrogates, which no UTF-8 has, are written as if it had."""
    return ".".join(
        base64url(text.encode("utf-8", "surrogatepass")) for text in (header, timed(payload))
    )


def timed(text: str) -> str:
    """Put times in the place of ``@seconds@``, which count from now."""
    now = int(time.time())

    def moment(match: re.Match[str]) -> str:
        offset = match.group(1)
        return str(now + (float(offset) if "." in offset else int(offset)))

    return re.sub(r"@(-?[\d.]+)@", moment, text)


def compared(token: str, algorithm: str, rules: Rules) -> bool:
    """Have the others read a token that our verifier accepts, and tell whether it does."""
    try:
        verified = rules.verifier(algorithm).verify(token)
    except TokenError:
        return False
    header, claims = rules.read_by_joserfc(token, algorithm)
    assert repr(claims) == repr(verified.claims)
    assert repr(header) == repr(dict(verified.header))
    # PyJWT does not know RFC 9864's name.
    if algorithm != "Ed25519":
        assert repr(rules.read_by_pyjwt(token, algorithm)) == repr(verified.claims)
    return True


PAST = ["@0@", "@-20@", "@-30.75@", "0", "0.5", "-0", "1e9", "1500000000.0"]
CLAIMS = {
    "exp": ["@300@", "@30@", "@300.25@", "@30.5@", "253402300799", "1e11"],
    "nbf": PAST,
    "iat": PAST,
    "iss": [f'"{ISSUER}"', '"https:\\/\\/issuer.example\\/"', '"\\u0068ttps://issuer.example/"'],
    "aud": ['"api"', '["api"]', '["x","api"]', '["web","api"]', '"\\u0061pi"', '["api","api"]'],
    "sub": ['"1"', '"\\u00e9"', '"\xe9"', '"\U0001f511"', '" "', '"null"'],
    "jti": ['"1"', '"\\/"', '"00000000-0000-0000-0000-000000000000"'],
}
WRONG = {
    **CLAIMS,
    "exp": ["@-30@", "@-300.5@", "1", "0.5"],
    "nbf": ["@30@", "@30.5@", "1e11"],
    "iat": ["@30@", "@300.25@", "1e11"],
    "iss": ['"https://issuer.example"', '"h"', '"HTTPS://ISSUER.EXAMPLE/"'],
    "aud": ['"web"', '["API"]', '"ap"', '["x"]', '"a"'],
}
#: Header parameters with values that they may have.
PARAMETERS = {
    "typ": ['"JWT"', '"jwt"', '"at+jwt"', '"application/at+jwt"', '"\\u004aWT"'],
    "kid": ['"k"', '"\xe9"', '"\\u05d0"', f'"{"k" * 255}"'],
    "cty": ['"JWT"', '""'],
    "jku": ['"https://example.com/keys"'],
    "jwk": ['{"kty":"oct","k":"AAAA"}', "{}"],
    "x5u": ['"https://example.com/x"'],
    "x5c": ["[]", '["AAAA"]'],
    "x5t": ['"AAAA"'],
    "x5t#S256": ['"AAAA"'],
    "exp": ["1", '"x"'],
    "x": ["null", "[1,{}]"],
}


def parameters(algorithm: str) -> dict[str, list[str]]:
    """Return the header parameters with right values, among them an algorithm in two spellings."""
    escaped = f'"\\u00{ord(algorithm[0]):x}{algorithm[1:]}"'
    return {**PARAMETERS, "alg": [f'"{algorithm}"', escaped]}


def right_headers(algorithm: str) -> st.SearchStrategy[str]:
    """Write headers for an algorithm with nothing wrong in them."""
    return objects(parameters(algorithm), ["alg"])


def headers(algorithm: str) -> st.SearchStrategy[str]:
    """Write headers for an algorithm; some of them ask for what nobody does."""
    known = parameters(algorithm)
    return objects(known, ["alg"], [*known, "crit", "b64", "zip"])


full = ["exp", "iat", "nbf", "iss", "aud", "sub", "jti"]
timely = {name: CLAIMS[name] for name in ("exp", "iat", "nbf", "sub", "jti")}
claims_texts = st.one_of(
    objects(timely, ["exp"], [*full, "typ", "crit"]),
    objects(CLAIMS, ["exp", "iss"], full),
    objects(CLAIMS, ["exp", "aud"], full),
    objects(CLAIMS, full, full),
    *(objects({**CLAIMS, name: WRONG[name]}, full, full) for name in full[:5]),
)


@settings(max_examples=1200)
@given(claims_texts)
def test_claims(payload: str) -> None:
    """Of claims of any kind, in any spelling, all three think the same where we accept them."""
    token = sealed('{"typ":"JWT","alg":"HS256"}', payload, "HS256")
    for rules in RULES:
        compared(token, "HS256", rules)


@pytest.mark.parametrize("rules", RULES)
def test_right_claims(rules: Rules) -> None:
    """Right claims in any spelling, with an audience where one is asked for, pass all three."""
    right = {name: CLAIMS[name] for name in full if name != "aud" or rules.audience}

    @settings(max_examples=100)
    @given(objects(right, list(right)))
    def check(payload: str) -> None:
        token = sealed('{"typ":"JWT","alg":"HS256"}', payload, "HS256")
        assert compared(token, "HS256", rules)

    check()


@settings(max_examples=500)
@given(headers("HS256"))
def test_headers(header: str) -> None:
    """Of headers of any kind, in any spelling, they think the same."""
    compared(sealed(header, '{"exp":@300@,"identity":7}', "HS256"), "HS256", Rules())


@settings(max_examples=150)
@given(headers("HS256"), st.integers(0, 60), st.sampled_from("A=.+ -"))
def test_texts(header: str, place: int, character: str) -> None:
    """Of tokens with a character put in, and signed with it, they think the same."""
    text = signing_input(header, '{"exp":@300@,"x":"y"}')
    place = place * len(text) // 60
    text = text[:place] + character + text[place:]
    signature = base64url(signing_key("HS256").sign(text.encode()))

    compared(f"{text}.{signature}", "HS256", Rules())


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_asymmetric(algorithm: str) -> None:
    """With signatures of private keys nothing is different."""

    @settings(max_examples=40)
    @given(headers(algorithm), objects(CLAIMS, full, full))
    def check(header: str, payload: str) -> None:
        compared(sealed(header, payload, algorithm), algorithm, RULES[-1])

    check()


@pytest.mark.parametrize("algorithm", ["HS256", *ASYMMETRIC])
def test_right_headers(algorithm: str) -> None:
    """Right headers, in any spelling, are accepted by all three, whatever signs them."""

    @settings(max_examples=60)
    @given(right_headers(algorithm))
    def check(header: str) -> None:
        assert compared(sealed(header, '{"exp":@300@}', algorithm), algorithm, Rules())

    check()


@pytest.mark.parametrize("algorithm", ["HS256", *ASYMMETRIC])
def test_signatures(algorithm: str) -> None:
    """Of signatures with a byte changed, put in or left out none passes that others refuse."""
    text = signing_input(json.dumps({"alg": algorithm}), '{"exp":@300@}')
    good = signing_key(algorithm).sign(text.encode())

    @settings(max_examples=25)
    @given(st.integers(0, len(good) - 1), st.binary(max_size=2), st.integers(0, 2))
    def check(place: int, piece: bytes, length: int) -> None:
        changed = good[:place] + piece + good[place + length :]
        accepted = compared(f"{text}.{base64url(changed)}", algorithm, Rules())
        assert accepted is (changed == good)

    check()
    assert compared(f"{text}.{base64url(good)}", algorithm, Rules())


@given(
    st.fixed_dictionaries(
        {"exp": st.integers(-24, 24)},
        optional={"nbf": st.integers(-24, 24), "iat": st.integers(-24, 24)},
    ),
    st.sampled_from([0, 1, 10]),
    st.sampled_from([1, 2, 4]),
)
def test_at_the_very_second(times: dict[str, int], leeway: int, parts: int) -> None:
    """At one given time joserfc accepts what we accept; in whole seconds it's the very same."""
    rules = Rules(leeway)
    judge = rules.verifier("HS256", NOW)

    def we_accept(token: str) -> bool:
        try:
            return bool(judge.verify(token))
        except TokenError:
            return False

    def joserfc_accepts(token: str) -> bool:
        try:
            return bool(rules.read_by_joserfc(token, "HS256", NOW))
        except JoseError:
            return False

    exact = {name: NOW + offset / parts for name, offset in times.items()}
    token = sealed('{"alg":"HS256"}', json.dumps(exact), "HS256")
    assert joserfc_accepts(token) or not we_accept(token)
    whole = {name: int(value) for name, value in exact.items()}
    token = sealed('{"alg":"HS256"}', json.dumps(whole), "HS256")
    assert joserfc_accepts(token) is we_accept(token)
