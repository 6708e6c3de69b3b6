"""Advisories about texts that are not the one compact form of a token."""

from __future__ import annotations

import itertools
import json
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from flask_jwt.core import (
    InvalidHeader,
    Key,
    KeyRing,
    MalformedToken,
    Verifier,
)

from .applications import (
    assert_all_refused,
    assert_let_in,
    production,
    show,
    token_of,
)
from .forging import (
    SECRET,
    SetClock,
    base64url,
    claims,
    compact_json,
    forge,
    key_of,
    mac,
    outcome,
    signature,
    successes,
)
from .measuring import peak_memory

HEADER = {"typ": "JWT", "alg": "HS256"}
CAP = 8192
#: What a refusal may need: far more than it does, far less than any of the texts.
LITTLE = 256 * 1024


def verifier(max_bytes: int = CAP) -> Verifier:
    """Return a verifier that knows the secret."""
    return Verifier(KeyRing(Key.from_secret(SECRET)), max_bytes=max_bytes, clock=SetClock())


def json_serialisations(header: str, payload: str, signature: str) -> dict[str, str]:
    """Return a good token in the JSON forms of RFC 7515, as they are and where a part belongs."""
    flat = {"payload": payload, "protected": header, "signature": signature}
    each = {"protected": header, "signature": signature}
    values = {
        "flattened": flat,
        "general": {"payload": payload, "signatures": [each]},
        "both": {**flat, "signatures": [each]},
        "unprotected": {**flat, "header": {"alg": "HS256"}},
        "payload in the clear": {**flat, "payload": json.dumps(claims("admin"))},
        "list": [header, payload, signature],
    }
    texts = {name: compact_json(value).decode() for name, value in values.items()}
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
        "payload in the clear": f"{header}.{json.dumps(claims('admin'))}.{signed}",
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
    app = production()
    good = token_of(app)
    forged = forge(HEADER, claims("admin"), mac("not the secret"))
    tokens = {**polyglots(good, forged), **json_serialisations(*good.split("."))}

    assert successes(verifier(), tokens) == []
    with pytest.raises(MalformedToken):
        verifier().verify(tokens["as published"])
    assert_all_refused(app, tokens)
    assert_let_in(show(app, good))


def test_cve_2022_39227_parts_of_two_tokens() -> None:
    """However the parts of a good token and of a forged one are combined, the good one alone
    passes.
    """
    judge, good = verifier(), forge(HEADER, claims(), mac(SECRET))
    forged = forge({"alg": "HS256"}, claims("admin"), mac("not the secret"))
    pairs = zip(good.split("."), forged.split("."), strict=True)
    mixed = [".".join(parts) for parts in itertools.product(*pairs)]

    assert [token for token in mixed if outcome(judge, token) == "accepted"] == [good]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 100, CAP, CAP + 1, 100_000, 4_000_000])
def test_cve_2025_30204_dots(count: int) -> None:
    """CVE-2025-30204: golang-jwt before 5.2.2 and 4.5.2 split a token at every dot there was, which
    took memory many times its length; here its length is looked at first, so that no number of dots
    costs more than a little.
    """
    judge, good = verifier(), forge(HEADER, claims(), mac(SECRET))
    texts = {"dots": "." * count}
    if count != 0:
        texts |= {"before": "." * count + good, "behind": good + "." * count}
        texts |= {"between": good.replace(".", "." * (count + 1))}

    assert successes(judge, texts) == []
    for text in texts.values():
        assert peak_memory(partial(outcome, judge, text)) < LITTLE
    assert judge.verify(good).claims == claims()


@pytest.mark.parametrize("size", [100_000, 4_000_000])
@pytest.mark.parametrize("part", ["header", "payload", "signature"])
def test_cve_2025_61920_oversized_part(part: str, size: int) -> None:
    """CVE-2025-61920: Authlib before 1.6.5 decoded a header or a signature of hundreds of megabytes
    before it refused the token; here a long token is refused before any part is decoded, even where
    it is signed well.
    """
    filler = "x" * size
    sign = mac(SECRET)
    long = {
        "header": lambda: forge({**HEADER, "x": filler}, claims(), sign),
        "payload": lambda: forge(HEADER, claims(x=filler), sign),
        "signature": lambda: forge(HEADER, claims(), lambda text: sign(text) + bytes(size)),
    }[part]()
    judge = verifier()

    with pytest.raises(MalformedToken, match="Token is too long"):
        judge.verify(long)
    assert peak_memory(partial(outcome, judge, long)) < LITTLE
    # But for its size there is nothing wrong with it, unless it is the signature that is long.
    assert successes(verifier(max_bytes=len(long)), {part: long}) == [
        name for name in ("header", "payload") if name == part
    ]


def nested(depth: int) -> dict[str, str]:
    """Return JSON objects in which the deepest value lies below so many objects and arrays."""
    inner = depth - 1
    return {
        "arrays": '{"x":' + "[" * inner + "]" * inner + "}",
        "objects": '{"x":' * inner + "{}" + "}" * inner,
        "both": '{"x":[' * (inner // 2) + '{"x":{}}' + "]}" * (inner // 2),
        "escapes": '{"x\\"":' + "[" * inner + '"\\\\"' + "]" * inner + "}",
    }


@pytest.mark.parametrize("depth", [33, 34, 500, 1_500, 100_000, 1_000_000])
def test_cve_2025_53864_nesting(depth: int) -> None:
    """CVE-2025-53864: Nimbus JOSE + JWT before 10.0.2 went down into the claims of a token as deep
    as those were nested, until its stack ended; here 32 levels are the end, wherever the nesting is
    and however long a token may be.
    """
    members = json.dumps(claims())[1:]
    judge = verifier(max_bytes=100_000_000)
    tokens = {}
    for name, text in nested(depth).items():
        payload = f'{{"deep":{text},{members}'.encode()
        header = f'{{"alg":"HS256","deep":{text}}}'.encode()
        tokens[f"{name} in the claims"] = forge(HEADER, payload, mac(SECRET))
        tokens[f"{name} in the header"] = forge(header, claims(), mac(SECRET))
        tokens[f"{name}, never closed"] = forge(
            HEADER, text[: len(text) // 2].encode(), mac(SECRET)
        )

    assert {outcome(judge, token) for token in tokens.values()} == {"malformed_token"}


EXTENSIONS: dict[str, dict[str, Any]] = {
    "bork": {"crit": ["bork"], "bork": "x"},
    "cnf": {"crit": ["cnf"], "cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}},
    "two": {"crit": ["cnf", "bork"], "cnf": {}, "bork": True},
    "http://example.com/policy": {
        "crit": ["http://example.com/policy"],
        "http://example.com/policy": "deny",
    },
    "exp in the header": {"crit": ["exp"], "exp": 1},
    "unencoded payload": {"crit": ["b64"], "b64": False},
}


@pytest.mark.parametrize("name", EXTENSIONS)
def test_cve_2025_59420_unknown_extension(rsa_key: RSAPrivateKey, name: str) -> None:
    """CVE-2025-59420: Authlib before 1.6.4 accepted tokens whose ``crit`` names an extension that
    it did not know, ``bork`` or ``cnf``; here nothing is known, and so every such token is refused.
    """
    header = EXTENSIONS[name]
    judges = {
        "HS256": (Key.from_secret(SECRET), mac(SECRET)),
        "RS256": (key_of("RS256", rsa_key), signature("RS256", rsa_key)),
    }
    for algorithm, (key, sign) in judges.items():
        judge = Verifier(KeyRing(key), clock=SetClock())
        optional = {field: value for field, value in header.items() if field not in ("crit", "b64")}

        with pytest.raises(InvalidHeader, match="crit"):
            judge.verify(forge({"alg": algorithm, **header}, claims(), sign))
        # The same field, not critical, may be ignored (RFC 7515 section 4.1.11).
        ignored = forge({"alg": algorithm, **optional}, claims(), sign)
        assert judge.verify(ignored).claims == claims()
