"""``JWT_SESSION_STORE``: which store a URL names, where its file lies, and what is refused."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis

from flask_jwt import JWT, ConfigurationError
from flask_jwt.sessions import StoreForgot, StoreUnavailable, circuit_breaker
from flask_jwt.stores.redis import RedisStore
from tests.support.members import SECRET, Members, fault, good, members_now, refusal
from tests.support.revoking import store_of
from tests.support.secret import secret
from tests.support.stores import empty_store, server_url

PASSWORD = "hunter2-of-the-database"
REFRESH_SECRET = secret("refresh_secret")


def test_a_relative_file_lies_in_the_instance_folder(tmp_path: Path) -> None:
    """The folder is made, for its owner alone, as Flask does not make it."""
    instance = tmp_path / "instance"
    app = Flask("relative", instance_path=str(instance))
    app.config.update(SECRET_KEY=SECRET, JWT_SESSION_STORE="sqlite:///data/sessions.db")
    jwt = JWT(app, None, dict)
    assert not instance.exists()
    with app.app_context():
        jwt.sessions.start({"id": 1})

    assert (instance / "data" / "sessions.db").is_file()
    assert stat.S_IMODE((instance / "data").stat().st_mode) == 0o700


def test_an_absolute_file(tmp_path: Path) -> None:
    """An absolute path is taken as it is."""
    path = tmp_path / "elsewhere" / "sessions.db"
    Members(f"sqlite:///{path}").sign_in()

    assert path.is_file()


def test_a_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    """So it is although its folder was there, and so are the files that SQLite puts beside it."""
    tmp_path.chmod(0o755)
    path = tmp_path / "sessions.db"
    members = Members(f"sqlite:///{path}")
    members.sign_in()

    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
    assert modes["sessions.db"] == 0o600
    assert set(modes.values()) == {0o600}
    assert Members(f"sqlite:///{path}").sign_in()


def test_any_store_signs_in(any_url: str) -> None:
    """Each URL gives an application that signs in, refreshes and signs out."""
    members = members_now(any_url)
    tokens = members.refreshed(members.sign_in()["refresh_token"])

    assert members.me(tokens) == 200
    assert members.ask("POST", "/auth/logout", tokens).status_code == 204
    assert members.me(tokens) == 401


@pytest.mark.parametrize("store", ["oracle://x", "mongodb://x", "file:///x"])
def test_another_scheme(store: str) -> None:
    """The error lists the schemes that there are."""
    text = fault(store)

    assert "JWT_SESSION_STORE" in text
    assert "sqlite://" in text
    assert "redis://" in text


@pytest.mark.parametrize(
    "store", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory"]
)
def test_sqlite_without_a_file(store: str) -> None:
    """A database of one connection is no store: the error says what to use."""
    assert "memory://" in fault(store)


@pytest.mark.parametrize("scheme", ["postgresql", "redis"])
def test_a_url_that_is_none(scheme: str) -> None:
    """A password in it is not shown."""
    text = fault(f"{scheme}://user:{PASSWORD}@host:port/db")

    assert "JWT_SESSION_STORE" in text
    assert PASSWORD not in text


@pytest.mark.parametrize("store", ["", "sessions.db", 1, object(), {}])
def test_what_is_no_store_at_all(store: Any) -> None:
    """This is said when the application is made."""
    app = Flask("wrong")
    app.config.update(SECRET_KEY=SECRET, JWT_SESSION_STORE=store)

    with pytest.raises(ConfigurationError, match="JWT_SESSION_STORE"):
        JWT(app)


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [
        ("sqlite:///x.db", "sqlalchemy", "sql"),
        ("postgresql+psycopg://localhost/x", "psycopg", "postgresql"),
        ("mariadb+pymysql://localhost/x", "pymysql", "mariadb"),
        ("redis://localhost", "redis", "redis"),
    ],
)
def test_a_missing_driver(url: str, module: str, extra: str, tmp_path: Path) -> None:
    """The error quotes the command that installs it."""
    program = f"""
import sys
sys.modules[{module!r}] = None
from flask import Flask
from flask_jwt import JWT
app = Flask("x", instance_path={str(tmp_path)!r})
app.config.update(SECRET_KEY={SECRET!r}, JWT_SESSION_STORE={url!r})
jwt = JWT(app, None, dict)
with app.app_context():
    jwt.sessions.start({{"id": 1}})
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert run.returncode == 1
    assert f"pip install 'flask-jwt-reborn[{extra}]'" in run.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://user:{PASSWORD}@127.0.0.1:1/x",
        f"mariadb+pymysql://user:{PASSWORD}@127.0.0.1:1/x",
        f"redis://user:{PASSWORD}@127.0.0.1:1",
    ],
)
def test_nobody_listens(
    url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sign-in is a 503 that asks to come back, the log says why once, and shows no password."""
    monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 1000.0)
    members = Members(url)
    body = {"username": "ann", "password": "x"}
    answers = [members.client.post("/auth", json=body) for _ in range(3)]

    for answer in answers:
        assert refusal(answer)[:2] == (503, "Service Unavailable")
        assert answer.headers["Retry-After"] == "1"
    errors = [one for one in caplog.records if one.levelname == "ERROR"]
    assert len(errors) == 1
    assert PASSWORD not in caplog.text
    assert "Traceback" not in caplog.text


class TestRedis:
    """What the server has to promise."""

    @pytest.fixture
    def evicting(self) -> Iterator[None]:
        """A server that forgets what it likes."""
        with empty_store("redis", Path("/")):
            client = Redis.from_url(server_url("redis"))
            before = str(client.config_get("maxmemory-policy")["maxmemory-policy"])
            client.config_set("maxmemory-policy", "allkeys-lru")
            try:
                yield
            finally:
                client.config_set("maxmemory-policy", before)
                client.close()

    @pytest.mark.usefixtures("evicting")
    def test_a_server_that_evicts(self) -> None:
        """One that may forget who has signed out is not used."""
        assert "noeviction" in fault(server_url("redis"))

    @pytest.mark.parametrize("option", ["decode_responses", "single_connection_client"])
    def test_a_client_that_does_not_suit(self, option: str) -> None:
        """One that makes text of bytes, or has one connection for all, is refused when given."""
        options: dict[str, Any] = {option: True}
        with (
            Redis.from_url(server_url("redis"), **options) as client,
            pytest.raises(ConfigurationError, match=option),
        ):
            RedisStore(client)

    def test_prefix(self, tmp_path: Path) -> None:
        """All keys begin with the prefix, so that applications can share a server."""
        with empty_store("redis", tmp_path) as url:
            prefix = url.partition("prefix=")[2]
            members = members_now(url)
            tokens, _ = members.sign_in(), members.sign_in()
            members.ask("POST", "/auth/logout", tokens)
            client = Redis.from_url(server_url("redis"))
            keys = {key.decode() for key in client.scan_iter(f"{prefix}:*", count=1000)}
            live = {key: client.ttl(key) for key in keys if ":session:" in key}
            client.close()

        assert {key.split(":")[1] for key in keys} == {"session", "subject", "{feed}"}
        assert all(0 < left < 8 * 86400 for left in live.values())


class TestSecrets:
    """``JWT_REFRESH_SECRET``."""

    def test_of_its_own(self) -> None:
        """With a secret of its own, another SECRET_KEY ends no session."""
        store = store_of("memory://")
        members = members_now(store, JWT_REFRESH_SECRET=REFRESH_SECRET)
        token = members.sign_in()["refresh_token"]
        other = members_now(store, SECRET_KEY="x" * 20 + SECRET, JWT_REFRESH_SECRET=REFRESH_SECRET)

        assert other.refreshed(token)

    def test_too_short(self) -> None:
        """One that can be guessed is refused outside debug and testing."""
        text = fault("memory://", JWT_REFRESH_SECRET="short")

        assert "JWT_REFRESH_SECRET" in text
        assert "'short'" not in text

    def test_none_at_all(self) -> None:
        """Without any secret there are no refresh tokens."""
        assert "JWT_REFRESH_SECRET" in fault("memory://", SECRET_KEY=None)


def test_a_store_of_ones_own_is_told_of_no_url() -> None:
    """An object that is a store is used as it is."""
    store = store_of("memory://")
    members = Members(store)
    members.sign_in()

    found = store.sessions_of('"ann"', 100, None)
    assert len(found) == 1
    assert good(members.ask("GET", "/auth/sessions", members.sign_in()))


def test_a_store_that_raises(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that does not answer is a 503, whoever wrote it; then it is left alone a while."""
    monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 1000.0)
    store: Any = store_of("memory://")
    asked = []

    def feed(position: object) -> Any:
        asked.append(position)
        raise StoreUnavailable("it hurts")

    store.feed = feed
    members = Members(store)
    body = {"username": "ann", "password": "x"}

    assert [members.client.post("/auth", json=body).status_code for _ in range(5)] == [503] * 5
    assert len(asked) == 1
    assert [one.message for one in caplog.records] == ["it hurts"]


def test_a_store_that_forgets_at_once() -> None:
    """One that has lost its memory again as soon as it is opened is a 503, and no fault of ours."""
    store: Any = store_of("memory://")

    def feed(position: object) -> Any:
        raise StoreForgot("gone again")

    store.feed = feed
    members = Members(store)
    answer = members.client.post("/auth", json={"username": "ann", "password": "x"})

    assert refusal(answer)[:2] == (503, "Service Unavailable")
