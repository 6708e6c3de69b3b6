"""``JWT_SESSION_STORE`` as providers and other packages spell it."""

from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from flask_jwt import ConfigurationError, JWTError
from tests.support.members import SECRET, fault, members_now
from tests.support.redis_server import own_redis
from tests.support.stores import empty_store

PASSWORD = "hunter2-of-the-url"


def check_store(url: str) -> None:
    """Check that sessions are kept at a URL."""
    members = members_now(url)
    tokens = members.refreshed(members.sign_in()["refresh_token"])
    assert members.sign_out(tokens).status_code == 204


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        ("memory", "MEMORY"),
        ("sqlite", "sqlite3"),
        ("sqlite", "sqlite+pysqlite"),
        ("postgresql", "postgres"),
        ("postgresql", "PostgreSQL"),
        ("postgresql", "postgresql+psycopg2"),
        ("mariadb", "mysql"),
        ("mariadb", "mariadb"),
        ("mariadb", "mysql+pymysql"),
        ("mariadb", "mysql+mysqldb"),
        ("redis", "valkey"),
        ("redis", "redis+tcp"),
    ],
)
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


def test_an_sqlite_url_with_its_driver(tmp_path: Path) -> None:
    """The driver's name makes no other store of it: the file is its owner's alone."""
    path = tmp_path / "sessions.db"
    check_store(f"sqlite+pysqlite:///{path}")

    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("scheme", "nearest"),
    [
        ("pgsql", "postgresql+psycopg"),
        ("postgress", "postgresql+psycopg"),
        ("postgresql+pg8000", "postgresql+psycopg"),
        ("mysql2", "mysql+pymysql"),
        ("mysql+mysqlconnector", "mysql+pymysql"),
        ("redis+sentinel", "redis"),
        ("sqllite", "sqlite"),
    ],
)
def test_the_nearest(scheme: str, nearest: str) -> None:
    """The error names the scheme that may have been meant, and shows nothing of the URL."""
    text = fault(f"{scheme}://user:{PASSWORD}@host/x")

    assert f"the nearest is {nearest}://" in text
    assert PASSWORD not in text
    assert f"{scheme}:" not in text


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


@pytest.mark.parametrize(
    ("scheme", "nearest"),
    [
        ("sqlite+aiosqlite", "sqlite"),
        ("postgresql+asyncpg", "postgresql+psycopg"),
        ("postgresql+psycopg_async", "postgresql+psycopg"),
        ("mysql+aiomysql", "mysql+pymysql"),
        ("mariadb+asyncmy", "mariadb+pymysql"),
    ],
)
def test_an_asynchronous_driver(scheme: str, nearest: str) -> None:
    """The error says that it is one, and what to write instead."""
    text = fault(f"{scheme}://user:{PASSWORD}@host/x")

    assert "asynchronous driver" in text
    assert f"the nearest is {nearest}://" in text
    assert PASSWORD not in text


@pytest.mark.parametrize("scheme", ["postgresql", "mysql", "mariadb"])
@pytest.mark.parametrize("password", ["first@second", "first@second/third"])
def test_a_password_that_is_not_encoded(scheme: str, password: str) -> None:
    """What stands behind an @ in it is taken for no host, which the log would name."""
    text = fault(f"{scheme}://user:{password}@127.0.0.1/x")

    assert "%40" in text
    for part in password.replace("/", "@").split("@"):
        assert part not in text


def test_a_driver_without_its_library(tmp_path: Path) -> None:
    """Psycopg is installed, and libpq is not: the error quotes the command."""
    program = f"""
import sys, types
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("psycopg.pq"):
            raise ImportError("no pq wrapper available")
sys.meta_path.insert(0, Missing())
from flask import Flask
from flask_jwt import JWT
app = Flask("x", instance_path={str(tmp_path)!r})
app.config.update(SECRET_KEY={SECRET!r}, JWT_SESSION_STORE="postgres://127.0.0.1/x")
jwt = JWT(app, None, dict)
with app.app_context():
    jwt.sessions.start({{"id": 1}})
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert run.returncode == 1
    last = run.stderr.splitlines()[-1]
    assert "ConfigurationError" in last
    assert "pip install 'psycopg[binary]'" in last
