"""Advisories about texts that are not the one compact form of a token."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from flask_jwt.core import KeyRing, MalformedToken, TokenError, Verifier
from flask_jwt.core.compact_jws import MAX_TOKEN_BYTES
from tests.support.material import NOW, SECRET, claims, signing_key, verifier
from tests.support.tokens import base64url

from .applications import assert_refused, attacked
from .forging import forge, mac, successes

HEADER = {"typ": "JWT", "alg": "HS256"}
GOOD = forge(HEADER, claims(identity="ann"), mac(SECRET))


def json_serialisations(header: str, payload: str, signature: str) -> dict[str, str]:
    """Return a good token in the JSON forms of RFC 7515, as they are and where a part belongs."""
    flat = {"payload": payload, "protected": header, "signature": signature}
    each = {"protected": header, "signature": signature}
    values = {
        "flattened": flat,
        "general": {"payload": payload, "signatures": [each]},
        "both": {**flat, "signatures": [each]},
        "unprotected": {**flat, "header": {"alg": "HS256"}},
        "payload in the clear": {**flat, "payload": json.dumps(claims(identity="admin"))},
        "list": [header, payload, signature],
    }
    texts = {name: json.dumps(value) for name, value in values.items()}
    parts = [header, payload, signature]
    nested = {
        f"{name} as part {place}": ".".join(
            [*parts[:place], base64url(text.encode()), *parts[place + 1 :]]
        )
        for name, text in texts.items()
        for place in range(3)
    }
    return {**texts, **nested}


def polyglots(good: str, forged: str) -> dict[str, str]:
    """Return texts that are JSON with a good signature to one reader, and compact to another."""
    header, payload, signed = good.split(".")
    other = forged.split(".")[1]
    members = f'"protected":"{header}","payload":"{payload}","signature":"{signed}"'
    return {
        "as published": f'{{"  {header}.{other}.":"",{members}}}',
        "without spaces": f'{{"{header}.{other}.":"",{members}}}',
        "with the signature": f'{{"{header}.{other}.{signed}":"",{members}}}',
        "in a comment": f"/*{header}.{other}.*/{{{members}}}",
        "JSON after": f"{header}.{other}.{{{members}}}",
        "JSON before": f"{{{members}}}.{header}.{other}.{signed}",
        "two tokens": f"{good}.{forged}",
        "two tokens by a comma": f"{good},{forged}",
        "forged between": f"{header}.{other}.{payload}.{signed}",
        "detached": f"{header}..{signed}",
        "payload in the clear": f"{header}.{json.dumps(claims(identity='admin'))}.{signed}",
        "query": f"{good}?{forged}",
        "fragment": f"{good}#",
        "quoted": f'"{good}"',
        "in a list": f'["{good}"]',
    }


def test_cve_2022_39227_compact_and_json_mixed() -> None:
    """CVE-2022-39227: python-jwt before 3.3.4 split a text at its dots and took the claims from
    there, while the library under it read the same text as JSON and found a good signature for
    others; here there is one reader, and it reads the compact form alone.
    """
    forged = forge(HEADER, claims(identity="admin"), mac("not the secret"))
    tokens = {**polyglots(GOOD, forged), **json_serialisations(*GOOD.split("."))}

    assert successes(verifier(), {**tokens, "good": GOOD}) == ["good"]
    with pytest.raises(MalformedToken):
        verifier().verify(tokens["as published"])
    assert_refused(attacked(), tokens)


def test_cve_2026_35039_tokens_that_share_parts() -> None:
    """CVE-2026-35039: fast-jwt before 6.2.0 let an application build the keys of its cache, and of
    two tokens with one key the second was answered with the claims of the first. Of accepted tokens
    each keeps its claims, and what is put together of the parts of two is refused.
    """
    judge = verifier()
    good = [forge(HEADER, claims(identity=user, jti="1"), mac(SECRET)) for user in range(10)]
    for user in (*range(10), *reversed(range(10))):
        assert judge.verify(good[user]).claims["identity"] == user
        header, payload, signed = good[user].split(".")
        _, other_payload, other_signed = good[user - 1].split(".")
        forged = {
            "another's signature": f"{header}.{payload}.{other_signed}",
            "another's payload": f"{header}.{other_payload}.{signed}",
            "same ends": f"{header}.{payload[:-8]}AAAA{payload[-4:]}.{signed}",
            "half a signature": f"{header}.{payload}.{signed[:22]}{other_signed[22:]}",
        }
        assert successes(judge, forged) == []


def check_refused_cheaply(text: str) -> None:
    """Check that a text is refused, for far less memory than such a text has."""
    judge = verifier()
    tracemalloc.start()
    try:
        with pytest.raises(TokenError):
            judge.verify(text)
        assert tracemalloc.get_traced_memory()[1] < 256 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("count", [1, 100, MAX_TOKEN_BYTES, MAX_TOKEN_BYTES + 1, 4_000_000])
def test_cve_2025_30204_dots(count: int) -> None:
    """CVE-2025-30204: golang-jwt before 5.2.2 and 4.5.2 split a token at every dot there was, which
    took memory many times its length; here its length is looked at first, so that no number of dots
    costs more than a little.
    """
    dots = "." * count
    for text in (dots, dots + GOOD, GOOD + dots, GOOD.replace(".", f".{dots}")):
        check_refused_cheaply(text)


@pytest.mark.parametrize("part", ["header", "payload", "signature"])
def test_cve_2025_61920_oversized_part(part: str) -> None:
    """CVE-2025-61920: Authlib before 1.6.5 decoded a header or a signature of hundreds of megabytes
    before it refused the token; here a long token is refused before any part is decoded, even where
    it is signed well.
    """
    filler, sign = "x" * 4_000_000, mac(SECRET)
    long = {
        "header": lambda: forge({**HEADER, "x": filler}, claims(), sign),
        "payload": lambda: forge(HEADER, claims(x=filler), sign),
        "signature": lambda: forge(HEADER, claims(), lambda text: sign(text) + filler.encode()),
    }[part]()

    check_refused_cheaply(long)
    # But for its size there is nothing wrong with it, unless it is the signature that is long.
    lenient = Verifier(KeyRing(signing_key("HS256")), max_bytes=len(long), clock=lambda: NOW)
    assert bool(successes(lenient, {part: long})) is (part != "signature")
