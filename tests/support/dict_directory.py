"""Somebody's own directory of users: dicts in memory, with no library beside."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from time import time
from typing import Any

from flask import current_app, has_app_context

from flask_jwt.user_directory import (
    DirectoryUnavailable,
    NoSuchUser,
    UnfitEmail,
    UnfitName,
    UserExists,
    WeakPassword,
)
from flask_jwt.user_names import folded


@dataclass(frozen=True, slots=True)
class Person:
    """A user."""

    id: int
    username: str
    email: str | None
    roles: tuple[str, ...]
    created_at: datetime
    password_changed_at: datetime
    enabled: bool = True
    digest: bytes = field(default=b"", repr=False)


class DictDirectory:
    """Users by their id."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self.clock = clock
        self.users: dict[int, Person] = {}
        #: Set, nothing can be asked.
        self.is_down = False
        #: How many passwords were looked at.
        self.verified = 0
        self._last = 0
        self._lock = Lock()

    def by_id(self, user_id: Any, /) -> Person | None:
        """Return the user with an id, enabled or not, or None."""
        self._ask()
        return self.users.get(user_id) if type(user_id) is int else None

    def by_name(self, name: str, /) -> Person | None:
        """Return the user with a name, enabled or not, or None."""
        self._ask()
        key = folded(name)
        return next((user for user in self.users.values() if folded(user.username) == key), None)

    def verify(self, name: str, password: str, /) -> Person | None:
        """Return the user with a name and a password, or None."""
        user = self.by_name(name)
        self.verified += 1
        known = b"" if user is None or not user.enabled else user.digest
        return user if hmac.compare_digest(known, _digest(password)) else None

    def add(
        self,
        name: str,
        password: str | None = None,
        *,
        email: str | None = None,
        roles: Iterable[str] = (),
    ) -> Person:
        """Add a user, and return it."""
        self._ask()
        if not name.isprintable() or " " in name:
            raise UnfitName("A name has no spaces and no controls")
        if email is not None and "@" not in email:
            raise UnfitEmail("An address has an @")
        digest = b"" if password is None else _strong(password)
        now = self._now()
        with self._lock:
            if self.by_name(name) is not None:
                raise UserExists
            self._last += 1
            user = Person(self._last, name, email, tuple(roles), now, now, digest=digest)
            self.users[user.id] = user
        return user

    def check_password(self, _user: Person, password: str, /) -> None:
        """Refuse a new password that will not do."""
        _strong(password)

    def set_password(
        self,
        user: Person,
        password: str,
        /,
        *,
        keep_sid: str | None = None,
    ) -> None:
        """Give a user another password; whoever calls this ends the sessions."""
        self._change(user, digest=_strong(password), password_changed_at=self._now())

    def disable(self, user: Person, /) -> None:
        """Let a user do nothing any more, and end the user's sessions."""
        self._change(user, enabled=False)
        self._end_sessions(user)

    def enable(self, user: Person, /) -> None:
        """Let a user sign in again."""
        self._change(user, enabled=True)

    def remove(self, user: Person, /) -> None:
        """Forget a user."""
        self._ask()
        if self.users.pop(user.id, None) is None:
            raise NoSuchUser
        self._end_sessions(user)

    def put(self, name: str, password: str, **more: Any) -> Person:
        """Add a user with any password, as an import does."""
        user = self.add(name, **more)
        self._change(user, digest=_digest(password))
        return self.users[user.id]

    def _change(self, user: Person, **members: Any) -> None:
        self._ask()
        with self._lock:
            if user.id not in self.users:
                raise NoSuchUser
            self.users[user.id] = replace(self.users[user.id], **members)

    def _end_sessions(self, user: Person) -> None:
        if has_app_context() and current_app.config["JWT_SESSION_STORE"] is not None:
            current_app.extensions["jwt"].sessions.end_all(user.id)

    def _ask(self) -> None:
        if self.is_down:
            raise DirectoryUnavailable

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def _strong(password: str) -> bytes:
    if len(password) < 8:
        raise WeakPassword("too_short", "A password has 8 characters at least")
    return _digest(password)


def _digest(password: str) -> bytes:
    # No hash for passwords: these are not worth one.
    return hmac.digest(b"users", password.encode("utf-8", "surrogatepass"), "sha256")
