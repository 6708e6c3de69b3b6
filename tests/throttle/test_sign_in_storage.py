"""Where sign-ins are counted, and what becomes of them while that place is down."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from flask_jwt import JWTError
from tests.support.redis_server import own_redis
from tests.support.server import wait_for
from tests.throttle.signing_in import BAD, Site

HERE = "203.0.113.7"
UNCOUNTED = "Sign-ins can't be counted at the moment"


def test_memory_is_of_one_process() -> None:
    """By default each application counts for itself."""
    one, other = Site(), Site()
    one.fail(5)

    assert one.wait() == 1
    assert other.wait() is None


def test_redis_is_shared(tmp_path: Path) -> None:
    """Applications with the same secret and storage have their counts in common."""
    with own_redis(tmp_path) as redis:
        one, other = (Site(JWT_THROTTLE_STORAGE=redis.url) for _ in range(2))
        one.fail(3)
        other.fail(2)
        assert one.wait() == other.wait() == 1
        for number in range(15):
            one.fail(1, f"one{number}", address=HERE)
            other.fail(1, f"other{number}", address=HERE)
        assert one.wait("mallory", address=HERE) == other.wait("mallory", address=HERE) == 1
        one.now += 1
        assert one.sign_in().status_code == 200
        other.now += 1
        other.fail(5)

        with redis.client() as client:
            kept = b" ".join(client.scan_iter())
        for typed in (b"ann", b"mallory", b"one1", HERE.encode()):
            assert typed not in kept


def test_devices_are_forgotten_everywhere(tmp_path: Path) -> None:
    """What ends a user's sessions in one worker makes strangers of the browsers in all."""
    with own_redis(tmp_path) as redis:
        config = {"JWT_TOKEN_LOCATION": ["cookies"], "JWT_SESSION_STORE": "memory://"}
        one, other = (Site(JWT_THROTTLE_STORAGE=redis.url, **config) for _ in range(2))
        client = one.app.test_client()
        assert one.sign_in(client=client).status_code == 200
        for site in (one, other):
            site.now += 1
        other.fail(5)
        client.application = other.app
        assert other.wait(client=client) is None
        client.application = one.app
        with one.app.app_context():
            one.jwt.sessions.end_all(1)
        client.application = other.app

        assert other.wait(client=client) == 1


def is_uncounted(answer: TestResponse) -> bool:
    return (
        answer.status_code == 503
        and answer.headers["Retry-After"] == "1"
        and answer.get_json()["description"] == UNCOUNTED
    )


def test_down_and_back(tmp_path: Path) -> None:
    """What can't be counted is not looked at; when the storage is back, so are sign-ins."""
    with own_redis(tmp_path, "--appendonly", "yes", "--appendfsync", "always") as redis:
        site = Site(JWT_THROTTLE_STORAGE=redis.url)
        site.fail(5)
        redis.stop()
        checks = site.checks
        for password in (BAD, "the right one"):
            assert is_uncounted(site.sign_in(password=password))
        assert site.checks == checks
        redis.start()
        # The circuit stays open for a second.
        wait_for(lambda: not is_uncounted(site.sign_in()), "the storage of the throttle")

        assert site.wait() == 1
        site.now += 1
        assert site.sign_in().status_code == 200


def test_lost_while_a_password_is_looked_at(tmp_path: Path) -> None:
    """Whoever had the right password is signed in: it is the next failure that waits longer."""
    with own_redis(tmp_path) as redis:
        site = Site(JWT_THROTTLE_STORAGE=redis.url)
        site.fail(1)
        site.users.meanwhile = redis.stop

        assert site.sign_in().status_code == 200


@contextmanager
def silent_server() -> Iterator[tuple[int, list[socket.socket]]]:
    """Listen, accept, and never say a word; give the port, and the connections so far."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    taken.append(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1], taken
        listener.shutdown(socket.SHUT_RDWR)
    for connection in taken:
        connection.close()


def test_a_silent_storage_is_waited_for_once() -> None:
    """One request waits for it, and those that follow are answered at once."""
    with silent_server() as (port, taken):
        site = Site(JWT_THROTTLE_STORAGE=f"redis://127.0.0.1:{port}")
        for _ in range(50):
            assert is_uncounted(site.sign_in())

        assert site.checks == 0
        assert len(taken) < 10


def checked(site: Site) -> tuple[int, list[str]]:
    """Return the status of ``flask jwt check``, and the words of each line about the settings."""
    result = site.app.test_cli_runner().invoke(args=["jwt", "check"])
    lines = [line.split() for line in result.stdout.splitlines()]
    return result.exit_code, [" ".join(line[1:]) for line in lines if line[0] == "settings"]


def test_check_of_a_storage(tmp_path: Path) -> None:
    """``flask jwt check`` warns of a memory that workers can't share, and asks any other place."""
    assert checked(Site(JWT_THROTTLE=False)) == (0, ["ok as in production"])
    status, (good, warning) = checked(Site())
    assert (status, good.split()[0], warning.split()[0]) == (0, "ok", "warning")
    assert "app.config['JWT_THROTTLE_STORAGE']" in warning
    with own_redis(tmp_path) as redis:
        site = Site(JWT_THROTTLE_STORAGE=redis.url)
        assert checked(site) == (0, ["ok as in production"])
        redis.stop()
        status, (fault,) = checked(site)

    assert status == 1
    assert fault.startswith("FAULT")
    assert "sign-ins can't be counted" in fault


def test_sessions_end_all_the_same(tmp_path: Path) -> None:
    """A replayed token ends its session though devices can't be forgotten; end_all says so."""
    with own_redis(tmp_path) as redis:
        site = Site(JWT_THROTTLE_STORAGE=redis.url, JWT_SESSION_STORE="memory://")
        stolen, other = (site.sign_in().get_json()["refresh_token"] for _ in range(2))
        redis.stop()
        assert refresh(site, stolen).status_code == 200
        site.now += 600
        answer = refresh(site, stolen)
        assert answer.status_code == 401
        assert answer.get_json()["description"] == "Refresh token was used before"
        with site.app.app_context(), pytest.raises(JWTError) as caught:
            site.jwt.sessions.end_all(1)

        assert caught.value.status_code == 503
        assert refresh(site, other).status_code == 401


def refresh(site: Site, token: str) -> TestResponse:
    return site.client.post("/auth/refresh", json={"refresh_token": token})
