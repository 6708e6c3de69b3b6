"""What an application hears of the keys of its issuers, from a server that comes and goes."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from blinker import NamedSignal
from flask import Flask, current_app

from flask_jwt import JWT, jwt_required
from flask_jwt.signals import issuer_keys_failed, issuer_keys_fetched, issuer_keys_stale
from flask_jwt.testing import FakeIssuer

HOUR = 3600


class Api:
    """An application that trusts one issuer, at a time that the test chooses."""

    def __init__(self, issuer: FakeIssuer, **options: Any) -> None:
        self.issuer = issuer
        self.app = Flask("api")
        self.app.config["JWT_TRUSTED_ISSUERS"] = {issuer.url: {**issuer.options, **options}}
        self.app.config["JWT_AUTH_HEADER_PREFIX"] = "Bearer"
        JWT(self.app, clock=lambda: time.time() + self.later)
        self.app.add_url_rule("/", "view", jwt_required()(lambda: "in"))
        self.later = 0.0
        self.token = issuer.token(expires_in=2 * HOUR)

    def get(self) -> int:
        """Return the status of a request with a token of the issuer."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.app.test_client().get("/", headers=headers).status_code


@pytest.fixture
def api() -> Iterator[Api]:
    """An application whose issuer is there, and was not asked yet."""
    with FakeIssuer() as issuer:
        yield Api(issuer)


@contextmanager
def heard(api: Api, signal: NamedSignal) -> Generator[Queue[dict[str, Any]]]:
    """Collect what is sent; a renewal sends it from a thread of its own."""
    queue: Queue[dict[str, Any]] = Queue()

    def receive(sender: Any, **values: Any) -> None:
        assert sender is api.app is current_app._get_current_object()  # type: ignore[attr-defined]
        queue.put(values)

    with signal.connected_to(receive, api.app):
        yield queue


def test_fetched(api: Api) -> None:
    """The first token, and each renewal, have the keys fetched; how many there are is told."""
    with heard(api, issuer_keys_fetched) as queue:
        assert api.get() == 200
        assert queue.get(timeout=5) == {"issuer": api.issuer.url, "keys": 1}
        api.issuer.rotate()
        api.later = 299
        assert api.get() == 200
        assert queue.get(timeout=5) == {"issuer": api.issuer.url, "keys": 2}
        assert api.get() == 200

    assert queue.empty()


def test_failed(api: Api) -> None:
    """A renewal that fails is told with its reason, and requests go on with the keys there are."""
    with heard(api, issuer_keys_failed) as queue:
        assert api.get() == 200
        api.issuer.stop()
        api.later = 299
        assert api.get() == 200
        told = queue.get(timeout=5)

    assert told.keys() == {"issuer", "error"}
    assert told["issuer"] == api.issuer.url
    assert "can't be reached" in told["error"]
    assert api.get() == 200


def test_end_of_an_outage(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    """The log tells when keys can be fetched again, once, and says nothing of other fetches."""
    with heard(api, issuer_keys_failed) as failures, heard(api, issuer_keys_fetched) as fetches:
        assert api.get() == 200
        assert fetches.get(timeout=5)
        api.issuer.stop()
        api.later = 299
        assert api.get() == 200
        assert failures.get(timeout=5)
        api.issuer.start()
        for later in (330, 629):
            api.later = later
            assert api.get() == 200
            assert fetches.get(timeout=5)

    lines = [record.getMessage() for record in caplog.records if record.name == api.app.name]
    assert len(lines) == 2
    assert lines[1] == f"the keys of {api.issuer.url}: they can be fetched again"


def test_failed_file(tmp_path: Path) -> None:
    """A file of keys that was broken is told with its name, and harms no request."""
    path = tmp_path / "keys.json"
    with FakeIssuer() as issuer:
        path.write_text(json.dumps(issuer.jwks))
        api = Api(issuer, keys=path)
    with heard(api, issuer_keys_failed) as queue:
        assert api.get() == 200
        path.write_text("{}")
        api.later = 31
        assert api.get() == 200
        assert str(path) in queue.get(timeout=5)["error"]

    assert api.get() == 200


def test_stale(api: Api) -> None:
    """Keys that could not be renewed for too long are told once, with their age."""
    with heard(api, issuer_keys_stale) as queue:
        assert api.get() == 200
        api.issuer.stop()
        api.later = 301 + HOUR
        assert api.get() == 503
        told = queue.get(timeout=5)
        assert api.get() == 503
        api.issuer.start()
        api.later += 60
        assert api.get() == 200

    assert told == {"issuer": api.issuer.url, "age": pytest.approx(301 + HOUR, abs=60)}
    assert queue.empty()


def test_receiver_that_fails(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    """A receiver that raises harms neither the request nor the keys, and the log names it."""

    def fail(sender: Any, **values: Any) -> None:
        raise ValueError

    with issuer_keys_fetched.connected_to(fail, api.app):
        assert api.get() == 200

    assert "a receiver of the signal issuer-keys-fetched has failed" in caplog.text


def test_request_that_fetches_is_not_torn_down(api: Api) -> None:
    """Its signals come within the request: what ends with it, such as a database session, lives."""
    ended: list[str] = []
    api.app.teardown_appcontext(lambda _error: ended.append("context"))
    api.app.add_url_rule("/ended", "ended", jwt_required()(lambda: {"ended": ended}))
    headers = {"Authorization": f"Bearer {api.token}"}

    response = api.app.test_client().get("/ended", headers=headers)

    assert response.json == {"ended": []}
    assert ended == ["context"]
