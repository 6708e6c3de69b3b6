"""Counts of attempts in Redis: outages, wrong URLs, and each kind of a server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from flask_jwt import ConfigurationError
from flask_jwt.sessions import StoreBusy, StoreUnavailable
from flask_jwt.throttle.attempts import FORGOTTEN_SECONDS
from flask_jwt.throttle.counts import open_counts
from tests.support.redis_server import RedisServer, free_port, own_redis
from tests.support.server import wait_for
from tests.throttle.counting import KEY, MARK, NOW, each_call, is_counted

PASSWORD = "hunter2-of-the-store"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of the test's own."""
    with own_redis(tmp_path) as server:
        yield server


def test_a_restart(server: RedisServer) -> None:
    """While the server is down, each call says so; the next one after its return is answered."""
    counts = open_counts(server.url)
    assert is_counted(counts)

    server.stop()
    for call in each_call(counts):
        with pytest.raises(StoreUnavailable, match="storage of the throttle does not answer"):
            call()
    server.start()

    assert is_counted(counts)


def test_down_at_first(server: RedisServer) -> None:
    """A server that comes later than the application is found."""
    counts = open_counts(server.url)
    server.stop()
    with pytest.raises(StoreUnavailable):
        counts.begin(KEY, 1, NOW)
    server.start()

    assert is_counted(counts)


def test_a_server_that_is_full(server: RedisServer) -> None:
    """A server without room refuses to count, and so nobody guesses without being counted."""
    counts = open_counts(server.url)
    with server.client() as client:
        client.config_set("maxmemory", 1)
        client.config_set("maxmemory-policy", "noeviction")

    with pytest.raises(StoreBusy, match="refused"):
        counts.begin(KEY, 1, NOW)


def test_all_that_is_kept_has_its_time(server: RedisServer) -> None:
    """A count leaves the server a day after its last attempt, a mark when it is told."""
    counts = open_counts(server.url)
    for key, times in ((KEY, 2), ("account:b3RoZXI", 1)):
        for _ in range(times):
            counts.begin(key, 5, NOW)
    counts.give_back(KEY, 2, NOW)
    counts.mark(MARK, NOW, 1000)
    counts.mark(MARK, NOW + 1, 10)

    with server.client() as client:
        left = {key.decode(): client.ttl(key) for key in client.scan_iter()}
    assert left.keys() == {f"flask_jwt:attempts:{key}" for key in (KEY, "account:b3RoZXI", MARK)}
    assert FORGOTTEN_SECONDS - 60 < left[f"flask_jwt:attempts:{KEY}"] <= FORGOTTEN_SECONDS
    assert 940 < left[f"flask_jwt:attempts:{MARK}"] <= 1000


def test_a_wrong_password(server: RedisServer) -> None:
    """A server that refuses the password is an error of configuration, which does not show it."""
    with server.client() as client:
        client.config_set("requirepass", "another")
    counts = open_counts(server.url.replace("//", f"//:{PASSWORD}@"))

    with pytest.raises(ConfigurationError, match=r"JWT_THROTTLE_STORAGE.*password") as caught:
        counts.begin(KEY, 1, NOW)

    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "rest",
    ["127.0.0.1:port", "127.0.0.1:6379?no_such_option=1", "127.0.0.1:6379?socket_timeout=soon"],
)
def test_a_url_of_no_server(rest: str) -> None:
    """What is wrong with a URL is said at first use, without the URL."""
    counts = open_counts(f"redis://:{PASSWORD}@{rest}")

    with pytest.raises(ConfigurationError, match="JWT_THROTTLE_STORAGE") as caught:
        counts.begin(KEY, 1, NOW)

    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("url", [f"postgresql://{PASSWORD}@host", PASSWORD, "memory", ""])
def test_an_unknown_scheme(url: str) -> None:
    """A URL of nothing that keeps counts is refused at once, and not quoted."""
    with pytest.raises(
        ConfigurationError, match=r"JWT_THROTTLE_STORAGE.*redis\+sentinel"
    ) as caught:
        open_counts(url)

    assert PASSWORD not in str(caught.value)


def test_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package that is missing is named, with what installs it."""
    monkeypatch.delitem(sys.modules, "flask_jwt.throttle.redis", raising=False)
    monkeypatch.setitem(sys.modules, "limits.errors", None)

    with pytest.raises(ConfigurationError, match=r"limits.*'flask-jwt-reborn\[users\]'"):
        open_counts("redis://127.0.0.1")


def test_a_cluster(tmp_path: Path) -> None:
    """Keys lie wherever a cluster puts them; one that is down is found when it is back."""
    # Unless told, the port of its bus is 10,000 above, which may be none.
    ports = "--cluster-port", str(free_port())
    with own_redis(tmp_path, "--cluster-enabled", "yes", *ports) as server:
        counts = open_counts(f"redis+cluster://127.0.0.1:{server.port}")
        with pytest.raises(StoreUnavailable):
            counts.begin(KEY, 1, NOW)
        with server.client() as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            wait_for(lambda: client.cluster("INFO")["cluster_state"] == "ok", "the cluster")

        assert is_counted(counts)
        counts.give_back(KEY, 2, NOW)
        counts.mark(MARK, NOW, 10)
        assert counts.marked(MARK) == NOW


@contextmanager
def sentinel_of(server: RedisServer, folder: Path) -> Iterator[int]:
    """Run a sentinel that knows a server, and give its port."""
    port = free_port()
    configuration = folder / "sentinel.conf"
    configuration.write_text(f"port {port}\nsentinel monitor counts 127.0.0.1 {server.port} 1\n")
    command = [server.program, str(configuration), "--sentinel"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        try:
            yield port
        finally:
            running.kill()


def test_sentinels(tmp_path: Path, server: RedisServer) -> None:
    """The server is found by asking those that watch it, as soon as one of them answers."""
    with sentinel_of(server, tmp_path) as port:
        counts = open_counts(f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{port}/counts")

        def answers() -> bool:
            with suppress(StoreUnavailable):
                return counts.marked(MARK) is None
            return False

        wait_for(answers, "the sentinel")
        assert is_counted(counts)
        with server.client() as client:
            assert client.exists(f"flask_jwt:attempts:{KEY}")
