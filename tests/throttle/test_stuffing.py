"""10,000 sign-ins with passwords that were stolen elsewhere, as two workers meet them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from resource import getpagesize

import pytest
from flask import Flask

from flask_jwt import JWT
from flask_jwt.throttle.attempts import FREE_PER_ACCOUNT, wait_after
from tests.support.http_client import Answer
from tests.support.secret import secret
from tests.support.server import Server, gunicorn, wait_for
from tests.throttle.stuffed import FOLDER, users_of

APP = "tests.throttle.stuffed:create_app()"
#: As many are under way at once.
THREADS = 16
OWNER, PASSWORD = "customer-0", "the-password-of-the-owner"
#: 100 accounts, some of them unknown.
NAMES = [*(f"customer-{number}" for number in range(90)), *(f"stranger-{n}" for n in range(10))]
ADDRESSES = [f"198.51.100.{number}" for number in range(100)]
#: When they come, in seconds: 10,000 in all.
WAVES = (0, 1, 2, 3, 4, 7, 8, 9, 15, 31)
EACH = 1000
# A worker keeps a little more of this and that, whoever signs in.
MOST_GROWTH = 2 * 2**20


class Stuffed:
    """The application as it is served, with a clock, and notes of what it has checked."""

    def __init__(self, server: Server, folder: Path, start: float) -> None:
        self.server, self.folder, self.start = server, folder, start

    def at(self, second: int) -> None:
        """Set the clock."""
        (self.folder / "clock.new").write_text(str(self.start + second))
        # Whoever reads it meanwhile finds the one or the other.
        (self.folder / "clock.new").rename(self.folder / "clock")

    def sign_in(self, name: str, password: str, address: str, **more: str) -> Answer:
        """Sign in from an address, with a device cookie or a refresh token if there is one."""
        headers = [("X-Forwarded-For", address), ("X-Forwarded-Proto", "https")]
        if "cookie" in more:
            headers.append(("Cookie", more.pop("cookie")))
        return self.server.post("/auth", {"username": name, "password": password, **more}, *headers)

    def let_in(self, name: str, password: str, address: str, **more: str) -> Answer:
        """Sign in again while all cores are hashing, as a client that is told to retry does."""
        answers: list[Answer] = []

        def is_told() -> bool:
            answers.append(self.sign_in(name, password, address, **more))
            return answers[-1].status != 503

        wait_for(is_told, "a sign-in")
        return answers[-1]

    def checks(self) -> Mapping[str, Counter[int]]:
        """Return how many wrong passwords were checked of each account, by second."""
        found: dict[str, Counter[int]] = {}
        for line in (self.folder / "checked").read_text().splitlines():
            name, moment = line.split()
            found.setdefault(name, Counter())[round(float(moment) - self.start)] += 1
        return found


@pytest.fixture
def stuffed(tmp_path: Path) -> Iterator[Stuffed]:
    start = float(int(time.time()))
    (tmp_path / "clock").write_text(str(start))
    add_customers(tmp_path)
    environment = {FOLDER: str(tmp_path)}
    with gunicorn(APP, tmp_path / "log", workers=2, threads=8, environment=environment) as server:
        yield Stuffed(server, tmp_path, start)


def add_customers(folder: Path) -> None:
    app, users = Flask("stuffed", instance_path=str(folder / "instance")), users_of()
    app.config["SECRET_KEY"] = secret("stuffed")
    JWT(app, users=users)
    with app.app_context():
        for name in NAMES[:90]:
            users.add(name, PASSWORD if name == OWNER else f"{PASSWORD} of {name}")


def allowed() -> Counter[int]:
    """Return how many checks the waits of an account allow, by second."""
    found: Counter[int] = Counter()
    failures, next_at = 0, 0.0
    for second in WAVES:
        while second >= next_at:
            failures += 1
            found[second] += 1
            next_at = second + wait_after(failures, FREE_PER_ACCOUNT)
    return found


def up_to(second: int, counted: Counter[int]) -> int:
    return sum(number for moment, number in counted.items() if moment <= second)


def memory_of(workers: set[str]) -> dict[str, int]:
    """Return how many bytes each worker has in memory."""
    pages = {one: Path(f"/proc/{one}/statm").read_text().split()[1] for one in workers}
    return {one: int(count) * getpagesize() for one, count in pages.items()}


def test_stuffing(stuffed: Stuffed) -> None:
    """No account's password is checked more often than its waits allow.

    The owner of one of the accounts signs in all the while: by a browser that is known, and by an
    app that has a session. Memory stays as it is, and nothing that was typed is logged or kept.
    """
    answer = stuffed.sign_in(OWNER, PASSWORD, ADDRESSES[0])
    assert answer.status == 200, answer.text
    refresh_token = answer.json["refresh_token"]
    (cookie,) = [
        value.partition(";")[0]
        for name, value in answer.headers
        if name == "Set-Cookie" and value.startswith("__Host-Http-device=")
    ]
    numbers, workers, statuses = count(), set[str](), Counter[int]()

    def attack(number: int) -> Answer:
        # Each address tries all names, and each name is tried from all addresses.
        address = ADDRESSES[(number + number // 100) % 100]
        return stuffed.sign_in(NAMES[number % 100], f"stolen-elsewhere-{number}", address)

    memory: list[dict[str, int]] = []
    with ThreadPoolExecutor(THREADS) as pool:
        for second in WAVES:
            stuffed.at(second)
            attacks = [pool.submit(attack, next(numbers)) for _ in range(EACH)]
            for known in ({"cookie": cookie}, {"refresh_token": refresh_token}):
                assert stuffed.let_in(OWNER, PASSWORD, ADDRESSES[0], **known).status == 200
            for one in attacks:
                statuses[one.result().status] += 1
                workers.add(one.result().header("Worker") or "")
            memory.append(memory_of(workers))

    assert len(workers) == 2
    # A few may find all cores at work, and are given back.
    assert {401, 429} <= set(statuses) <= {401, 429, 503}
    for name, checked in stuffed.checks().items():
        for second in WAVES:
            assert up_to(second, checked) <= up_to(second, allowed()), (name, checked)
    assert statuses[401] > len(NAMES) * FREE_PER_ACCOUNT
    for worker in workers:
        assert memory[-1][worker] - memory[2][worker] < MOST_GROWTH, memory
    found = [stuffed.server.log, *map(contents, (stuffed.folder / "instance").iterdir())]
    # A session has the address that it was last used from.
    private = ["stolen-elsewhere", PASSWORD, "stranger-", *ADDRESSES[1:], refresh_token]
    private.append(cookie.partition("=")[2])
    assert [typed for typed in private if any(typed in text for text in found)] == []
    assert "customer-" not in stuffed.server.log


def contents(path: Path) -> str:
    return path.read_bytes().decode("latin-1")
