"""Advisories about tokens that were exchanged, or came back to life.

This package has no refresh tokens yet. What is tested here is what stays true with them: an access
token is never exchanged for another one, and what is refused today stays refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.secret import secret

from .applications import (
    TOKEN,
    USERS,
    assert_let_in,
    assert_refused,
    production,
    show,
    sign_in,
    token_of,
)
from .forging import NOW, SECRET, SetClock, claims, forge, mac

HEADER = {"typ": "JWT", "alg": "HS256"}
AT_ONCE = 24


def tokens_of_all_kinds() -> dict[str, str]:
    """Return a good token and some that are refused, each for another reason."""
    good = forge(HEADER, claims(), mac(SECRET))
    return {
        "good": good,
        "expired": forge(HEADER, claims(exp=NOW - 11), mac(SECRET)),
        "just expired": forge(HEADER, claims(exp=NOW - 10), mac(SECRET)),
        "not yet valid": forge(HEADER, claims(nbf=NOW + 60), mac(SECRET)),
        "never expiring": forge(HEADER, {"iat": NOW, "nbf": NOW, "identity": 7}, mac(SECRET)),
        "another key's": forge(HEADER, claims(), mac("another secret of a sufficient length")),
        "another kind": forge({**HEADER, "typ": "refresh+jwt"}, claims(), mac(SECRET)),
        "unsigned": forge({"alg": "none"}, claims(), lambda _: b""),
        "changed": good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1],
    }


def requests_with(token: str) -> Iterator[dict[str, Any]]:
    """Return requests that carry a token wherever a server might look for one."""
    ann = {"username": "ann"}
    basic = base64.b64encode(f"ann:{token}".encode()).decode()
    yield {"headers": {"Authorization": f"JWT {token}"}}
    yield {"headers": {"Authorization": f"Bearer {token}"}}
    yield {"headers": {"Authorization": f"Basic {basic}"}}
    yield {"headers": {"Cookie": f"access_token={token}; refresh_token={token}; session={token}"}}
    yield {"headers": {"X-Refresh-Token": token, "X-Access-Token": token}}
    yield {"query_string": {"jwt": token, "access_token": token, "refresh_token": token}}
    yield {"data": {"grant_type": "refresh_token", "refresh_token": token}}
    for name in ("token", "jwt", "access_token", "refresh_token", "identity"):
        yield {"json": {name: token}}
        yield {"json": {**ann, name: token}}
        yield {"json": {"grant_type": "refresh_token", name: token}}
    yield {"json": {**ann, "password": token}}
    yield {"json": {"username": token, "password": token}}
    yield {"json": {**ann, "password": ""}, "headers": {"Authorization": f"JWT {token}"}}
    yield {"json": {}, "headers": {"Authorization": f"JWT {token}"}}


def holds_token(answer: TestResponse) -> bool:
    """Tell whether there is a token anywhere in an answer."""
    return bool(TOKEN.search(f"{answer.headers}{answer.text}"))


def exchange_everywhere(app: Flask, token: str) -> list[str]:
    """Send a token to every route by every method, and return the requests that got one back."""
    exchanged = []
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods or ()):
            for request in requests_with(token):
                answer = app.test_client().open(rule.rule, method=method, **request)
                assert answer.status_code < 500
                if holds_token(answer):
                    exchanged.append(f"{method} {rule.rule} {json.dumps(request)}")
    return exchanged


@pytest.mark.parametrize("kind", tokens_of_all_kinds())
def test_cve_2020_10594_no_token_for_a_token(kind: str) -> None:
    """CVE-2020-10594: drf-jwt 1.15.0 exchanged a token at its refresh view although the token had
    been blacklisted. There is no such view here yet, nor a blacklist; held to is that no route but
    sign-in, and that for username and password alone, hands out a token: a good, expired or refused
    one is not exchanged, wherever it is sent.
    """
    app = production()

    assert exchange_everywhere(app, tokens_of_all_kinds()[kind]) == []
    assert holds_token(sign_in(app))


def test_cve_2020_10594_token_beside_credentials() -> None:
    """A token that comes along at sign-in changes nothing: wrong credentials stay wrong, and right
    ones get a token of their own.
    """
    app = production()
    for token in tokens_of_all_kinds().values():
        headers = {"Authorization": f"JWT {token}"}
        wrong, right = (
            app.test_client().post(
                "/auth", json={"username": "bob", "password": password}, headers=headers
            )
            for password in ("wrong", "cello")
        )

        assert (wrong.status_code, holds_token(wrong)) == (401, False)
        assert right.json is not None
        assert_let_in(show(app, right.json["access_token"]), 8)


def all_at_once(run: Any, arguments: list[Any]) -> list[Any]:
    """Call a function with each argument, in threads that start together."""
    barrier = Barrier(len(arguments))

    def waiting(argument: Any) -> Any:
        barrier.wait(timeout=30)
        return run(argument)

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(waiting, arguments))


def test_cve_2026_1035_token_shown_many_times_at_once() -> None:
    """CVE-2026-1035: Keycloak looked whether a refresh token had been used and noted its use in two
    steps, so that many requests at once each got a session out of one token. There are no refresh
    tokens here yet; held to is that a token shown many times at once, on the very first requests
    too, opens the view each time and is not once exchanged for another.
    """
    app = production()
    token = forge(HEADER, claims(), mac(SECRET))
    expired = forge(HEADER, claims(exp=NOW - 60), mac(SECRET))

    def exchange(shown: str) -> list[TestResponse]:
        body = {"username": "ann", "refresh_token": shown}
        headers = {"Authorization": f"JWT {shown}"}
        return [show(app, shown), app.test_client().post("/auth", json=body, headers=headers)]

    answers = all_at_once(exchange, [token, expired] * (AT_ONCE // 2))

    for index, (view, exchanged) in enumerate(answers):
        if index % 2 == 0:
            assert_let_in(view)
        else:
            assert_refused(view)
        assert (exchanged.status_code, holds_token(exchanged)) == (401, False)


def test_cve_2026_1035_sign_ins_at_once() -> None:
    """Sign-ins of several users at once, from the first request on, get each their own token."""
    app = production()
    names = ["ann", "bob"] * (AT_ONCE // 2)

    tokens = all_at_once(lambda name: token_of(app, name), names)

    for name, token in zip(names, tokens, strict=True):
        assert_let_in(show(app, token), USERS[name][1])


def decisions(app: Flask) -> dict[str, tuple[int, Any]]:
    """Return how an application answers each kind of token."""
    answers = {kind: show(app, token) for kind, token in tokens_of_all_kinds().items()}
    return {kind: (answer.status_code, answer.json) for kind, answer in answers.items()}


def test_cve_2026_9802_restart() -> None:
    """CVE-2026-9802: after a restart Keycloak compared a refresh token with the time at which it
    had started, and one that had been rotated out was good again. There are no refresh tokens here
    yet; held to is that a restart changes no decision: what was refused, for whatever reason, stays
    so, whether or not the new process has seen a good token with the same header first.
    """
    first = production()
    before = decisions(first)
    warm, cold = production(), production()
    assert_let_in(show(warm, token_of(warm)))

    assert before["good"][0] == 200
    assert {kind for kind, (status, _) in before.items() if status == 200} == {"good"}
    assert decisions(warm) == before
    assert decisions(cold) == before
    assert decisions(first) == before


@pytest.mark.parametrize("later", [0, 1, 10**6])
def test_cve_2026_9802_expired_before_the_restart(later: int) -> None:
    """A token that had expired when the server stopped is still expired when it starts, whatever
    the time by then; one that had not is good until its own time.
    """
    clock = SetClock()
    stopped = production(clock)
    old, young = token_of(stopped), forge(HEADER, claims(exp=NOW + 10**9), mac(SECRET))
    assert_let_in(show(stopped, old))
    clock.now = NOW + 310
    assert_refused(show(stopped, old))

    started = production(SetClock(clock.now + later))

    assert_refused(show(started, old))
    assert_let_in(show(started, young))


def test_cve_2026_9802_secret_changed_at_the_restart() -> None:
    """Tokens of a secret that was given up at a restart are refused by the new process, and a later
    restart does not bring them back.
    """
    token = token_of(production(SECRET_KEY=secret("a")))

    for _ in range(2):
        app = production()
        assert_refused(show(app, token))
        assert_let_in(show(app, token_of(app)))
        assert_refused(show(app, token))
