"""An application with a directory of users, at whose sign-in people guess."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_jwt import JWT, current_identity, jwt_required
from flask_jwt.user_directory import DirectoryUnavailable
from flask_jwt.user_names import folded
from tests.support.secret import secret

NOW = 1_800_000_000.0
SITE = "https://shop.example"
#: Addresses are counted, too: these guesses come from somewhere else each time.
ELSEWHERE = [f"198.51.100.{number}" for number in range(1, 255)]
GOOD, BAD = "the right one", "a wrong one"
THROTTLED = {
    "status_code": 429,
    "error": "Too Many Requests",
    "description": "There were too many failed attempts: wait before the next one",
}


@dataclass
class User:
    """Somebody who can sign in."""

    id: int
    username: str
    roles: tuple[str, ...] = ()
    enabled: bool = True


class Directory:
    """Users in memory, with a record of whose password was checked."""

    def __init__(self, *names: str) -> None:
        self.users = {folded(name): User(number, name) for number, name in enumerate(names, 1)}
        self.checked: list[str] = []
        self.is_down = False
        #: Called while a password is being checked.
        self.meanwhile: Callable[[], object] = lambda: None

    def by_id(self, user_id: Any) -> User | None:
        """Return the user with an id."""
        return next((user for user in self.users.values() if user.id == user_id), None)

    def by_name(self, name: str) -> User | None:
        """Return the user with a name."""
        return self.users.get(folded(name))

    def verify(self, name: str, password: str) -> User | None:
        """Return the user with a name and the one good password."""
        if self.is_down:
            raise DirectoryUnavailable
        self.checked.append(name)
        self.meanwhile()
        user = self.by_name(name)
        return user if user and user.enabled and password == GOOD else None


class Site:
    """An application in production, with a clock that stands still."""

    def __init__(self, *, users: Any = None, authenticate: Any = None, **config: Any) -> None:
        self.now = NOW
        self.users: Directory = users or Directory("ann", "mallory")
        self.app = Flask("site")
        self.app.config.update({"SECRET_KEY": secret("site"), **config})
        directory = self.users if authenticate is None else None
        identity = None if authenticate is None else dict
        self.jwt: JWT[Any] = JWT(
            self.app, authenticate, identity, clock=lambda: self.now, users=directory
        )
        self.app.add_url_rule("/me", "me", jwt_required()(lambda: str(current_identity)))
        self.client = self.app.test_client()

    @property
    def checks(self) -> int:
        """How many passwords were checked."""
        return len(self.users.checked)

    def sign_in(
        self,
        name: str = "ann",
        password: str = GOOD,
        *,
        address: str | None = "203.0.113.7",
        client: FlaskClient | None = None,
        headers: dict[str, str] | None = None,
        site: str = SITE,
        **members: Any,
    ) -> TestResponse:
        """Sign in, by a client without cookies unless told."""
        return (client or self.app.test_client()).post(
            "/auth",
            json={"username": name, "password": password, **members},
            base_url=site,
            headers=headers,
            environ_overrides={"REMOTE_ADDR": address or ""},
        )

    def fail(self, times: int, name: str = "ann", **how: Any) -> None:
        """Guess wrongly, each time from another address unless told, and be heard."""
        for number in range(times):
            address = how.get("address", ELSEWHERE[number % len(ELSEWHERE)])
            answer = self.sign_in(name, BAD, **{**how, "address": address})
            assert answer.status_code == 401, answer.text

    def waits_of_one(self, **how: Any) -> list[int]:
        """Guess five times for nothing, and then three times, each as soon as that is allowed."""
        waits = []
        for _ in range(5):
            assert self.sign_in(password=BAD, **how).status_code == 401
        for _ in range(3):
            wait = self.wait(**how)
            assert wait is not None
            waits.append(wait)
            self.now += wait
            assert self.sign_in(password=BAD, **how).status_code == 401
        return waits

    def wait(self, name: str = "ann", password: str = GOOD, **how: Any) -> int | None:
        """Return for how long a sign-in has to wait, and None where it has not; no hash is made."""
        checks = self.checks
        answer = self.sign_in(name, password, **how)
        if answer.status_code != 429:
            return None
        assert answer.get_json() == THROTTLED
        assert self.checks == checks
        return int(answer.headers["Retry-After"])
