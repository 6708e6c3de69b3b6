"""Keys are rotated and retired while real workers serve real clients."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from tests.support.server import ROOT, Server, gunicorn, wait_for
from tests.support.tokens import parts_of

APP = "tests.support.applications.rotating:app"
CLIENTS = 4
WORKERS = 4
DELAY = 3
LIFETIME = 4


def environment(instance: Path, lifetime: int = LIFETIME) -> dict[str, str]:
    """Return what the application asks its environment for."""
    return {"ROTATING_INSTANCE": str(instance), "ROTATING_LIFETIME": str(lifetime)}


def keys(instance: Path, *arguments: str) -> str:
    """Run ``flask jwt keys`` and return what it prints."""
    run = subprocess.run(
        [sys.executable, "-m", "flask", "--app", APP, "jwt", "keys", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment(instance)},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def states(instance: Path) -> dict[str, str]:
    """Return what each key is now, by its name."""
    rows = [line.split() for line in keys(instance, "list").splitlines()[1:]]
    return {row[0]: row[2] for row in rows}


def signing(instance: Path) -> str:
    """Return the name of the key that signs."""
    return next(kid for kid, state in states(instance).items() if state == "signing")


def token_of(server: Server) -> str:
    """Sign in."""
    answer = server.post("/auth", {"username": "ann", "password": "ann"})
    assert answer.status == 200, answer
    token: str = answer.json["access_token"]
    return token


def kid_of(token: str) -> str:
    """Return the name of the key that signed a token."""
    return str(parts_of(token)[0]["kid"])


def use(server: Server, finished: Event) -> tuple[int, set[str]]:
    """Sign in, use each token nearly to its end, and fetch the keys, until the test has finished.

    Returns how many requests there were, and the names of the keys that signed.
    """
    requests, names = 0, set()
    while not finished.is_set():
        token = token_of(server)
        names.add(kid_of(token))
        # A token that has expired is refused, rightly.
        end = parts_of(token)[1]["exp"] - 0.5
        while time.time() < end and not finished.is_set():
            answer = server.get("/me", token=token)
            assert answer.status == 200, (answer, token)
            requests += 1
        published = {key["kid"] for key in server.get("/.well-known/jwks.json").json["keys"]}
        # Whoever verifies elsewhere finds the key of every token that is good.
        assert kid_of(token) in published or time.time() > end
    return requests, names


@contextmanager
def serving(folder: Path, threads: int, lifetime: int) -> Iterator[tuple[Server, Path]]:
    """Serve the application with several workers, and with a new key."""
    instance = folder / "instance"
    keys(instance, "generate")
    with gunicorn(
        APP,
        folder / "log.txt",
        workers=WORKERS,
        threads=threads,
        environment=environment(instance, lifetime),
    ) as server:
        yield server, instance


@pytest.mark.parametrize("threads", [1, 2], ids=["sync", "gthread"])
def test_nobody_notices_a_rotation(tmp_path: Path, threads: int) -> None:
    """Keys are rotated under load: no request is refused, and the old key goes when it may."""
    finished = Event()
    with serving(tmp_path, threads, LIFETIME) as (server, instance):
        old = signing(instance)
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(use, server, finished) for _ in range(CLIENTS)]
            try:
                keys(instance, "rotate", "--delay", str(DELAY))
                # A busy machine answers so late that the old key may be retired already.
                passed = {"verifying", "retired"}
                wait_for(lambda: states(instance)[old] in passed, "the next key signs")
                wait_for(lambda: states(instance)[old] == "retired", "the old key is retired")
                assert kid_of(token_of(server)) != old
            finally:
                finished.set()
            results = [client.result() for client in clients]

        assert set.union(*(names for _, names in results)) == set(states(instance))
        assert all(requests > 50 for requests, _ in results)
        assert "Traceback" not in server.log


@pytest.mark.parametrize("threads", [1, 2], ids=["sync", "gthread"])
def test_a_stolen_key_is_refused_by_every_worker(tmp_path: Path, threads: int) -> None:
    """After ``retire`` every worker refuses the key's tokens within seconds, remembered or not."""
    with serving(tmp_path, threads, 300) as (server, instance):
        stolen = signing(instance)
        token = token_of(server)
        # Twice by each worker: it has it in its cache then.
        ask_all(server, token)
        ask_all(server, token)

        keys(instance, "retire", stolen)
        wait_for(lambda: refused(server, token), "every worker refuses it", 5)

        assert "Signature verification failed" in server.get("/me", token=token).text
        fresh = token_of(server)
        assert kid_of(fresh) != stolen
        ask_all(server, fresh)
        published = [key["kid"] for key in server.get("/.well-known/jwks.json").json["keys"]]
        assert published == [kid_of(fresh)]
        assert "Traceback" not in server.log


def ask_all(server: Server, token: str) -> None:
    """Ask, and never be refused, until every worker has answered."""
    seen: set[int] = set()

    def ask() -> bool:
        answer = server.get("/me", token=token)
        assert answer.status == 200, answer
        seen.add(answer.json["process"])
        return len(seen) == WORKERS

    wait_for(ask, "every worker has answered")


def refused(server: Server, token: str) -> bool:
    """Tell whether no worker takes a token: one of four is missed by 60 once in ten million."""
    return all(server.get("/me", token=token).status == 401 for _ in range(60))
