"""A store that refuses something has answered: that is no outage for everybody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from redis import BlockingConnectionPool, ConnectionPool, Redis
from redis.exceptions import RedisError

from flask_jwt.sessions import circuit_breaker
from flask_jwt.stores.redis import RedisStore
from tests.support.members import Members, good, members_now, refusal
from tests.support.redis_server import RedisServer, own_redis
from tests.support.server import wait_for
from tests.support.stores import a_user, connected, empty_database, empty_store, refusing

# So many as one failure would have had refused.
REQUESTS = 12
TABLES = ("flask_jwt_sessions", "flask_jwt_revocations", "flask_jwt_store")
BOB = {"username": "bob", "password": "x"}


@pytest.fixture(autouse=True)
def _for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is taken for one that is down stays so."""
    monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 1000.0)


def check_refused(members: Members) -> None:
    """Check that bob can't sign in now."""
    answer = members.client.post("/auth", json=BOB)
    assert refusal(answer)[:2] == (503, "Service Unavailable")


def check_served(members: Members, tokens: dict[str, str]) -> dict[str, str]:
    """Check that ann goes on, whatever was refused to others; return the tokens."""
    for _ in range(REQUESTS):
        assert members.me(tokens) == 200
        tokens = members.refreshed(tokens["refresh_token"])
    return tokens


def test_one_statement(shared_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Bob's sign-in is refused, again and again; ann notices nothing, and the log has one line."""
    members = members_now(shared_url, JWT_REVOCATION_REFRESH=0)
    ann = members.sign_in()
    with refusing(shared_url, '"bob"'):
        for _ in range(3):
            check_refused(members)
        ann = check_served(members, ann)

    assert members.me(members.sign_in("bob")) == 200
    assert members.sign_out(ann).status_code == 204
    (line,) = caplog.records
    assert line.message.startswith("the session store refused: ")
    assert "Traceback" not in caplog.text


@contextmanager
def full(server: RedisServer) -> Iterator[None]:
    """No memory is left."""
    with server.client() as client:
        client.config_set("maxmemory", "1")
        yield
        client.config_set("maxmemory", "0")


def test_a_full_redis(tmp_path: Path) -> None:
    """New sessions are refused, and the rest goes on: refreshes, sign-outs, another worker."""
    with own_redis(tmp_path) as server:
        members = members_now(server.url, JWT_REVOCATION_REFRESH=0)
        ann, other = members.sign_in(), members.sign_in()
        with full(server):
            check_refused(members)
            ann = check_served(members, ann)
            later = members_now(server.url, JWT_REVOCATION_REFRESH=0)
            assert later.me(ann) == 200
            assert later.sign_out(other).status_code == 204
            assert (later.me(other), members.me(other), members.me(ann)) == (401, 401, 200)
            check_refused(later)

        assert members.me(members.sign_in("bob")) == 200


@contextmanager
def a_replica(server: RedisServer) -> Iterator[None]:
    """It may not be written to (``READONLY``)."""
    with server.client() as client:
        client.replicaof("127.0.0.1", "1")
        yield
        client.replicaof("NO", "ONE")


@contextmanager
def a_lost_replica(server: RedisServer) -> Iterator[None]:
    """It is a replica of nobody, and has nothing to say (``MASTERDOWN``)."""
    with server.client() as client:
        client.config_set("replica-serve-stale-data", "no")
        with a_replica(server):
            yield


@contextmanager
def a_busy_server(server: RedisServer) -> Iterator[None]:
    """A script of somebody else's does not end (``BUSY``)."""

    def run() -> None:
        with server.client() as client, pytest.raises(RedisError):
            client.eval("while true do end", 0)

    with server.client() as client:
        client.config_set("busy-reply-threshold", 1)
        thread = threading.Thread(target=run)
        thread.start()
        while not is_busy(client):
            pass
        yield
        client.script_kill()
        thread.join()


def is_busy(client: Redis) -> bool:
    try:
        client.get("x")
    except RedisError as error:
        return str(error).startswith("BUSY")
    return False


@contextmanager
def a_crowd(server: RedisServer) -> Iterator[None]:
    """Others have all the connections that it allows, and ours have ended."""
    with server.client() as client:
        client.ping()
        client.config_set("maxclients", 1)
        client.client_kill_filter(_type="normal", skipme=True)
        yield
        client.config_set("maxclients", 1000)


@pytest.mark.parametrize("condition", [a_replica, a_lost_replica, a_busy_server, a_crowd])
def test_conditions_of_redis(
    condition: Callable[[RedisServer], AbstractContextManager[None]], tmp_path: Path
) -> None:
    """Whatever the server answers, it is asked again by the next one, and then serves."""
    with own_redis(tmp_path) as server:
        members = members_now(server.url, JWT_REVOCATION_REFRESH=0)
        ann = members.sign_in()
        with condition(server):
            check_refused(members)

        assert members.me(ann) == 200
        assert good(members.refresh(ann["refresh_token"]))
        assert members.me(members.sign_in("bob")) == 200


@pytest.mark.parametrize("pool", [ConnectionPool, BlockingConnectionPool])
def test_all_connections_of_a_pool(pool: type[ConnectionPool], tmp_path: Path) -> None:
    """A client's connections are all in use: that says nothing of the server."""
    with empty_store("redis", tmp_path) as url:
        server, _, prefix = url.partition("?prefix=")
        options = {"timeout": 0.01} if pool is BlockingConnectionPool else {}
        connections = pool.from_url(server, max_connections=1, **options)
        client = Redis(connection_pool=connections)
        members = members_now(RedisStore(client, prefix))
        ann = members.sign_in()
        held = client.client()  # type: ignore[no-untyped-call]
        check_refused(members)
        held.close()

        assert members.me(ann) == 200
        assert members.sign_in("bob")
        client.close()
        connections.disconnect()


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_no_connection_is_left(kind: str) -> None:
    """A database that has enough of us is asked again by the next one, and then serves."""
    with empty_database(kind) as url:
        members_now(url).sign_in()
        may = "SELECT, INSERT, UPDATE, DELETE"
        grants = [f"{may} ON {table}" for table in TABLES]
        with a_user(url, *grants, limit=3) as theirs:
            members = members_now(theirs)
            with connected(theirs), connected(theirs), connected(theirs):
                check_refused(members)

            # The server takes a moment to notice that they are gone.
            wait_for(lambda: members.client.post("/auth", json=BOB).status_code == 200, "service")
