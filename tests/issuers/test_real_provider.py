"""Tokens of a certified provider (``oidc-provider``): its algorithms, its new keys, its outages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

import httpx2
import pytest
from flask import Flask, jsonify

from flask_jwt import JWT, current_token, jwt_required
from flask_jwt.signals import issuer_keys_failed, issuer_keys_fetched
from flask_jwt.testing.factories import run_concurrently
from tests.support.oidc_provider import PROGRAM, Provider, oidc_provider, provider_key

API = "https://api.example/orders"
OPAQUE = "https://api.example/opaque"
SCOPE = "orders:read"
ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")
THREADS = 8
HOUR = 3600
# How long a thread of the test may be without an answer, in seconds.
PATIENCE = 60


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    """One provider for the tests of this module."""
    with oidc_provider(scopes=[SCOPE], clients=[PROGRAM], opaque=[OPAQUE]) as provider:
        yield provider


@pytest.fixture
def provider(running: Provider) -> Provider:
    """The provider, with a key that no test has met."""
    running.configure(keys=[provider_key("first")])
    return running


def token_of(provider: Provider, resource: str = API) -> str:
    """Return a token that the provider makes for a program (:rfc:`6749` section 4.4)."""
    asked = {"grant_type": "client_credentials", "resource": resource, "scope": SCOPE}
    answer = httpx2.post(
        f"{provider.issuer}/token",
        data=asked,
        auth=(PROGRAM["client_id"], PROGRAM["client_secret"]),
    )
    token: str = answer.json()["access_token"]
    return token


class Api:
    """An application that trusts the provider, at a time that the test chooses."""

    def __init__(self, provider: Provider, **options: Any) -> None:
        self.app = Flask("orders")
        self.app.config["JWT_AUTH_HEADER_PREFIX"] = "Bearer"
        self.app.config["JWT_TRUSTED_ISSUERS"] = {provider.issuer: {"audience": API, **options}}
        JWT(self.app, clock=lambda: time.time() + self.later)
        #: How many seconds later it is than by the clock.
        self.later = 0.0
        #: How often it has fetched keys, and how often in vain.
        self.fetched, self.failed = Count(), Count()
        issuer_keys_fetched.connect(self.fetched, self.app)
        issuer_keys_failed.connect(self.failed, self.app)

        @self.app.get("/orders")
        @jwt_required(scope=SCOPE)
        def orders() -> Any:
            return jsonify(issuer=current_token.issuer, subject=current_token.subject)

    def get(self, token: str) -> tuple[int, Any]:
        """Return the status of the guarded view, and what it says."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.app.test_client().get("/orders", headers=headers)
        return answer.status_code, answer.json

    def status(self, token: str) -> int:
        """Return the status of the guarded view."""
        return self.get(token)[0]


class Count:
    """Receives a signal, and waits until it has come."""

    def __init__(self) -> None:
        self.times = 0
        self._came = threading.Condition()

    def __call__(self, _app: Flask, **_values: Any) -> None:
        """Count a signal."""
        with self._came:
            self.times += 1
            self._came.notify_all()

    def wait_for(self, times: int) -> None:
        """Wait until it has come so often."""
        with self._came:
            assert self._came.wait_for(lambda: self.times >= times, PATIENCE)


class Traffic:
    """Threads that send requests all the time, each with one of the tokens that are known then."""

    def __init__(self, api: Api, tokens: list[str]) -> None:
        self._api = api
        self._tokens = list(tokens)
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(place,)) for place in range(THREADS)
        ]
        self._rounds = [0] * THREADS
        #: What was answered, other than 200.
        self.failures: SimpleQueue[tuple[int, Any]] = SimpleQueue()

    def __enter__(self) -> Traffic:
        """Begin, and wait until each thread has had an answer."""
        for thread in self._threads:
            thread.start()
        self.go_on()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def add(self, token: str) -> None:
        """Have a further token sent by all threads, before they go on with the others."""
        self._tokens.append(token)
        self.go_on()

    def go_on(self) -> None:
        """Wait until each thread has sent each token once more."""
        aim = [count + 2 * len(self._tokens) for count in self._rounds]
        deadline = time.monotonic() + PATIENCE
        while any(count < least for count, least in zip(self._rounds, aim, strict=True)):
            assert time.monotonic() < deadline, "a thread waits for something"
            self._ended.wait(0.01)

    def _run(self, place: int) -> None:
        while not self._ended.is_set():
            tokens = self._tokens
            answer = self._api.get(tokens[self._rounds[place] % len(tokens)])
            if answer[0] != 200:
                self.failures.put(answer)
            self._rounds[place] += 1


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_algorithms(provider: Provider, algorithm: str) -> None:
    """Tokens of the provider's are accepted, whichever algorithm it signs with."""
    provider.configure(keys=[provider_key("of the algorithm", algorithm)])
    api = Api(provider)

    answers = [api.get(token_of(provider)) for _ in range(2)]

    assert answers == [(200, {"issuer": provider.issuer, "subject": "program"})] * 2
    assert api.status(token_of(provider, "https://api.example/other")) == 401
    assert api.fetched.times == 1


def test_algorithm_that_is_not_accepted(provider: Provider) -> None:
    """A key for an algorithm that the application leaves out is not used, whatever tokens say."""
    api = Api(provider, algorithms=["RS256"])
    provider.configure(keys=[provider_key("1", "RS256"), provider_key("2", "ES256")])
    assert api.status(token_of(provider)) == 200

    provider.configure(keys=[provider_key("2", "ES256"), provider_key("1", "RS256")])

    assert api.status(token_of(provider)) == 401
    assert api.fetched.times == 1


def test_new_keys_while_requests_run(provider: Provider) -> None:
    """The provider signs with another key, then with one of another kind, while threads send
    tokens of all its keys: none is refused, and the application asks once.
    """
    keys = [provider_key("first")]
    provider.configure(keys=keys)
    api = Api(provider)
    with Traffic(api, [token_of(provider) for _ in range(3)]) as traffic:
        provider.configure(keys=[provider_key("second", "Ed25519"), *keys])
        for _ in range(3):
            traffic.add(token_of(provider))

    assert traffic.failures.empty()
    assert (api.fetched.times, api.failed.times) == (2, 0)


def test_renewal_while_requests_run(provider: Provider) -> None:
    """Keys that are published ahead of time are known before the first token that they sign."""
    first, second = provider_key("first"), provider_key("second")
    provider.configure(keys=[first])
    api = Api(provider)
    with Traffic(api, [token_of(provider)]) as traffic:
        provider.configure(keys=[first, second])
        api.later += 300
        api.fetched.wait_for(2)
        provider.configure(keys=[second, first])
        traffic.add(token_of(provider))

    assert traffic.failures.empty()
    assert (api.fetched.times, api.failed.times) == (2, 0)


def test_outage_while_requests_run(provider: Provider) -> None:
    """The provider is killed: for an hour after their time its keys are good, also for tokens that
    nobody has seen, and then no more; started again, it is found again.
    """
    api = Api(provider)
    tokens = [token_of(provider) for _ in range(5)]
    assert api.status(tokens[0]) == 200
    provider.stop()
    try:
        with Traffic(api, tokens[:3]) as traffic:
            for failed, seconds in enumerate((300, HOUR // 2, HOUR // 2 - 120), start=1):
                api.later += seconds
                traffic.go_on()
                api.failed.wait_for(failed)
            traffic.add(tokens[3])
        assert traffic.failures.empty()
        api.later += 130
        assert {api.status(token) for token in tokens} == {503}
    finally:
        provider.start()

    api.later += 10

    assert {api.status(token) for token in (*tokens, token_of(provider))} == {200}
    assert api.fetched.times == 2


def test_provider_that_hangs(provider: Provider) -> None:
    """While a renewal waits for the provider, which takes connections and is silent, no request
    with a known key waits as well.
    """
    api = Api(provider)
    tokens = [token_of(provider) for _ in range(THREADS)]
    assert api.status(tokens[0]) == 200
    provider.pause()
    try:
        api.later += 300
        answers = run_concurrently(THREADS, lambda place: api.status(tokens[place]))
        failed_by_then = api.failed.times
        api.failed.wait_for(1)
    finally:
        provider.resume()

    assert answers == [200] * THREADS
    assert failed_by_then == 0


def test_restart_with_other_keys(provider: Provider) -> None:
    """A provider that comes back with other keys alone is believed: theirs are good, and the
    former are no more.
    """
    api = Api(provider)
    former = token_of(provider)
    assert api.status(former) == 200
    provider.stop()
    provider.start()
    provider.configure(keys=[provider_key("of the new start", "RS256")])

    assert [api.status(token) for token in (token_of(provider), former)] == [200, 401]


def test_opaque_tokens(provider: Provider) -> None:
    """An opaque token is accepted after the provider was asked; a token that it has never made is
    not, nor a JWT, about which this provider answers nothing; while it is away nobody can tell.
    """
    api = Api(
        provider,
        audience=OPAQUE,
        introspection={name: PROGRAM[name] for name in ("client_id", "client_secret")},
        # The provider says of a program's token which program, and no user.
        required_claims=["exp"],
        subject_claim="client_id",
    )
    token = token_of(provider, OPAQUE)

    assert "." not in token
    assert api.get(token) == (200, {"issuer": provider.issuer, "subject": "program"})
    assert api.status(token[::-1]) == 401
    assert api.status(token_of(provider)) == 401
    provider.stop()
    try:
        assert api.status(token) == 503
    finally:
        provider.start()
