"""CVE-2020-10594: a token that is exchanged for another one where none should be."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from .applications import TOKEN, production, sign_in, token_of
from .forging import NOW, SECRET, SetClock, claims, forge, mac

HEADER = {"typ": "JWT", "alg": "HS256"}
TOKENS = {
    "good": forge(HEADER, claims(), mac(SECRET)),
    "expired": forge(HEADER, claims(exp=NOW - 60), mac(SECRET)),
    "unsigned": forge({"alg": "none"}, claims(), lambda _: b""),
}


def requests_with(token: str) -> Iterator[dict[str, Any]]:
    """Return requests that carry a token wherever a server might look for one."""
    basic = base64.b64encode(f"ann:{token}".encode()).decode()
    yield {"headers": {"Authorization": f"JWT {token}"}}
    yield {"headers": {"Authorization": f"Bearer {token}"}}
    yield {"headers": {"Authorization": f"Basic {basic}"}}
    yield {"headers": {"Cookie": f"access_token={token}; refresh_token={token}; session={token}"}}
    yield {"headers": {"X-Refresh-Token": token, "X-Access-Token": token}}
    yield {"query_string": {"jwt": token, "access_token": token, "refresh_token": token}}
    yield {"data": {"grant_type": "refresh_token", "refresh_token": token}}
    for name in ("token", "jwt", "access_token", "refresh_token", "identity", "password"):
        yield {"json": {name: token}}
        yield {"json": {"username": "ann", name: token}}
        yield {"json": {"grant_type": "refresh_token", name: token}}


@pytest.mark.parametrize("store", [None, "memory://"])
@pytest.mark.parametrize("kind", TOKENS)
def test_no_token_for_a_token(kind: str, store: str | None) -> None:
    """drf-jwt 1.15.0 exchanged a token at its refresh view although the token had been blacklisted.
    No route hands out a token for an access token, wherever it is sent and whatever it is worth.
    """
    app = production(SetClock(), JWT_SESSION_STORE=store)
    exchanged = []
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods or ()):
            for request in requests_with(TOKENS[kind]):
                answer = app.test_client().open(rule.rule, method=method, **request)
                assert answer.status_code < 500
                if TOKEN.search(f"{answer.headers}{answer.text}"):
                    exchanged.append(f"{method} {rule.rule} {json.dumps(request)}")

    assert exchanged == []
    assert TOKEN.search(sign_in(app).text)
    assert TOKEN.search(token_of(app))
