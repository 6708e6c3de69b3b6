"""Tokens that name keys nobody knows: how often their issuer is asked on their behalf."""

from __future__ import annotations

import time
from collections.abc import Iterator
from secrets import token_hex

import pytest
from flask import Flask

from flask_jwt import JWT, jwt_required
from flask_jwt.testing import FakeIssuer
from flask_jwt.testing.factories import run_concurrently

THREADS = 64


class Api:
    """An application that trusts one issuer, at a time that the test chooses."""

    def __init__(self, issuer: FakeIssuer) -> None:
        self.issuer = issuer
        self.app = Flask("api")
        self.app.config["JWT_TRUSTED_ISSUERS"] = {issuer.url: issuer.options}
        self.app.config["JWT_AUTH_HEADER_PREFIX"] = "Bearer"
        JWT(self.app, clock=lambda: self.now)
        self.app.add_url_rule("/", "view", jwt_required()(lambda: "in"))
        self.now = time.time()

    def status(self, token: str) -> int:
        """Return the status of the guarded view."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.app.test_client().get("/", headers=headers).status_code

    def status_of_unknown(self, _place: int = 0) -> int:
        """Return the status for a token whose key nobody knows."""
        return self.status(self.issuer.token(headers={"kid": token_hex(8)}))

    def fetches(self) -> int:
        """Return how often the keys were asked for."""
        return self.issuer.requests.count("/jwks")


@pytest.fixture
def api() -> Iterator[Api]:
    """An application that has fetched the keys of its issuer once."""
    with FakeIssuer() as issuer:
        made = Api(issuer)
        assert made.status(issuer.token()) == 200
        yield made


def test_one_fetch_for_all(api: Api) -> None:
    """64 threads at once cause one fetch, and further ones none for 30 seconds."""
    for seconds, fetches in ((0, 2), (29.5, 2), (0.5, 3)):
        api.now += seconds

        assert run_concurrently(THREADS, api.status_of_unknown) == [401] * THREADS
        assert api.fetches() == fetches


def test_a_fetch_that_fails_counts(api: Api) -> None:
    """Where the one fetch fails, nobody can tell of such tokens for 30 seconds, and the keys that
    are known stay good.
    """
    api.issuer.stop()
    assert api.status_of_unknown() == 503
    api.issuer.start()
    api.now += 29.5

    assert run_concurrently(THREADS, api.status_of_unknown) == [503] * THREADS
    assert api.status(api.issuer.token()) == 200
    assert api.fetches() == 1
    api.now += 0.5
    assert api.status_of_unknown() == 401
    assert api.fetches() == 2


def test_first_tokens() -> None:
    """Threads with the first tokens of an issuer share one fetch, and all of them are let in."""
    with FakeIssuer() as issuer:
        api = Api(issuer)

        answers = run_concurrently(THREADS, lambda _place: api.status(issuer.token()))

        assert answers == [200] * THREADS
        assert api.fetches() == 1
