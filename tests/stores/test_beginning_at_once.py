"""Workers that begin at the same moment on an empty database."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from tests.support.members import members_now
from tests.support.stores import SQL, empty_store

from .test_processes import serving

WORKERS = 6
DATABASES = 5
SIGN_INS = 18
# Only a test that has failed comes to it.
MOST_SECONDS = 60


def begin_on_each(urls: list[str], gate: Any, told: Connection) -> None:
    """Sign in on one empty database after the other, each time together with other processes."""
    found: list[int] = []
    for url in urls:
        members = members_now(url)
        gate.wait()
        answer = members.client.post("/auth", json={"username": "ann", "password": "x"})
        found.append(answer.status_code)
        if answer.status_code == 200:
            found.append(members.me(answer.get_json()))
    told.send(found)


@pytest.mark.parametrize("kind", SQL)
def test_processes(kind: str, tmp_path: Path) -> None:
    """Each of six processes is served, on five empty databases one after the other."""
    # What the parent has imported they need not import: they meet.
    context = get_context("fork")
    with ExitStack() as stack:
        urls = []
        for number in range(DATABASES):
            folder = tmp_path / str(number)
            folder.mkdir()
            urls.append(stack.enter_context(empty_store(kind, folder)))
        gate = context.Barrier(WORKERS, timeout=MOST_SECONDS)
        receiving, sending = context.Pipe(duplex=False)
        processes: list[Any] = [
            context.Process(target=begin_on_each, args=(urls, gate, sending))
            for _ in range(WORKERS)
        ]
        for process in processes:
            process.start()
        # Now the end of all processes is the end of the pipe, should one of them fail.
        sending.close()
        statuses = Counter(status for _ in processes for status in receiving.recv())
        for process in processes:
            process.join()

    assert statuses == {200: 2 * WORKERS * DATABASES}


def test_workers(sql_url: str, tmp_path: Path) -> None:
    """Everybody who signs in at once at a server of six workers is signed in."""
    with serving(sql_url, tmp_path, workers=WORKERS, threads=1, preload=True) as server:

        def sign_in(number: int) -> int:
            body = {"username": f"user {number}", "password": "x"}
            return server.post("/auth", body).status

        with ThreadPoolExecutor(SIGN_INS) as pool:
            assert Counter(pool.map(sign_in, range(SIGN_INS))) == {200: SIGN_INS}, server.log
