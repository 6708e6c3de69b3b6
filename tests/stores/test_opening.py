"""``JWT_SESSION_STORE``: which store a URL names, however it is spelled, and what is refused."""

from __future__ import annotations

import gc
import stat
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis

from flask_jwt import JWT, ConfigurationError, JWTError
from flask_jwt.sessions import StoreForgot, StoreUnavailable, circuit_breaker
from flask_jwt.stores.redis import RedisStore
from tests.support.members import SECRET, Members, fault, members_now, refusal
from tests.support.redis_server import own_redis
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


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+pysqlite"])
def test_a_file_is_its_owner_s_alone(scheme: str, tmp_path: Path) -> None:
    """So it is although its folder was there, and so are the files that SQLite puts beside it."""
    tmp_path.chmod(0o755)
    url = f"{scheme}:///{tmp_path / 'sessions.db'}"
    members = Members(url)
    members.sign_in()

    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
    assert modes["sessions.db"] == 0o600
    assert set(modes.values()) == {0o600}
    assert Members(url).sign_in()


def asynchronous(nearest: str) -> tuple[str, str]:
    return "asynchronous driver", f"the nearest is {nearest}://"


#: What is said of a URL by its scheme, which may have been meant for another.
SAID: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("oracle", "mongodb", "file"), ("JWT_SESSION_STORE", "sqlite://", "redis://")),
    **dict.fromkeys(("pgsql", "postgress", "postgresql+pg8000"),
                    ("the nearest is postgresql+psycopg://",)),
    **dict.fromkeys(("mysql2", "mysql+mysqlconnector"), ("the nearest is mysql+pymysql://",)),
    "redis+sentinel": ("the nearest is redis://",),
    "sqllite": ("the nearest is sqlite://",),
    "sqlite+aiosqlite": asynchronous("sqlite"),
    "postgresql+asyncpg": asynchronous("postgresql+psycopg"),
    "postgresql+psycopg_async": asynchronous("postgresql+psycopg"),
    "mysql+aiomysql": asynchronous("mysql+pymysql"),
    "mariadb+asyncmy": asynchronous("mariadb+pymysql"),
}  # fmt: skip


@pytest.mark.parametrize("scheme", SAID)
def test_another_scheme(scheme: str) -> None:
    """The error names the schemes there are, or what may have been meant; nothing of the URL."""
    text = fault(f"{scheme}://user:{PASSWORD}@host/x")

    assert [words for words in SAID[scheme] if words not in text] == []
    assert PASSWORD not in text
    assert f"{scheme}:" not in text


def test_sqlite_without_a_file() -> None:
    """A database of one connection is no store: the error says what to use."""
    for store in ("sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory"):
        assert "memory://" in fault(store)


@pytest.mark.parametrize("store", ["", "sessions.db", 1, object(), {}])
def test_what_is_no_store_at_all(store: Any) -> None:
    """This is said when the application is made."""
    app = Flask("wrong")
    app.config.update(SECRET_KEY=SECRET, JWT_SESSION_STORE=store)

    with pytest.raises(ConfigurationError, match="JWT_SESSION_STORE"):
        JWT(app)


NO_LIBPQ = """
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("psycopg.pq"):
            raise ImportError("no pq wrapper available")
sys.meta_path.insert(0, Missing())
"""


@pytest.mark.parametrize(
    ("url", "missing", "package"),
    [
        ("sqlite:///x.db", "sqlalchemy", "flask-jwt-reborn[sql]"),
        ("postgresql+psycopg://localhost/x", "psycopg", "flask-jwt-reborn[postgresql]"),
        ("mariadb+pymysql://localhost/x", "pymysql", "flask-jwt-reborn[mariadb]"),
        ("redis://localhost", "redis", "flask-jwt-reborn[redis]"),
        # Psycopg is installed, and libpq is not.
        ("postgres://127.0.0.1/x", NO_LIBPQ, "psycopg[binary]"),
    ],
    ids=["sqlalchemy", "psycopg", "pymysql", "redis", "libpq"],
)
def test_a_missing_driver(url: str, missing: str, package: str, tmp_path: Path) -> None:
    """The error quotes the command that installs it."""
    program = f"""
import sys
{missing if missing == NO_LIBPQ else f"sys.modules[{missing!r}] = None"}
from flask import Flask
from flask_jwt import JWT
app = Flask("x", instance_path={str(tmp_path)!r})
app.config.update(SECRET_KEY={SECRET!r}, JWT_SESSION_STORE={url!r})
jwt = JWT(app, None, dict)
with app.app_context():
    jwt.sessions.start({{"id": 1}})
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    last = run.stderr.splitlines()[-1]

    assert run.returncode == 1
    assert "ConfigurationError" in last
    assert f"pip install '{package}'" in last


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


def check_store(url: str) -> None:
    """Check that sessions are kept at a URL."""
    members = members_now(url)
    tokens = members.refreshed(members.sign_in()["refresh_token"])
    assert members.sign_out(tokens).status_code == 204


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        ("memory", "MEMORY"), ("sqlite", "sqlite3"), ("sqlite", "sqlite+pysqlite"),
        ("postgresql", "postgres"), ("postgresql", "PostgreSQL"),
        ("postgresql", "postgresql+psycopg2"), ("mariadb", "mysql"), ("mariadb", "mariadb"),
        ("mariadb", "mysql+pymysql"), ("mariadb", "mysql+mysqldb"), ("redis", "valkey"),
        ("redis", "redis+tcp"),
    ],
)  # fmt: skip
def test_spellings(kind: str, scheme: str, tmp_path: Path) -> None:
    """One that can mean one thing alone is taken, with blanks and a newline around it."""
    with empty_store(kind, tmp_path) as url:
        check_store(f"  {scheme}://{url.partition('://')[2]}\n")


@pytest.mark.parametrize("scheme", ["redis+ssl", "redis+tls", "rediss", "valkeys"])
def test_spellings_of_tls(scheme: str) -> None:
    """All of them speak TLS: a server without it is noticed."""
    with empty_store("redis", Path("/")) as url:
        assert "has no TLS at that port" in fault(f"{scheme}://{url.partition('://')[2]}")


@pytest.mark.parametrize("scheme", ["unix", "redis+socket", "redis+unix"])
def test_a_socket(scheme: str, tmp_path: Path) -> None:
    """A server that is reached by a socket in the file system."""
    path = tmp_path / "redis.sock"
    with own_redis(tmp_path, "--unixsocket", str(path)):
        check_store(f"{scheme}://{path}?prefix=shop")


@pytest.mark.parametrize(
    "rest",
    [
        f"://user:{PASSWORD}@host:none/x",
        f"://user:{PASSWORD}@[::1/x",
        f"://user:{PASSWORD}@host:70000/x?password={PASSWORD}",
        f"://user:{PASSWORD}@host/x?socket_timeout={PASSWORD}",
        f"://user:{PASSWORD}@host/none?ssl_cert_reqs={PASSWORD}",
        f"://user:{PASSWORD}@127.0.0.1:1/x\0",
        f"://user:\ud800{PASSWORD}@127.0.0.1:1/x?%zz=%ff",
    ],
)
# redis-py 5.0 closes no Unix socket that it could not connect.
@pytest.mark.filterwarnings("ignore:unclosed <socket.*family=1:ResourceWarning")
@pytest.mark.parametrize("scheme", ["sqlite", "postgresql", "mysql", "redis", "rediss", "unix"])
def test_a_malformed_url(
    scheme: str, rest: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No parser quotes it, in an error, its causes or the log."""
    members = members_now(f"{scheme}{rest}", TESTING=False)
    members.app.instance_path = str(tmp_path)
    with members.app.app_context(), pytest.raises((ConfigurationError, JWTError)) as caught:
        members.jwt.sessions.start({"id": "ann"})

    told = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(members.jwt)
    assert PASSWORD not in told
    assert scheme != "sqlite" or isinstance(caught.value, ConfigurationError)
    # The socket that redis-py has left open is closed here, and not in another test.
    del caught, members
    gc.collect()


@pytest.mark.parametrize("scheme", ["postgresql", "mysql", "mariadb"])
@pytest.mark.parametrize("password", ["first@second", "first@second/third"])
def test_a_password_that_is_not_encoded(scheme: str, password: str) -> None:
    """What stands behind an @ in it is taken for no host, which the log would name."""
    text = fault(f"{scheme}://user:{password}@127.0.0.1/x")

    assert "%40" in text
    for part in password.replace("/", "@").split("@"):
        assert part not in text
