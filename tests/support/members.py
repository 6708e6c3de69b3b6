"""An application with members who sign in, for a test client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_jwt import JWT, ConfigurationError, current_identity, jwt_required
from tests.support.secret import secret
from tests.support.tokens import compact, parts_of

NOW = 1_800_000_000.0
SECRET = secret("members")


class Members:
    """An application with sessions, a clock, and users by name."""

    def __init__(self, store: Any = "memory://", **config: Any) -> None:
        self.now = NOW
        self.users: dict[str, dict[str, Any]] = {
            name: {"id": name, "role": "member"} for name in ("ann", "bob")
        }
        self.app = self.make_app()
        self.app.config.update({"SECRET_KEY": SECRET, "JWT_SESSION_STORE": store, **config})
        self.jwt = JWT(
            self.app,
            *self.handlers(),
            clock=lambda: self.now,
            **self.functions(),
        )
        self.app.add_url_rule("/me", "me", jwt_required()(lambda: current_identity["id"]))
        self.client: FlaskClient = self.app.test_client()

    def make_app(self) -> Flask:
        """Return the application, without its configuration."""
        return Flask("members")

    def handlers(self) -> tuple[Callable[..., Any], ...]:
        """Return what checks passwords, and what finds the user of a token."""
        return self._authenticate, self._identity

    def functions(self) -> dict[str, Any]:
        """Return what the application says of its users beside."""
        return {}

    def _authenticate(self, username: str, _password: str) -> dict[str, Any] | None:
        return self.users.get(username)

    def _identity(self, claims: dict[str, Any]) -> dict[str, Any] | None:
        return self.users.get(claims["identity"])

    def add_claims(self, more: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
        """Have the payload hook add what a function makes of the user to the usual claims."""

        @self.jwt.jwt_payload_handler
        def payload(user: dict[str, Any]) -> dict[str, Any]:
            now = int(self.now)
            return {"iat": now, "nbf": now, "exp": now + 300, "identity": user["id"], **more(user)}

    def sign_in(self, username: str = "ann", **members: Any) -> dict[str, Any]:
        """Sign in, and return the answer's JSON."""
        body = {"username": username, "password": "secret", **members}
        return good(self.client.post("/auth", json=body))

    def refresh(self, token: Any, **headers: str) -> TestResponse:
        """Send a refresh token."""
        return self.client.post("/auth/refresh", json={"refresh_token": token}, headers=headers)

    def refreshed(self, token: str) -> dict[str, Any]:
        """Send a refresh token that is good, and return the answer's JSON."""
        return good(self.refresh(token))

    def ask(self, method: str, path: str, tokens: dict[str, Any], **kwargs: Any) -> TestResponse:
        """Send a request with an access token."""
        headers = {"Authorization": f"JWT {tokens['access_token']}"}
        return self.client.open(path, method=method, headers=headers, **kwargs)

    def me(self, tokens: dict[str, Any]) -> int:
        """Return the status of a guarded view."""
        return self.ask("GET", "/me", tokens).status_code

    def sign_out(self, tokens: dict[str, Any]) -> TestResponse:
        """Send a refresh token to the end of its session."""
        body = {"refresh_token": tokens["refresh_token"]}
        return self.client.post("/auth/logout", json=body)

    def end_all(self, username: str = "ann") -> None:
        """End all sessions of a user, as a change of password does."""
        with self.app.app_context():
            self.jwt.sessions.end_all(username)

    def listed(self, tokens: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the sessions that a user sees."""
        found: list[dict[str, Any]] = good(self.ask("GET", "/auth/sessions", tokens))["sessions"]
        return found


def signed_in(username: str = "ann") -> tuple[Members, dict[str, Any]]:
    """Return an application, and the tokens of somebody who has signed in to it."""
    members = Members()
    return members, members.sign_in(username)


class RunningMembers(Members):
    """An application whose clock goes on by itself, from wherever it is set to."""

    _ahead = 0.0

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return time() + self._ahead

    @now.setter
    def now(self, now: float) -> None:
        self._ahead = now - time()


def members_now(store: Any, **config: Any) -> Members:
    """Return an application whose clock is the one of the servers behind stores."""
    members = RunningMembers(store, **config)
    members.now = time()
    return members


def fault(store: Any, **config: Any) -> str:
    """Return what is said of sessions that can't be configured so."""
    members = Members(store, **config)
    with pytest.raises(ConfigurationError) as caught, members.app.app_context():
        members.jwt.sessions.start({"id": "ann"})
    return str(caught.value)


def sid_of(tokens: dict[str, Any]) -> str:
    """Return the session that an access token belongs to."""
    sid: str = parts_of(tokens["access_token"])[1]["sid"]
    return sid


def by_hand(now: float, **claims: Any) -> dict[str, Any]:
    """Return an access token of ann's that is signed as ours are, and has no session."""
    issued = int(now)
    given = {"iat": issued, "nbf": issued, "exp": issued + 300, "identity": "ann", **claims}
    return {"access_token": compact(given, SECRET)}


def good(response: TestResponse) -> dict[str, Any]:
    """Return the JSON of an answer that may not be kept."""
    assert response.status_code == 200, response.text
    assert response.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = response.get_json()
    return found


def refusal(response: TestResponse) -> tuple[int, str, str]:
    """Return what a refusal says, which every client is told in the same way."""
    body = response.get_json()
    assert body["status_code"] == response.status_code
    if response.status_code == 401:
        assert response.headers["WWW-Authenticate"].startswith('JWT realm="Login Required"')
    return response.status_code, body["error"], body["description"]
