"""An application whose users are in a directory, for a test client and its browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from flask_jwt import current_identity, jwt_required
from tests.support.browsing import HEADER, Browsing
from tests.support.dict_directory import DictDirectory
from tests.support.members import NOW

#: The password of everybody who is there from the beginning.
PASSWORD = "secret"
NEW = "correct horse battery"


class Accounts(Browsing):
    """An application with two users in a directory of its own; tokens are in the header."""

    def __init__(
        self,
        store: Any = "memory://",
        users: Any = None,
        app: Any = None,
        **config: Any,
    ) -> None:
        self.now = NOW
        self._app = app
        self.directory = DictDirectory(lambda: self.now)
        self.ann = self.directory.put("ann", PASSWORD, email="ann@example.com", roles=["staff"])
        self.bob = self.directory.put("bob", PASSWORD)
        self._users = users or self.directory
        super().__init__(store, **{"JWT_TOKEN_LOCATION": ["headers"], **config})
        self.app.add_url_rule("/who", "who", jwt_required()(lambda: current_identity.username))

    def make_app(self) -> Flask:
        """Return the application that was given, or one of its own."""
        return self._app or super().make_app()

    def handlers(self) -> tuple[Callable[..., Any], ...]:
        """Return nothing: the directory does it."""
        return ()

    def functions(self) -> dict[str, Any]:
        """Return the directory, or the one that was given."""
        return {"users": self._users}

    def who(self, tokens: dict[str, Any]) -> int:
        """Return the status of a guarded view."""
        return self.ask("GET", "/who", tokens).status_code

    def change(
        self, tokens: dict[str, Any], password: Any = PASSWORD, new: Any = NEW, **more: Any
    ) -> TestResponse:
        """Ask for another password with an access token."""
        body = {"password": password, "new_password": new, **more}
        return self.ask("POST", "/auth/password", tokens, json=body)

    def change_in_browser(self, password: Any = PASSWORD, new: Any = NEW) -> TestResponse:
        """Ask for another password by cookie, with the CSRF value."""
        body = {"password": password, "new_password": new}
        return self.visit("POST", "/auth/password", json=body, headers={HEADER: self.value})

    def register(self, username: Any = "eve", password: Any = NEW, **more: Any) -> TestResponse:
        """Ask for an account."""
        body = {"username": username, "password": password, **more}
        return self.client.post("/auth/register", json=body)
