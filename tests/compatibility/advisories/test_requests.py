"""Advisories about what requests get at: tokens for tokens, accounts, and addresses of keys."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

from tests.support.material import NOW, SECRET, claims, pem

from .applications import TOKEN, assert_refused, attacked
from .forging import PrivateKey, forge, mac, signature

TOKENS = {
    "good": forge({"alg": "HS256"}, claims(identity="ann"), mac(SECRET)),
    "expired": forge({"alg": "HS256"}, claims(identity="ann", exp=NOW - 60), mac(SECRET)),
    "unsigned": forge({"alg": "none"}, claims(identity="ann"), lambda _: b""),
}


def requests_with(token: str) -> Iterator[dict[str, Any]]:
    """Return requests that carry a token wherever a server might look for one."""
    basic = base64.b64encode(f"ann:{token}".encode()).decode()
    for credentials in (f"JWT {token}", f"Bearer {token}", f"Basic {basic}"):
        yield {"headers": {"Authorization": credentials}}
    yield {"headers": {"Cookie": f"access_token={token}; refresh_token={token}; session={token}"}}
    yield {"headers": {"X-Refresh-Token": token, "X-Access-Token": token}}
    yield {"query_string": {"jwt": token, "access_token": token, "refresh_token": token}}
    yield {"data": {"grant_type": "refresh_token", "refresh_token": token}}
    for name in ("token", "jwt", "access_token", "refresh_token", "identity", "password"):
        for more in ({}, {"username": "nobody"}, {"grant_type": "refresh_token"}):
            yield {"json": {**more, name: token}}


@pytest.mark.parametrize("store", [None, "memory://"])
@pytest.mark.parametrize("kind", TOKENS)
def test_cve_2020_10594_no_token_for_a_token(kind: str, store: str | None) -> None:
    """CVE-2020-10594: drf-jwt 1.15.0 exchanged a token at its refresh view although the token had
    been blacklisted. No route hands out a token for an access token, wherever it is sent and
    whatever it is worth.
    """
    members = attacked(store)
    client = members.app.test_client()
    exchanged = []
    for rule in members.app.url_map.iter_rules():
        for method in rule.methods or ():
            for request in requests_with(TOKENS[kind]):
                answer = client.open(rule.rule, method=method, **request)
                assert answer.status_code < 500
                if TOKEN.search(f"{answer.headers}{answer.text}"):
                    exchanged.append((method, rule.rule, request))

    assert exchanged == []
    assert TOKEN.search(members.sign_in()["access_token"])


def test_cve_2021_29621_same_answer() -> None:
    """CVE-2021-29621: Flask-AppBuilder up to 3.2.3 hashed the password of known users alone, and so
    told by its time who has an account. Whoever signs in wrongly, the hook is asked, and status,
    headers and body are the same, byte for byte.
    """
    members = attacked()
    asked: list[str] = []
    members.jwt.authentication_handler(lambda username, password: asked.append(username))
    tried = [("carol", "x"), ("ann", "x"), ("Ann", "violin"), ("ann", "x" * 4000), ("carol", "y")]
    answers = [
        members.client.post("/auth", json={"username": username, "password": password})
        for username, password in tried
    ]

    assert asked == [username for username, _ in tried]
    assert len({(one.status_code, str(one.headers), one.data) for one in answers}) == 1
    assert answers[0].status_code == 401


def test_cve_2018_0114_no_key_is_fetched(
    key_pairs: dict[str, PrivateKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    """CVE-2018-0114: node-jose before 0.11.0 verified a token with the key that its own header
    brought along. Nor does the address of a key mean anything: no connection is even tried.
    """

    def connect(*arguments: Any) -> NoReturn:
        raise AssertionError(f"a connection to {arguments}")

    app = attacked(JWT_ALGORITHM="RS256", JWT_PRIVATE_KEY=pem("rsa-other"))
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    url = "http://127.0.0.1:9/keys.json"
    fields: list[dict[str, Any]] = [{"jku": url}, {"x5u": url}, {"kid": url}, {"x5c": ["AAAA"]}]
    sign = signature("RS256", key_pairs["RS256"])

    assert_refused(
        app,
        {
            str(extra): forge({"typ": "JWT", "alg": "RS256", **extra}, claims(iss=url), sign)
            for extra in fields
        },
    )
