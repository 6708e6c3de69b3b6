"""CVE-2026-35039, CVE-2018-0114, CVE-2023-30861: what is remembered, fetched and stored."""

from __future__ import annotations

import socket
from typing import Any, NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from flask import session

from flask_jwt.core import ClaimsPolicy, Key, KeyRing, Verifier

from .applications import assert_all_refused, production
from .forging import NOW, SECRET, SetClock, claims, forge, mac, private_pem, signature, successes

HEADER = {"typ": "JWT", "alg": "HS256"}


def test_tokens_that_share_parts() -> None:
    """fast-jwt before 6.2.0 let an application build the keys of its cache, and of two tokens with
    one key the second was answered with the claims of the first. Accepted tokens that share header,
    issuer, audience, subject and ``jti`` keep each their own claims, and what is put together of
    their parts is refused.
    """
    policy = ClaimsPolicy(issuer="auth", audience="orders")
    judge = Verifier(KeyRing(Key.from_secret(SECRET)), policy, clock=SetClock())
    names = {"iss": "auth", "aud": "orders", "sub": "all", "jti": "1"}
    good = {user: forge(HEADER, claims(user, **names), mac(SECRET)) for user in range(10, 20)}
    parts = {user: token.split(".") for user, token in good.items()}

    for user in (*good, *reversed(good), *good):
        neighbour = user + 1 if user + 1 in good else 10
        (header, payload, signed), (_, other_payload, other_signed) = parts[user], parts[neighbour]
        assert judge.verify(good[user]).claims["identity"] == user
        forged = {
            "another's signature": f"{header}.{payload}.{other_signed}",
            "another's payload": f"{header}.{other_payload}.{signed}",
            "same ends": f"{header}.{payload[:-8]}AAAA{payload[-4:]}.{signed}",
            "half a signature": f"{header}.{payload}.{signed[:22]}{other_signed[22:]}",
        }
        assert successes(judge, forged) == []


def test_no_key_is_fetched(
    rsa_key: RSAPrivateKey, attackers_rsa_key: RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """node-jose before 0.11.0 verified a token with the key that its own header brought along. Nor
    does the address of a key mean anything: no connection is even tried.
    """

    def connect(*arguments: Any) -> NoReturn:
        raise AssertionError(f"a connection to {arguments}")

    app = production(JWT_ALGORITHM="RS256", JWT_PRIVATE_KEY=private_pem(rsa_key))
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    url = "http://127.0.0.1:9/keys.json"
    fields: list[dict[str, Any]] = [{"jku": url}, {"x5u": url}, {"kid": url}, {"x5c": ["AAAA"]}]
    forged = {
        str(extra): forge(
            {"typ": "JWT", "alg": "RS256", **extra},
            claims("admin", iss=url),
            signature("RS256", attackers_rsa_key),
        )
        for extra in fields
    }

    assert_all_refused(app, forged)


@pytest.mark.parametrize("kind", ["good", "expired", "none"])
def test_guard_leaves_the_session_alone(kind: str) -> None:
    """Flask before 2.3.2 sent a session cookie again without ``Vary: Cookie``, and a cache gave it
    to the next client. A client that has a session gets from a guarded view, whether it lets in or
    refuses, what an open view would send it.
    """
    app = production()
    app.add_url_rule("/open", view_func=lambda: "open")

    @app.get("/visit")
    def visit() -> str:
        session.permanent = True
        session["name"] = "ann"
        return "welcome"

    token = {"good": claims(), "expired": claims(exp=NOW - 60)}.get(kind)
    headers = {} if token is None else {"Authorization": f"JWT {forge(HEADER, token, mac(SECRET))}"}

    def cookies_after(path: str) -> dict[str, list[str]]:
        client = app.test_client()
        client.get("/visit")
        answer = client.get(path, headers=headers)
        return {
            name: [value.partition(";")[0] for value in answer.headers.getlist(name)]
            for name in ("Set-Cookie", "Vary", "Cache-Control")
        }

    assert cookies_after("/me") == cookies_after("/open")
