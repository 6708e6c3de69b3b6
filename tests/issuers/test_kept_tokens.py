"""Tokens that were verified are remembered: by whose keys, how many, and until when."""

from __future__ import annotations

import gc
import json
import time
from pathlib import Path
from threading import Event
from threading import enumerate as all_threads
from typing import Any
from weakref import ref

import pytest
from flask import Flask

from flask_jwt import JWT, jwt_required
from flask_jwt.core.cache import TokenCache
from flask_jwt.issuers.fetching import FetchRequest, FetchResponse
from flask_jwt.issuers.issuer import TrustedIssuer
from flask_jwt.testing import FakeIssuer
from tests.support.key_files import Site, new_key, signed_by, write


class Api:
    """An application that trusts issuers, at a time that the test chooses."""

    def __init__(self, trusted: dict[str, Any]) -> None:
        self.now = time.time()
        self.app = Flask("api")
        self.app.config["JWT_TRUSTED_ISSUERS"] = trusted
        self.app.config["JWT_AUTH_HEADER_PREFIX"] = "Bearer"
        self.app.config["JWT_CACHE_TOKENS"] = 100
        self.jwt = JWT(self.app, clock=lambda: self.now)
        self.app.add_url_rule("/", "view", jwt_required()(lambda: "in"))

    def status(self, token: str) -> int:
        """Return the status of the guarded view."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.app.test_client().get("/", headers=headers).status_code

    def rows(self) -> list[TrustedIssuer]:
        """Return what verifies the tokens of each issuer."""
        table = self.jwt.load_state(self.app).issuers
        assert table is not None
        return [row for row in table.rows if isinstance(row, TrustedIssuer)]

    def renew(self) -> None:
        """Let the time come at which keys are renewed, and wait until they are."""
        self.now += 299
        for row in self.rows():
            if row.keys.in_use is not None:
                row.keys.current()
        for thread in all_threads():
            if thread.name == "flask-jwt-keys":
                thread.join(10)


def decisions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that tokens are put on when they are remembered."""
    kept: list[str] = []
    keep = TokenCache.keep

    def noted(cache: TokenCache, token: str, *values: Any) -> None:
        kept.append(token)
        keep(cache, token, *values)

    monkeypatch.setattr(TokenCache, "keep", noted)
    return kept


def test_key_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token of a key that is in the set no more is refused at once; others stay remembered."""
    with FakeIssuer() as first, FakeIssuer() as second:
        api = Api({issuer.url: issuer.options for issuer in (first, second)})
        gone, other = first.token(exp=api.now + 3600), second.token(exp=api.now + 3600)
        assert [api.status(gone), api.status(other)] == [200, 200]
        first.rotate(forget=True)
        kept = decisions(monkeypatch)

        api.renew()

        assert [api.status(gone), api.status(other)] == [401, 200]
        # The set of the other issuer is the same: nothing is verified anew.
        assert kept == []


def test_one_bound_for_all_issuers() -> None:
    """However many issuers there are, JWT_CACHE_TOKENS is how many tokens are remembered."""
    with FakeIssuer() as issuer:
        names = [f"https://{number}.example" for number in range(1000)]
        entry = {"audience": issuer.options["audience"], "keys": issuer.jwks}
        api = Api(dict.fromkeys(names, entry))

        assert {api.status(issuer.token(iss=name)) for name in names[:250]} == {200}

        caches = {id(row._cache): row._cache for row in api.rows()}
        (cache,) = caches.values()
        assert len(cache._younger) + len(cache._older) <= 100


def test_keys_of_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A changed file counts after half a minute; a broken one takes no key away."""
    with FakeIssuer() as issuer:
        path = tmp_path / "keys.json"
        path.write_text(json.dumps(issuer.jwks))
        entry = {"audience": issuer.options["audience"], "keys": path}
        api = Api({issuer.url: entry})
        old = issuer.token(exp=api.now + 3600)
        assert api.status(old) == 200

        path.write_text('{"keys": [')
        api.renew()
        assert api.status(old) == 200
        assert caplog.text.count(f"{path}: ") == 1

        issuer.rotate(forget=True)
        path.write_text(json.dumps(issuer.jwks))
        api.renew()
        new = issuer.token(exp=api.now + 3600, iat=api.now)
        assert [api.status(new), api.status(old)] == [200, 401]


def test_application_that_is_gone_while_keys_are_renewed() -> None:
    """A thread that waits for an issuer keeps no application alive."""
    begun, gate = Event(), Event()
    with FakeIssuer() as issuer:
        jwks = json.dumps(issuer.jwks).encode()

        def fetch(_request: FetchRequest) -> FetchResponse:
            if begun.is_set():
                assert gate.wait(10)
            begun.set()
            return FetchResponse(200, {}, jwks)

        entry = {**issuer.options, "jwks_uri": "https://keys.example/jwks"}
        # A clock that knows no application, or it would be what keeps one.
        times = [time.time()]
        app, token = Flask("api"), issuer.token(exp=time.time() + 3600)
        app.config["JWT_TRUSTED_ISSUERS"] = {issuer.url: entry}
        app.config["JWT_AUTH_HEADER_PREFIX"] = "Bearer"
        JWT(app, fetch=fetch, clock=lambda: times[0])
        app.add_url_rule("/", "view", jwt_required()(lambda: "in"))
        headers = {"Authorization": f"Bearer {token}"}
        for _ in range(2):
            assert app.test_client().get("/", headers=headers).status_code == 200
            times[0] += 299
        (thread,) = [each for each in all_threads() if each.name == "flask-jwt-keys"]
        known = ref(app)

        del app
        gc.collect()

        assert thread.is_alive()
        assert known() is None
        gate.set()
        thread.join(10)


def test_two_applications_of_one_jwt() -> None:
    """Each trusts its own issuers, and remembers the tokens of its own."""
    with FakeIssuer() as first, FakeIssuer() as second:
        jwt, apps = JWT(), [Flask("one"), Flask("two")]
        for app, issuer in zip(apps, (first, second), strict=True):
            app.config["JWT_TRUSTED_ISSUERS"] = {issuer.url: issuer.options}
            app.config["JWT_AUTH_HEADER_PREFIX"] = "Bearer"
            jwt.init_app(app)
            app.add_url_rule("/", "view", jwt_required()(lambda: "in"))
        tokens = [first.token(), second.token()]

        for _ in range(2):
            statuses = [
                app.test_client().get("/", headers={"Authorization": f"Bearer {token}"}).status_code
                for app in apps
                for token in tokens
            ]
            assert statuses == [200, 401, 401, 200]


def test_file_that_others_may_change(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What anybody may have put into a file of keys is not read: the keys from before stay."""
    with FakeIssuer() as issuer:
        path = tmp_path / "keys.json"
        path.write_text(json.dumps(issuer.jwks))
        api = Api({issuer.url: {"audience": issuer.options["audience"], "keys": path}})
        old = issuer.token(exp=api.now + 3600)
        assert api.status(old) == 200

        issuer.rotate(forget=True)
        path.write_text(json.dumps(issuer.jwks))
        path.chmod(0o666)
        api.renew()

        new = issuer.token(exp=api.now + 3600, iat=api.now)
        # Nobody can tell of a new key by then.
        assert [api.status(new), api.status(old)] == [503, 200]
        assert caplog.text.count(f"{path}: ") == 2


def test_own_key_file_beside_issuers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of JWT_KEY_FILE counts for our own tokens, remembered ones too."""
    first, second = (new_key(name) for name in ("first", "second"))
    write(tmp_path / "keys.json", first)
    with FakeIssuer() as issuer:
        site = Site(tmp_path, monkeypatch, JWT_TRUSTED_ISSUERS={issuer.url: issuer.options})
        old, new = signed_by(first), signed_by(second)
        assert [site.status(old), site.status(old), site.status(new)] == [200, 200, 401]

        write(tmp_path / "keys.json", second)
        site.passed += 60

        assert [site.status(old), site.status(new)] == [401, 200]
